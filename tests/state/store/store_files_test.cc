#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "state/store/files.h"
#include "state/store/schema.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using Access = Store::Access;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

std::string refusal(const std::string& path, Access access) {
  const auto store = Store::open(path, access);
  return store ? "opened" : store.error().what;
}

class StoreFilesTest : public testing::Test {
 protected:
  void expect_refused(std::string_view why) {
    for (const Access access : {Access::read, Access::write}) {
      EXPECT_THAT(refusal(path_, access), HasSubstr(why));
    }
  }
  void expect_refused_and_untouched(std::string_view why) {
    const std::string before = read_bytes(path_);
    expect_refused(why);
    EXPECT_EQ(read_bytes(path_), before);
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
};

TEST_F(StoreFilesTest, AllFilesAreForTheOwnerAlone) {
  const mode_t old = ::umask(0);
  const std::string path = folder_ / ".rolecall/rolecall.db";
  auto store = Store::open(path, Access::write);
  ::umask(old);
  ASSERT_TRUE(store) << store.error().what;
  ASSERT_TRUE(store->begin_run(some_run()));
  EXPECT_EQ(mode_of(folder_ / ".rolecall"), 0700U);
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path + "-wal"), 0600U);
  EXPECT_EQ(mode_of(path + "-shm"), 0600U);
}

// Where a lock may be held twice and a write be lost. (None can be mounted for a test.)
TEST_F(StoreFilesTest, NetworkFileSystemsAreKnown) {
  EXPECT_EQ(network_file_system(0x6969UL), "NFS");
  EXPECT_EQ(network_file_system(0xff534d42UL), "SMB");
  EXPECT_EQ(network_file_system(0xfe534d42UL), "SMB");
  EXPECT_EQ(network_file_system(0x01021994UL), "") << "in memory";
  EXPECT_EQ(network_file_system(0xef53UL), "") << "ext4";
  make_store(path_);
  EXPECT_EQ(network_file_system(path_), "");
  EXPECT_EQ(network_file_system(folder_ / "nowhere"), "");
}

TEST_F(StoreFilesTest, AFolderMadeForItStaysOutOfGitAndAnyOtherIsLeftAlone) {
  ASSERT_TRUE(Store::open(folder_ / ".rolecall/rolecall.db", Access::write));
  std::ifstream file(folder_ / ".rolecall/.gitignore");
  std::string line;
  EXPECT_TRUE(std::getline(file, line));
  EXPECT_EQ(line, "*");
  make_store(path_);
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".gitignore"));
}

TEST_F(StoreFilesTest, TheStoreAndItsHeadAreLeftWhenItIsClosed) {
  make_store(path_);
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(mode_of(path_ + ".head"), 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 2);
}

