// The safety rules against random organizations; against all small ones in small_worlds_test.cc.
// What holds is judged by a model of its own (tests/support/random_world.h). ROLECALL_CASES=100000
// for the long run.

#include "diff/safety.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "diff/schedule.h"
#include "tests/support/fates.h"
#include "tests/support/random_world.h"

namespace rolecall {
namespace {

using test::Dice;
using test::Fate;
using test::Holdings;
using test::PersonSpec;
using test::Spec;

constexpr std::uint64_t kUsual = 3000;

/// The calls in their order; `fate` decides. Returns the fewest active org admins there ever were.
template <class FateOf>
std::int64_t fewest_admins(const Plan& plan, const Holdings& before, FateOf fate) {
  test::Standing standing(plan, before);
  const auto needs = prerequisites(plan);
  std::int64_t fewest = before.admins();
  for (std::size_t c = 0; c < plan.calls.size(); ++c) {
    if (!test::is_ready(standing, needs[c])) continue;
    fewest = std::min(fewest, standing.make(plan, c, fate(c)));
  }
  return fewest;
}

TEST(SafetyProperty, TheFloorHoldsAtEveryStepWhateverFails) {
  const std::uint64_t n = test::cases(kUsual);
  std::uint64_t checked = 0;
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    const Spec spec = test::random_spec(dice, 8, 2);
    const PlanResult made = test::build(spec).result();
    if (made.diagnostics.has_errors() || !made.plan.applyable()) continue;
    ++checked;
    const Holdings before = test::holdings(spec);
    const std::int64_t least = std::min(spec.floor, before.admins());
    for (int round = 0; round < 4; ++round) {
      const std::int64_t fewest = fewest_admins(made.plan, before, [&](std::size_t) {
        return round == 0 ? Fate::done : static_cast<Fate>(dice.below(3));
      });
      ASSERT_GE(fewest, least) << "case " << seed;
    }
  }
  EXPECT_GT(checked, n / 10);
}

// --- protected ----------------------------------------------------------------------------------

/// What the change of worlds takes from a person. A group lives on under its new name.
std::vector<std::string> losses(const std::string& who, const Holdings& before,
                                const Holdings& after, const Plan& plan) {
  std::vector<std::string> out;
  const auto was = before.people.find(who);
  if (was == before.people.end()) return out;
  const auto is = after.people.find(who);
  if (is == after.people.end()) return {"removed"};
  if (is->second.suspended && !was->second.suspended) out.emplace_back("suspended");
  if (!is->second.admin && was->second.admin) out.emplace_back("org-admin");
  if (!is->second.grant && was->second.grant) out.emplace_back("grant");
  for (const auto& [name, crowd] : before.groups) {
    if (!crowd.members.contains(who)) continue;
    const auto renamed = plan.renamed.find(name);
    const auto now = after.groups.find(renamed == plan.renamed.end() ? name : renamed->second);
    if (now == after.groups.end() || !now->second.members.contains(who)) out.push_back(name);
  }
  return out;
}

TEST(SafetyProperty, ProtectedPeopleAndGroupsLoseNothing) {
  const std::uint64_t n = test::cases(kUsual);
  std::uint64_t refused = 0;
  std::uint64_t applied = 0;
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    Spec spec = test::random_spec(dice, 5, 3);
    spec.floor = 0;
    // Half of them: the commit takes out the entry and its protection together.
    if (dice.chance(2)) {
      for (PersonSpec& one : spec.people) one.protected_now = false;
      for (test::GroupSpec& group : spec.groups) group.protected_now = false;
    }
    const PlanResult made = test::build(spec).result();
    if (made.diagnostics.has_errors()) continue;
    if (!made.plan.applyable()) {
      ++refused;
      continue;
    }
    ++applied;
    const Holdings before = test::holdings(spec);
    Holdings after = before;
    for (const Change& change : made.plan.changes) test::happen(change, after);
    for (std::size_t i = 0; i < spec.people.size(); ++i) {
      if (!spec.people[i].protected_now && !spec.people[i].protected_before) continue;
      const std::string who = test::spec_person(static_cast<int>(i));
      const auto lost = losses(who, before, after, made.plan);
      ASSERT_TRUE(lost.empty()) << "case " << seed << ": " << who << " loses " << lost.front();
    }
    for (std::size_t g = 0; g < spec.groups.size(); ++g) {
      const std::string name = test::spec_group(static_cast<int>(g));
      if (!spec.groups[g].protected_now && !spec.groups[g].protected_before) continue;
      if (!before.groups.contains(name)) continue;
      ASSERT_TRUE(after.groups.contains(name)) << "case " << seed << ": " << name;
      ASSERT_GE(after.groups.at(name).grant, before.groups.at(name).grant) << "case " << seed;
      for (const std::string& member : before.groups.at(name).members) {
        // Who leaves the organization leaves its groups too.
        if (!after.people.contains(member)) continue;
        ASSERT_TRUE(after.groups.at(name).members.contains(member)) << "case " << seed;
      }
    }
  }
  EXPECT_GT(refused, n / 10);
  EXPECT_GT(applied, n / 10);
}

// --- order, and what a plan leaves alone ---------------------------------------------------------

/// The edge a change is about, without its direction.
std::string edge(const Change& change) {
  switch (change.kind) {
    case ChangeKind::create_group:
    case ChangeKind::delete_group:
      return "group " + change.group;
    case ChangeKind::invite_user:
    case ChangeKind::restore_user:
    case ChangeKind::suspend_user:
    case ChangeKind::remove_user:
      return "user " + change.user;
    default:
      return change.user + '\n' + change.group + '\n' + change.ari + '\n' + change.role;
  }
}

