// Calls to the file system that fail or lie: nothing is sent that is not in the log (guarantees.md
// A5, A7).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/faults/faulted.h"
#include "tests/support/test_name.h"

namespace rolecall::test {
namespace {

struct Fault {
  const char* call;
  const char* error;
  bool for_ever;
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.call << ' ' << fault.error << (fault.for_ever ? " for ever" : " once");
}

constexpr std::size_t kCleanInARow = 3;

class IoError : public Faulted, public ::testing::WithParamInterface<Fault> {};

TEST_P(IoError, StopsBeforeTheNextWriteAndOneMoreApplyMakesEverythingRight) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  const auto [call, error, for_ever] = GetParam();
  const std::size_t step = every(120);
  std::size_t points = 0, refused = 0, clean = 0;
  for (std::size_t n = step > 1 ? 1 + step / 4 : 1;; n += step) {
    turn();
    inject(call, fmt::format("error={}:when={}{}", error, n, for_ever ? "+" : ""));
    const Outcome outcome = apply_under_fault();
    EXPECT_LT(outcome.exit_code, 128) << "died of a signal\n" << outcome.said();
    if (outcome.exit_code == 8) ++refused;
    ++points;
    recover_and_check(fmt::format("{} {} number {}, exit {}", call, error, n, outcome.exit_code));
    // Past the last such call nothing fails any more; some before it do no harm either.
    clean = outcome.exit_code == 0 ? clean + 1 : 0;
    if (HasFailure() || clean == kCleanInARow) break;
  }
  std::cout << call << ' ' << error << ": failed at " << points << " points, " << refused
            << " with exit code 8\n";
}

INSTANTIATE_TEST_SUITE_P(
    Calls, IoError,
    ::testing::Values(Fault{"pwrite64", "ENOSPC", false}, Fault{"pwrite64", "ENOSPC", true},
                      Fault{"pwrite64", "EIO", true}, Fault{"pwrite64", "EDQUOT", true},
                      Fault{"fdatasync", "EIO", false}, Fault{"fdatasync", "EIO", true},
                      Fault{"fallocate", "ENOSPC", true}, Fault{"ftruncate", "EIO", true},
                      Fault{"openat", "EMFILE", true}, Fault{"rename", "EROFS", true},
                      Fault{"unlink", "EACCES", true}),
    [](const auto& it) { return test_name(::testing::PrintToString(it.param)); });

}  // namespace
}  // namespace rolecall::test
