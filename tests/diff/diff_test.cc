#include "diff/diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "diff/render.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using test::words;
using Words = std::vector<std::string>;

const std::string kAda = "ada@acme.example";
const std::string kBob = "bob@acme.example";

std::string problem(PlanBuilder& b) {
  const auto problems = b.result().diagnostics.sorted();
  return problems.empty() ? "none" : problems[0].what;
}

bool has_note(const Plan& plan, const std::string& kind, const std::string& subject) {
  return std::find(plan.notes.begin(), plan.notes.end(), Note{kind, subject}) != plan.notes.end();
}

TEST(DiffTest, EqualSidesNeedNothing) {
  PlanBuilder b;
  b.resource("jira").live_user(kAda, Presence::active, true).live_group("team", {kAda});
  b.live_grant("team", "jira", Role::user);
  b.user(kAda).org_admin(kAda, true).group("team", {kAda}).grant("team", "jira", Role::user);
  EXPECT_TRUE(b.plan().changes.empty());
}

struct PresenceCase {
  Presence live;
  Presence wanted;
  Words expected;
};

TEST(DiffTest, PresenceOfDeclaredPeople) {
  using enum Presence;
  const std::vector<PresenceCase> cases = {
      {absent, active, {"invite_user " + kAda}},
      {absent, suspended, {}},
      {absent, absent, {}},
      {active, active, {}},
      {active, suspended, {"suspend_user " + kAda}},
      {active, absent, {"remove_user " + kAda}},
      {suspended, active, {"restore_user " + kAda}},
      {suspended, suspended, {}},
      {suspended, absent, {"remove_user " + kAda}},
  };
  for (const auto& [live, wanted, expected] : cases) {
    PlanBuilder b;
    if (live != absent) b.live_user(kAda, live);
    b.user(kAda, wanted);
    EXPECT_EQ(words(b.plan()), expected);
  }
}

TEST(DiffTest, UnlistedPeopleFollowTheSwitch) {
  for (const auto& [rule, expected] : {std::pair{UnlistedUsers::ignore, Words{}},
                                       {UnlistedUsers::suspend, Words{"suspend_user " + kAda}},
                                       {UnlistedUsers::remove, Words{"remove_user " + kAda}}}) {
    PlanBuilder b;
    b.live_user(kAda);
    b.desired.unlisted_users = rule;
    const Plan plan = b.plan();
    EXPECT_EQ(words(plan), expected);
    EXPECT_EQ(has_note(plan, "unmanaged_user", kAda), rule == UnlistedUsers::ignore);
  }
}

TEST(DiffTest, UnlistedGroupsFollowTheSwitchUnlessForeignOrProtected) {
  for (const UnlistedGroups rule : {UnlistedGroups::ignore, UnlistedGroups::remove}) {
    PlanBuilder b;
    b.live_group("plain").live_group("synced").live_group("built-in").live_group("kept");
    b.about_group("synced").synced = true;
    b.about_group("built-in").deletable = false;
    b.protect_group("kept");
    b.desired.unlisted_groups = rule;
    const Plan plan = b.plan();
    EXPECT_EQ(words(plan), rule == UnlistedGroups::remove ? Words{"delete_group plain"} : Words{});
    EXPECT_TRUE(has_note(plan, "synced_group", "synced"));
    EXPECT_TRUE(has_note(plan, "built_in_group", "built-in"));
  }
}

TEST(DiffTest, MembersAreWhatIsListed) {
  PlanBuilder b;
  b.live_user(kAda).live_user(kBob).live_group("team", {kBob}).group("team", {kAda});
  EXPECT_EQ(words(b.plan()),
            (Words{"add_member " + kAda + " team", "remove_member " + kBob + " team"}));
}

TEST(DiffTest, AdditiveGroupsLoseNobody) {
  PlanBuilder b;
  b.live_user(kAda).live_user(kBob).live_group("team", {kBob}).group("team", {kAda});
  b.additive("team");
  EXPECT_EQ(words(b.plan()), Words{"add_member " + kAda + " team"});
}

