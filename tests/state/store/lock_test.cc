#include "state/store/lock.h"

#include <gmock/gmock.h>

#include <array>

#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using testing::HasSubstr;

LockOwner some_owner() {
  return {
      .user = "kim", .host = "laptop", .command = "apply \"x\"", .pid = ::getpid(), .since = kNoon};
}

/// A process that holds the lock until it is killed.
class HoldingProcess {
 public:
  explicit HoldingProcess(const std::string& store) {
    std::array<int, 2> ready{};
    EXPECT_EQ(::pipe(ready.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      auto taken = StoreLock::take(store, some_owner());
      const char told = taken && *taken ? '1' : '0';
      if (::write(ready[1], &told, 1) != 1) ::_exit(1);
      while (true) ::pause();
    }
    char told = 0;
    EXPECT_EQ(::read(ready[0], &told, 1), 1);
    EXPECT_EQ(told, '1');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  HoldingProcess(const HoldingProcess&) = delete;
  HoldingProcess& operator=(const HoldingProcess&) = delete;
  ~HoldingProcess() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

class StoreLockTest : public testing::Test {
 protected:
  TestFolder folder_;
  std::string store_ = folder_ / "rolecall.db";
};

TEST_F(StoreLockTest, IsTakenOnceAndTellsItsOwner) {
  auto first = StoreLock::take(store_, some_owner());
  ASSERT_TRUE(first) << first.error().what;
  ASSERT_TRUE(*first);
  EXPECT_TRUE((*first)->still_mine());
  EXPECT_EQ(mode_of(store_ + ".lock"), 0600U);

  const auto second = StoreLock::take(store_, some_owner());
  ASSERT_TRUE(second);
  ASSERT_FALSE(*second);
  const LockOwner owner = second->error().owner.value();
  EXPECT_EQ(owner.user, "kim");
  EXPECT_EQ(owner.host, "laptop");
  EXPECT_EQ(owner.command, "apply \"x\"");
  EXPECT_EQ(owner.pid, ::getpid());
  EXPECT_EQ(owner.since, kNoon);
}

TEST_F(StoreLockTest, IsFreeAgainWhenItsHolderGoes) {
  { const auto held = StoreLock::take(store_, some_owner()); }
  EXPECT_FALSE(StoreLock::holder(store_).value());
  const auto again = StoreLock::take(store_, some_owner());
  EXPECT_TRUE(again.value());
}

TEST_F(StoreLockTest, MovesWithItsObject) {
  auto taken = StoreLock::take(store_, some_owner()).value();
  const StoreLock moved = std::move(*taken);
  EXPECT_TRUE(moved.still_mine());
  EXPECT_FALSE(StoreLock::take(store_, some_owner()).value());
}

TEST_F(StoreLockTest, ExcludesOtherProcesses) {
  const HoldingProcess other(store_);
  EXPECT_FALSE(StoreLock::take(store_, some_owner()).value());
  const auto holder = StoreLock::holder(store_).value();
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->owner->user, "kim");
}

TEST_F(StoreLockTest, IsFreeAtOnceWhenItsHolderIsKilled) {
  for (int round = 0; round < 20; ++round) {
    HoldingProcess other(store_);
    ASSERT_FALSE(StoreLock::take(store_, some_owner()).value());
    other.kill();
    ASSERT_TRUE(StoreLock::take(store_, some_owner()).value());
  }
}

TEST_F(StoreLockTest, ExactlyOneOfManyRacersGetsIt) {
  constexpr int kRacers = 8;
  for (int round = 0; round < 20; ++round) {
    std::array<int, 2> start{};
    std::array<int, 2> finish{};
    ASSERT_EQ(::pipe(start.data()), 0);
    ASSERT_EQ(::pipe(finish.data()), 0);
    std::array<pid_t, kRacers> racers{};
    for (pid_t& racer : racers) {
      racer = ::fork();
      if (racer != 0) continue;
      ::close(start[1]);
      ::close(finish[1]);
      char nothing = 0;
      (void)!::read(start[0], &nothing, 1);
      (void)StoreLock::holder(store_);
      const auto taken = StoreLock::take(store_, some_owner());
      const bool won = taken && *taken;
      // Everybody holds on until all have tried.
      if (!won) ::_exit(0);
      (void)!::read(finish[0], &nothing, 1);
      ::_exit(1);
    }
    ::close(start[1]);
    int losers = 0;
    int status = 0;
    while (losers < kRacers - 1) {
      ASSERT_GT(::waitpid(-1, &status, 0), 0);
      ASSERT_EQ(WEXITSTATUS(status), 0);
      ++losers;
    }
    ::close(finish[1]);
    ASSERT_GT(::waitpid(-1, &status, 0), 0);
    EXPECT_EQ(WEXITSTATUS(status), 1);
    ::close(start[0]);
    ::close(finish[0]);
  }
}

TEST_F(StoreLockTest, AskingForTheHolderTakesNothing) {
  EXPECT_FALSE(StoreLock::holder(store_).value());
  EXPECT_FALSE(std::filesystem::exists(store_ + ".lock"));
  auto taken = StoreLock::take(store_, some_owner());
  ASSERT_TRUE(taken.value());
  EXPECT_TRUE(StoreLock::holder(store_).value());
  EXPECT_TRUE((*taken)->still_mine());
}

TEST_F(StoreLockTest, ForcibleReleaseIsSeenByTheOldHolder) {
  const auto old = StoreLock::take(store_, some_owner());
  ASSERT_TRUE(old.value());
  ASSERT_TRUE(StoreLock::release_forcibly(store_));
  EXPECT_FALSE((*old)->still_mine());
  EXPECT_FALSE(StoreLock::holder(store_).value());
  EXPECT_EQ(mode_of(store_ + ".lock"), 0600U);

  const auto taken = StoreLock::take(store_, some_owner());
  ASSERT_TRUE(taken.value());
  EXPECT_TRUE((*taken)->still_mine());
  EXPECT_FALSE((*old)->still_mine());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(StoreLockTest, RemovalOfTheFileIsSeen) {
  const auto taken = StoreLock::take(store_, some_owner());
  ASSERT_TRUE(taken.value());
  std::filesystem::remove(store_ + ".lock");
  EXPECT_FALSE((*taken)->still_mine());
}

TEST_F(StoreLockTest, ReleasingWhatNobodyLockedIsFine) {
  EXPECT_TRUE(StoreLock::release_forcibly(store_));
}

TEST_F(StoreLockTest, AnUnreadableOwnerIsStillAHolder) {
  const HoldingProcess other(store_);
  for (const char* line : {"", "{", "[]", "{\"user\":1}", "\xff", "{\"user\":\"kim\"}"}) {
    write_bytes(store_ + ".lock", line);
    const auto holder = StoreLock::holder(store_).value();
    ASSERT_TRUE(holder) << line;
    EXPECT_FALSE(holder->owner) << line;
  }
}

TEST_F(StoreLockTest, MakesTheFolderOfTheStoreButNotItsParents) {
  EXPECT_TRUE(StoreLock::take(folder_ / ".rolecall/rolecall.db", some_owner()).value());
  EXPECT_EQ(mode_of(folder_ / ".rolecall"), 0700U);
  const auto refused = StoreLock::take(folder_ / "a/b/rolecall.db", some_owner());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("the folder above it does not exist"));
}

TEST_F(StoreLockTest, RefusesALockFileThatIsNotItsOwn) {
  write_bytes(folder_ / "victim", "precious");
  std::filesystem::create_symlink(folder_ / "victim", store_ + ".lock");
  EXPECT_FALSE(StoreLock::take(store_, some_owner()));
  EXPECT_FALSE(StoreLock::holder(store_));
  EXPECT_FALSE(StoreLock::release_forcibly(store_));
  EXPECT_EQ(read_bytes(folder_ / "victim"), "precious");

  std::filesystem::remove(store_ + ".lock");
  write_bytes(store_ + ".lock", "");
  ::chmod((store_ + ".lock").c_str(), 0666);
  EXPECT_FALSE(StoreLock::take(store_, some_owner()));
}

}  // namespace
}  // namespace rolecall