TEST_F(StoreFilesTest, ReadingMakesNeitherFolderNorStore) {
  EXPECT_THAT(refusal(path_, Access::read), HasSubstr("there is no store at"));
  EXPECT_THAT(refusal(folder_ / ".rolecall/rolecall.db", Access::read),
              HasSubstr("there is no store at"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(StoreFilesTest, MakesOneFolderButNotItsParents) {
  EXPECT_THAT(refusal(folder_ / "a/b/rolecall.db", Access::write),
              HasSubstr("the folder above it does not exist"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(StoreFilesTest, RefusesPathsThatNameNoFile) {
  for (const std::string& path : {std::string(), folder_ / "", folder_ / "..", folder_ / "."}) {
    EXPECT_THAT(refusal(path, Access::write), HasSubstr("does not name a file")) << path;
  }
  EXPECT_THAT(refusal(folder_ / std::string("a\0b", 3), Access::write),
              HasSubstr("does not name a file"));
}

TEST_F(StoreFilesTest, TakesNamesThatLookLikeUris) {
  for (const char* name : {"file:x?mode=memory", "a%20b#c?d", ":memory:"}) {
    make_store(folder_ / name);
    EXPECT_TRUE(std::filesystem::exists(folder_ / name)) << name;
    EXPECT_TRUE(Store::open(folder_ / name, Access::read)) << name;
  }
}

TEST_F(StoreFilesTest, RefusesASymbolicLink) {
  make_store(folder_ / "real.db");
  std::filesystem::create_symlink(folder_ / "real.db", path_);
  expect_refused("is a symbolic link");
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(folder_ / "nowhere.db", path_);
  expect_refused("is a symbolic link");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "nowhere.db"));
}

TEST_F(StoreFilesTest, AllowsASymbolicLinkAboveTheStore) {
  std::filesystem::create_directory(folder_ / "real");
  std::filesystem::create_directory_symlink(folder_ / "real", folder_ / "link");
  make_store(folder_ / "link/rolecall.db");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "real/rolecall.db"));
}

TEST_F(StoreFilesTest, RefusesAHardLink) {
  make_store(path_);
  std::filesystem::create_hard_link(path_, folder_ / "second.db");
  expect_refused("hard links");
}

TEST_F(StoreFilesTest, RefusesWhatIsNoRegularFile) {
  std::filesystem::create_directory(path_);
  expect_refused("is not a regular file");
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  expect_refused("is not a regular file");
}

TEST_F(StoreFilesTest, RefusesFilesOpenToOthers) {
  make_store(path_);
  for (const mode_t mode : {0644U, 0660U, 0604U, 0602U, 0610U}) {
    ::chmod(path_.c_str(), mode);
    expect_refused("is open to others");
  }
  ::chmod(path_.c_str(), 0600);
  EXPECT_EQ(refusal(path_, Access::write), "opened");
}

TEST_F(StoreFilesTest, RefusesCompanionsThatAreNotItsOwn) {
  make_store(path_);
  write_bytes(folder_ / "victim", "precious");
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    std::filesystem::create_symlink(folder_ / "victim", path_ + suffix);
    expect_refused("is a symbolic link");
    std::filesystem::remove(path_ + suffix);
  }
  EXPECT_EQ(read_bytes(folder_ / "victim"), "precious");
}

TEST_F(StoreFilesTest, RefusesToStartAnewBesideALeftLog) {
  write_bytes(path_ + "-wal", "rows of a store that was removed");
  EXPECT_THAT(refusal(path_, Access::write), HasSubstr("is there without its store"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StoreFilesTest, WhatReadingLeavesBehindIsInNobodysWay) {
  make_store(path_);
  { ASSERT_TRUE(Store::open(path_, Access::read)); }
  EXPECT_EQ(refusal(path_, Access::write), "opened");
  { ASSERT_TRUE(Store::open(path_, Access::read)); }
  std::filesystem::remove(path_);
  std::filesystem::remove(path_ + ".head");
  EXPECT_EQ(refusal(path_, Access::write), "opened");
}

TEST_F(StoreFilesTest, RefusesAFileOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  make_store(path_);
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  expect_refused("belongs to another user (uid 65534)");
}

TEST_F(StoreFilesTest, RefusesAFolderThatEverybodyMayWrite) {
  make_store(path_);
  ::chmod(folder_.path().c_str(), 0777);
  expect_refused("can be written by everybody");
  ::chmod(folder_.path().c_str(), 01777);
  EXPECT_EQ(refusal(path_, Access::write), "opened");
}

TEST_F(StoreFilesTest, ACrashWhileMakingAStoreLeavesNoneBehind) {
  write_bytes(path_ + ".new", "half a store");
  write_bytes(path_ + ".new-wal", "more");
  EXPECT_THAT(refusal(path_, Access::read), HasSubstr("there is no store at"));
  EXPECT_EQ(refusal(path_, Access::write), "opened");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 2);
}

TEST_F(StoreFilesTest, AStoreThatCannotBeFinishedIsNotPutInPlace) {
  // With room for the files themselves, but not for all that goes in.
  for (const rlim_t limit : {4096U, 8192U, 20'000U, 30'000U}) {
    const int code = in_child([&] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit size{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &size);
      return Store::open(path_, Access::write) ? 1 : 0;
    });
    EXPECT_EQ(code, 0) << limit;
    EXPECT_FALSE(std::filesystem::exists(path_)) << limit;
  }
  EXPECT_EQ(refusal(path_, Access::write), "opened");
}

TEST_F(StoreFilesTest, RefusesAndNeverTouchesWhatIsNoStore) {
  write_bytes(path_, "");
  expect_refused_and_untouched("is not a rolecall store");
  write_bytes(path_, "# a policy\n");
  expect_refused_and_untouched("is not a rolecall store");
  write_bytes(path_, std::string(100'000, '\0'));
  expect_refused_and_untouched("is not a rolecall store");
  write_bytes(path_, "");
  alter(path_, "CREATE TABLE somebody_elses (x)");
  expect_refused_and_untouched("is not a rolecall store");
}

TEST_F(StoreFilesTest, RefusesAndNeverTouchesAnotherProgramsOpenLog) {
  write_bytes(path_, "");
  auto other = Database::open(path_, Database::Mode::write);
  ASSERT_TRUE(other->accept());
  ASSERT_TRUE(other->execute("CREATE TABLE somebody_elses (x)"));
  ASSERT_GT(read_bytes(path_ + "-wal").size(), 0U);
  expect_refused_and_untouched("is not a rolecall store");
}

TEST_F(StoreFilesTest, RefusesAStoreOfANewerVersion) {
  make_store(path_);
  alter(path_, "PRAGMA user_version = 5");
  expect_refused_and_untouched("was written by a newer rolecall (schema 5, this one knows " +
                               std::to_string(migrations().size()) + ")");
}

TEST_F(StoreFilesTest, RefusesAStoreWhoseSchemaWasChanged) {
  const std::pair<const char*, const char*> cases[] = {
      {"CREATE TRIGGER t1 AFTER INSERT ON intents BEGIN SELECT 1; END",
       "unexpected trigger \"t1\""},
      {"CREATE VIEW v1 AS SELECT 1", "unexpected view \"v1\""},
      {"CREATE TABLE extra (x)", "unexpected table \"extra\""},
      {"CREATE INDEX i1 ON intents (user)", "unexpected index \"i1\""},
      {"DROP TABLE protections", "lacks the table \"protections\""},
      {"DROP INDEX intents_by_run", "lacks the index \"intents_by_run\""},
      {"ALTER TABLE runs ADD COLUMN x TEXT", "altered table \"runs\""},
      {"DROP TABLE outcomes; CREATE VIEW outcomes AS SELECT 1", "unexpected view \"outcomes\""},
  };
  for (const auto& [sql, why] : cases) {
    const TestFolder folder;
    path_ = folder / "rolecall.db";
    make_store(path_);
    alter(path_, sql);
    expect_refused_and_untouched(why);
  }
}

TEST_F(StoreFilesTest, AStoreCutAtAnyLengthIsAnErrorOrReadable) {
  make_store(path_);
  const std::string whole = read_bytes(path_);
  std::size_t refused = 0;
  std::size_t tried = 0;
  // From the end down, so that one file serves. Every length of the first header and around each
  // page's end; in between every 97th.
  for (std::size_t length = whole.size(); length-- > 0;) {
    const std::size_t in_page = length % 4096;
    if (length > 600 && in_page > 2 && in_page < 4094 && length % 97 != 0) continue;
    ASSERT_EQ(::truncate(path_.c_str(), static_cast<off_t>(length)), 0);
    ++tried;
    const auto store = Store::open(path_, Access::read);
    if (!store || !store->runs(0) || !store->calls(1) || !store->open_intents()) ++refused;
    ASSERT_EQ(std::filesystem::file_size(path_), length);
  }
  EXPECT_GT(tried, 600U);
  EXPECT_GT(refused, 600U);
}

TEST_F(StoreFilesTest, AStoreCutAtAnyLengthIsNeverStartedAnew) {
  make_store(path_);
  const std::string whole = read_bytes(path_);
  for (std::size_t length = 0; length < whole.size(); length += length < 200 ? 9 : 1021) {
    write_bytes(path_, std::string_view(whole).substr(0, length));
    const auto store = Store::open(path_, Access::write);
    if (!store) continue;
    const auto runs = store->runs(0);
    EXPECT_TRUE(!runs || runs->size() == 1) << length;
  }
}

TEST_F(StoreFilesTest, AStoreWithDamagedBytesIsAnErrorOrReadable) {
  make_store(path_, 20);
  const std::string whole = read_bytes(path_);
  std::uint32_t seed = 1;
  const auto random = [&] { return seed = seed * 1664525U + 1013904223U; };
  for (int round = 0; round < 400; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 1 + round % 20; ++i) {
      damaged[random() % damaged.size()] = static_cast<char>(random() >> 24U);
    }
    write_bytes(path_, damaged);
    const auto store = Store::open(path_, round % 2 == 0 ? Access::read : Access::write);
    if (!store) {
      EXPECT_FALSE(store.error().what.empty());
      continue;
    }
    (void)store->runs(0);
    (void)store->calls(1);
    (void)store->open_intents();
    (void)store->remembered_protections("org-1");
  }
}

TEST_F(StoreFilesTest, RowsThatMakeNoSenseAreAnError) {
  make_store(path_);
  alter(path_, "UPDATE intents SET at = 'noon' WHERE id = 2");
  const auto store = Store::open(path_, Access::read);
  const auto calls = store->calls(1);
  ASSERT_FALSE(calls);
  EXPECT_THAT(calls.error().what, AllOf(HasSubstr("intent 2"), HasSubstr("\"noon\"")));
}

TEST_F(StoreFilesTest, ReadsACopyInAReadOnlyFolder) {
  const int code = in_child([] {
    // Root would not be held up by a folder's mode.
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 10;
    const TestFolder folder;
    const std::string path = folder / "rolecall.db";
    make_store(path);
    ::chmod(path.c_str(), 0400);
    if (refusal(path, Access::write).find("it is read-only") == std::string::npos) return 5;
    std::filesystem::remove(path + "-wal");
    std::filesystem::remove(path + "-shm");
    ::chmod(folder.path().c_str(), 0500);
    int result = 0;
    {
      const auto store = Store::open(path, Access::read);
      if (!store) {
        std::fputs(store.error().what.c_str(), stderr);
        result = 1;
      } else if (store->calls(1)->size() != 3) {
        result = 2;
      }
      if (std::distance(std::filesystem::directory_iterator(folder.path()), {}) != 2) result = 3;
      if (Store::open(path, Access::write)) result = 4;
    }
    ::chmod(folder.path().c_str(), 0700);
    return result;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(StoreFilesTest, ACopyWhoseLogCannotBeReadIsNotReadWithoutIt) {
  const int code = in_child([] {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 10;
    const TestFolder folder;
    const TestFolder copy;
    const std::string path = folder / "rolecall.db";
    make_store(path);
    auto store = Store::open(path, Access::write);
    if (!store || !store->begin_run(some_run())) return 1;
    write_bytes(copy / "rolecall.db", read_bytes(path));
    write_bytes(copy / "rolecall.db-wal", read_bytes(path + "-wal"));
    ::chmod(copy.path().c_str(), 0500);
    const auto read = Store::open(copy / "rolecall.db", Access::read);
    const int result = !read || read->runs(0)->size() == 2 ? 0 : 2;
    ::chmod(copy.path().c_str(), 0700);
    return result;
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace rolecall