TEST(DiffTest, WhatSuspendedPeopleHoldStays) {
  PlanBuilder b;
  b.resource("jira").live_user(kAda, Presence::active, true).live_group("team", {kAda});
  b.live_user_grant(kAda, "jira", Role::user);
  b.user(kAda, Presence::suspended).org_admin(kAda, false).manage_user_access(kAda);
  b.group("team", {});
  EXPECT_EQ(words(b.plan()), Words{"suspend_user " + kAda});
}

TEST(DiffTest, WhatGoesWithARemovedPersonIsNotListed) {
  PlanBuilder b;
  b.live_user(kAda).live_group("team", {kAda}).user(kAda, Presence::absent).group("team", {});
  EXPECT_EQ(words(b.plan()), Words{"remove_user " + kAda});
}

TEST(DiffTest, GroupsAreComparedWithoutRegardToCase) {
  PlanBuilder b;
  b.live_user(kAda).live_group("Team", {kAda}).group("TEAM", {kAda});
  EXPECT_TRUE(b.plan().changes.empty());
}

TEST(DiffTest, GrantsOnUndeclaredResourcesAreOutOfScope) {
  PlanBuilder b;
  b.resource("jira").live_user(kAda).live_group("team");
  b.live_grant("team", "jira", Role::admin).live_grant("team", "confluence", Role::admin);
  b.live_user_grant(kAda, "jira", Role::admin).live_user_grant(kAda, "confluence", Role::admin);
  b.user(kAda).manage_user_access(kAda).group("team", {}).manage_access("team");
  EXPECT_EQ(words(b.plan()), (Words{"revoke_group_access team admin jira",
                                    "revoke_user_access " + kAda + " admin jira"}));
}

TEST(DiffTest, AccessThatIsNotManagedIsLeftAlone) {
  PlanBuilder b;
  b.resource("jira").live_user(kAda, Presence::active, true).live_group("team");
  b.live_grant("team", "jira", Role::admin).live_user_grant(kAda, "jira", Role::admin);
  b.user(kAda).group("team", {});
  EXPECT_TRUE(b.plan().changes.empty());
}

TEST(DiffTest, ANewGroupComesWithItsDescriptionAndAnOldOneKeepsItsOwn) {
  PlanBuilder b;
  b.live_group("old").group("old", {}).group("new", {});
  b.desired.state.group(b.group_ref("old")).description = "wanted";
  b.desired.state.group(b.group_ref("new")).description = "wanted";
  const Plan plan = b.plan();
  ASSERT_EQ(words(plan), Words{"create_group new"});
  EXPECT_EQ(plan.changes[0].description, "wanted");
  EXPECT_TRUE(has_note(plan, "description_differs", "old"));
}

TEST(DiffTest, OpaqueObjectsAreNeverTouched) {
  PlanBuilder b;
  b.live_user(kAda).live_user(kBob).live_group("strange", {kBob}).live_group("team", {kAda});
  b.about(kAda).opaque = "unknown status";
  b.about_group("strange").opaque = "id is missing";
  b.user(kAda, Presence::absent).user(kBob).no_group("strange").group("team", {});
  const Plan plan = b.plan();
  EXPECT_TRUE(plan.changes.empty());
  EXPECT_TRUE(has_note(plan, "opaque_user", kAda + ": unknown status"));
  EXPECT_TRUE(has_note(plan, "opaque_group", "strange: id is missing"));
}

TEST(DiffTest, DeactivatedAccountsAreNotAddedAnywhere) {
  PlanBuilder b;
  b.live_user(kAda).live_group("team").user(kAda).group("team", {kAda});
  b.about(kAda).account_active = false;
  const Plan plan = b.plan();
  EXPECT_TRUE(plan.changes.empty());
  EXPECT_TRUE(has_note(plan, "deactivated_account", kAda));
}

// --- problems --------------------------------------------------------------------------------

TEST(DiffTest, MembersNobodyKnowsAreAProblem) {
  PlanBuilder b;
  b.live_group("team").group("team", {kAda});
  EXPECT_EQ(problem(b),
            "unknown user \"" + kAda +
                "\" in group \"team\": neither declared in [users] nor in the directory");
}

TEST(DiffTest, SyncedGroupsWithManagedMembersAreAProblem) {
  PlanBuilder b;
  b.live_group("team").group("team", {});
  b.about_group("team").synced = true;
  EXPECT_EQ(problem(b),
            "group \"team\" is synced from an identity provider; its membership cannot be managed "
            "here");
}

