// Killed while a store of an older rolecall is brought up to date (guarantees.md A11).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "state/store/backup.h"
#include "state/store/verify.h"
#include "tests/faults/faulted.h"
#include "tests/state/store/older_store.h"
#include "tests/support/test_name.h"

namespace rolecall::test {
namespace {

constexpr int kKilled = 128 + SIGKILL;
constexpr std::int64_t kOlder = 2;

class KilledMigration : public EndToEnd, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(acme_policy());
    log_is_true = false;
    // Long ago: a run in the future would be a clock that is wrong.
    make_older_store(older_, kOlder, Instant());
  }
  void put_the_older_one_back() const {
    const std::filesystem::path folder_of = std::filesystem::path(store_).parent_path();
    std::filesystem::remove_all(folder_of);
    std::filesystem::create_directory(folder_of);
    std::filesystem::permissions(folder_of, std::filesystem::perms::owner_all);
    for (const char* suffix : {"", ".head"}) {
      std::filesystem::copy_file(older_ + suffix, store_ + suffix);
    }
  }
  void expect_old_or_new() const {
    auto database = Database::open(store_, Database::Mode::read);
    ASSERT_TRUE(database) << database.error().what;
    const auto schema = check_schema(*database, migrations());
    ASSERT_TRUE(schema) << schema.error().what;
    EXPECT_THAT(*schema, ::testing::AnyOf(kOlder, std::ssize(migrations())));
    if (*schema == kOlder) return;
    auto copy = Database::open(backup_file(store_, kOlder), Database::Mode::read);
    ASSERT_TRUE(copy) << "the copy comes first: " << copy.error().what;
    EXPECT_EQ(check_schema(*copy, migrations()).value(), kOlder);
  }

  std::string older_ = (folder.path() / "older.db").string();
  std::string store_ = (folder.path() / ".rolecall" / "rolecall.db").string();
};

TEST_P(KilledMigration, LeavesTheOldOneOrTheNewOneAndACopy) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  const std::string call = GetParam();
  const std::size_t step = every(7);
  std::size_t points = 0;
  for (std::size_t n = 1;; n += step) {
    SCOPED_TRACE(fmt::format("killed at {} number {}", call, n));
    put_the_older_one_back();
    under = strace(call, fmt::format("signal=KILL:when={}", n));
    const Outcome killed = rolecall({"apply", "--yes"});
    under.clear();
    if (killed.exit_code != kKilled) {
      EXPECT_EQ(killed.exit_code, 0) << killed.said();
      break;
    }
    ++points;
    expect_old_or_new();
    rolecall_exits(0, {"apply", "--yes"});
    EXPECT_TRUE(verify_store(store_, {})->good());
    EXPECT_GE(Store::open(store_, Store::Access::read)->runs(0)->size(), 2U);
    if (HasFailure()) break;
  }
  EXPECT_GT(points, 0U);
  std::cout << call << ": killed at " << points << " points\n";
}

INSTANTIATE_TEST_SUITE_P(Calls, KilledMigration,
                         ::testing::Values("pwrite64", "fdatasync", "fsync", "openat", "rename",
                                           "unlink", "ftruncate", "close"),
                         [](const auto& it) { return test_name(it.param); });

}  // namespace
}  // namespace rolecall::test
