#include "diff/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using test::sample_plan;

std::string person(std::size_t i) {
  return "user" + std::to_string(1000 + i) + "@acme.example";
}

/// "invite_user: 0 3 5": the calls of a plan.
std::vector<std::string> calls_of(const Plan& plan) {
  std::vector<std::string> out;
  for (const Call& call : plan.calls) {
    std::string line = std::string(name(call.kind)) + ':';
    for (const std::size_t i : call.changes) line += ' ' + std::to_string(i);
    out.push_back(std::move(line));
  }
  return out;
}

void expect_each_change_once(const Plan& plan) {
  std::vector<std::size_t> carried;
  for (const Call& call : plan.calls) {
    carried.insert(carried.end(), call.changes.begin(), call.changes.end());
  }
  std::sort(carried.begin(), carried.end());
  ASSERT_EQ(carried.size(), plan.changes.size());
  for (std::size_t i = 0; i < carried.size(); ++i) EXPECT_EQ(carried[i], i);
}

TEST(ScheduleTest, NoChangesNoCalls) {
  EXPECT_TRUE(schedule({}).empty());
}

TEST(ScheduleTest, TwentyFivePeopleShareAnInvitation) {
  for (const auto& [invited, calls] :
       {std::pair{1U, 1U}, {24, 1}, {25, 1}, {26, 2}, {50, 2}, {51, 3}}) {
    PlanBuilder b;
    b.live_group("team");
    std::vector<std::string> all;
    for (std::size_t i = 0; i < invited; ++i) {
      all.push_back(person(i));
      b.user(all.back());
    }
    b.group("team", all);
    const Plan plan = b.plan();
    EXPECT_EQ(plan.changes.size(), 2 * invited);
    EXPECT_EQ(plan.calls.size(), calls) << invited;
    for (const Call& call : plan.calls) EXPECT_LE(call.changes.size(), 2 * kMostInvitees);
    expect_each_change_once(plan);
  }
}

TEST(ScheduleTest, OnlyEqualBundlesShareACall) {
  PlanBuilder b;
  b.resource("jira").live_group("a").live_group("b");
  for (std::size_t i = 0; i < 4; ++i) b.user(person(i));
  b.group("a", {person(0), person(1), person(2)}).group("b", {person(1)});
  b.user_grant(person(2), "jira", Role::user);
  const Plan plan = b.plan();
  // 0-3 the invitations, 4-6 into a, 7 into b, 8 the grant.
  EXPECT_EQ(calls_of(plan), (std::vector<std::string>{"invite_user: 0 4", "invite_user: 1 5 7",
                                                      "invite_user: 2 6 8", "invite_user: 3"}));
  expect_each_change_once(plan);
}

TEST(ScheduleTest, WhatAnInvitationCannotCarryIsACallOfItsOwn) {
  PlanBuilder b;
  b.resource("jira").user(person(0)).org_admin(person(0), true);
  b.user_grant(person(0), "jira", Role::user_access_admin);
  EXPECT_EQ(calls_of(b.plan()), (std::vector<std::string>{"invite_user: 0", "grant_user_access: 1",
                                                          "grant_org_role: 2"}));
}

TEST(ScheduleTest, EverythingElseIsOneCallAChangeInApplyOrder) {
  const Plan plan = sample_plan();
  expect_each_change_once(plan);
  for (std::size_t i = 1; i < plan.calls.size(); ++i) {
    EXPECT_LE(plan.calls[i - 1].kind, plan.calls[i].kind);
  }
  for (const Call& call : plan.calls) {
    if (call.kind != ChangeKind::invite_user) {
      EXPECT_EQ(call.changes.size(), 1U);
    }
  }
}

// --- prerequisites ---------------------------------------------------------------------------

/// "invite_user needs create_group": each edge, by the kinds of its calls.
std::vector<std::string> edges(const Plan& plan) {
  std::vector<std::string> out;
  const auto needs = prerequisites(plan);
  EXPECT_EQ(needs.size(), plan.calls.size());
  for (std::size_t c = 0; c < needs.size(); ++c) {
    for (const std::size_t n : needs[c]) {
      EXPECT_LT(n, c);
      out.push_back(std::string(name(plan.calls[c].kind)) + " needs " +
                    std::string(name(plan.calls[n].kind)));
    }
  }
  return out;
}

using Edges = std::vector<std::string>;

TEST(ScheduleTest, WhatAddressesANewGroupNeedsIt) {
  PlanBuilder b;
  b.resource("jira").live_user(person(0)).user(person(1));
  b.group("new", {person(0), person(1)}).grant("new", "jira", Role::user);
  EXPECT_EQ(edges(b.plan()),
            (Edges{"grant_group_access needs create_group", "invite_user needs create_group",
                   "add_member needs create_group"}));
}

TEST(ScheduleTest, WhatGivesToSomebodyNewOrRestoredNeedsThemPresent) {
  PlanBuilder b;
  b.resource("jira").live_user(person(0), Presence::suspended).live_group("team");
  b.user(person(0)).user(person(1)).group("team", {person(0)});
  b.org_admin(person(0), true).org_admin(person(1), true);
  EXPECT_EQ(edges(b.plan()),
            (Edges{"add_member needs restore_user", "grant_org_role needs restore_user",
                   "grant_org_role needs invite_user"}));
}

TEST(ScheduleTest, UnrelatedCallsNeedNothing) {
  PlanBuilder b;
  b.live_user(person(0)).live_user(person(1)).live_group("a").live_group("b").live_group("c");
  b.group("a", {person(0)}).group("b", {person(1)}).no_group("c");
  EXPECT_TRUE(edges(b.plan()).empty());
}

TEST(ScheduleTest, ARenamedGroupGoesAfterItsSuccessorHasEverything) {
  PlanBuilder b;
  b.resource("jira").live_user(person(0)).live_group("old", {person(0)});
  b.live_grant("old", "jira", Role::user).live_group("other").no_group("other");
  b.group("new", {person(0)}).previous("new", "old").grant("new", "jira", Role::user);
  EXPECT_EQ(edges(b.plan()),
            (Edges{"grant_group_access needs create_group", "add_member needs create_group",
                   "delete_group needs create_group", "delete_group needs grant_group_access",
                   "delete_group needs add_member"}));
}

}  // namespace
}  // namespace rolecall