TEST(DiffTest, TombstonesOfBuiltInGroupsAreAProblem) {
  PlanBuilder b;
  b.live_group("team").no_group("team");
  b.about_group("team").deletable = false;
  EXPECT_EQ(problem(b), "group \"team\" is built in; its deletion cannot be managed here");
}

TEST(DiffTest, AnotherAccountThanPinnedIsAProblem) {
  PlanBuilder b;
  b.user(kAda);
  b.desired.users[index(b.ref(kAda))].account_id = "acc-1";
  b.live.conflicts = {{b.ref(kAda), "acc-2"}};
  EXPECT_EQ(problem(b), "\"" + kAda +
                            "\" is account \"acc-2\" in the directory, not \"acc-1\" as pinned by "
                            "account_id");
}

// --- renames ---------------------------------------------------------------------------------

TEST(DiffTest, ARenameCarriesOverWhatIsNotManaged) {
  PlanBuilder b;
  b.resource("jira").live_user(kAda).live_user(kBob).live_group("old", {kAda, kBob});
  b.live_grant("old", "jira", Role::user).live_grant("old", "confluence", Role::user);
  b.group("new", {kAda}).previous("new", "old");
  b.desired.groups[index(b.group_ref("new"))].members_managed = false;
  const Plan plan = b.plan();
  EXPECT_EQ(words(plan),
            (Words{"create_group new", "grant_group_access new user ari:cloud:confluence::site/1",
                   "grant_group_access new user jira", "add_member " + kAda + " new",
                   "add_member " + kBob + " new", "delete_group old"}));
  EXPECT_EQ(plan.renamed, (std::map<std::string, std::string>{{"old", "new"}}));
}

TEST(DiffTest, APreviousNameThatIsGoneHidesNoOther) {
  PlanBuilder b;
  b.live_user(kAda).live_group("old", {kAda}).group("new", {kAda});
  b.previous("new", "older still").previous("new", "old");
  EXPECT_EQ(words(b.plan()),
            (Words{"create_group new", "add_member " + kAda + " new", "delete_group old"}));
}

TEST(DiffTest, WhatTwoPreviousNamesBothMayIsGrantedOnce) {
  PlanBuilder b;
  b.live_group("old").live_group("older").group("new", {}).previous("new", "old");
  b.live_grant("old", "confluence", Role::user).live_grant("older", "confluence", Role::user);
  b.previous("new", "older");
  EXPECT_EQ(words(b.plan()),
            (Words{"create_group new", "grant_group_access new user ari:cloud:confluence::site/1",
                   "delete_group old", "delete_group older"}));
}

TEST(DiffTest, ARenameThatStoppedHalfWayGoesOn) {
  PlanBuilder b;
  b.live_user(kAda).live_group("old", {kAda}).live_group("new", {kAda});
  b.group("new", {kAda}).previous("new", "old");
  EXPECT_EQ(words(b.plan()), Words{"delete_group old"});
}

TEST(DiffTest, ARenameWaitsForOpaqueMembers) {
  PlanBuilder b;
  b.live_user(kAda).live_group("old", {kAda}).group("new", {}).previous("new", "old");
  b.about(kAda).opaque = "unknown status";
  const Plan plan = b.plan();
  EXPECT_EQ(words(plan), Words{"create_group new"});
  EXPECT_TRUE(has_note(plan, "rename_waits_for_opaque_member", "old"));
}

TEST(DiffTest, ARenameTellsOfMembersWhoseAccountsAreNotActive) {
  for (const auto& [opaque, wanted, told] : {std::tuple{"", Presence::active, true},
                                             std::tuple{"unknown status", Presence::active, false},
                                             std::tuple{"", Presence::absent, false}}) {
    PlanBuilder b;
    b.live_user(kAda).live_group("old", {kAda}).group("new", {}).previous("new", "old");
    if (wanted == Presence::absent) b.user(kAda, wanted);
    b.desired.groups[index(b.group_ref("new"))].members_managed = false;
    b.about(kAda).account_active = false;
    b.about(kAda).opaque = opaque;
    const Plan plan = b.plan();
    const auto all =
        std::count(plan.notes.begin(), plan.notes.end(), Note{"deactivated_account", kAda});
    EXPECT_EQ(all > 0, told) << opaque;
  }
}

