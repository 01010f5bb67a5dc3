#include <fmt/format.h>
#include <gmock/gmock.h>

#include "state/store/memory.h"
#include "tests/state/store/log_fixture.h"

namespace rolecall {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LogTamperTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TestFolder>();
    original_ = *folder_ / "original.db";
    make_full_log(original_);
    head_ = verified(original_).head;
  }
  static void TearDownTestSuite() { folder_.reset(); }
  void SetUp() override { start_over(); }

  void start_over() { copy_store(original_, path_); }
  std::int64_t number(const std::string& sql) {
    std::int64_t found = 0;
    const auto read = [&](Database& database) -> Result<void> {
      found = database.query_integer(sql).value();
      return {};
    };
    EXPECT_TRUE(read_without_traces(path_, WhenWritten::keep, read));
    return found;
  }
  void expect_bad_row(std::int64_t seq, const std::string& what) {
    const LogVerdict verdict = verified(path_);
    EXPECT_FALSE(verdict.good()) << what;
    EXPECT_EQ(verdict.broken_seq, seq) << what << ": " << verdict.broken;
    EXPECT_EQ(verdict.head.seq, seq - 1) << what;
  }
  void expect_refused(const std::string& what) {
    EXPECT_FALSE(verified(path_).good()) << what;
    const auto store = Store::open(path_, Store::Access::write);
    EXPECT_FALSE(store) << what;
  }

  static std::unique_ptr<TestFolder> folder_;
  static std::string original_;
  static ChainHead head_;
  std::string path_ = *folder_ / "rolecall.db";
};

std::unique_ptr<TestFolder> LogTamperTest::folder_;
std::string LogTamperTest::original_;
ChainHead LogTamperTest::head_;

TEST_F(LogTamperTest, ALogThatNobodyTouchedVerifies) {
  const LogVerdict verdict = verified(path_);
  EXPECT_TRUE(verdict.good()) << verdict.broken;
  EXPECT_EQ(verdict.head.seq, 14);
  EXPECT_EQ(verdict.head_file, verdict.head);
  EXPECT_THAT(verdict.organizations, testing::ElementsAre("org-1"));
  ASSERT_EQ(verdict.gaps.size(), 1U);
  EXPECT_THAT(verdict.gaps[0], HasSubstr("kim@laptop"));
  for (const LogTable& table : log_tables()) {
    EXPECT_GT(number(fmt::format("SELECT count(*) FROM {}", table.table)), 0) << table.table;
  }
}

TEST_F(LogTamperTest, EveryTableIsInTheLogOrIsKnownNotToBe) {
  std::string tables = "'store', 'log', 'sqlite_schema', 'sqlite_temp_schema'";
  for (const MemoryTable& table : kMemoryTables) tables += fmt::format(", '{}'", table.name);
  for (const LogTable& table : log_tables()) tables += fmt::format(", '{}'", table.table);
  EXPECT_EQ(number("SELECT count(*) FROM pragma_table_list WHERE name NOT IN (" + tables + ")"), 0);
  for (const LogTable& table : log_tables()) {
    std::string columns;
    for (const LogColumn& column : table.columns) columns += fmt::format("{},", column.name);
    EXPECT_EQ(number(fmt::format("SELECT group_concat(name || ',', '') = '{}' FROM "
                                 "pragma_table_info('{}')",
                                 columns, table.table)),
              1)
        << table.table;
  }
}

