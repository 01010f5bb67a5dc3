// What a store knows of one organization, where it holds the runs of several.
#include <gmock/gmock.h>

#include "controller/safety_history.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class RememberedTest : public testing::Test {
 protected:
  RunId run(const std::string& organization, const std::string& directory, Instant at,
            const RunEnd& end = {.at = {}, .exit_code = 0, .state = "finished"},
            const char* command = "apply", ChangeKind kind = ChangeKind::remove_member) {
    auto store = Store::open(path_, Store::Access::write).value();
    RunStart start = some_run();
    start.command = command;
    start.organization = organization;
    start.directory = directory;
    start.at = at;
    const RunId id = store.begin_run(start).value();
    Intent intent = some_intent();
    intent.kind = name(kind);
    const auto intents = store.record_intents(id, at, std::vector{intent}).value();
    EXPECT_TRUE(store.record_outcomes(at, std::vector{some_outcome(intents.front())}));
    RunEnd ended = end;
    ended.at = at;
    EXPECT_TRUE(store.end_run(id, ended));
    return id;
  }
  [[nodiscard]] Remembered of(const std::string& organization, Instant now) const {
    return remembered_at(path_, organization, now, seconds(120)).value();
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
};

constexpr std::size_t kRemoved = static_cast<std::size_t>(LimitClass::remove_members);

TEST_F(RememberedTest, OfAStoreThatIsNotThereIsNothing) {
  const Remembered nothing = of("org-1", kNoon);
  EXPECT_EQ(nothing.memory.directory, "");
  EXPECT_FALSE(nothing.last_clean);
  EXPECT_EQ(nothing.store, "");
}

TEST_F(RememberedTest, EachOrganizationHasItsOwnDirectoryCountsAndLastRun) {
  const RunId ours = run("org-1", "dir-1", kNoon);
  const RunId theirs = run("org-2", "dir-2", kNoon + seconds(1));
  const Remembered one = of("org-1", kNoon + seconds(2));
  const Remembered two = of("org-2", kNoon + seconds(2));
  EXPECT_EQ(one.memory.directory, "dir-1");
  EXPECT_EQ(two.memory.directory, "dir-2");
  EXPECT_EQ(of("org-3", kNoon).memory.directory, "");
  EXPECT_EQ(one.last_clean->run, ours);
  EXPECT_EQ(two.last_clean->run, theirs);
  EXPECT_EQ(one.history.recent[kRemoved], 1);
  EXPECT_EQ(one.own_writes.size(), 1U);
  EXPECT_EQ(one.own_writes.front().run, ours);
}

TEST_F(RememberedTest, ARunThatKnewNoDirectoryHidesNone) {
  run("org-1", "dir-1", kNoon);
  run("org-1", "", kNoon + seconds(1));
  EXPECT_EQ(of("org-1", kNoon + seconds(2)).memory.directory, "dir-1");
}

TEST_F(RememberedTest, WhatWasTakenCountsForADay) {
  run("org-1", "dir-1", kNoon);
  EXPECT_EQ(of("org-1", kNoon + hours(24) - seconds(1)).history.recent[kRemoved], 1);
  EXPECT_EQ(of("org-1", kNoon + hours(24) + seconds(1)).history.recent[kRemoved], 0);
  EXPECT_EQ(of("org-1", kNoon).history.recent_members.size(), 1U);
}

TEST_F(RememberedTest, ACleanRunIsOneOfTheWholePolicyAfterWhichNothingElseHappened) {
  const RunId clean = run("org-1", "dir-1", kNoon);
  const auto last = [&](int seconds_later) {
    const auto found = of("org-1", kNoon + seconds(seconds_later)).last_clean;
    return found ? found->run : 0;
  };
  EXPECT_EQ(last(1), clean);
  run("org-1", "dir-1", kNoon + seconds(2), {.at = {}, .exit_code = 4, .state = "refused"});
  EXPECT_EQ(last(3), clean) << "it sent nothing";
  const RunId service = run("org-1", "dir-1", kNoon + seconds(4),
                            {.at = {}, .exit_code = 0, .state = "finished"}, "run");
  EXPECT_EQ(last(5), service);
  run("org-1", "dir-1", kNoon + seconds(6),
      {.at = {}, .exit_code = 0, .state = "finished", .writes = 1, .applied = 1}, "undo");
  EXPECT_EQ(last(7), 0) << "the organization is not as that run left it";
  run("org-1", "dir-1", kNoon + seconds(8),
      {.at = {}, .exit_code = 3, .state = "failed", .failed = 1});
  EXPECT_EQ(last(9), 0);
}

TEST_F(RememberedTest, ARunThatHasNotEndedIsNoGround) {
  run("org-1", "dir-1", kNoon);
  RunStart start = some_run();
  start.at = kNoon + seconds(1);
  {
    auto store = Store::open(path_, Store::Access::write).value();
    ASSERT_TRUE(store.begin_run(start));
  }
  EXPECT_FALSE(of("org-1", kNoon + seconds(2)).last_clean);
}

}  // namespace
}  // namespace rolecall
