#include "diff/safety.h"

#include <gtest/gtest.h>

#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;

std::string person(std::size_t i) {
  return "user" + std::to_string(i) + "@acme.example";
}

std::vector<std::string> people(std::size_t n) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(person(i));
  return out;
}

/// An organization in which exactly `n` of `population` of a class are to go.
PlanBuilder removals(LimitClass klass, std::size_t n, std::size_t population) {
  PlanBuilder b;
  b.without_limits().resource("jira");
  for (std::size_t i = 0; i < population; ++i) {
    const std::string name = "group" + std::to_string(i);
    switch (klass) {
      case LimitClass::delete_groups:
        b.live_group(name);
        if (i < n) b.no_group(name);
        break;
      case LimitClass::remove_users:
      case LimitClass::suspend_users:
        b.live_user(person(i));
        b.user(person(i), i >= n                               ? Presence::active
                          : klass == LimitClass::suspend_users ? Presence::suspended
                                                               : Presence::absent);
        break;
      case LimitClass::revoke_admins:
        b.live_user(person(i), Presence::active, true).user(person(i));
        b.org_admin(person(i), i >= n);
        break;
      case LimitClass::revoke_user_access:
        b.live_user(person(i)).live_user_grant(person(i), "jira", Role::user).user(person(i));
        b.manage_user_access(person(i));
        if (i >= n) b.user_grant(person(i), "jira", Role::user);
        break;
      case LimitClass::revoke_group_access:
        b.live_group(name).live_grant(name, "jira", Role::user).group(name, {});
        b.manage_access(name);
        if (i >= n) b.grant(name, "jira", Role::user);
        break;
      case LimitClass::remove_members:
      case LimitClass::remove_members_per_group:
        b.live_user(person(i));
        break;
    }
  }
  if (klass == LimitClass::remove_members || klass == LimitClass::remove_members_per_group) {
    const std::vector<std::string> all = people(population);
    b.live_group("team", all);
    b.group("team", {all.begin() + static_cast<std::ptrdiff_t>(n), all.end()});
  }
  return b;
}

bool refuses(PlanBuilder& b, LimitClass klass, const Limit& limit) {
  b.without_limits().limit(klass) = limit;
  const Plan plan = b.plan();
  EXPECT_LE(plan.refusals.size(), 1U);
  return !plan.refusals.empty();
}

class EveryClass : public testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static LimitClass klass() { return static_cast<LimitClass>(GetParam()); }
};

TEST_P(EveryClass, FreeIsExactAtEveryPopulation) {
  constexpr std::int64_t kFree = 4;
  for (std::size_t population = 0; population <= 50; ++population) {
    for (std::size_t n = 3; n <= 5; ++n) {
      if (n > population) continue;
      PlanBuilder b = removals(klass(), n, population);
      EXPECT_EQ(refuses(b, klass(), {kFree, 0, 1000}), n > 4) << n << " of " << population;
    }
  }
}

TEST_P(EveryClass, PercentIsExactAtEveryPopulation) {
  constexpr std::size_t kPercent = 30;
  for (std::size_t population = 0; population <= 50; ++population) {
    const std::size_t most = population * kPercent / 100;
    for (const std::size_t n : {most == 0 ? 0 : most - 1, most, most + 1}) {
      if (n > population) continue;
      PlanBuilder b = removals(klass(), n, population);
      EXPECT_EQ(refuses(b, klass(), {0, static_cast<std::int64_t>(kPercent), 1000}), n > most)
          << n << " of " << population;
    }
  }
}

TEST_P(EveryClass, CountIsExact) {
  for (std::size_t n = 6; n <= 8; ++n) {
    PlanBuilder b = removals(klass(), n, 50);
    EXPECT_EQ(refuses(b, klass(), {0, 100, 7}), n > 7) << n;
  }
}

TEST_P(EveryClass, RefusalSaysHowManyOfHowMany) {
  PlanBuilder b = removals(klass(), 3, 20);
  b.limit(klass()) = {0, 10, 100};
  const Plan plan = b.plan();
  ASSERT_EQ(plan.refusals.size(), 1U);
  const std::string subject = klass() == LimitClass::remove_members_per_group ? "team" : "";
  EXPECT_EQ(plan.refusals[0],
            (Refusal{std::string(name(klass())), 3, 20, "free 0, percent 10, count 100", subject}));
  EXPECT_FALSE(plan.applyable());
}