TEST_F(LogTamperTest, AnEditOfAnyColumnOfAnyTableIsSeenInItsRow) {
  for (const LogTable& table : log_tables()) {
    for (const LogColumn& column : table.columns) {
      start_over();
      const bool key = &column == &table.columns.front();
      const std::string where = fmt::format("{}.{}", table.table, column.name);
      const std::int64_t id =
          number(fmt::format("SELECT min({}) FROM {}", table.columns.front().name, table.table));
      const std::int64_t seq =
          number(fmt::format("SELECT seq FROM log WHERE type = '{}' AND row = {}", table.type, id));
      const bool text = column.kind == LogColumn::Kind::text;
      const std::string edit =
          fmt::format("UPDATE {} SET {} = {} WHERE {} = {}", table.table, column.name,
                      text ? "'' || rowid || 'x'" : "987654", table.columns.front().name, id);
      start_over();
      alter(path_, edit);
      expect_bad_row(seq, where);
      expect_refused(where);
      // The row moved away under another number: there is nothing to give a new hash to.
      if (key) continue;
      // With a hash of its own again, it no longer fits the row after it, or the head file.
      rechain(path_, seq, seq);
      if (seq < head_.seq) expect_bad_row(seq + 1, where + " with its hash");
      expect_refused(where + " with its hash");
      // With the hashes of all rows after it again, the last one is another.
      rechain(path_, seq, head_.seq);
      const LogVerdict verdict = verified(path_);
      EXPECT_THAT(verdict.mismatches, testing::SizeIs(1)) << where;
      if (table.type != "memory") {
        EXPECT_THAT(verdict.broken, IsEmpty()) << where;
      }
      expect_refused(where + " chained anew");
      std::filesystem::remove(path_ + ".head");
      EXPECT_FALSE(verified(path_, {{head_, "--head"}}).good()) << where;
    }
  }
}

TEST_F(LogTamperTest, EveryWayToMoveRowsIsSeen) {
  struct Case {
    const char* what;
    const char* sql;
    std::int64_t seq;  ///< the first bad row; 0: it is not a row of the chain
  };
  const Case cases[] = {
      {"an outcome removed", "DELETE FROM outcomes WHERE intent = 2", 6},
      {"an outcome removed with its entry",
       "DELETE FROM outcomes WHERE intent = 2; DELETE FROM log WHERE seq = 6", 6},
      {"the same, and the rest moved up",
       "DELETE FROM outcomes WHERE intent = 2; DELETE FROM log WHERE seq = 6; "
       "UPDATE log SET seq = seq - 1 WHERE seq > 6",
       6},
      {"the first row removed", "DELETE FROM log WHERE seq = 1", 1},
      {"an intent added",
       "INSERT INTO intents SELECT 99, run, call, at, kind, 'eve', account_id, "
       "group_name, group_id, resource, role, cause_file, cause_line, why, "
       "reason, request, body_digest FROM intents WHERE id = 1",
       0},
      {"an outcome added", "INSERT INTO outcomes VALUES (4, 'x', 'applied', 200, 1, 1, '')", 0},
      {"the contents of two rows swapped",
       "UPDATE outcomes SET intent = 100 WHERE intent = 1; UPDATE outcomes SET intent = 1 "
       "WHERE intent = 2; UPDATE outcomes SET intent = 2 WHERE intent = 100; "
       "UPDATE outcomes SET message = 'swapped' WHERE intent = 1",
       5},
      {"two entries swapped",
       "UPDATE log SET seq = -1 WHERE seq = 5; UPDATE log SET seq = 5 WHERE seq = 6; "
       "UPDATE log SET seq = 6 WHERE seq = -1",
       5},
      {"an entry of another type", "UPDATE log SET type = 'intent' WHERE seq = 5", 5},
      {"an entry of no type", "UPDATE log SET type = 'nothing' WHERE seq = 5", 5},
      {"a hash replaced", "UPDATE log SET hash = upper(hash) WHERE seq = 5", 5},
      {"an entry before the first", "INSERT INTO log VALUES (0, 'run', 1, 'x')", 0},
      {"an entry after the last", "INSERT INTO log VALUES (15, 'run', 1, 'x')", 15},
      {"a row listed twice", "UPDATE log SET row = 1 WHERE seq = 6", 6},
      {"another store's number", "UPDATE store SET id = lower(hex(randomblob(16)))", 1},
      {"what was protected", "DELETE FROM protections WHERE kind = 'user'", 0},
      {"protections of others", "INSERT INTO protections VALUES ('org-2', 'user', 'eve')", 0},
  };
  for (const Case& one : cases) {
    start_over();
    alter(path_, one.sql);
    EXPECT_EQ(verified(path_).broken_seq, one.seq) << one.what;
    expect_refused(one.what);
  }
}

TEST_F(LogTamperTest, TypesOtherThanTheTablesAreSeen) {
  // STRICT keeps SQL from it; a byte in the file does not ask.
  start_over();
  std::string bytes = read_bytes(path_);
  EXPECT_TRUE(verified(path_).good());
  const auto at = bytes.find("add_member");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'A';
  write_bytes(path_, bytes);
  EXPECT_FALSE(verified(path_).good());
}