TEST(SafetyProperty, WhatGivesComesFirstAndNoEdgeIsTouchedTwice) {
  const std::uint64_t n = test::cases(kUsual);
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    const PlanResult made = test::build(test::random_spec(dice, 8, 4)).result();
    if (made.diagnostics.has_errors()) continue;
    std::set<std::string> edges;
    for (const Change& change : made.plan.changes) {
      ASSERT_TRUE(edges.insert(edge(change)).second) << "case " << seed << ": " << edge(change);
    }
    bool takes = false;
    bool demotes = false;
    std::set<std::size_t> carried;
    for (const Call& call : made.plan.calls) {
      for (const std::size_t i : call.changes) {
        const ChangeKind kind = made.plan.changes[i].kind;
        ASSERT_TRUE(carried.insert(i).second);
        ASSERT_FALSE(takes && !takes_away(kind)) << "case " << seed;
        ASSERT_FALSE(demotes && kind != ChangeKind::revoke_org_role) << "case " << seed;
        takes = takes || takes_away(kind);
        demotes = demotes || kind == ChangeKind::revoke_org_role;
      }
    }
    ASSERT_EQ(carried.size(), made.plan.changes.size());
  }
}

std::set<std::string> removals(const Plan& plan) {
  std::set<std::string> out;
  for (const Change& change : plan.changes) {
    if (takes_away(change.kind)) out.insert(std::string(name(change.kind)) + ' ' + edge(change));
  }
  return out;
}

TEST(SafetyProperty, AskingForMoreTakesNothingElsewhere) {
  const std::uint64_t n = test::cases(kUsual);
  std::uint64_t checked = 0;
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    Spec spec = test::random_spec(dice, 5, 3);
    const PlanResult less = test::build(spec).result();
    // Somebody new, who also joins a group and gets a grant.
    PersonSpec more;
    more.ask = PersonSpec::Ask::active;
    more.roles = PersonSpec::Managed::some;
    more.access = PersonSpec::Managed::some;
    const int who = static_cast<int>(spec.people.size());
    spec.people.push_back(more);
    for (test::GroupSpec& group : spec.groups) {
      if (group.members_managed) group.members.insert(who);
      if (group.access != PersonSpec::Managed::no) group.access = PersonSpec::Managed::some;
    }
    const PlanResult plenty = test::build(spec).result();
    if (less.diagnostics.has_errors() || plenty.diagnostics.has_errors()) continue;
    ++checked;
    const auto before = removals(less.plan);
    for (const std::string& removal : removals(plenty.plan)) {
      ASSERT_TRUE(before.contains(removal)) << "case " << seed << ": " << removal;
    }
  }
  EXPECT_GT(checked, n / 2);
}

/// guarantees.md C13, without the time in between, which the policy language has not.
TEST(SafetyProperty, NobodyIsRemovedUnlessThePolicySaysRemoved) {
  const std::uint64_t n = test::cases(kUsual);
  std::size_t removed = 0;
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    const Spec spec = test::random_spec(dice, 6, 3);
    const PlanResult made = test::build(spec).result();
    if (made.diagnostics.has_errors()) continue;
    for (const Change& change : made.plan.changes) {
      if (change.kind != ChangeKind::remove_user) continue;
      ++removed;
      for (std::size_t i = 0; i < spec.people.size(); ++i) {
        if (change.user != test::spec_person(static_cast<int>(i))) continue;
        const bool unlisted = spec.people[i].ask == PersonSpec::Ask::undeclared;
        ASSERT_TRUE(unlisted ? spec.unlisted_users == UnlistedUsers::remove
                             : spec.people[i].ask == PersonSpec::Ask::removed)
            << "case " << seed;
      }
    }
  }
  EXPECT_GT(removed, n / 20);
}

TEST(SafetyProperty, WhatIsNotManagedIsNotTouched) {
  const std::uint64_t n = test::cases(kUsual);
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    Spec spec = test::random_spec(dice, 6, 3);
    spec.unlisted_users = UnlistedUsers::ignore;
    spec.unlisted_groups = UnlistedGroups::ignore;
    for (test::GroupSpec& group : spec.groups) group.previous = -1;
    const PlanResult made = test::build(spec).result();
    if (made.diagnostics.has_errors()) continue;
    for (const Change& change : made.plan.changes) {
      using Ask = PersonSpec::Ask;
      using Managed = PersonSpec::Managed;
      for (std::size_t i = 0; i < spec.people.size(); ++i) {
        if (change.user != test::spec_person(static_cast<int>(i)) || !change.group.empty())
          continue;
        const PersonSpec& one = spec.people[i];
        ASSERT_NE(one.ask, Ask::undeclared) << "case " << seed;
        if (!change.resource.empty()) {
          ASSERT_NE(one.access, Managed::no) << "case " << seed;
        } else if (!change.role.empty()) {
          ASSERT_NE(one.roles, Managed::no) << "case " << seed;
        }
      }
      for (std::size_t g = 0; g < spec.groups.size(); ++g) {
        if (change.group != test::spec_group(static_cast<int>(g))) continue;
        const test::GroupSpec& group = spec.groups[g];
        ASSERT_NE(group.ask, test::GroupSpec::Ask::undeclared) << "case " << seed;
        if (!change.user.empty()) {
          ASSERT_TRUE(group.members_managed) << "case " << seed;
        }
        if (!change.role.empty()) {
          ASSERT_NE(group.access, Managed::no) << "case " << seed;
        }
        if (change.kind == ChangeKind::remove_member) {
          ASSERT_FALSE(group.additive) << "case " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace rolecall
