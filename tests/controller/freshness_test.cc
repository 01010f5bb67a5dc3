// guarantees.md D8: what a change rests on was read half a minute before it leaves at most. A plan
// may have waited for somebody's "yes", and an apply takes its time.
#include "controller/freshness.h"

#include <gmock/gmock.h>

#include "tests/controller/freshness_fixture.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

TEST_F(FreshnessTest, AFreshPlanIsNotLookedAtAgain) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  apply_after(seconds(20));
  EXPECT_EQ(report_.looked_again, 0U);
  EXPECT_EQ(report_.count(State::applied), 2U);
  EXPECT_GE(report_.oldest_read, seconds(20));
}

TEST_F(FreshnessTest, AnOldOneIsAndGoesOnWhereNothingMoved) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  apply_after(seconds(3600));
  EXPECT_EQ(report_.looked_again, 2U);
  EXPECT_EQ(report_.count(State::applied), 2U);
  EXPECT_LE(report_.oldest_read, Freshness::kFreshFor);
}

TEST_F(FreshnessTest, SomebodyElseInvitedThemMeanwhile) {
  policy(
      "[users]\n\"new@acme.example\" = {}\n[groups.design]\nmembership = \"additive\"\n"
      "members = [\"new@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.invite({.emails = {"new@acme.example"}})) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U) << "no second mail";
  EXPECT_EQ(outcome(ChangeKind::invite_user).state, State::already_so);
  EXPECT_EQ(outcome(ChangeKind::add_member).state, State::skipped);
  EXPECT_THAT(outcome(ChangeKind::add_member).message, HasSubstr("invited them meanwhile"));
}

TEST_F(FreshnessTest, WhoIsInvitedByTheSameCallIsInvitedAllTheSame) {
  policy("[users]\n\"a-new@acme.example\" = {}\n\"b-new@acme.example\" = {}\n");
  ASSERT_EQ(planned_.plan->calls.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.invite({.emails = {"a-new@acme.example"}})) / 100, 2);
  apply_after(seconds(0));
  EXPECT_EQ(report_.outcomes[0].state, State::skipped);
  EXPECT_EQ(report_.outcomes[1].state, State::applied) << report_.outcomes[1].message;
}

TEST_F(FreshnessTest, AnInvitationIsNotMadeOnReadsThatFail) {
  policy("[users]\n\"new@acme.example\" = {}\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 500}}]})")));
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(outcome(ChangeKind::invite_user).state, State::skipped);
}

TEST_F(FreshnessTest, WhoIsPinnedAndNotThereIsInvited) {
  policy(
      "[users]\n\"new@acme.example\" = { account_id = \"712020:new\", roles = [\"org-admin\"] }\n"
      "[groups.design]\nmembership = \"additive\"\nmembers = [\"new@acme.example\"]\n");
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 1U) << "which account it makes is not this test's";
}

// One reading may be wrong in itself, so what locks somebody out does not rest on one alone.
TEST_F(FreshnessTest, WhatLocksSomebodyOutIsLookedAtAgainHoweverFreshThePlanIs) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n"
      "[groups.design]\nstate = \"absent\"\n[safety.limits.delete_groups]\nfree = 9\n");
  apply_after(seconds(0));
  EXPECT_EQ(report_.looked_again, 3U);
  EXPECT_EQ(report_.count(State::applied), 3U);
}

// One answer may have two ids mixed up, and no count shows it.
TEST_F(FreshnessTest, AnIdIsAskedForOnceMoreByItsName) {
  for (const bool of_group : {true, false}) {
    policy("[groups.engineering]\nmembership = \"additive\"\nmembers = [\"rosa@acme.example\"]\n");
    ASSERT_EQ(planned_.plan->changes.size(), 1U);
    Change& change = planned_.plan->changes.front();
    (of_group ? change.group_id : change.account_id) = of_group ? group(design) : account(omar);
    apply_after(seconds(0));
    EXPECT_EQ(writes(), 0U);
    EXPECT_EQ(outcome(ChangeKind::add_member).state, State::skipped);
    EXPECT_THAT(outcome(ChangeKind::add_member).message,
                HasSubstr(of_group ? "another group shows this name" : "another account shows"));
  }
}