TEST_P(EveryClass, OtherClassesDoNotCount) {
  for (std::size_t other = 0; other < kLimitClassCount; ++other) {
    const auto forbidden = static_cast<LimitClass>(other);
    const auto is_members = [](LimitClass c) {
      return c == LimitClass::remove_members || c == LimitClass::remove_members_per_group;
    };
    if (forbidden == klass() || (is_members(forbidden) && is_members(klass()))) continue;
    PlanBuilder b = removals(klass(), 5, 10);
    EXPECT_FALSE(refuses(b, forbidden, {0, 0, 0})) << name(forbidden);
  }
}

INSTANTIATE_TEST_SUITE_P(Safety, EveryClass, testing::Range(std::size_t{0}, kLimitClassCount),
                         [](const auto& each) {
                           return std::string(kLimitClassNames[each.param]);
                         });

TEST(SafetyTest, SuspendingOrRemovingAnAdminCountsAsLosingOne) {
  for (const Presence wanted : {Presence::suspended, Presence::absent}) {
    PlanBuilder b;
    b.without_limits().live_user(person(0), Presence::active, true).live_user(person(1));
    b.user(person(0), wanted);
    b.limit(LimitClass::revoke_admins) = {0, 0, 0};
    const Plan plan = b.plan();
    ASSERT_EQ(plan.refusals.size(), 1U);
    EXPECT_EQ(plan.refusals[0].klass, "revoke_admins");
  }
}

TEST(SafetyTest, WhatGoesWithADeletedGroupCountsAsThatOneRemoval) {
  PlanBuilder b;
  b.without_limits().live_user(person(0)).live_group("team", {person(0)}).no_group("team");
  b.limit(LimitClass::remove_members) = {0, 0, 0};
  EXPECT_TRUE(b.plan().refusals.empty());
}

TEST(SafetyTest, AdditivePlansAreNeverRefused) {
  PlanBuilder b;
  b.desired.safety.limits.fill({0, 0, 0});
  b.live_user(person(0)).live_group("team").user(person(0)).user(person(1));
  b.group("team", {person(0), person(1)}).org_admin(person(0), true);
  b.desired.safety.min_org_admins = 2;
  const Plan plan = b.plan();
  EXPECT_EQ(plan.changes.size(), 4U);
  EXPECT_TRUE(plan.refusals.empty());
}

// --- the floor of org admins -----------------------------------------------------------------

TEST(SafetyTest, FloorIsExact) {
  for (std::size_t admins = 0; admins <= 5; ++admins) {
    for (std::size_t lost = 0; lost <= admins; ++lost) {
      for (std::int64_t floor = 0; floor <= 4; ++floor) {
        PlanBuilder b = removals(LimitClass::revoke_admins, lost, admins);
        b.desired.safety.min_org_admins = floor;
        const auto left = static_cast<std::int64_t>(admins - lost);
        const Plan plan = b.plan();
        EXPECT_EQ(!plan.refusals.empty(), lost > 0 && left < floor)
            << admins << " admins, " << lost << " lost, floor " << floor;
        if (plan.refusals.empty()) continue;
        EXPECT_EQ(plan.refusals[0],
                  (Refusal{"min_org_admins", left, static_cast<std::int64_t>(admins),
                           "at least " + std::to_string(floor), ""}));
      }
    }
  }
}

/// Four admins at first: one goes by each way of losing the role, one is new, one is restored.
PlanBuilder admin_shuffle() {
  PlanBuilder b;
  b.without_limits();
  for (std::size_t i = 0; i < 4; ++i) b.live_user(person(i), Presence::active, true);
  b.live_user(person(4)).live_user(person(5), Presence::suspended, true);
  b.user(person(0), Presence::suspended).user(person(1), Presence::absent);
  b.user(person(2)).org_admin(person(2), false);
  b.user(person(4)).org_admin(person(4), true);
  b.user(person(5)).org_admin(person(5), true);
  return b;
}

