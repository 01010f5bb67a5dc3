// Killed at system calls, as the power goes: one more apply makes everything right (guarantees.md
// A1 to A4, A9).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "tests/faults/faulted.h"
#include "tests/support/test_name.h"

namespace rolecall::test {
namespace {

class KilledAt : public Faulted, public ::testing::WithParamInterface<const char*> {};

TEST_P(KilledAt, AnyCallOneMoreApplyMakesEverythingRight) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  const std::size_t points = at_points(
      4, GetParam(), [](std::size_t n) { return fmt::format("signal=KILL:when={}", n); },
      [this](const Outcome& killed, const std::string& what) {
        EXPECT_EQ(killed.exit_code, 128 + SIGKILL) << what << '\n' << killed.said();
        recover_and_check(what);
      });
  std::cout << GetParam() << ": killed at " << points << " points\n";
}

INSTANTIATE_TEST_SUITE_P(Calls, KilledAt,
                         ::testing::Values("pwrite64", "fdatasync", "fsync", "ftruncate", "openat",
                                           "rename", "unlink", "sendmsg", "recvmsg", "connect",
                                           "close", "write"),
                         [](const auto& it) { return test_name(it.param); });

class KilledAtRandom : public Faulted {
 protected:
  using Clock = std::chrono::steady_clock;

  /// So slow that a kill meets it at any step.
  void slow_writes() {
    simulator->set_faults(R"({"rules": [{"operation": "writes", "action": {"delay_ms": 15}}]})");
  }

  /// How long an apply takes that nobody kills, from its first write on.
  void take_the_time() {
    turn();
    slow_writes();
    Process process = launch({"apply", "--yes"});
    wait_for_a_write(process);
    const auto begun = Clock::now();
    (void)process.wait();
    whole_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun);
    simulator->end_faults();
  }

  /// Kills an apply at any time, most often after its first write.
  void kill_an_apply(std::mt19937_64& random) {
    slow_writes();
    Process process = launch({"apply", "--yes"});
    if (random() % 4 != 0) wait_for_a_write(process);
    std::this_thread::sleep_for(whole_ * static_cast<std::int64_t>(random() % 1'000) / 1'000);
    process.signal(SIGKILL);
    (void)process.wait();
    simulator->end_faults();
  }

 private:
  void wait_for_a_write(Process& process) {
    for (int i = 0; i < 1'000 && process.running() && writes().empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::chrono::microseconds whole_{};
};

TEST_F(KilledAtRandom, TimesOneMoreApplyMakesEverythingRight) {
  std::mt19937_64 random(7);
  take_the_time();
  for (std::size_t i = 0; i < trials(10) && !HasFailure(); ++i) {
    turn();
    kill_an_apply(random);
    recover_and_check(fmt::format("trial {}", i));
  }
}

TEST_F(KilledAtRandom, AndAgainWhileRecovering) {
  std::mt19937_64 random(8);
  take_the_time();
  for (std::size_t i = 0; i < trials(5) && !HasFailure(); ++i) {
    turn();
    for (int k = 0; k < 3; ++k) kill_an_apply(random);
    recover_and_check(fmt::format("trial {}", i));
  }
}

}  // namespace
}  // namespace rolecall::test
