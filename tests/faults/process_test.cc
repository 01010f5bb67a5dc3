// What befalls a process: signals, closed outputs, limits, rivals for the lock, being stopped in
// its sleep (guarantees.md A10, E1 to E3).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "tests/faults/faulted.h"

namespace rolecall::test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t kInFlight = 8;

class ProcessFaults : public Faulted {
 protected:
  void slow_writes(int delay) const {
    simulator->set_faults(fmt::format(
        R"({{"rules": [{{"operation": "writes", "action": {{"delay_ms": {}}}}}]}})", delay));
  }
  /// Apply as a shell runs it.
  Outcome in_shell(const std::string& command) {
    under = {"/bin/sh", "-c", command, "sh"};
    return apply_under_fault();
  }
  [[nodiscard]] std::size_t writes_so_far() const { return writes().size(); }
};

TEST_F(ProcessFaults, AskedToStopItFinishesWhatIsInFlightAndStartsNothing) {
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < std::min<std::size_t>(trials(4), 200) && !HasFailure(); ++i) {
    turn();
    slow_writes(60);
    Process process = launch({"apply", "--yes"});
    wait_for_a_write();
    std::this_thread::sleep_for(microseconds(random() % 200'000));
    const std::size_t before = writes_so_far();
    process.signal(i % 2 == 0 ? SIGTERM : SIGINT);
    const Outcome outcome = process.wait(std::chrono::seconds(30));
    EXPECT_THAT(outcome.exit_code, ::testing::AnyOf(130, 0)) << outcome.said();
    EXPECT_LE(writes_so_far(), before + kInFlight);
    simulator->end_faults();
    recover_and_check(fmt::format("trial {}", i));
  }
}

TEST_F(ProcessFaults, AFailedCheckEndsItBeforeTheNextWrite) {
  turn();
  slow_writes(100);
  Process process = launch({"apply", "--yes"});
  wait_for_a_write();
  // What the standard library does where one of its checks fails.
  process.signal(SIGABRT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.exit_code, 8) << outcome.said();
  EXPECT_THAT(outcome.err, ::testing::HasSubstr("a check failed; nothing more was sent"));
  EXPECT_LE(writes_so_far(), kInFlight);
  simulator->end_faults();
  recover_and_check("SIGABRT");
}

TEST_F(ProcessFaults, NeitherAHangUpNorAClosedOutputEndsAnApply) {
  turn();
  slow_writes(20);
  Process process = launch({"apply", "--yes"});
  wait_for_a_write();
  process.signal(SIGPIPE);
  EXPECT_EQ(process.wait().exit_code, 0);
  recover_and_check("SIGPIPE");
  turn();
  slow_writes(20);
  Process hung_up = launch({"apply", "--yes"});
  wait_for_a_write();
  hung_up.signal(SIGHUP);
  const Outcome outcome = hung_up.wait();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.said();
  simulator->end_faults();
  recover_and_check("SIGHUP");
  for (const char* command :
       {"exec \"$@\" >&-", "exec \"$@\" 2>&-", "\"$@\" | head -c 1 >/dev/null"}) {
    turn();
    (void)in_shell(command);
    EXPECT_GT(effective_writes(), 9U) << command;
    recover_and_check(command);
  }
}

TEST_F(ProcessFaults, AFileThatMayNotGrowStopsItBeforeTheNextWrite) {
  for (const int blocks : {16, 64, 256, 400, 512, 768, 1024}) {
    turn();
    const Outcome outcome = in_shell(fmt::format("ulimit -f {}; exec \"$@\"", blocks));
    EXPECT_LT(outcome.exit_code, 128) << "died of a signal: " << outcome.said();
    recover_and_check(fmt::format("ulimit -f {}, exit {}", blocks, outcome.exit_code));
  }
}

TEST_F(ProcessFaults, OfTwoAtOnceOneApplies) {
  std::mt19937_64 random(2);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < trials(5) && !HasFailure(); ++i) {
    turn();
    slow_writes(5);
    Process one = launch({"apply", "--yes"});
    std::this_thread::sleep_for(microseconds(random() % 50'000));
    Process two = launch({"apply", "--yes"});
    for (const Outcome& outcome : {one.wait(), two.wait()}) {
      EXPECT_THAT(outcome.exit_code, ::testing::AnyOf(0, 7)) << outcome.said();
      if (outcome.exit_code == 7) ++refused;
    }
    recover_and_check(fmt::format("race {}", i));
  }
  std::cout << "found the lock held: " << refused << '\n';
}

TEST_F(ProcessFaults, AHolderThatSleptThroughATakeoverWritesNothingMore) {
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < std::min<std::size_t>(trials(2), 200) && !HasFailure(); ++i) {
    turn();
    slow_writes(40);
    Process sleeper = launch({"apply", "--yes", "--parallelism", "2"});
    wait_for_a_write();
    std::this_thread::sleep_for(microseconds(random() % 100'000));
    sleeper.signal(SIGSTOP);
    std::this_thread::sleep_for(milliseconds(100));  // what is in flight arrives
    rolecall_exits(0, {"unlock", "--yes"});
    simulator->end_faults();
    const std::size_t so_far = writes_so_far();
    const bool busy = rolecall({"apply", "--yes"}).exit_code == 8;
    if (busy) {
      // It fell asleep in the middle of a commit, and keeps the store to itself until it wakes.
      EXPECT_EQ(writes_so_far(), so_far);
    } else {
      recover_and_check(fmt::format("takeover {}", i));
    }
    const std::size_t before = writes_so_far();
    sleeper.signal(SIGCONT);
    const Outcome outcome = sleeper.wait();
    if (busy) recover_and_check(fmt::format("takeover {}, once awake", i));
    EXPECT_NE(outcome.exit_code, 0) << outcome.said();
    EXPECT_TRUE(busy || writes_so_far() <= before + 2) << outcome.said();
  }
}

}  // namespace
}  // namespace rolecall::test
