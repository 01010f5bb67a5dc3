// What the service leaves to people (guarantees.md C17); end to end in
// tests/e2e/tug_of_war_test.cc.
#include "controller/tug_of_war.h"

#include <gmock/gmock.h>

#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using std::chrono::hours;

class TugOfWar : public testing::Test {
 protected:
  static constexpr const char* kGroup = "team";
  static constexpr const char* kFormerName = "crew";

  /// One run that adds Zoë to the team.
  void correct(Instant at, ChangeResult result = ChangeResult::applied,
               const std::string& organization = "org-1", const std::string& kind = "add_member") {
    auto store = open();
    RunStart start = some_run();
    start.organization = organization;
    const RunId run = store.begin_run(start).value();
    Intent intent = some_intent();
    intent.kind = kind;
    intent.group = kind == "add_member" || kind == "remove_member" ? kGroup : "";
    intent.resource.clear();
    intent.role.clear();
    const auto ids = store.record_intents(run, at, std::vector{intent}).value();
    Outcome outcome = some_outcome(ids.front());
    outcome.result = result;
    ASSERT_TRUE(store.record_outcomes(at, std::vector{outcome}));
    ASSERT_TRUE(store.end_run(run, {.at = at, .state = "finished", .applied = 1}));
  }
  [[nodiscard]] Store open() const { return Store::open(path_, Store::Access::write).value(); }
  /// Adds her once more, somebody else too, and deletes the group that the team was.
  static Plan plan() {
    Plan out;
    out.organization = "org-1";
    const auto add = [&](ChangeKind kind, const char* user, const char* group) {
      Change change;
      change.kind = kind;
      change.user = user;
      change.group = group;
      out.changes.push_back(change);
    };
    add(ChangeKind::add_member, "ada@example.com", kGroup);
    add(ChangeKind::add_member, "zoë@example.com", kGroup);
    add(ChangeKind::delete_group, "", kFormerName);
    out.renamed[kFormerName] = kGroup;
    reschedule(out);
    return out;
  }
  /// How many changes stay in the plan.
  [[nodiscard]] std::size_t kept(Instant now) const {
    Plan all = plan();
    const std::string digest = all.digest;
    const auto left = leave_to_people(all, open(), now).value();
    EXPECT_EQ(left.size() + all.changes.size(), 3U);
    EXPECT_EQ(left.empty(), all.digest == digest);
    EXPECT_EQ(all.calls.size(), all.changes.size());
    return all.changes.size();
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
};

TEST_F(TugOfWar, ThreeTimesInADayIsEnoughAndWhatRestsOnItIsLeftToo) {
  correct(kNoon);
  correct(kNoon + hours(10));
  EXPECT_EQ(kept(kNoon + hours(20)), 3U);
  correct(kNoon + hours(20));
  EXPECT_EQ(kept(kNoon + hours(20)), 1U) << "a group is not deleted before its heir has everybody";
  EXPECT_EQ(kept(kNoon + hours(24)), 1U);
  EXPECT_EQ(kept(kNoon + hours(25)), 3U);
}

TEST_F(TugOfWar, OnlyWhatWasCorrectedThereCounts) {
  for (int i = 0; i < 2; ++i) correct(kNoon);
  correct(kNoon, ChangeResult::already_so);
  correct(kNoon, ChangeResult::failed);
  correct(kNoon, ChangeResult::in_doubt);
  correct(kNoon, ChangeResult::applied, "org-2");
  EXPECT_EQ(kept(kNoon), 3U);
}

TEST_F(TugOfWar, WhatRunsTookBackThemselvesWasNobodyElse) {
  for (int i = 0; i < 5; ++i) {
    correct(kNoon);
    correct(kNoon, ChangeResult::applied, "org-1", "remove_member");
  }
  EXPECT_EQ(kept(kNoon), 3U);
}

TEST_F(TugOfWar, NobodyIsBroughtBackMoreOftenAndLeaversGoAsOftenAsItTakes) {
  const auto left = [&](ChangeKind kind, Instant now) {
    Plan all;
    all.organization = "org-1";
    for (const ChangeKind each : {kind, ChangeKind::add_member}) {
      if (takes_away(kind) && each != kind) continue;
      Change& change = all.changes.emplace_back();
      change.kind = each;
      change.user = some_intent().user;
    }
    reschedule(all);
    return leave_to_people(all, open(), now)->size();
  };
  for (const ChangeKind kind : {ChangeKind::invite_user, ChangeKind::restore_user,
                                ChangeKind::suspend_user, ChangeKind::remove_user}) {
    const Instant day = kNoon + hours(100) * static_cast<int>(kind);
    for (int i = 0; i < kMostCorrections; ++i) {
      EXPECT_EQ(left(kind, day), 0U) << name(kind);
      correct(day, ChangeResult::applied, "org-1", std::string(name(kind)));
    }
    EXPECT_EQ(left(kind, day), takes_away(kind) ? 0U : 2U) << name(kind);
  }
}

TEST_F(TugOfWar, ARefusedPlanStaysAsItIs) {
  for (int i = 0; i < 3; ++i) correct(kNoon);
  Plan refused = plan();
  refused.refusals.emplace_back();
  EXPECT_TRUE(leave_to_people(refused, open(), kNoon)->empty());
  EXPECT_EQ(refused.changes.size(), 3U);
}

}  // namespace
}  // namespace rolecall