// --- reads that were not proved --------------------------------------------------------------

TEST(DiffTest, NothingIsTakenAwayWithoutProof) {
  PlanBuilder b;
  b.live_user(kAda).live_user(kBob).live_group("team", {kBob}).live_group("old").no_group("old");
  b.user("new@acme.example").group("team", {kAda}).group("fresh", {});
  b.live.gaps = {"listing cut"};
  Plan plan = b.plan();
  EXPECT_EQ(words(plan), (Words{"create_group fresh", "invite_user new@acme.example",
                                "add_member " + kAda + " team"}));
  EXPECT_EQ(plan.withheld, 2U);
  EXPECT_FALSE(plan.complete);
  b.live.users_proved = b.live.groups_proved = false;
  plan = b.plan();
  EXPECT_EQ(words(plan), Words{"add_member " + kAda + " team"});
  EXPECT_EQ(plan.withheld, 4U);
}

// --- order -----------------------------------------------------------------------------------

/// The same organization and policy, its names met in the order of `seed`.
PlanBuilder shuffled(unsigned seed) {
  std::mt19937 random(seed);
  PlanBuilder b;
  b.without_limits();
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) names.push_back("user" + std::to_string(i) + "@acme.example");
  std::vector<std::string> groups = {"a", "b", "c", "d"};
  std::vector<std::string> aliases = {"jira", "confluence", "assets"};
  for (auto* list : {&names, &groups, &aliases}) std::shuffle(list->begin(), list->end(), random);
  for (const std::string& name : names) (void)b.ref(name);
  for (const std::string& alias : aliases) b.resource(alias);
  const auto pick = [&](std::size_t modulus, std::size_t rest) {
    std::vector<std::string> out;
    for (const std::string& name : names) {
      if (std::stoul(name.substr(4)) % modulus == rest) out.push_back(name);
    }
    return out;
  };
  for (const std::string& name : names) {
    const std::size_t n = std::stoul(name.substr(4));
    if (n % 3 != 0) b.live_user(name, n % 3 == 1 ? Presence::active : Presence::suspended, n > 6);
    b.user(name, n % 5 == 4 ? Presence::absent : Presence::active).org_admin(name, n % 2 == 0);
    b.user_grant(name, n % 2 == 0 ? "jira" : "assets", Role::user);
  }
  for (const std::string& group : groups) {
    const auto n = static_cast<std::size_t>(group[0] - 'a');
    if (n != 3) {
      std::vector<std::string> members = pick(3, 1);
      b.live_group(group, members).live_grant(group, "confluence", Role::admin);
    }
    b.group(group, pick(5, n)).grant(group, "jira", Role::user);
  }
  return b;
}

TEST(DiffTest, TheOrderInWhichNamesWereMetDoesNotMatter) {
  const Plan first = shuffled(0).plan();
  EXPECT_GT(first.changes.size(), 30U);
  for (unsigned seed = 1; seed < 30; ++seed) {
    const Plan other = shuffled(seed).plan();
    EXPECT_EQ(words(other), words(first)) << seed;
    EXPECT_EQ(other.digest, first.digest);
    EXPECT_EQ(other.live_digest, first.live_digest);
    ASSERT_EQ(other.calls.size(), first.calls.size());
    for (std::size_t i = 0; i < first.calls.size(); ++i) {
      EXPECT_EQ(other.calls[i].changes, first.calls[i].changes);
    }
    EXPECT_EQ(render_text(other, {}), render_text(first, {}));
  }
}

TEST(DiffTest, ChangesAreInApplyOrder) {
  const Plan plan = test::sample_plan();
  EXPECT_TRUE(std::is_sorted(plan.changes.begin(), plan.changes.end(),
                             [](const Change& a, const Change& b) { return a.order(b) < 0; }));
}

TEST(DiffTest, DigestIsOfTheWorkNotOfItsCause) {
  Plan plan = test::sample_plan();
  const std::string digest = plan.digest;
  plan.at += std::chrono::hours(1);
  plan.changes[0].cause.why = "another";
  EXPECT_EQ(digest_of(plan), digest);
  plan.changes[0].group += "x";
  EXPECT_NE(digest_of(plan), digest);
}

}  // namespace
}  // namespace rolecall
