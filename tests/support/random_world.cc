#include "tests/support/random_world.h"

#include <algorithm>

namespace rolecall::test {
namespace {

using Managed = PersonSpec::Managed;

constexpr const char* kApp = "jira";

}  // namespace

std::string spec_person(int i) {
  return "p" + std::to_string(i) + "@acme.example";
}

std::string spec_group(int g) {
  return "group" + std::to_string(g);
}

Spec random_spec(Dice& dice, int most_people, int most_groups) {
  Spec spec;
  spec.people.resize(static_cast<std::size_t>(1 + dice.below(most_people)));
  spec.groups.resize(static_cast<std::size_t>(dice.below(most_groups + 1)));
  const auto managed = [&] { return static_cast<Managed>(dice.below(3)); };
  for (PersonSpec& one : spec.people) {
    one.live = static_cast<Presence>(dice.below(3));
    const bool here = one.live != Presence::absent;
    one.live_admin = here && dice.chance(2);
    one.live_grant = here && dice.chance(2);
    one.ask = static_cast<PersonSpec::Ask>(dice.below(4));
    if (one.ask == PersonSpec::Ask::active) {
      one.roles = managed();
      one.access = managed();
    }
    one.protected_now = dice.chance(4);
    one.protected_before = dice.chance(4);
  }
  for (std::size_t g = 0; g < spec.groups.size(); ++g) {
    GroupSpec& group = spec.groups[g];
    group.live = !dice.chance(3);
    group.live_grant = group.live && dice.chance(2);
    group.ask = static_cast<GroupSpec::Ask>(dice.below(3));
    group.members_managed = dice.chance(2);
    group.additive = dice.chance(3);
    group.access = managed();
    group.protected_now = dice.chance(6);
    group.protected_before = dice.chance(6);
    for (std::size_t i = 0; i < spec.people.size(); ++i) {
      const PersonSpec& one = spec.people[i];
      const bool here = one.live != Presence::absent;
      if (group.live && here && dice.chance(2)) group.live_members.insert(static_cast<int>(i));
      const bool may =
          one.ask == PersonSpec::Ask::active || (one.ask == PersonSpec::Ask::undeclared && here);
      if (may && dice.chance(2)) group.members.insert(static_cast<int>(i));
    }
    const bool renames = g > 0 && group.ask == GroupSpec::Ask::present && dice.chance(3);
    if (renames && spec.groups[g - 1].ask == GroupSpec::Ask::undeclared) {
      group.previous = static_cast<int>(g - 1);
    }
  }
  spec.unlisted_users = static_cast<UnlistedUsers>(dice.below(3));
  spec.unlisted_groups = static_cast<UnlistedGroups>(dice.below(2));
  spec.floor = dice.below(4);
  return spec;
}

PlanBuilder build(const Spec& spec) {
  PlanBuilder b;
  b.without_limits().resource(kApp);
  b.desired.unlisted_users = spec.unlisted_users;
  b.desired.unlisted_groups = spec.unlisted_groups;
  b.desired.safety.min_org_admins = spec.floor;
  for (std::size_t i = 0; i < spec.people.size(); ++i) {
    const PersonSpec& one = spec.people[i];
    const std::string name = spec_person(static_cast<int>(i));
    if (one.live != Presence::absent) {
      b.live_user(name, one.live, one.live_admin);
      b.about(name).accepted = one.accepted;
      b.about(name).account_active = one.account_active;
    }
    if (one.taken_lately) b.history.admins_taken.insert(name);
    if (one.live_grant) b.live_user_grant(name, kApp, Role::user);
    if (one.ask != PersonSpec::Ask::undeclared) {
      b.user(name, one.ask == PersonSpec::Ask::active      ? Presence::active
                   : one.ask == PersonSpec::Ask::suspended ? Presence::suspended
                                                           : Presence::absent);
    }
    if (one.roles != Managed::no) b.org_admin(name, one.roles == Managed::some);
    if (one.access != Managed::no) b.manage_user_access(name);
    if (one.access == Managed::some) b.user_grant(name, kApp, Role::user);
    if (one.protected_now) b.protect_user(name);
    if (one.protected_before) b.remembered_users.push_back(name);
  }
  for (std::size_t g = 0; g < spec.groups.size(); ++g) {
    const GroupSpec& group = spec.groups[g];
    const std::string name = spec_group(static_cast<int>(g));
    const auto people = [](const std::set<int>& numbers) {
      std::vector<std::string> out;
      for (const int i : numbers) out.push_back(spec_person(i));
      return out;
    };
    if (group.live) b.live_group(name, people(group.live_members));
    if (group.live_grant) b.live_grant(name, kApp, Role::user);
    if (group.protected_now) b.protect_group(name);
    if (group.protected_before) b.remembered_groups.push_back(name);
    if (group.ask == GroupSpec::Ask::absent) b.no_group(name);
    if (group.ask != GroupSpec::Ask::present) continue;
    b.group(name, group.members_managed ? people(group.members) : std::vector<std::string>());
    b.desired.groups[index(b.group_ref(name))].members_managed = group.members_managed;
    if (group.additive) b.additive(name);
    if (group.access != Managed::no) b.manage_access(name);
    if (group.access == Managed::some) b.grant(name, kApp, Role::user);
    if (group.previous >= 0) b.previous(name, spec_group(group.previous));
  }
  return b;
}

std::int64_t Holdings::admins() const {
  return std::count_if(people.begin(), people.end(), [](const auto& one) {
    return one.second.admin && !one.second.suspended && !one.second.pending && !one.second.closed;
  });
}

Holdings holdings(const Spec& spec) {
  Holdings out;
  for (std::size_t i = 0; i < spec.people.size(); ++i) {
    const PersonSpec& one = spec.people[i];
    if (one.live == Presence::absent) continue;
    out.people[spec_person(static_cast<int>(i))] = {one.live == Presence::suspended, !one.accepted,
                                                    one.live_admin && !one.taken_lately,
                                                    one.live_grant, !one.account_active};
  }
  for (std::size_t g = 0; g < spec.groups.size(); ++g) {
    const GroupSpec& group = spec.groups[g];
    if (!group.live) continue;
    Holdings::Crowd& crowd = out.groups[spec_group(static_cast<int>(g))];
    for (const int i : group.live_members) crowd.members.insert(spec_person(i));
    crowd.grant = group.live_grant;
  }
  return out;
}

void happen(const Change& change, Holdings& world) {
  switch (change.kind) {
    case ChangeKind::create_group:
      world.groups[change.group];
      return;
    case ChangeKind::grant_group_access:
    case ChangeKind::revoke_group_access:
      world.groups[change.group].grant = change.kind == ChangeKind::grant_group_access;
      return;
    case ChangeKind::restore_user:
    case ChangeKind::suspend_user:
      world.people[change.user].suspended = change.kind == ChangeKind::suspend_user;
      return;
    case ChangeKind::invite_user:
      world.people[change.user].pending = true;
      return;
    case ChangeKind::add_member:
      world.groups[change.group].members.insert(change.user);
      return;
    case ChangeKind::remove_member:
      world.groups[change.group].members.erase(change.user);
      return;
    case ChangeKind::grant_user_access:
    case ChangeKind::revoke_user_access:
      world.people[change.user].grant = change.kind == ChangeKind::grant_user_access;
      return;
    case ChangeKind::grant_org_role:
    case ChangeKind::revoke_org_role:
      world.people[change.user].admin = change.kind == ChangeKind::grant_org_role;
      return;
    case ChangeKind::remove_user:
      world.people.erase(change.user);
      for (auto& [name, crowd] : world.groups) crowd.members.erase(change.user);
      return;
    case ChangeKind::delete_group:
      world.groups.erase(change.group);
      return;
  }
}

}  // namespace rolecall::test
