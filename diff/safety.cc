#include "diff/safety.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace rolecall {
namespace {

bool passes(const Limit& limit, std::int64_t n, std::int64_t of) {
  if (n <= limit.free) return true;
  return n <= limit.count && n * 100 <= limit.percent * of;
}

std::string in_words(const Limit& limit) {
  return fmt::format("free {}, percent {}, count {}", limit.free, limit.percent, limit.count);
}

/// How many there are of what each class of removals takes from (policy-language.md, "Population").
struct Populations {
  std::int64_t users = 0, groups = 0, memberships = 0, group_grants = 0, user_grants = 0,
               admins = 0;
  std::map<std::string, std::int64_t> members_of;
};

std::int64_t grants_in_scope(const std::vector<Grant>& grants, const std::vector<bool>& declared) {
  return std::count_if(grants.begin(), grants.end(),
                       [&](const Grant& grant) { return declared[index(grant.resource)]; });
}

bool is_active_admin(const PlanInput& input, UserRef ref) {
  const User* user = input.live.live.find(ref);
  const LiveUser& about = input.live.about(ref);
  return user != nullptr && user->org_admin && user->presence == Presence::active &&
         about.account_active && about.opaque.empty();
}

Populations count_populations(const PlanInput& input) {
  Populations out;
  std::vector<bool> declared(input.catalog.resource_count());
  for (const Resource& resource : input.desired.resources) declared[index(resource.ref)] = true;
  const OrgState& live = input.live.live;
  for (std::size_t i = 0; i < live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    if (live.find(ref) == nullptr) continue;
    ++out.users;
    if (is_active_admin(input, ref)) ++out.admins;
    if (input.desired.scope(ref).access_managed) {
      out.user_grants += grants_in_scope(live.users[i].grants, declared);
    }
  }
  for (std::size_t i = 0; i < live.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    if (live.find(ref) == nullptr) continue;
    const LiveGroup& about = input.live.about(ref);
    if (!about.synced && about.deletable && about.modifiable) ++out.groups;
    const GroupScope& scope = input.desired.scope(ref);
    if (scope.members_managed) {
      const auto size = static_cast<std::int64_t>(live.groups[i].members.size());
      out.memberships += size;
      out.members_of[input.catalog.name(ref).display()] = size;
    }
    if (scope.access_managed) out.group_grants += grants_in_scope(live.groups[i].grants, declared);
  }
  return out;
}

void check_limits(const PlanInput& input, const Plan& plan, std::vector<Refusal>& refusals) {
  const Populations population = count_populations(input);
  const auto counts = plan.counts();
  const auto n = [&](ChangeKind kind) {
    return static_cast<std::int64_t>(counts[static_cast<std::size_t>(kind)]);
  };
  const auto check = [&](LimitClass klass, std::int64_t taken, std::int64_t of,
                         const std::string& subject = {}) {
    const Limit& limit = input.desired.safety.limits[static_cast<std::size_t>(klass)];
    if (passes(limit, taken, of)) return;
    refusals.push_back({std::string(name(klass)), taken, of, in_words(limit), subject});
  };

  const std::set<std::string> admins(plan.org_admins.begin(), plan.org_admins.end());
  std::set<std::string> demoted;
  std::map<std::string, std::int64_t> removed_from;
  for (const Change& change : plan.changes) {
    const bool loses_role =
        change.kind == ChangeKind::suspend_user || change.kind == ChangeKind::remove_user;
    if (change.kind == ChangeKind::revoke_org_role ||
        (loses_role && admins.contains(change.user))) {
      demoted.insert(change.user);
    }
    if (change.kind == ChangeKind::remove_member) ++removed_from[change.group];
  }
  check(LimitClass::suspend_users, n(ChangeKind::suspend_user), population.users);
  check(LimitClass::remove_users, n(ChangeKind::remove_user), population.users);
  check(LimitClass::delete_groups, n(ChangeKind::delete_group), population.groups);
  check(LimitClass::remove_members, n(ChangeKind::remove_member), population.memberships);
  check(LimitClass::revoke_group_access, n(ChangeKind::revoke_group_access),
        population.group_grants);
  check(LimitClass::revoke_user_access, n(ChangeKind::revoke_user_access), population.user_grants);
  check(LimitClass::revoke_admins, static_cast<std::int64_t>(demoted.size()), population.admins);
  for (const auto& [group, removed] : removed_from) {
    const auto size = population.members_of.find(group);
    check(LimitClass::remove_members_per_group, removed,
          size == population.members_of.end() ? 0 : size->second, group);
  }
}

void check_floor(const Plan& plan, std::vector<Refusal>& refusals) {
  AdminFloor floor(plan);
  bool broken = false;
  for (const Call& call : plan.calls) {
    for (const std::size_t i : call.changes) {
      broken = broken || floor.forbids(plan.changes[i]);
      floor.take(plan.changes[i]);
      floor.give(plan.changes[i]);
    }
  }
  if (!broken) return;
  refusals.push_back({"min_org_admins", floor.count(),
                      static_cast<std::int64_t>(plan.org_admins.size()),
                      fmt::format("at least {}", plan.min_org_admins), ""});
}

void check_protected(const PlanInput& input, const Plan& plan, std::vector<Refusal>& refusals) {
  std::set<std::string> users(input.remembered_users.begin(), input.remembered_users.end());
  std::set<std::string> groups;
  for (const std::string& text : input.remembered_groups) {
    groups.insert(GroupName::from_server(text).key());
  }
  for (const UserRef ref : input.desired.safety.protected_users) {
    users.insert(input.catalog.name(ref));
  }
  for (const GroupRef ref : input.desired.safety.protected_groups) {
    groups.insert(input.catalog.name(ref).key());
  }
  std::map<std::pair<std::string, std::string>, std::int64_t> losses;
  for (const Change& change : plan.changes) {
    if (!takes_away(change.kind)) continue;
    if (!change.user.empty() && users.contains(change.user)) {
      ++losses[{"protected_users", change.user}];
    }
    if (!change.group.empty() && groups.contains(GroupName::from_server(change.group).key())) {
      ++losses[{"protected_groups", change.group}];
    }
  }
  for (const auto& [key, n] : losses) {
    refusals.push_back(
        {key.first, n,
         static_cast<std::int64_t>(key.first == "protected_users" ? users.size() : groups.size()),
         "nothing may be taken from what is protected", key.second});
  }
}

}  // namespace

std::vector<Refusal> check_safety(const PlanInput& input, const Plan& plan) {
  std::vector<Refusal> refusals;
  check_limits(input, plan, refusals);
  check_floor(plan, refusals);
  check_protected(input, plan, refusals);
  std::sort(refusals.begin(), refusals.end());
  return refusals;
}

bool AdminFloor::takes_admin(const Change& change) const {
  return (change.kind == ChangeKind::revoke_org_role || change.kind == ChangeKind::suspend_user ||
          change.kind == ChangeKind::remove_user) &&
         admins_.contains(change.user);
}

bool AdminFloor::forbids(const Change& change) const {
  return takes_admin(change) && count() - 1 < floor_;
}

void AdminFloor::take(const Change& change) {
  if (takes_admin(change)) admins_.erase(change.user);
}

void AdminFloor::give(const Change& change) {
  if (change.kind == ChangeKind::invite_user) invited_.insert(change.user);
  if (change.kind == ChangeKind::restore_user && suspended_admins_.contains(change.user)) {
    admins_.insert(change.user);
  }
  if (change.kind == ChangeKind::grant_org_role && !invited_.contains(change.user)) {
    admins_.insert(change.user);
  }
}

}  // namespace rolecall
