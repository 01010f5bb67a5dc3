// Stores that are not what the last run left: each is refused in words that say what is wrong,
// nothing is sent, and the refusal leaves the files as they are. (guarantees.md F3, F7, D01 to
// D15; edits of every column are in log_tamper_test.cc, files of every kind in
// store_files_test.cc.)
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/state/store/log_fixture.h"
#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Run, intent, outcome, end, counts and two memories.
constexpr std::int64_t kRows = 7;
constexpr const char* kMissingAtTheEnd = "rows are missing at its end";

/// A store with a run of one change; the policy asks for two others.
class BadStores : public EndToEnd {
 protected:
  void SetUp() override {
    log_is_true = false;  // it is spoilt on purpose
    start(acme());
    want(R"(, "lin@acme.example")");
    rolecall_exits(0, {"apply", "--yes"});
    copy_store(store_, kept_);
    want(R"(, "omar@acme.example")");
    simulator->forget_requests();
  }
  /// Two people and these in the group "design".
  void want(std::string_view more) const {
    const std::string two = R"("grace@acme.example", "rosa@acme.example")";
    write_policy(with(acme_policy(), two + "]", fmt::format("{}{}]", two, more)) +
                 "[safety.limits.remove_members]\nfree = 10\n");
  }
  [[nodiscard]] std::vector<std::string> files() const {
    EXPECT_TRUE(fs::exists(store_));
    return {read_file(store_), read_file(store_ + "-wal"), read_file(store_ + ".head")};
  }
  void expect_runs_refused(const std::string& says) const {
    const auto before = files();
    for (const Arguments& command : {Arguments{"apply", "--yes"}, Arguments{"run", "--once"}}) {
      EXPECT_THAT(rolecall_exits(8, command).err, HasSubstr(says));
    }
    EXPECT_THAT(writes(), IsEmpty());
    EXPECT_TRUE(files() == before) << "the refusal has written";
  }
  void expect_not_verified(const std::string& says, Arguments more = {}) const {
    const auto before = files();
    more.insert(more.begin(), {"audit", "verify"});
    EXPECT_THAT(rolecall_exits(8, more).err, HasSubstr(says));
    EXPECT_TRUE(files() == before) << "the refusal has written";
  }
  /// What was refused was the store and nothing else.
  void expect_fine_once_it_is_back() const {
    copy_store(kept_, store_);
    rolecall_exits(0, {"apply", "--yes"});
    EXPECT_THAT(writes(), SizeIs(2));
  }
  [[nodiscard]] std::vector<std::string> accepted_gaps(int code) const {
    return texts(json_of({"audit", "verify"}, code).at("accepted_gaps"));
  }

  std::string store_ = (folder.path() / ".rolecall" / "rolecall.db").string();
  std::string kept_ = (folder.path() / "kept.db").string();
};

/// The root page of a table, counted from 1.
std::size_t page_of(const std::string& table, const std::string& store) {
  std::int64_t page = 0;
  const auto read = [&](Database& database) -> Result<void> {
    page = database.query_integer("SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")
               .value();
    return {};
  };
  EXPECT_TRUE(read_without_traces(store, WhenWritten::keep, read));
  return static_cast<std::size_t>(page);
}

std::string without_page(std::string bytes, std::size_t page) {
  constexpr std::size_t kPage = 4096;
  return bytes.replace((page - 1) * kPage, kPage, kPage, 'Z');
}

struct BadStore {
  const char* name;
  void (*spoil)(const std::string& store);
  const char* runs_say;
  const char* verify_says;  ///< null: it verifies, as a copy in other hands would
};

void PrintTo(const BadStore& one, std::ostream* out) {
  *out << one.name;
}

constexpr const char* kNoStore = "is not a rolecall store";

