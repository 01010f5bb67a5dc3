#include "diff/effects.h"

#include <fmt/format.h>
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

Plan told(PlanBuilder& b) {
  b.without_limits();
  Plan plan = b.plan();
  tell_effects({b.desired, b.live, b.catalog}, plan);
  return plan;
}

std::string roles(const std::vector<Role>& all) {
  std::string out;
  for (const Role role : all) out += (out.empty() ? "" : "+") + std::string(name(role));
  return out.empty() ? "nothing" : out;
}

/// "ada@acme.example jira: nothing > user", with a "?" where it is not certain.
Texts effects(const Plan& plan) {
  Texts out;
  for (const PersonEffect& effect : plan.effects) {
    for (const AppEffect& app : effect.apps) {
      out.push_back(fmt::format("{} {}: {} > {}{}", effect.user, app.resource, roles(app.before),
                                roles(app.after), effect.certain ? "" : "?"));
    }
  }
  return out;
}

/// Everybody's direct grants are read, so that nothing is uncertain.
PlanBuilder& people(PlanBuilder& b, const Texts& all) {
  b.resource("jira").resource("confluence");
  for (const std::string& one : all) b.live_user(one).user(one).manage_user_access(one);
  return b;
}

TEST(Effects, JoiningAndLeavingGroupsMeansTheirApps) {
  PlanBuilder b;
  people(b, {"ada@acme.example", "bob@acme.example"});
  b.live_group("dev", {"bob@acme.example"}).live_grant("dev", "jira", Role::user);
  b.group("dev", {"ada@acme.example"}).grant("dev", "jira", Role::user);
  EXPECT_THAT(effects(told(b)), ElementsAre("ada@acme.example jira: nothing > user",
                                            "bob@acme.example jira: user > nothing"));
}

TEST(Effects, AnotherPathToTheSameIsNone) {
  PlanBuilder b;
  people(b, {"ada@acme.example", "bob@acme.example"});
  b.live_group("dev", {"bob@acme.example"}).live_grant("dev", "jira", Role::user);
  b.live_group("ops", {"ada@acme.example", "bob@acme.example"});
  b.live_grant("ops", "jira", Role::user);
  b.group("dev", {"ada@acme.example"}).grant("dev", "jira", Role::user);
  const Plan plan = told(b);
  EXPECT_EQ(plan.changes.size(), 2U);
  EXPECT_THAT(effects(plan), IsEmpty());
  EXPECT_THAT(plan.seats, IsEmpty());
}

TEST(Effects, FromAGroupToADirectGrantIsNone) {
  PlanBuilder b;
  people(b, {"ada@acme.example"});
  b.live_group("dev", {"ada@acme.example"}).live_grant("dev", "jira", Role::user);
  b.group("dev", {}).grant("dev", "jira", Role::user);
  b.user_grant("ada@acme.example", "jira", Role::user);
  EXPECT_THAT(effects(told(b)), IsEmpty());
}

TEST(Effects, AGroupsGrantMeansEveryMember) {
  PlanBuilder b;
  people(b, {"ada@acme.example", "bob@acme.example"});
  b.live_user("carl@acme.example", Presence::suspended);
  b.live_group("dev", {"ada@acme.example", "bob@acme.example", "carl@acme.example"});
  b.live_grant("dev", "confluence", Role::user);
  b.live_user_grant("bob@acme.example", "jira", Role::user);
  b.user_grant("bob@acme.example", "jira", Role::user);
  b.group("dev", {"ada@acme.example", "bob@acme.example", "carl@acme.example"});
  b.grant("dev", "jira", Role::admin);
  EXPECT_THAT(effects(told(b)), ElementsAre("ada@acme.example confluence: user > nothing",
                                            "ada@acme.example jira: nothing > admin",
                                            "bob@acme.example confluence: user > nothing",
                                            "bob@acme.example jira: user > admin+user"))
      << "somebody suspended has nothing before and after";
}

TEST(Effects, ADeletedGroupTakesItsAppsFromAllMembers) {
  PlanBuilder b;
  people(b, {"ada@acme.example"});
  b.live_user("bob@acme.example");
  b.live_group("dev", {"ada@acme.example", "bob@acme.example"});
  b.live_grant("dev", "jira", Role::user).no_group("dev");
  EXPECT_THAT(effects(told(b)), ElementsAre("ada@acme.example jira: user > nothing",
                                            "bob@acme.example jira: user > nothing?"))
      << "nobody knows of a direct grant of bob's";
}

TEST(Effects, ARenameKeepsWhatItCarriesOver) {
  PlanBuilder b;
  people(b, {"ada@acme.example"});
  b.live_group("old", {"ada@acme.example"}).live_grant("old", "jira", Role::user);
  b.group("new", {"ada@acme.example"}).grant("new", "jira", Role::user).previous("new", "old");
  const Plan plan = told(b);
  EXPECT_EQ(plan.changes.size(), 4U);
  EXPECT_THAT(effects(plan), IsEmpty());
}

