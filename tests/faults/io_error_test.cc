// Calls to the file system that fail or lie: nothing is sent that is not in the log (guarantees.md
// A5, A7).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/faults/faulted.h"
#include "tests/support/test_name.h"

namespace rolecall::test {
namespace {

struct Failing {
  const char* call;
  const char* error;
  bool for_ever;
};

void PrintTo(const Failing& failing, std::ostream* out) {
  *out << failing.call << ' ' << failing.error << (failing.for_ever ? " for ever" : " once");
}

class IoError : public Faulted, public ::testing::WithParamInterface<Failing> {};

TEST_P(IoError, StopsBeforeTheNextWriteAndOneMoreApplyMakesEverythingRight) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  const auto [call, error, for_ever] = GetParam();
  std::size_t refused = 0, most = 0;
  const std::size_t points = at_points(
      3, call,
      [error = error, for_ever = for_ever](std::size_t n) {
        return fmt::format("error={}:when={}{}", error, n, for_ever ? "+" : "");
      },
      [&](const Outcome& outcome, const std::string& what) {
        EXPECT_LT(outcome.exit_code, 128) << "died of a signal\n" << what << outcome.said();
        if (outcome.exit_code == 8) {
          ++refused;
          // What had its intent already may still leave: eight calls are in flight at most.
          EXPECT_LE(sent_afterwards(), 8U) << what;
          most = std::max(most, sent_afterwards());
        }
        recover_and_check(what);
      });
  std::cout << call << ' ' << error << ": failed at " << points << " points, " << refused
            << " with exit code 8, after which " << most << " messages were sent at most\n";
}

INSTANTIATE_TEST_SUITE_P(Calls, IoError, ::testing::ValuesIn([] {
                           std::vector<Failing> out;
                           for (const auto& [call, error] :
                                std::initializer_list<std::pair<const char*, const char*>>{
                                    {"pwrite64", "ENOSPC"},
                                    {"pwrite64", "EIO"},
                                    {"pwrite64", "EDQUOT"},
                                    {"fdatasync", "EIO"},
                                    {"fsync", "EIO"},
                                    {"ftruncate", "EIO"},
                                    {"openat", "EMFILE"},
                                    {"openat", "EACCES"},
                                    {"rename", "EROFS"},
                                    {"unlink", "EACCES"},
                                    {"write", "ENOSPC"}}) {
                             for (const bool for_ever : {false, true})
                               out.push_back({call, error, for_ever});
                           }
                           return out;
                         }()),
                         [](const auto& it) {
                           return test_name(::testing::PrintToString(it.param));
                         });

}  // namespace
}  // namespace rolecall::test