const BadStore kBadStores[] = {
    {"ZeroBytes", [](const std::string& s) { write_bytes(s, ""); }, kNoStore, kNoStore},
    {"Text", [](const std::string& s) { write_bytes(s, "run,user\n1,ada\n"); }, kNoStore, kNoStore},
    {"PageMalformed",
     [](const std::string& s) {
       write_bytes(s, without_page(read_bytes(s), page_of("outcomes", s)));
     },
     "row 3: cannot read the store", "row 3: cannot read the store"},
    {"RowEdited", [](const std::string& s) { alter(s, "UPDATE outcomes SET http_status = 500"); },
     "row 3 of the log: outcome 1 was altered", "row 3: outcome 1 was altered"},
    {"RowEditedWithItsHash",
     [](const std::string& s) {
       alter(s, "UPDATE outcomes SET http_status = 500");
       rechain(s, 3, 3);
     },
     "row 4 of the log: end 1 was altered, or its hash was",
     "row 4: end 1 was altered, or its hash was"},
    {"RowEditedWithAllHashes",
     [](const std::string& s) {
       alter(s, "UPDATE outcomes SET http_status = 500");
       rechain(s, 3, kRows);
     },
     "the log has 7:", "rolecall.db.head says 7:"},
    {"RowMissing",
     [](const std::string& s) { alter(s, "DELETE FROM outcomes; DELETE FROM log WHERE seq = 3"); },
     "row 3 of the log: it is missing", "row 3: it is missing"},
    {"RowsSwapped",
     [](const std::string& s) {
       alter(s,
             "UPDATE log SET seq = -seq WHERE seq IN (3, 4); "
             "UPDATE log SET seq = 7 + seq WHERE seq < 0");
     },
     "row 3 of the log: end 1 was altered", "row 3: end 1 was altered"},
    {"RowInserted",
     [](const std::string& s) {
       alter(s,
             "INSERT INTO notices VALUES (1, 'x', 'eve', 'log_gap', 'x', 'x'); "
             "INSERT INTO log VALUES (8, 'notice', 1, 'x')");
     },
     "row 8 of the log: notice 1 was altered", "row 8: notice 1 was altered"},
    {"HeadFileMissing", [](const std::string& s) { fs::remove(s + ".head"); },
     "the log ends at 7:", nullptr},
    {"HeadFileOfAnotherStore",
     [](const std::string& s) {
       make_store(s + ".other");
       fs::rename(s + ".other.head", s + ".head");
     },
     "is of the store", "is of the store"},
    {"HeadFileOfText", [](const std::string& s) { write_bytes(s + ".head", "7\n"); },
     "is not the head of a log", "is not the head of a log"},
    {"NewerSchema", [](const std::string& s) { alter(s, "PRAGMA user_version = 99"); },
     "was written by a newer rolecall (schema 99", "was written by a newer rolecall (schema 99"},
    {"Trigger",
     [](const std::string& s) {
       alter(s, "CREATE TRIGGER t1 AFTER INSERT ON intents BEGIN DELETE FROM intents; END");
     },
     "unexpected trigger \"t1\"", "unexpected trigger \"t1\""},
    {"View", [](const std::string& s) { alter(s, "CREATE VIEW v1 AS SELECT 1"); },
     "unexpected view \"v1\"", "unexpected view \"v1\""},
    {"Table", [](const std::string& s) { alter(s, "CREATE TABLE extra (x)"); },
     "unexpected table \"extra\"", "unexpected table \"extra\""},
    {"OpenToOthers", [](const std::string& s) { ::chmod(s.c_str(), 0644); },
     "is open to others (mode 0644)", nullptr},
    {"SymbolicLink",
     [](const std::string& s) {
       fs::rename(s, s + ".real");
       fs::create_symlink(s + ".real", s);
     },
     "is a symbolic link", nullptr},
    {"HardLink", [](const std::string& s) { fs::create_hard_link(s, s + ".second"); },
     "has 2 names (hard links)", nullptr},
};

class BadStoreCatalogue : public BadStores, public ::testing::WithParamInterface<BadStore> {};

TEST_P(BadStoreCatalogue, IsRefusedInWordsAndLeftAsItIs) {
  const BadStore& one = GetParam();
  one.spoil(store_);
  expect_runs_refused(one.runs_say);
  if (one.verify_says != nullptr) {
    expect_not_verified(one.verify_says);
  } else {
    rolecall_exits(0, {"audit", "verify"});
  }
  expect_fine_once_it_is_back();
}

