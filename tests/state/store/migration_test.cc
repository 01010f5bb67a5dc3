// A store that an older rolecall wrote (guarantees.md A11).
#include <gmock/gmock.h>

#include "state/store/backup.h"
#include "state/store/verify.h"
#include "tests/state/store/older_store.h"

namespace rolecall {
namespace {

using testing::HasSubstr;

std::int64_t schema_of(const std::string& path) {
  auto database = Database::open(path, Database::Mode::read);
  if (!database) return -1;
  return check_schema(*database, migrations()).value_or(-1);
}

std::size_t runs_of(const std::string& path) {
  auto store = Store::open(path, Store::Access::write);
  EXPECT_TRUE(store) << store.error().what;
  return store ? store->runs(0).value().size() : 0;
}

class Migration : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    make_older_store(path_, schema_);
    ASSERT_EQ(schema_of(path_), schema_);
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
  std::int64_t schema_ = GetParam();
  std::string backup_ = backup_file(path_, schema_);
};

TEST_P(Migration, OpeningItToReadChangesNothing) {
  const auto store = Store::open(path_, Store::Access::read);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().what, HasSubstr("was written by an older rolecall"));
  EXPECT_EQ(schema_of(path_), schema_);
  EXPECT_FALSE(std::filesystem::exists(backup_));
}

TEST_P(Migration, KeepsItAsItWasBesideTheNewOne) {
  EXPECT_EQ(runs_of(path_), 1U);
  EXPECT_EQ(schema_of(path_), std::ssize(migrations()));
  EXPECT_TRUE(verify_store(path_, {})->good());
  EXPECT_EQ(schema_of(backup_), schema_);
  EXPECT_EQ(mode_of(backup_), 0600U);
  // Once is enough.
  std::filesystem::remove(backup_);
  EXPECT_EQ(runs_of(path_), 1U);
  EXPECT_FALSE(std::filesystem::exists(backup_));
}

TEST_P(Migration, TheCopyIsAStoreThatCanBePutBack) {
  EXPECT_EQ(runs_of(path_), 1U);
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  std::filesystem::rename(backup_, path_);
  EXPECT_EQ(runs_of(path_), 1U);
  EXPECT_TRUE(verify_store(path_, {})->good());
}

TEST_P(Migration, WithoutACopyThereIsNone) {
  std::filesystem::create_directories(backup_ + "/in-the-way");
  const auto store = Store::open(path_, Store::Access::write);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().what, HasSubstr("cannot keep the store as " + backup_));
  EXPECT_EQ(schema_of(path_), schema_);
  std::filesystem::remove_all(backup_);
  EXPECT_EQ(runs_of(path_), 1U);
}

TEST_P(Migration, WhatAnEarlierAttemptLeftIsReplaced) {
  write_bytes(backup_, "half a cop");
  write_bytes(backup_ + ".new", "half a cop");
  EXPECT_EQ(runs_of(path_), 1U);
  EXPECT_EQ(schema_of(backup_), schema_);
  EXPECT_FALSE(std::filesystem::exists(backup_ + ".new"));
}

INSTANTIATE_TEST_SUITE_P(From, Migration, testing::Range(std::int64_t{1}, std::int64_t{4}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace rolecall
