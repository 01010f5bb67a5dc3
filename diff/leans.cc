#include "diff/leans.h"

#include <algorithm>
#include <utility>

namespace rolecall {
namespace {

bool contains(const std::vector<Grant>& sorted, const Grant& grant) {
  return std::binary_search(sorted.begin(), sorted.end(), grant);
}

/// The paths of one protected person.
class Paths {
 public:
  Paths(const PlanInput& input, const Plan& plan, UserRef who)
      : live_(input.live), catalog_(input.catalog), who_(who) {
    for (std::size_t i = 0; i < live_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      const Group* group = live_.live.find(ref);
      const bool in_it =
          group != nullptr && std::binary_search(group->members.begin(), group->members.end(), who);
      if (in_it) groups_.insert(ref);
    }
    for (const Change& change : plan.changes) note(change);
  }

  [[nodiscard]] bool is_in(GroupRef group) const { return groups_.contains(group); }

  /// Those that the plan gives too; nothing where there is none.
  [[nodiscard]] std::optional<Plan::Lean> other_than(GroupRef taken_from,
                                                     const Grant& grant) const {
    Plan::Lean out;
    const User* user = live_.live.find(who_);
    out.direct =
        given_directly_.contains(grant) || (user != nullptr && contains(user->grants, grant));
    for (const GroupRef group : groups_) {
      const Group* has = live_.live.find(group);
      const bool stays =
          group != taken_from && !goes_.contains(group) && !revoked_.contains({group, grant});
      const bool gives =
          given_.contains({group, grant}) || (has != nullptr && contains(has->grants, grant));
      if (!stays || !gives) continue;
      out.groups.emplace_back(catalog_.name(group).display(), live_.about(group).id);
    }
    if (!out.direct && out.groups.empty()) return std::nullopt;
    out.user = catalog_.name(who_);
    out.account_id = live_.about(who_).account_id;
    out.ari = catalog_.name(grant.resource);
    out.role = name(grant.role);
    return out;
  }

 private:
  void note(const Change& change) {
    const bool theirs = change.user == catalog_.name(who_);
    const auto resource = catalog_.find_resource(change.ari);
    const auto role = parse_role(change.role);
    if (change.kind == ChangeKind::grant_user_access && theirs && resource && role) {
      given_directly_.insert({*resource, *role});
    }
    const auto named = change.group.empty()
                           ? std::nullopt
                           : catalog_.find_group(GroupName::from_server(change.group));
    if (!named) return;
    if (change.kind == ChangeKind::delete_group) goes_.insert(*named);
    if (change.kind == ChangeKind::add_member && theirs) groups_.insert(*named);
    if (!resource || !role) return;
    if (change.kind == ChangeKind::grant_group_access) given_.insert({*named, {*resource, *role}});
    if (change.kind == ChangeKind::revoke_group_access) {
      revoked_.insert({*named, {*resource, *role}});
    }
  }

  const Snapshot& live_;
  const Catalog& catalog_;
  UserRef who_;
  std::set<GroupRef> groups_, goes_;
  std::set<Grant> given_directly_;
  std::set<std::pair<GroupRef, Grant>> given_, revoked_;
};

}  // namespace

std::map<std::string, std::vector<Plan::Lean>> leans_of(
    const PlanInput& input, const Plan& plan, const std::set<std::string>& protected_users) {
  std::map<std::string, std::vector<Plan::Lean>> out;
  for (const std::string& address : protected_users) {
    const auto email = Email::parse(address);
    const auto who = email ? input.catalog.find_user(*email) : std::nullopt;
    if (!who || input.live.live.find(*who) == nullptr) continue;
    const Paths paths(input, plan, *who);
    for (const Change& change : plan.changes) {
      if (change.kind != ChangeKind::revoke_group_access) continue;
      const auto from = input.catalog.find_group(GroupName::from_server(change.group));
      const auto resource = input.catalog.find_resource(change.ari);
      const auto role = parse_role(change.role);
      if (!from || !resource || !role || !paths.is_in(*from)) continue;
      if (auto other = paths.other_than(*from, {*resource, *role})) {
        out[change.group].push_back(*std::move(other));
      }
    }
  }
  return out;
}

}  // namespace rolecall