INSTANTIATE_TEST_SUITE_P(Catalogue, BadStoreCatalogue, ::testing::ValuesIn(kBadStores),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(BadStores, LackRowsAtTheirEnd) {
  for (std::int64_t last = 0; last < kRows; ++last) {
    SCOPED_TRACE(last);
    copy_store(kept_, store_);
    cut_log(store_, last);
    expect_runs_refused(kMissingAtTheEnd);
    const auto verdict = json_of({"audit", "verify"}, 8);
    EXPECT_EQ(verdict.at("rows"), last);
    EXPECT_THAT(texts(verdict.at("mismatches")), ElementsAre(HasSubstr(kMissingAtTheEnd)));
  }
  expect_fine_once_it_is_back();
}

TEST_F(BadStores, AreOlderThanTheirHead) {
  rolecall_exits(0, {"apply", "--yes"});
  want("");
  simulator->forget_requests();
  write_bytes(store_, read_bytes(kept_));
  expect_runs_refused(kMissingAtTheEnd);
  expect_not_verified(kMissingAtTheEnd);
}

TEST_F(BadStores, AreOlderWithAnOlderHeadBesideThem) {
  const std::string told = rolecall_exits(0, {"apply", "--yes"}).err;
  const std::string title = "Audit head: ";
  ASSERT_THAT(told, HasSubstr(title));
  const std::string rest = told.substr(told.find(title) + title.size());
  const std::string newer = rest.substr(0, rest.find('\n'));
  rolecall_exits(0, {"audit", "verify", "--head", newer});
  copy_store(kept_, store_);
  rolecall_exits(0, {"audit", "verify"});
  expect_not_verified("--head says " + newer, {"--head", newer});
  expect_not_verified(kMissingAtTheEnd, {"--head", newer});
}

TEST_F(BadStores, DoNotTakeTheWriteAheadLogOfAnother) {
  const std::string other = (folder.path() / "other.db").string();
  make_store(other);
  auto open = Store::open(other, Store::Access::write);
  ASSERT_TRUE(open && open->begin_run(some_run()));
  write_bytes(store_ + "-wal", read_bytes(other + "-wal"));
  expect_runs_refused("the log has 7:");
  expect_not_verified("row 1: run 1 was altered");
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(store_ + suffix);
  rolecall_exits(0, {"audit", "verify"});
}

/// As a user who may not write what is not theirs, whoever runs the tests.
class ReadOnly : public BadStores {
 protected:
  void SetUp() override {
    BadStores::SetUp();
    if (::geteuid() != 0) return;
    under = {"/usr/bin/setpriv", "--inh-caps=-all",
             "--bounding-set=-dac_override,-dac_read_search"};
    const std::string probe = fmt::format("{} true 2>/dev/null", fmt::join(under, " "));
    if (std::system(probe.c_str()) != 0) {
      GTEST_SKIP() << "root may write everything, and there is no setpriv";
    }
  }
};

TEST_F(ReadOnly, FileIsRefused) {
  ::chmod(store_.c_str(), 0400);
  expect_runs_refused(store_ + ": it is read-only");
  rolecall_exits(0, {"audit", "verify"});
  ::chmod(store_.c_str(), 0600);
  rolecall_exits(0, {"apply", "--yes"});
}

TEST_F(ReadOnly, FolderIsRefused) {
  const std::string above = fs::path(store_).parent_path().string();
  ::chmod(above.c_str(), 0500);
  expect_runs_refused(above + ": it is read-only");
  rolecall_exits(0, {"audit", "verify"});
  ::chmod(above.c_str(), 0700);
  rolecall_exits(0, {"apply", "--yes"});
}

/// A run was killed, and its rows are not in the database yet.
class KilledRun : public BadStores {
 protected:
  void SetUp() override {
    BadStores::SetUp();
    simulator->set_faults(R"({"rules": [{"operation": "writes", "action": {"delay_ms": 2000}}]})");
    Process run = launch({"apply", "--yes"});
    wait_for_a_write();
    run.signal(SIGKILL);
    ASSERT_EQ(run.wait().exit_code, 128 + SIGKILL);
    simulator->end_faults();
    simulator->forget_requests();
    ASSERT_GT(fs::file_size(store_ + "-wal"), 0U);
  }
};

TEST_F(KilledRun, WithoutItsWriteAheadLogLacksRows) {
  fs::remove(store_ + "-wal");
  expect_runs_refused(kMissingAtTheEnd);
  expect_not_verified(kMissingAtTheEnd);
}

TEST_F(KilledRun, LosesNothingWithTheSharedMemory) {
  const std::string before = dump(store_);
  fs::remove(store_ + "-shm");
  EXPECT_EQ(dump(store_), before);
  fs::remove(store_ + "-shm");
  rolecall_exits(0, {"apply", "--yes"});
  rolecall_exits(0, {"audit", "verify"});
  EXPECT_THAT(json_of({"audit", "show", "2"}).at("changes").as_array(), SizeIs(1));
}

TEST_F(KilledRun, DoesNotTakeAnOlderWriteAheadLogOfItsOwn) {
  const std::string older = read_bytes(store_ + "-wal");
  rolecall_exits(0, {"apply", "--yes"});
  ASSERT_FALSE(fs::exists(store_ + "-wal"));
  want("");
  simulator->forget_requests();
  write_bytes(store_ + "-wal", older);
  expect_runs_refused(kMissingAtTheEnd);
  expect_not_verified("end 2 is not in the chain");
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(store_ + suffix);
  rolecall_exits(0, {"audit", "verify"});
}

TEST_F(BadStores, AreGoneOnWithForAReasonOnly) {
  cut_log(store_, 4);
  EXPECT_THAT(rolecall_exits(1, {"apply", "--yes", "--accept-log-gap"}).err,
              HasSubstr("--accept-log-gap needs a value"));
  for (const char* none : {"", " \t"}) {
    EXPECT_THAT(rolecall_exits(8, {"apply", "--yes", "--accept-log-gap", none}).err,
                HasSubstr(kMissingAtTheEnd));
  }
  EXPECT_THAT(writes(), IsEmpty());
  rolecall_exits(0, {"apply", "--yes", "--accept-log-gap", "INC-7: a disk was replaced"});
  EXPECT_THAT(writes(), SizeIs(2));
  EXPECT_THAT(accepted_gaps(0), ElementsAre(AllOf(HasSubstr("INC-7: a disk was replaced"),
                                                  HasSubstr(kMissingAtTheEnd))));
}

TEST_F(BadStores, AreRefusedAgainForWhatNobodyAccepted) {
  alter(store_, "UPDATE outcomes SET http_status = 500");
  rolecall_exits(0, {"run", "--once", "--accept-log-gap", "INC-7"});
  EXPECT_THAT(writes(), SizeIs(2));
  want("");
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_THAT(writes(), SizeIs(3));

  alter(store_, "UPDATE run_ends SET exit_code = 9 WHERE run = 2");
  want(R"(, "lin@acme.example")");
  simulator->forget_requests();
  expect_runs_refused("of the log: end 2 was altered");
  // The row that was altered stays so: evidence, with the decision beside it.
  expect_not_verified("row 3: outcome 1 was altered");
  EXPECT_THAT(accepted_gaps(8), ElementsAre(AllOf(HasSubstr("INC-7"), HasSubstr("row 3"))));
}

TEST_F(BadStores, AreFoundByVerifyAlsoBeforeTheRowsThatARunLooksAt) {
  const std::string large = (folder.path() / "large.db").string();
  make_store(large);
  {
    auto store = Store::open(large, Store::Access::write);
    ASSERT_TRUE(store);
    const auto run = store->begin_run(some_run());
    ASSERT_TRUE(store->record_losses(*run, std::vector<Store::Loss>(50'001)));
  }
  alter(large, "UPDATE outcomes SET http_status = 500 WHERE intent = 1");
  EXPECT_TRUE(Store::open(large, Store::Access::write)) << "a run looks at no more than it can";
  EXPECT_THAT(rolecall_exits(8, {"audit", "verify", large}).err,
              HasSubstr("row 5: outcome 1 was altered"));
}

}  // namespace
}  // namespace rolecall::test