TEST_F(LogTamperTest, ForeignSchemaIsSeen) {
  for (const char* sql :
       {"CREATE TRIGGER t AFTER INSERT ON intents BEGIN SELECT 1; END", "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE extra (x)", "DROP TABLE notices",
        "ALTER TABLE outcomes RENAME TO o; CREATE VIEW outcomes AS SELECT * FROM o"}) {
    start_over();
    alter(path_, sql);
    expect_refused(sql);
  }
}

TEST_F(LogTamperTest, AnIndexThatHidesARowIsSeen) {
  {
    auto store = Store::open(path_, Store::Access::write);
    ASSERT_TRUE(store) << store.error().what;
    Intent invitation = some_intent();
    invitation.kind = "invite_user";
    ASSERT_TRUE(store->record_intents(store->begin_run(some_run()).value(), kNoon,
                                      std::vector{invitation}));
  }
  const std::string whole = read_bytes(path_);
  // What `audit show` would not find, and what would be taken for an invitation never sent.
  for (const auto& [index, rows] : {std::pair("intents_by_run", 5), std::pair("invitations", 1)}) {
    std::string bytes = whole;
    const std::int64_t page =
        number("SELECT rootpage FROM sqlite_schema WHERE name = '" + std::string(index) + "'");
    // The number of cells in the page of a b-tree is in its bytes 3 and 4.
    char& cells = bytes.at(static_cast<std::size_t>(page - 1) * 4096 + 4);
    ASSERT_EQ(cells, rows);
    --cells;
    write_bytes(path_, bytes);
    EXPECT_FALSE(verified(path_).good()) << index;
    const auto store = Store::open(path_, Store::Access::write);
    ASSERT_FALSE(store) << index << ": a run would overlook the row too";
    EXPECT_THAT(store.error().what, testing::HasSubstr("cannot be trusted")) << index;
    write_bytes(path_, whole);
  }
}

TEST_F(LogTamperTest, VerifyingWritesNothing) {
  const auto listing = [&] {
    std::string out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_->path())) {
      struct stat status {};
      ::lstat(entry.path().c_str(), &status);
      out += fmt::format("{} {} {} {}\n", entry.path().string(), status.st_size,
                         status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    }
    return out;
  };
  const std::string before = listing();
  const std::string bytes = read_bytes(path_);
  EXPECT_TRUE(verified(path_).good());
  EXPECT_EQ(listing(), before);
  EXPECT_EQ(read_bytes(path_), bytes);
}

TEST_F(LogTamperTest, VerifiesACopyThatCannotBeWritten) {
  const int code = in_child([&] {
    const TestFolder copy;
    copy_store(path_, copy / "rolecall.db");
    for (const char* name : {"rolecall.db", "rolecall.db.head"}) {
      ::chmod((copy / name).c_str(), 0444);
    }
    ::chmod(copy.path().c_str(), 0555);
    // Somebody else's file, in a folder where nothing can be made.
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 10;
    const LogVerdict verdict = verified(copy / "rolecall.db");
    if (::getuid() != 65534) ::chmod(copy.path().c_str(), 0755);
    return verdict.good() ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(LogTamperTest, VerifiesWhileARunIsWriting) {
  auto store = Store::open(path_, Store::Access::write);
  ASSERT_TRUE(store) << store.error().what;
  for (int i = 0; i < 20; ++i) {
    const auto run = store->begin_run(some_run());
    ASSERT_TRUE(run);
    const LogVerdict verdict = verified(path_);
    ASSERT_TRUE(verdict.good()) << verdict.broken;
    EXPECT_EQ(verdict.head, store->head());
  }
}

TEST_F(LogTamperTest, RefusesWhatIsNoFile) {
  const std::string fifo = *folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(verified(fifo).broken, HasSubstr("not a regular file"));
  EXPECT_THAT(verified(*folder_ / "nothing.db").broken, HasSubstr("there is no store at"));
  EXPECT_FALSE(std::filesystem::exists(*folder_ / "nothing.db"));
}

}  // namespace
}  // namespace rolecall
