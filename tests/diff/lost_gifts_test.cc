// Whose app a change would take since a gift did not come about, and whether holding it back would
// let somebody in (Plan::leans, Plan::lets_in).
#include "diff/lost_gifts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "diff/safety.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;

/// Engineering has Confluence instead of Jira from now on, without Omar, who goes to design.
PlanBuilder omar_moves() {
  PlanBuilder b;
  b.without_limits().resource("jira").resource("confluence");
  for (const char* who : {"ada@acme.example", "omar@acme.example"}) {
    b.live_user(who);
    b.about(who).account_active = true;
  }
  b.live_group("engineering", {"ada@acme.example", "omar@acme.example"});
  b.live_grant("engineering", "jira", Role::user);
  b.live_group("design").live_grant("design", "jira", Role::user);
  for (const char* group : {"engineering", "design"}) b.about_group(group).grants_read = true;
  b.group("engineering", {"ada@acme.example"}).manage_access("engineering");
  b.grant("engineering", "confluence", Role::user);
  b.group("design", {"omar@acme.example"});
  return b;
}

const Change& of_kind(const Plan& plan, ChangeKind kind) {
  return *std::find_if(plan.changes.begin(), plan.changes.end(),
                       [&](const Change& change) { return change.kind == kind; });
}

TEST(LostGifts, WhoIsLetGoFromAGroupKeepsNothingThere) {
  const Plan plan = omar_moves().plan();
  ASSERT_EQ(plan.changes.size(), 4U);
  const Change& revoke = of_kind(plan, ChangeKind::revoke_group_access);
  LostGifts lost;
  lost.add(of_kind(plan, ChangeKind::add_member));
  EXPECT_NE(lost.cost(plan, revoke), nullptr);
  EXPECT_EQ(lost.cost_if_made(plan, of_kind(plan, ChangeKind::remove_member), nullptr), nullptr)
      << "he would have Confluence";
  EXPECT_EQ(lost.cost_if_made(plan, revoke, nullptr), nullptr);

  // As it is left to people.
  LostGifts stays = lost;
  stays.add(of_kind(plan, ChangeKind::remove_member));
  ASSERT_NE(stays.cost_if_made(plan, revoke, nullptr), nullptr);
  EXPECT_EQ(stays.cost_if_made(plan, revoke, nullptr)->user(), "omar@acme.example");

  // As engineering does not get Confluence.
  lost.add(of_kind(plan, ChangeKind::grant_group_access));
  EXPECT_NE(lost.cost_if_made(plan, of_kind(plan, ChangeKind::remove_member), nullptr), nullptr);
  EXPECT_NE(lost.cost_if_made(plan, revoke, nullptr), nullptr);
}

// A saved plan held less: what the whole one would have done lets nobody go.
TEST(LostGifts, APlanThatWasNarrowedTellsItAnew) {
  PlanBuilder b = omar_moves();
  Plan plan = b.plan();
  std::erase_if(plan.changes,
                [](const Change& change) { return change.kind == ChangeKind::remove_member; });
  const PlanInput input{b.desired,           b.live, b.catalog, b.remembered_users,
                        b.remembered_groups, {},     nullptr};
  check_safety(input, plan);
  LostGifts lost;
  lost.add(of_kind(plan, ChangeKind::add_member));
  EXPECT_NE(lost.cost_if_made(plan, of_kind(plan, ChangeKind::revoke_group_access), nullptr),
            nullptr);
}

}  // namespace
}  // namespace rolecall