TEST(Effects, SuspendingRemovingRestoringAndInvitingAreCertain) {
  PlanBuilder b;
  b.resource("jira");
  b.live_user("ada@acme.example").live_user("bob@acme.example");
  b.live_user("carl@acme.example", Presence::suspended);
  const Texts all = {"ada@acme.example", "bob@acme.example", "carl@acme.example"};
  b.live_group("dev", all).live_grant("dev", "jira", Role::user);
  b.user("ada@acme.example", Presence::suspended).user("bob@acme.example", Presence::absent);
  b.user("carl@acme.example").user("dora@acme.example");
  b.group("dev", {"carl@acme.example", "dora@acme.example"}).grant("dev", "jira", Role::user);
  EXPECT_THAT(effects(told(b)), ElementsAre("ada@acme.example jira: user > nothing",
                                            "bob@acme.example jira: user > nothing",
                                            "carl@acme.example jira: nothing > user",
                                            "dora@acme.example jira: nothing > user"));
}

TEST(Effects, AGroupWhoseGrantsWereNotReadMakesItUncertain) {
  PlanBuilder b;
  people(b, {"ada@acme.example"});
  b.live_group("other", {"ada@acme.example"}).live_group("dev");
  b.about_group("other").resource_count = 1;
  b.live_grant("dev", "jira", Role::user);
  b.group("dev", {"ada@acme.example"}).grant("dev", "jira", Role::user);
  EXPECT_THAT(effects(told(b)), ElementsAre("ada@acme.example jira: nothing > user?"));
  b.about_group("other").grants_read = true;
  EXPECT_THAT(effects(told(b)), ElementsAre("ada@acme.example jira: nothing > user"));
}

TEST(Effects, NamesOfMembersAreToldThoughNoChangeNamesThem) {
  PlanBuilder b;
  people(b, {"ada@acme.example"});
  b.about("ada@acme.example").name = "Ada Lovelace";
  b.live_group("dev", {"ada@acme.example"}).group("dev", {"ada@acme.example"});
  b.grant("dev", "jira", Role::user);
  EXPECT_EQ(told(b).names.at("ada@acme.example"), "Ada Lovelace");
}

TEST(Effects, PeopleWithEqualOnesStandTogetherThoseWhoLoseFirst) {
  PlanBuilder b;
  people(b, {"ada@acme.example", "bob@acme.example", "carl@acme.example", "dora@acme.example"});
  b.live_group("dev", {"dora@acme.example", "carl@acme.example"});
  b.live_grant("dev", "jira", Role::user);
  b.group("dev", {"ada@acme.example", "bob@acme.example"}).grant("dev", "jira", Role::user);
  const std::vector<EffectGroup> groups = group_effects(told(b));
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_THAT(groups[0].deeds, ElementsAre("loses jira (user)"));
  EXPECT_THAT(groups[0].people, ElementsAre("carl@acme.example", "dora@acme.example"));
  EXPECT_TRUE(groups[0].takes);
  EXPECT_THAT(groups[1].deeds, ElementsAre("gains jira (user)"));
  EXPECT_FALSE(groups[1].takes);
}

// --- seats ------------------------------------------------------------------------------------

Workspace jira(std::int64_t capacity, std::int64_t usage) {
  return {"ari:cloud:jira::site/1", "jira", "Jira", "acme.atlassian.net", capacity, usage};
}

/// Three people join a group with jira one by one, two leave it.
Plan three_for_two() {
  PlanBuilder b;
  people(b, {"ada@acme.example", "bob@acme.example", "carl@acme.example", "dora@acme.example",
             "eve@acme.example"});
  b.live_group("dev", {"dora@acme.example", "eve@acme.example"});
  b.live_grant("dev", "jira", Role::user);
  b.group("dev", {"ada@acme.example", "bob@acme.example", "carl@acme.example"});
  b.grant("dev", "jira", Role::user);
  return told(b);
}

TEST(Seats, ThatTheEndOfThePlanFreesComeTooLate) {
  Plan plan = three_for_two();
  const std::vector<Workspace> workspaces = {jira(10, 8)};
  count_seats(workspaces, plan);
  ASSERT_EQ(plan.seats.size(), 1U);
  const Seats& seats = plan.seats[0];
  EXPECT_EQ(seats.takers.size(), 3U);
  EXPECT_EQ(seats.freed, 2U);
  EXPECT_THAT(seats.left_over, ElementsAre("carl@acme.example"))
      << "the last in the order of apply";
  EXPECT_EQ(shortage_in_words(seats),
            "jira: 2 seats left for 3 people, 2 more at the end of the plan only; without a seat");
  EXPECT_EQ(seats_in_words(seats), "jira: 8 of 10 seats taken, 8 after (takes 3, frees 2)");
}

TEST(Seats, AreEnoughUpToTheLast) {
  Plan plan = three_for_two();
  const std::vector<Workspace> workspaces = {jira(11, 8)};
  count_seats(workspaces, plan);
  EXPECT_THAT(plan.seats.at(0).left_over, IsEmpty());
  EXPECT_EQ(seats_in_words(plan.seats[0]), "jira: 8 of 11 seats taken, 9 after (takes 3, frees 2)");
}

