#include "state/store/schema.h"

#include <gmock/gmock.h>

#include <array>

#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using testing::HasSubstr;

class SchemaTest : public testing::Test {
 protected:
  void SetUp() override { write_bytes(path_, ""); }
  Database open() { return std::move(Database::open(path_, Database::Mode::write).value()); }

  TestFolder folder_;
  std::string path_ = folder_ / "x.db";
};

TEST_F(SchemaTest, TakesAStoreThroughEveryStepOnce) {
  const std::array steps = {"CREATE TABLE a (x) STRICT; ", "ALTER TABLE b RENAME TO c"};
  const std::array first = {"CREATE TABLE b (x TEXT) STRICT", "ALTER TABLE b RENAME TO c"};
  auto database = open();
  ASSERT_FALSE(migrate(database, steps));
  ASSERT_TRUE(migrate(database, std::span(first).first(1)));
  EXPECT_EQ(check_schema(database, first).value(), 1);
  ASSERT_TRUE(migrate(database, first));
  EXPECT_EQ(check_schema(database, first).value(), 2);
  EXPECT_TRUE(migrate(database, first));
}

TEST_F(SchemaTest, AllStepsAreTakenOrNone) {
  const std::array steps = {"CREATE TABLE a (x TEXT) STRICT", "CREATE TABLE b (x TEXT) STRICT",
                            "CREATE TABLE c (x TEXT) STRICT; CREATE TABLE a (y TEXT) STRICT"};
  auto database = open();
  EXPECT_FALSE(migrate(database, steps));
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM sqlite_schema").value(), 0);
  ASSERT_TRUE(migrate(database, std::span(steps).first(1)));
  EXPECT_FALSE(migrate(database, steps));
  EXPECT_EQ(check_schema(database, steps).value(), 1);
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM sqlite_schema").value(), 1);
}

TEST_F(SchemaTest, EveryTableIsStrict) {
  auto database = open();
  ASSERT_TRUE(migrate(database, migrations()));
  EXPECT_GT(database.query_integer("SELECT count(*) FROM pragma_table_list").value(), 6);
  EXPECT_EQ(database
                .query_integer("SELECT count(*) FROM pragma_table_list "
                               "WHERE strict = 0 AND name NOT LIKE 'sqlite_%'")
                .value(),
            0);
}

TEST_F(SchemaTest, WhatIsAcceptedForWritingIsSyncedInFull) {
  auto database = open();
  ASSERT_TRUE(database.accept());
  EXPECT_EQ(database.query_integer("PRAGMA synchronous").value(), 2);
  EXPECT_EQ(database.query_integer("PRAGMA foreign_keys").value(), 1);
  EXPECT_EQ(database.query_integer("PRAGMA trusted_schema").value(), 0);
  EXPECT_THAT(read_bytes(path_).substr(18, 2), "\x02\x02");
}

}  // namespace
}  // namespace rolecall