TEST(SafetyTest, FloorHoldsAfterEveryPrefixOfTheCalls) {
  // What gives comes first, so the lowest point is the end: 4 + 1 + 1 - 3.
  for (std::int64_t floor = 0; floor <= 6; ++floor) {
    PlanBuilder b = admin_shuffle();
    b.desired.safety.min_org_admins = floor;
    const Plan plan = b.plan();
    EXPECT_EQ(plan.refusals.empty(), floor <= 3) << floor;
    std::int64_t admins = 4;
    AdminFloor state(plan);
    EXPECT_EQ(state.count(), admins);
    for (const Call& call : plan.calls) {
      for (const std::size_t i : call.changes) {
        const Change& change = plan.changes[i];
        EXPECT_EQ(state.forbids(change), takes_away(change.kind) && admins - 1 < floor);
        state.take(change);
        state.give(change);
        admins += takes_away(change.kind) ? -1 : 1;
        EXPECT_EQ(state.count(), admins);
      }
    }
  }
}

TEST(SafetyTest, SomebodyInvitedIsNoAdminYet) {
  PlanBuilder b;
  b.without_limits().live_user(person(0), Presence::active, true);
  b.user(person(0)).org_admin(person(0), false).user(person(1)).org_admin(person(1), true);
  b.desired.safety.min_org_admins = 1;
  const Plan plan = b.plan();
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].klass, "min_org_admins");
}

TEST(SafetyTest, SomebodyInvitedByAnEarlierRunIsNoAdminYetEither) {
  PlanBuilder b;
  b.without_limits().live_user(person(0), Presence::active, true).live_user(person(1));
  b.live.users[index(b.ref(person(1)))].accepted = false;
  b.user(person(0)).org_admin(person(0), false).user(person(1)).org_admin(person(1), true);
  b.desired.safety.min_org_admins = 1;
  const Plan plan = b.plan();
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].klass, "min_org_admins");
}

TEST(SafetyTest, AnAdminWhoHasNotAcceptedDoesNotHoldTheFloor) {
  PlanBuilder b;
  b.without_limits().live_user(person(0), Presence::active, true);
  b.live_user(person(1), Presence::active, true).user(person(0), Presence::suspended);
  b.desired.safety.min_org_admins = 1;
  EXPECT_TRUE(b.plan().refusals.empty());
  b.live.users[index(b.ref(person(1)))].accepted = false;
  EXPECT_EQ(b.plan().refusals.size(), 1U);
}

TEST(SafetyTest, SuspendedAdminsNeverHeldTheFloor) {
  PlanBuilder b;
  b.without_limits().live_user(person(0), Presence::active, true);
  b.live_user(person(1), Presence::suspended, true).user(person(1), Presence::absent);
  b.desired.safety.min_org_admins = 1;
  EXPECT_TRUE(b.plan().refusals.empty());
}

TEST(SafetyTest, AChangeThatMayHaveHappenedOnlyTakes) {
  const Plan plan = admin_shuffle().plan();
  AdminFloor floor(plan);
  for (const Change& change : plan.changes) floor.take(change);
  EXPECT_EQ(floor.count(), 1);
}

TEST(SafetyTest, WhoMayBeAnAdminStillIsLetGoOnlyWhereOthersHoldTheFloor) {
  for (const bool another : {true, false}) {
    PlanBuilder b;
    b.without_limits().live_user(person(0), Presence::active, true);
    b.live_user(person(1), Presence::active, true).user(person(1)).org_admin(person(1), false);
    b.live_user(person(2), Presence::active, another);
    b.desired.safety.min_org_admins = 2;
    b.history.admins_taken = {person(1)};
    const Plan plan = b.plan();
    ASSERT_EQ(plan.changes.size(), 1U);
    EXPECT_EQ(plan.refusals.empty(), another);
    AdminFloor floor(plan);
    EXPECT_EQ(floor.forbids(plan.changes.front()), !another);
    EXPECT_FALSE(floor.takes_admin(plan.changes.front()));
    EXPECT_TRUE(floor.may_take_admin(plan.changes.front()));
  }
}

// --- protected -------------------------------------------------------------------------------

