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

constexpr int kKilled = 128 + SIGKILL;

class KilledAt : public Faulted, public ::testing::WithParamInterface<const char*> {};

TEST_P(KilledAt, AnyCallOneMoreApplyMakesEverythingRight) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  const std::string call = GetParam();
  const std::size_t step = every(60);
  std::size_t points = 0;
  for (std::size_t n = step > 1 ? 1 + step / 3 : 1;; n += step) {
    turn();
    inject(call, fmt::format("signal=KILL:when={}", n));
    const Outcome killed = apply_under_fault();
    if (killed.exit_code != kKilled) {
      EXPECT_EQ(killed.exit_code, 0) << killed.said();
      break;
    }
    ++points;
    recover_and_check(fmt::format("killed at {} number {}", call, n));
    if (HasFailure()) break;
  }
  std::cout << call << ": killed at " << points << " points\n";
}

INSTANTIATE_TEST_SUITE_P(Calls, KilledAt,
                         ::testing::Values("pwrite64", "fdatasync", "fsync", "ftruncate", "openat", "rename",
                                           "unlink", "sendmsg", "recvmsg", "connect", "close",
                                           "write"),
                         [](const auto& it) { return test_name(it.param); });

class KilledAtRandom : public Faulted {
 protected:
  /// Kills an apply at any time, most often after its first write.
  void kill_an_apply(std::mt19937_64& random) {
    simulator->set_faults(R"({"rules": [{"operation": "writes", "action": {"delay_ms": 15}}]})");
    Process process = launch({"apply", "--yes"});
    const bool early = random() % 4 == 0;
    for (int i = 0; !early && i < 1'000 && process.running() && writes().empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 250'000));
    process.signal(SIGKILL);
    (void)process.wait();
    simulator->end_faults();
  }
};

TEST_F(KilledAtRandom, TimesOneMoreApplyMakesEverythingRight) {
  std::mt19937_64 random(7);
  for (std::size_t i = 0; i < trials(10) && !HasFailure(); ++i) {
    turn();
    kill_an_apply(random);
    recover_and_check(fmt::format("trial {}", i));
  }
}

TEST_F(KilledAtRandom, AndAgainWhileRecovering) {
  std::mt19937_64 random(8);
  for (std::size_t i = 0; i < trials(5) && !HasFailure(); ++i) {
    turn();
    for (int k = 0; k < 3; ++k) kill_an_apply(random);
    recover_and_check(fmt::format("trial {}", i));
  }
}

}  // namespace
}  // namespace rolecall::test
