// Calls to the file system that fail or lie: nothing is sent that is not in the log (guarantees.md
// A5, A7).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "diff/plan_file.h"
#include "tests/faults/faulted.h"
#include "tests/support/test_name.h"

namespace rolecall::test {
namespace {

struct Failing {
  const char* call;
  const char* error;
  bool for_ever;
  const char* file = nullptr;  ///< what stands behind the store's own name; none: any file
};

void PrintTo(const Failing& failing, std::ostream* out) {
  *out << failing.call << ' ' << failing.error << (failing.for_ever ? " for ever" : " once");
  if (failing.file != nullptr) *out << " rolecall.db" << failing.file;
}

class IoError : public Faulted, public ::testing::WithParamInterface<Failing> {
 protected:
  /// The path is the one that the system knows, without symbolic links.
  [[nodiscard]] std::string path(const char* file) const {
    if (file == nullptr) return {};
    return (std::filesystem::canonical(folder.path()) / ".rolecall" / "rolecall.db").string() +
           file;
  }
};

TEST_P(IoError, StopsBeforeTheNextWriteAndOneMoreApplyMakesEverythingRight) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  const auto [call, error, for_ever, file] = GetParam();
  if (file != nullptr && ::geteuid() != 0) {
    GTEST_SKIP() << "only root may ask such a process for the names of files";
  }
  // A failed write() may be one to standard output, after which an apply goes on.
  const bool of_store = file != nullptr;
  const std::size_t bound = std::string_view(call) == "write" && !of_store ? 1'000 : 8;
  std::size_t refused = 0, most = 0;
  const std::size_t points = at_points(
      3, call,
      [error = error, for_ever = for_ever](std::size_t n) {
        return fmt::format("error={}:when={}{}", error, n, for_ever ? "+" : "");
      },
      [&](const Outcome& outcome, const std::string& what) {
        EXPECT_LT(outcome.exit_code, 128) << "died of a signal\n" << what << outcome.said();
        // Once all is done, what cannot be folded into the database stays in its log.
        if (of_store && (outcome.exit_code != 0 || sent_afterwards() > 0)) {
          EXPECT_EQ(outcome.exit_code, 8) << what << outcome.said();
        }
        if (outcome.exit_code == 8) {
          ++refused;
          // What had its intent already may still leave: eight calls are in flight at most.
          EXPECT_LE(sent_afterwards(), bound) << what;
          most = std::max(most, sent_afterwards());
        }
        if (outcome.exit_code == 0) check_done(what);
        recover_and_check(what);
      },
      path(file));
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

INSTANTIATE_TEST_SUITE_P(OwnFiles, IoError,
                         ::testing::Values(Failing{"pwrite64", "ENOSPC", false, "-wal"},
                                           Failing{"pwrite64", "EIO", true, "-wal"},
                                           Failing{"pwrite64", "EIO", false, ""},
                                           Failing{"pwrite64", "EIO", false, ".lock"},
                                           Failing{"fdatasync", "EIO", false, "-wal"},
                                           Failing{"fdatasync", "EIO", false, ".head.new"},
                                           Failing{"write", "ENOSPC", false, ".head.new"},
                                           Failing{"openat", "EACCES", false, ""},
                                           Failing{"openat", "EACCES", false, ".head.new"},
                                           Failing{"openat", "EMFILE", false, ".lock"},
                                           Failing{"rename", "EROFS", false, ".head.new"}),
                         [](const auto& it) {
                           return test_name(::testing::PrintToString(it.param));
                         });

class PlanFile : public Faulted, public ::testing::WithParamInterface<Failing> {
 protected:
  /// Its content is a whole plan, if it is there.
  void expect_whole() const {
    if (!std::filesystem::exists(file_)) return;
    const auto saved = parse_saved_plan(read_file(file_));
    EXPECT_TRUE(saved) << saved.error().what;
  }
  void expect_nothing_beside() const {
    for (const auto& one : std::filesystem::directory_iterator(folder.path())) {
      EXPECT_THAT(one.path().filename().string(), ::testing::Not(::testing::EndsWith(".new")));
    }
  }

  std::string file_ = (folder.path() / "saved.plan").string();
};

TEST_P(PlanFile, IsThereWholeOrNotAtAll) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  turn();
  const std::string trace = (folder.path() / "trace").string();
  std::size_t refused = 0;
  for (std::size_t n = 1;; ++n) {
    SCOPED_TRACE(n);
    std::filesystem::remove(file_);
    under = strace(GetParam().call, fmt::format("error={}:when={}", GetParam().error, n), trace);
    const Outcome outcome = rolecall({"plan", "--out", "saved.plan"});
    under.clear();
    expect_whole();
    expect_nothing_beside();
    const bool met = read_file(trace).find("(INJECTED)") != std::string::npos;
    if (outcome.exit_code != 0) {
      ++refused;
      EXPECT_THAT(outcome.exit_code, ::testing::AnyOf(1, 8)) << outcome.said();
      EXPECT_THAT(outcome.err, ::testing::HasSubstr("error: "));
      EXPECT_TRUE(met) << outcome.said();
    } else {
      EXPECT_TRUE(std::filesystem::exists(file_)) << outcome.said();
    }
    if (!met || HasFailure()) break;
  }
  EXPECT_GT(refused, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, PlanFile,
    ::testing::Values(Failing{"write", "ENOSPC", false}, Failing{"write", "EIO", false},
                      Failing{"fsync", "EIO", false}, Failing{"fsync", "ENOSPC", false},
                      Failing{"rename", "EIO", false}, Failing{"rename", "ENOSPC", false}),
    [](const auto& it) { return test_name(::testing::PrintToString(it.param)); });

}  // namespace
}  // namespace rolecall::test