TEST(SafetyTest, NothingIsTakenFromProtectedPeople) {
  const std::string eve = "eve@acme.example";
  const std::vector<std::pair<const char*, void (*)(PlanBuilder&, const std::string&)>> losses = {
      {"suspended",
       [](PlanBuilder& b, const std::string& who) { b.user(who, Presence::suspended); }},
      {"removed", [](PlanBuilder& b, const std::string& who) { b.user(who, Presence::absent); }},
      {"demoted",
       [](PlanBuilder& b, const std::string& who) { b.user(who).org_admin(who, false); }},
      {"out of group", [](PlanBuilder& b, const std::string&) { b.group("team", {}); }},
      {"grant",
       [](PlanBuilder& b, const std::string& who) { b.user(who).manage_user_access(who); }},
      {"grant of their group",
       [](PlanBuilder& b, const std::string& who) {
         b.group("team", {who}).manage_access("team");
       }},
      {"grant of their group, which gets another name",
       [](PlanBuilder& b, const std::string& who) {
         b.group("crew", {who}).previous("crew", "team").manage_access("crew");
       }},
  };
  for (const auto& [what, lose] : losses) {
    for (const bool remembered : {false, true}) {
      PlanBuilder b;
      b.without_limits().resource("jira").live_user(eve, Presence::active, true);
      b.live_group("team", {eve}).live_grant("team", "jira", Role::admin);
      b.live_user_grant(eve, "jira", Role::user);
      lose(b, eve);
      EXPECT_TRUE(b.plan().refusals.empty()) << what;
      if (remembered) {
        b.remembered_users = {eve};
      } else {
        b.protect_user(eve);
      }
      const Plan plan = b.plan();
      ASSERT_EQ(plan.refusals.size(), 1U) << what;
      EXPECT_EQ(plan.refusals[0].klass, "protected_users");
      EXPECT_EQ(plan.refusals[0].subject, eve);
      const bool once = plan.refusals[0].limit.find("refused once") != std::string::npos;
      EXPECT_EQ(once, remembered) << plan.refusals[0].limit;
    }
  }
}

TEST(SafetyTest, WhatProtectedPeopleHaveByAnotherPathIsNotTakenFromThem) {
  const std::string eve = "eve@acme.example";
  PlanBuilder b;
  b.without_limits().resource("jira").live_user(eve).protect_user(eve);
  b.live_group("team", {eve}).live_grant("team", "jira", Role::user);
  b.group("team", {eve}).manage_access("team");
  EXPECT_EQ(b.plan().refusals.size(), 1U);
  b.live_group("others", {eve}).live_grant("others", "jira", Role::user);
  EXPECT_TRUE(b.plan().refusals.empty());
}

TEST(SafetyTest, NothingIsTakenFromProtectedGroupsHoweverSpelled) {
  for (const bool remembered : {false, true}) {
    PlanBuilder b;
    b.without_limits().live_user(person(0)).live_group("Org-Admins", {person(0)});
    b.group("org-admins", {});
    if (remembered) {
      b.remembered_groups = {"ORG-ADMINS"};
    } else {
      b.protect_group("ORG-admins");
    }
    const Plan plan = b.plan();
    ASSERT_EQ(plan.refusals.size(), 1U);
    EXPECT_EQ(plan.refusals[0].klass, "protected_groups");
  }
}

TEST(SafetyTest, ProtectedPeopleMayGain) {
  PlanBuilder b;
  b.live_user(person(0)).live_group("team").user(person(0)).group("team", {person(0)});
  b.protect_user(person(0)).protect_group("team");
  EXPECT_TRUE(b.plan().refusals.empty());
}

TEST(SafetyTest, UnlistedProtectedPeopleAreKeptWithANote) {
  for (const UnlistedUsers rule : {UnlistedUsers::suspend, UnlistedUsers::remove}) {
    PlanBuilder b;
    b.live_user(person(0)).protect_user(person(0));
    b.desired.unlisted_users = rule;
    const Plan plan = b.plan();
    EXPECT_TRUE(plan.changes.empty());
    EXPECT_EQ(plan.notes, (std::vector<Note>{{"protected_user", person(0)}}));
  }
}

// C4: a group that was protected and is not to be found may be there under another name.
TEST(SafetyProtection, NothingIsDeletedForNotBeingNamedWhileAProtectedGroupIsGone) {
  for (const bool there : {true, false}) {
    PlanBuilder b;
    b.without_limits().live_group("design-team", {}).group("design", {}).protect_group("design");
    if (there) b.live_group("design", {});
    b.desired.unlisted_groups = UnlistedGroups::remove;
    b.remembered_groups = {"design"};
    const Plan plan = b.plan();
    EXPECT_EQ(plan.counts()[static_cast<std::size_t>(ChangeKind::delete_group)], there ? 1U : 0U);
    EXPECT_EQ(std::any_of(plan.notes.begin(), plan.notes.end(),
                          [](const Note& note) { return note.kind == "protected_group_gone"; }),
              !there);
  }
}