TEST_F(FreshnessTest, AnIdThatCannotBeAskedForAgainIsNotWrittenTo) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 500}}]})")));
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::add_member).message, HasSubstr("could not be read again"));
}

// R43: whoever was to be locked out may go on, whatever the answer said.
TEST_F(FreshnessTest, WhatLocksSomebodyOutIsLookedAtAfterwards) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n");
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "suspendDirectoryUser",
                     "action": {"status": 204, "shape": "empty"}}]})")));
  apply_after(seconds(0));
  EXPECT_EQ(outcome(ChangeKind::remove_user).state, State::applied);
  EXPECT_EQ(outcome(ChangeKind::suspend_user).state, State::in_doubt);
  EXPECT_THAT(outcome(ChangeKind::suspend_user).message, HasSubstr("undone after 120 s"));
}

TEST_F(FreshnessTest, UntilReadsShowIt) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n");
  ASSERT_TRUE(
      world_.client().org().set_faults(json::parse(R"({"write_lag_ms": 90000, "rules": []})")));
  apply_after(seconds(0));
  EXPECT_EQ(report_.count(State::applied), 2U);
}

TEST_F(FreshnessTest, ASuspendedAdminWhoWasRestoredMeanwhileIsNotTakenAway) {
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(rosa))) / 100, 2);
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(rosa))) / 100, 2);
  policy("[users]\n\"rosa@acme.example\" = { state = \"removed\" }\n");
  ASSERT_EQ(planned_.plan->suspended_org_admins.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.restore(kDirectory, account(rosa))) / 100, 2);
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::remove_user).message, HasSubstr("org admin meanwhile"));
}

// C3: whoever was made an admin by this run counts once the organization shows it, however long ago
// that was, and not by the answer to the grant.
TEST_F(FreshnessTest, AGrantWithoutEffectDoesNotLetTheOtherAdminsGo) {
  policy(
      "[safety.limits.revoke_admins]\nfree = 9\n[users]\n"
      "\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"
      "\"grace@acme.example\" = { roles = [] }\n");
  ASSERT_EQ(planned_.plan->changes.size(), 2U);
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "writes", "target": "role-assignments/assign",
          "action": {"status": 204, "shape": "empty"}}]})")));
  apply_after(seconds(0));
  EXPECT_EQ(outcome(ChangeKind::revoke_org_role).state, State::skipped)
      << outcome(ChangeKind::revoke_org_role).message;
}

TEST_F(FreshnessTest, AGrantThatShowsAfterAWhileDoes) {
  policy(
      "[safety.limits.revoke_admins]\nfree = 9\n[users]\n"
      "\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"
      "\"grace@acme.example\" = { roles = [] }\n");
  ASSERT_TRUE(
      world_.client().org().set_faults(json::parse(R"({"write_lag_ms": 8000, "rules": []})")));
  apply_after(seconds(0));
  EXPECT_EQ(report_.count(State::applied), 2U) << outcome(ChangeKind::revoke_org_role).message;
}

// An org role may take half a minute to show (facts.md).
TEST_F(FreshnessTest, AGrantThatShowsAfterHalfAMinuteDoes) {
  for (const int lag : {16'000, 30'000}) {
    Rehearsal world(acme());
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n"
                    "[safety.limits.revoke_admins]\nfree = 9\n[users]\n"
                    "\"lin@acme.example\" = {{ roles = [\"org-admin\"] }}\n"
                    "\"grace@acme.example\" = {{ roles = [] }}\n",
                    kOrganization));
    const Planned planned = world.plan();
    ASSERT_TRUE(world.client().org().set_faults(
        json::parse(fmt::format(R"({{"write_lag_ms": {}, "rules": []}})", lag))));
    EXPECT_EQ(world.apply(planned).count(State::applied), 2U) << lag;
  }
}

