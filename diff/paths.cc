#include "diff/paths.h"

#include <algorithm>

#include "diff/role_rules.h"

namespace rolecall {
namespace {

bool contains(const std::vector<Grant>& sorted, const Grant& grant) {
  return std::binary_search(sorted.begin(), sorted.end(), grant);
}

}  // namespace

PathMoves moves_of(const Plan& plan, const Catalog& catalog) {
  PathMoves out;
  std::vector<const Change*> all;
  for (const Change& change : plan.changes) all.push_back(&change);
  for (const Change& change : plan.left_out) {
    if (!takes_away(change.kind)) all.push_back(&change);
  }
  for (const Change* each : all) {
    const Change& change = *each;
    const auto group = change.group.empty()
                           ? std::nullopt
                           : catalog.find_group(GroupName::from_server(change.group));
    const auto email = Email::parse(change.user);
    const auto user = email ? catalog.find_user(*email) : std::nullopt;
    const auto resource = change.ari.empty() ? std::nullopt : catalog.find_resource(change.ari);
    const auto role = parse_role(change.role);
    const auto grant = resource && role ? std::optional<Grant>({*resource, *role}) : std::nullopt;
    switch (change.kind) {
      case ChangeKind::delete_group:
        if (group) out.deleted.insert(*group);
        break;
      case ChangeKind::grant_group_access:
        if (group && grant) out.given.insert({*group, *grant});
        break;
      case ChangeKind::revoke_group_access:
        if (group && grant) out.revoked.insert({*group, *grant});
        break;
      case ChangeKind::add_member:
        if (user && group) out.people[*user].joins.insert(*group);
        break;
      case ChangeKind::restore_user:
        if (user) out.people[*user].restored = true;
        break;
      case ChangeKind::remove_member:
        if (user && group) out.people[*user].leaves.insert(*group);
        break;
      case ChangeKind::grant_user_access:
        if (user && grant) out.people[*user].given.insert(*grant);
        break;
      case ChangeKind::revoke_user_access:
        if (user && grant) out.people[*user].revoked.insert(*grant);
        break;
      default:
        break;
    }
  }
  return out;
}

Memberships memberships_of(const std::unordered_set<UserRef>& people, const Snapshot& live) {
  Memberships out;
  for (std::size_t i = 0; i < live.live.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    const Group* group = live.live.find(ref);
    if (group == nullptr) continue;
    for (const UserRef member : group->members) {
      if (people.contains(member)) out[member].push_back(ref);
    }
  }
  return out;
}

std::optional<std::vector<Lean::Path>> Paths::given_instead(const Grant& grant) const {
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    const Grant other{grant.resource, static_cast<Role>(i)};
    if (stands_in(other.role, grant.role) && keeps(other)) return std::nullopt;
  }
  std::vector<Path> out;
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    const Grant other{grant.resource, static_cast<Role>(i)};
    if (stands_in(other.role, grant.role)) collect(other, out);
  }
  return out;
}

bool Paths::lead_to(const Grant& grant) const {
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    const Role role = static_cast<Role>(i);
    if (includes(role, grant.role) && !to({grant.resource, role}).empty()) return true;
  }
  return false;
}

bool Paths::keeps(const Grant& grant) const {
  const User* user = live_.live.find(who_);
  if (user != nullptr && contains(user->grants, grant) && !own().revoked.contains(grant)) {
    return true;
  }
  return std::any_of(groups_.begin(), groups_.end(), [&](GroupRef group) {
    return stays_in(group) && contains(live_.live.find(group)->grants, grant) &&
           !done_.revoked.contains({group, grant});
  });
}

void Paths::collect(const Grant& grant, std::vector<Path>& out) const {
  const std::string role(name(grant.role));
  const User* user = live_.live.find(who_);
  if (user != nullptr && contains(user->grants, grant) && !own().revoked.contains(grant)) {
    out.push_back({{}, {}, role, false});
  } else if (own().given.contains(grant)) {
    out.push_back({{}, {}, role, true});
  }
  std::set<GroupRef> all = groups_;
  all.insert(own().joins.begin(), own().joins.end());
  for (const GroupRef group : all) {
    const bool stays =
        !done_.deleted.contains(group) && !leaves(group) && !done_.revoked.contains({group, grant});
    const Group* live = live_.live.find(group);
    const bool has = live != nullptr && contains(live->grants, grant);
    if (!stays || (!has && !done_.given.contains({group, grant}))) continue;
    out.push_back(
        {catalog_.name(group).display(), live_.about(group).id, role, !has || !is_in(group)});
  }
}

}  // namespace rolecall
