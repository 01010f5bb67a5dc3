// Writes to the store that are reported as done and are not on the disk: a later start notices
// (guarantees.md A7).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "state/store/sqlite.h"
#include "tests/faults/faulted.h"

namespace rolecall::test {
namespace {

/// What SQLite itself thinks of the file: whether its indexes say what its tables do.
std::string integrity(const std::string& store) {
  auto database = Database::open(store, Database::Mode::read);
  if (!database) return database.error().what;
  auto check = database->prepare("PRAGMA integrity_check(1)");
  if (!check) return check.error().what;
  auto rows = check->use();
  const auto row = rows.next();
  return row ? rows.text(0) : row.error().what;
}

// SQLite writes a header or a page at a time, never more than this.
constexpr const char* kLie = "retval=4096";

class LostWrite : public Faulted, public ::testing::WithParamInterface<const char*> {
 protected:
  LostWrite() { log_is_true = false; }

  /// Whether the next start, or the run itself, refuses to go on because of the store.
  bool noticed(const Outcome& outcome) const {
    if (outcome.exit_code != 8) return false;
    EXPECT_THAT(outcome.said(), ::testing::HasSubstr(store())) << "which store is told";
    return true;
  }
};

TEST_P(LostWrite, IsNoticedAtTheNextStart) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  if (::geteuid() != 0) GTEST_SKIP() << "only root may ask such a process for the names of files";
  const std::string file = std::string("rolecall.db") + GetParam();
  std::size_t at_once = 0;
  std::size_t later = 0;
  std::size_t harmless = 0;
  // The path is the one that SQLite opens, without symbolic links.
  const auto above = std::filesystem::canonical(folder.path());
  const std::size_t points = at_points(
      6, "pwrite64", [](std::size_t n) { return fmt::format("{}:when={}", kLie, n); },
      [&](const Outcome& first, const std::string& what) {
        SCOPED_TRACE(what);
        if (noticed(first)) {
          ++at_once;
          // With a new store the rest is done, so that the next trial has as much to do.
          remove_store();
          rolecall_exits(0, {"apply", "--yes"});
          return;
        }
        EXPECT_EQ(first.exit_code, 0) << first.said();
        const Outcome next = rolecall({"apply", "--yes"});
        if (noticed(next)) {
          ++later;
          return;
        }
        ++harmless;
        EXPECT_EQ(next.exit_code, 0) << next.said();
        check_log("after a lost write");
        EXPECT_EQ(integrity(store()), "ok") << "silent";
      },
      (above / ".rolecall" / file).string());
  std::cout << file << ": " << points << " writes lost, " << at_once
            << " noticed by the run itself, " << later << " at the next start, " << harmless
            << " with nothing lost\n";
}

INSTANTIATE_TEST_SUITE_P(File, LostWrite, ::testing::Values("-wal", ""), [](const auto& tested) {
  return std::string(*tested.param == '\0' ? "Database" : "Log");
});

}  // namespace
}  // namespace rolecall::test