TEST_F(FreshnessTest, WhoIsTakenAwayHasBecomeAnAdmin) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n");
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(omar))) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::remove_user).message, HasSubstr("org admin meanwhile"));
  EXPECT_THAT(outcome(ChangeKind::suspend_user).message, HasSubstr("org admin meanwhile"));
}

TEST_F(FreshnessTest, WhomAnUndoRemovesHasWhatOthersGaveThem) {
  const auto invited = [this] {
    const json::value state = world_.client().org().state();
    for (const json::value& user : state.at("users").as_array()) {
      if (user.at("email").as_string() == "new@acme.example") {
        return std::string(user.at("id").as_string());
      }
    }
    return std::string();
  };
  policy("[users.\"new@acme.example\"]\n");
  apply_after(seconds(0));
  world_.client().clock().advance(seconds(130));
  planned_ = world_.plan_undo(1);
  ASSERT_TRUE(planned_.plan);
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  const WriteRequest gifts[] = {
      rival_.api.add_member(kDirectory, group(design), invited()),
      rival_.api.user_access(true, invited(), std::string(kJira), "user")};
  const WriteRequest taken[] = {
      rival_.api.remove_member(kDirectory, group(design), invited()),
      rival_.api.user_access(false, invited(), std::string(kJira), "user")};
  for (const int i : {0, 1}) {
    ASSERT_EQ(rival_.does(gifts[i]) / 100, 2) << i;
    apply_after(seconds(0));
    EXPECT_EQ(writes(), 0U);
    EXPECT_THAT(outcome(ChangeKind::remove_user).message, HasSubstr("meanwhile"));
    ASSERT_EQ(rival_.does(taken[i]) / 100, 2) << i;
  }
  apply_after(seconds(0));
  EXPECT_EQ(report_.count(State::applied), 1U);
}

/// Lin is suspended, and a search shows the first group of each person only.
json::object cut_short() {
  json::object seed = acme();
  seed["users"].as_array()[2].as_object()["status"] = "suspended";
  seed["options"].as_object()["expanded_groups"] = 1;
  return seed;
}

/// Restores Lin, so long after it was planned; a group is given to her meanwhile, or not.
ChangeOutcome restored_after(seconds time, bool given) {
  Rehearsal world(cut_short());
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users]\n"
                  "\"lin@acme.example\" = {{ state = \"active\" }}\n",
                  kOrganization));
  const Planned planned = world.plan();
  EXPECT_TRUE(planned.plan);
  EXPECT_EQ(planned.plan->changes.size(), 1U);
  Rival rival(world);
  if (given) {
    EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(design), account(lin))), 204);
  }
  world.client().clock().advance(time);
  return world.apply(planned).outcomes.front();
}

TEST(Restored, WithAGroupThatWasGivenMeanwhileAndThatACutListLacks) {
  const ChangeOutcome outcome = restored_after(seconds(60), true);
  EXPECT_EQ(outcome.state, State::skipped);
  EXPECT_THAT(outcome.message, HasSubstr("added to a group meanwhile"));
}

TEST(Restored, WithAGroupThatWasGivenJustNow) {
  const ChangeOutcome outcome = restored_after(seconds(0), true);
  EXPECT_EQ(outcome.state, State::skipped);
  EXPECT_THAT(outcome.message, HasSubstr("added to a group meanwhile"));
}

TEST(Restored, WithWhatWasPlanned) {
  for (const seconds time : {seconds(0), seconds(60)}) {
    const ChangeOutcome outcome = restored_after(time, false);
    EXPECT_EQ(outcome.state, State::applied) << outcome.message;
  }
}

TEST_F(FreshnessTest, WhoWasSuspendedMeanwhileIsMadeNoAdmin) {
  policy("[users]\n\"lin@acme.example\" = { roles = [\"org-admin\"] }\n");
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(lin))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::grant_org_role).message, HasSubstr("suspended meanwhile"));
}

TEST_F(FreshnessTest, AKeyThatIsRefusedStopsTheRunByName) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 401}}]})")));
  apply_after(seconds(60));
  EXPECT_THAT(report_.stopped_because, HasSubstr("401"));
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("401"));
}