TEST(SafetyProtection, ANameThatNothingHasIsTold) {
  PlanBuilder b;
  b.live_user("ada@acme.example").protect_user("adda@acme.example").protect_group("engg");
  std::vector<std::string> told;
  for (const Note& note : b.plan().notes) {
    if (note.kind == "protected_unknown") told.push_back(note.subject);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"adda@acme.example", "engg"}));
}

// policy-language.md, "Rename": its parts count under their own kinds.
TEST(Limits, WhoARenameLeavesBehindIsRemoved) {
  PlanBuilder b;
  b.live_group("infra", people(40));
  for (std::size_t i = 0; i < 40; ++i) b.live_user(person(i));
  b.group("platform", {person(0)}).previous("platform", "infra");
  const Plan plan = b.plan();
  ASSERT_EQ(plan.counts()[static_cast<std::size_t>(ChangeKind::delete_group)], 1U);
  ASSERT_EQ(plan.refusals.size(), 2U);
  EXPECT_EQ(plan.refusals[0].klass, "remove_members");
  EXPECT_EQ(plan.refusals[0].n, 39);
  EXPECT_EQ(plan.refusals[0].of, 40);
  EXPECT_EQ(plan.refusals[1].klass, "remove_members_per_group");
  EXPECT_EQ(plan.refusals[1].subject, "infra");

  PlanBuilder all;
  all.live_group("infra", people(40));
  for (std::size_t i = 0; i < 40; ++i) all.live_user(person(i));
  all.group("platform", people(40)).previous("platform", "infra");
  EXPECT_TRUE(all.plan().refusals.empty());
}

/// Grace is protected. The group that gives her Jira loses it, and another one of hers is given it.
PlanBuilder jira_moves() {
  PlanBuilder b;
  b.without_limits().resource("jira");
  b.live_user("grace@acme.example").live_user("lin@acme.example");
  b.live_group("old", {"grace@acme.example", "lin@acme.example"});
  b.live_grant("old", "jira", Role::user);
  b.live_group("staff", {"grace@acme.example"});
  b.group("old", {"grace@acme.example", "lin@acme.example"}).manage_access("old");
  b.group("staff", {"grace@acme.example"}).grant("staff", "jira", Role::user);
  b.protect_user("grace@acme.example");
  return b;
}

TEST(Protection, LeansOnWhatThePlanGives) {
  const Plan plan = jira_moves().plan();
  EXPECT_TRUE(plan.refusals.empty());
  const std::vector<Lean>& leans = plan.leans.at("old");
  ASSERT_EQ(leans.size(), 1U);
  EXPECT_TRUE(leans[0].is_in_it);
  ASSERT_EQ(leans[0].paths().size(), 1U);
  EXPECT_EQ(leans[0].paths()[0].group, "staff");
  EXPECT_TRUE(leans[0].paths()[0].given);

  PlanBuilder others = jira_moves();
  others.desired.safety.protected_users.clear();
  others.protect_user("lin@acme.example");
  EXPECT_FALSE(others.plan().refusals.empty()) << "she has it by no other way";
}

TEST(Protection, OfSomebodySuspendedIsOfWhatComesBackWithThem) {
  PlanBuilder b;
  b.without_limits().resource("jira");
  b.live_user("grace@acme.example", Presence::suspended);
  b.user("grace@acme.example", Presence::suspended);
  b.live_group("old", {"grace@acme.example"}).live_grant("old", "jira", Role::user);
  b.group("old", {"grace@acme.example"}).manage_access("old");
  b.protect_user("grace@acme.example");
  const Plan plan = b.plan();
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].subject, "grace@acme.example");
}

TEST(SafetyTest, WhoIsProtectedMayGainAnAppWhileOthersLoseSomething) {
  PlanBuilder b;
  b.without_limits().resource("jira").live_user(person(0)).live_user(person(1));
  b.protect_user(person(0));
  b.live_group("apps").live_grant("apps", "jira", Role::user).live_group("other", {person(1)});
  b.group("apps", {person(0)}).grant("apps", "jira", Role::user).group("other", {});
  const Plan plan = b.plan();
  EXPECT_EQ(test::words(plan), (std::vector<std::string>{"add_member " + person(0) + " apps",
                                                         "remove_member " + person(1) + " other"}));
  EXPECT_TRUE(plan.refusals.empty());
  EXPECT_TRUE(plan.leans.empty());
}

}  // namespace
}  // namespace rolecall
