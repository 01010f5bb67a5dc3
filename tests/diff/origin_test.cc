#include "diff/origin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diff/effect_view.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Texts = std::vector<std::string>;

/// What a group's members were to be at the last run, by today's policy then, and are to be now.
struct Members {
  Texts then;
  Texts by_new_policy;
  Texts now;
};

Texts origins(const Texts& live, const Members& wanted, const Texts& rosters = {}) {
  PlanBuilder b;
  b.without_limits();
  for (const char* one : {"ada@acme.example", "bob@acme.example", "carl@acme.example"}) {
    b.live_user(one);
  }
  b.live_group("dev", live);
  const auto desired = [&](const Texts& members) {
    b.desired.state.group(b.group_ref("dev")).members.clear();
    b.desired.groups.clear();
    b.group("dev", members);
    return b.desired;
  };
  const Desired then = desired(wanted.then);
  const Desired by_new_policy = desired(wanted.by_new_policy);
  (void)desired(wanted.now);
  Plan plan = b.plan();
  const CleanRun run{12, parse_instant("2026-11-20T08:00:00Z").value(), "digest", ""};
  tell_origins({run, then, by_new_policy}, {b.desired, b.live, b.catalog}, rosters, plan);
  EXPECT_EQ(plan.since_run, 12);
  Texts out;
  for (const Change& change : plan.changes) {
    out.push_back(change.user.substr(0, change.user.find('@')) + ' ' +
                  std::string(name(change.origin)));
  }
  return out;
}

const Texts kNobody;
const Texts kAda = {"ada@acme.example"};
const Texts kBoth = {"ada@acme.example", "bob@acme.example"};

TEST(Origin, WhatWasWantedAtTheLastRunTooIsDrift) {
  EXPECT_THAT(origins(kNobody, {kAda, kAda, kAda}), ElementsAre("ada drift"));
  EXPECT_THAT(origins(kBoth, {kAda, kAda, kAda}), ElementsAre("bob drift"));
}

TEST(Origin, WhatTodaysPolicyWouldHaveWantedThenIsAnEdit) {
  EXPECT_THAT(origins(kNobody, {kNobody, kAda, kAda}), ElementsAre("ada edit"));
  EXPECT_THAT(origins(kBoth, {kBoth, kAda, kAda}), ElementsAre("bob edit"));
}

TEST(Origin, WhatIsWantedSinceByTheSamePolicyIsDate) {
  EXPECT_THAT(origins(kNobody, {kNobody, kNobody, kAda}), ElementsAre("ada date"));
  EXPECT_THAT(origins(kBoth, {kBoth, kBoth, kAda}), ElementsAre("bob date"));
}

TEST(Origin, EachChangeHasItsOwn) {
  EXPECT_THAT(origins({"carl@acme.example"}, {kNobody, kAda, kBoth}),
              ElementsAre("ada edit", "bob date", "carl drift"));
}

TEST(Origin, AnEditOfARosterIsTheRosters) {
  EXPECT_THAT(origins(kNobody, {kNobody, kAda, kAda}, {"rolecall.toml"}),
              ElementsAre("ada roster"));
  EXPECT_THAT(origins(kNobody, {kAda, kAda, kAda}, {"rolecall.toml"}), ElementsAre("ada drift"));
}

TEST(Origin, IsSaidInFrontOfTheCause) {
  Change change;
  change.cause = {{"rolecall.toml", 3, 1}, "listed in members", ""};
  EXPECT_EQ(cause_in_words(change), "rolecall.toml:3 listed in members");
  change.origin = Origin::drift;
  EXPECT_EQ(cause_in_words(change), "drift, rolecall.toml:3 listed in members");
}

TEST(Origin, IsCountedOnlyWhereTheLastRunIsKnown) {
  Plan plan;
  plan.changes.resize(3);
  EXPECT_EQ(origins_in_words(plan), "");
  plan.since_run = 12;
  plan.since = parse_instant("2026-11-20T08:00:00Z").value();
  plan.changes[0].origin = plan.changes[1].origin = Origin::edit;
  plan.changes[2].origin = Origin::date;
  EXPECT_EQ(origins_in_words(plan), "2 by edit, 1 by date since run 12 of 2026-11-20T08:00:00Z");
}

}  // namespace
}  // namespace rolecall