TEST_F(FreshnessTest, AStopWhileItReadsIsNamedAsTheReason) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  world_.client().clock().advance(seconds(60));
  int asked = 0;
  report_ = world_.apply(planned_, [&] { return ++asked > 3 ? "enough" : ""; });
  EXPECT_TRUE(report_.halted);
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("enough"));
}

TEST_F(FreshnessTest, ThePersonHasLeft) {
  policy("[groups.engineering]\nmembership = \"additive\"\nmembers = [\"rosa@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.remove_user(kDirectory, account(rosa))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::add_member).message,
              HasSubstr("not to be seen in the directory"));
}

TEST_F(FreshnessTest, ItHasComeAboutMeanwhile) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"suspended\" }\n"
      "[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(lin))), 204);
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(omar))), 204);
  ASSERT_EQ(rival_.does(rival_.api.remove_member(kDirectory, group(design), account(rosa))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(report_.count(State::already_so), 3U);
}

TEST_F(FreshnessTest, TheFloorIsOfThoseWhoAreAdminsNow) {
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
  policy("[users]\n\"lin@acme.example\" = { roles = [] }\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.org_admin(false, account(grace))) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U) << "one admin would be left";
  EXPECT_THAT(outcome(ChangeKind::revoke_org_role).message, HasSubstr("fewer than 2"));
}

// What was answered with an error is sent again half a minute later.
TEST_F(FreshnessTest, SoItIsWhereACallIsSentOnceMore) {
  for (const bool meanwhile : {false, true}) {
    ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
    policy(
        "[safety.limits.revoke_admins]\nfree = 9\n"
        "[users]\n\"lin@acme.example\" = { roles = [] }\n");
    ASSERT_EQ(planned_.plan->changes.size(), 1U);
    ASSERT_TRUE(world_.client().org().set_faults(
        json::parse(R"({"rules": [{"operation": "writes", "times": 1,
                                   "action": {"status": 500}}]})")));
    const Instant planned_at = world_.client().clock().now();
    bool done = false;
    report_ = world_.apply(planned_, [&] {
      const bool now = world_.client().clock().now() - planned_at > seconds(20);
      if (!done && meanwhile && now) {
        done = true;
        EXPECT_EQ(rival_.does(rival_.api.org_admin(false, account(grace))) / 100, 2);
      }
      return "";
    });
    EXPECT_EQ(done, meanwhile) << "nobody waited";
    EXPECT_EQ(report_.count(State::applied), meanwhile ? 0U : 1U);
    EXPECT_EQ(report_.count(State::in_doubt), meanwhile ? 1U : 0U);
    const ChangeOutcome one = outcome(ChangeKind::revoke_org_role);
    if (meanwhile) {
      EXPECT_THAT(one.message, HasSubstr("not sent again: it would leave fewer than 2"));
    }
  }
}

// What seemed to be without effect for a while is not sent again once it shows.
TEST_F(FreshnessTest, AFirstTryThatShowsLateIsTheOneThatDidIt) {
  for (int lag = 5'000; lag < 7'000; lag += 20) {
    Rehearsal world(acme());
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users]\n"
                    "\"lin@acme.example\" = {{ state = \"removed\" }}\n",
                    kOrganization));
    const Planned planned = world.plan();
    const ApplyReport report = apply_with_a_late_first_try(world, planned, lag);
    EXPECT_EQ(report.count(State::applied), 1U) << lag << ": " << report.outcomes.front().message;
  }
}

TEST_F(FreshnessTest, WhoAreAdminsMustBeKnownBeforeOneGoes) {
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
  policy("[users]\n\"lin@acme.example\" = { roles = [] }\n");
  apply_after(seconds(60));
  EXPECT_EQ(report_.count(State::applied), 1U) << "two are left";
}

TEST_F(FreshnessTest, WhatCannotBeReadAgainIsNotMade) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 500}}]})")));
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(report_.count(State::skipped), 2U);
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("could not be read again"));
}

}  // namespace
}  // namespace rolecall::test