TEST(Seats, NobodyIsLeftOverWhereTheirNumberIsNotKnown) {
  for (const bool no_usage : {true, false}) {
    Plan plan = three_for_two();
    std::vector<Workspace> workspaces = {jira(0, 0)};
    (no_usage ? workspaces[0].usage : workspaces[0].capacity).reset();
    count_seats(workspaces, plan);
    EXPECT_THAT(plan.seats.at(0).left_over, IsEmpty());
  }
  Plan plan = three_for_two();
  count_seats({}, plan);
  EXPECT_EQ(seats_in_words(plan.seats.at(0)), "jira: takes 3, frees 2");
}

TEST(Seats, ACallThatTakesMoreThanAreLeftFailsForAllAndLeavesThemToOthers) {
  PlanBuilder b;
  people(b, {"ada@acme.example", "bob@acme.example", "carl@acme.example"});
  b.live_group("dev", {"ada@acme.example", "bob@acme.example"}).live_group("ops");
  b.live_grant("ops", "jira", Role::user);
  b.group("dev", {"ada@acme.example", "bob@acme.example"}).grant("dev", "jira", Role::user);
  b.group("ops", {"carl@acme.example"}).grant("ops", "jira", Role::user);
  Plan plan = told(b);
  const std::vector<Workspace> workspaces = {jira(9, 8)};
  count_seats(workspaces, plan);
  EXPECT_THAT(plan.seats.at(0).left_over, ElementsAre("ada@acme.example", "bob@acme.example"))
      << "the grant to their group comes first and is refused; carl gets the seat";
}

TEST(Seats, PeopleInvitedTogetherAreLeftOverTogether) {
  PlanBuilder b;
  b.resource("jira").live_group("dev").live_grant("dev", "jira", Role::user);
  b.user("ada@acme.example").user("bob@acme.example");
  b.group("dev", {"ada@acme.example", "bob@acme.example"}).grant("dev", "jira", Role::user);
  Plan plan = told(b);
  ASSERT_EQ(plan.calls.size(), 1U);
  const std::vector<Workspace> workspaces = {jira(9, 8)};
  count_seats(workspaces, plan);
  EXPECT_EQ(plan.seats.at(0).left_over.size(), 2U);
  EXPECT_TRUE(plan.seats[0].takers_certain);
}

TEST(Seats, RolesThatNeedNoneDoNotCount) {
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    const auto role = static_cast<Role>(i);
    PlanBuilder b;
    people(b, {"ada@acme.example"});
    b.user_grant("ada@acme.example", "jira", role);
    const Plan plan = told(b);
    EXPECT_EQ(effects(plan).size(), 1U);
    EXPECT_EQ(takes_seats(plan), role == Role::user || role == Role::admin) << name(role);
  }
}

TEST(Seats, AnotherRoleOnTheSameAppTakesNoSecondSeat) {
  PlanBuilder b;
  people(b, {"ada@acme.example"});
  b.live_user_grant("ada@acme.example", "jira", Role::user);
  b.user_grant("ada@acme.example", "jira", Role::admin);
  const Plan plan = told(b);
  EXPECT_THAT(effects(plan), ElementsAre("ada@acme.example jira: user > admin"));
  EXPECT_THAT(plan.seats, IsEmpty());
}

// --- people from outside ------------------------------------------------------------------------

TEST(Outsiders, AreThoseOutsideTheOwnDomainsWhoAreGivenSomething) {
  PlanBuilder b;
  people(b, {"ada@acme.example", "in@sub.acme.example", "out@vendor.example"});
  b.live_group("dev", {"out@vendor.example"});
  b.user("new@vendor.example");
  b.group("dev", {"ada@acme.example", "in@sub.acme.example", "new@vendor.example"});
  Plan plan = told(b);
  EXPECT_THAT(outsiders(plan), IsEmpty()) << "nobody, where own domains are not known";
  plan.own_domains = {{"acme.example"}, true};
  const std::vector<Outsider> found = outsiders(plan);
  ASSERT_EQ(found.size(), 2U) << "a subdomain is a domain of its own; to lose is no risk";
  EXPECT_EQ(found[0].user, "in@sub.acme.example");
  EXPECT_EQ(found[1].user, "new@vendor.example");
  EXPECT_EQ(gifts_in_words(found[1].gifts), "invited, added to dev");
  EXPECT_EQ(outsiders_in_words(plan, 2), "2 people from outside acme.example are given something");
}

TEST(Outsiders, TheDomainOfMostPeopleIsOwnWhereNoneIsVerified) {
  PlanBuilder b;
  b.live_user("a@acme.example").live_user("b@acme.example").live_user("c@vendor.example");
  EXPECT_EQ(majority_domain(b.live, b.catalog), (OwnDomains{{"acme.example"}, false}));
  b.live_user("d@vendor.example");
  EXPECT_EQ(majority_domain(b.live, b.catalog), OwnDomains{}) << "half is not most";
}

}  // namespace
}  // namespace rolecall
