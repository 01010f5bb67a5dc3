#include "diff/leans.h"

#include <algorithm>
#include <utility>

namespace rolecall {
namespace {

using GroupGrant = std::pair<GroupRef, Grant>;

bool contains(const std::vector<Grant>& sorted, const Grant& grant) {
  return std::binary_search(sorted.begin(), sorted.end(), grant);
}

/// What the plan does to the paths of anybody.
struct Done {
  std::set<GroupRef> deleted{};
  std::set<GroupGrant> given{}, revoked{};
  std::map<std::string, std::set<GroupRef>> joins{};        ///< by address
  std::map<std::string, std::set<Grant>> given_directly{};  ///< likewise
};

Done done_by(const Plan& plan, const Catalog& catalog) {
  Done out;
  for (const Change& change : plan.changes) {
    const auto group = change.group.empty()
                           ? std::nullopt
                           : catalog.find_group(GroupName::from_server(change.group));
    const auto resource = change.ari.empty() ? std::nullopt : catalog.find_resource(change.ari);
    const auto role = parse_role(change.role);
    if (change.kind == ChangeKind::delete_group && group) out.deleted.insert(*group);
    if (change.kind == ChangeKind::add_member && group) out.joins[change.user].insert(*group);
    if (!resource || !role) continue;
    const Grant grant{*resource, *role};
    if (change.kind == ChangeKind::grant_user_access) {
      out.given_directly[change.user].insert(grant);
    }
    if (change.kind == ChangeKind::grant_group_access && group) out.given.insert({*group, grant});
    if (change.kind == ChangeKind::revoke_group_access && group) {
      out.revoked.insert({*group, grant});
    }
  }
  return out;
}

/// Of one protected person.
class Paths {
 public:
  Paths(const PlanInput& input, const Done& done, UserRef who)
      : live_(input.live), catalog_(input.catalog), done_(done), who_(who) {
    for (std::size_t i = 0; i < live_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      const Group* group = live_.live.find(ref);
      const bool in_it =
          group != nullptr && std::binary_search(group->members.begin(), group->members.end(), who);
      if (in_it) groups_.insert(ref);
    }
    const auto joins = done.joins.find(catalog_.name(who));
    if (joins != done.joins.end()) groups_.insert(joins->second.begin(), joins->second.end());
  }

  [[nodiscard]] bool is_in(GroupRef group) const { return groups_.contains(group); }

  /// Those that the plan gives too.
  [[nodiscard]] Plan::Lean other_than(GroupRef taken_from, const Grant& grant) const {
    Plan::Lean out;
    const User* user = live_.live.find(who_);
    const auto given = done_.given_directly.find(catalog_.name(who_));
    out.direct = (given != done_.given_directly.end() && given->second.contains(grant)) ||
                 (user != nullptr && contains(user->grants, grant));
    for (const GroupRef group : groups_) {
      const Group* has = live_.live.find(group);
      const bool stays = group != taken_from && !done_.deleted.contains(group) &&
                         !done_.revoked.contains({group, grant});
      const bool gives =
          done_.given.contains({group, grant}) || (has != nullptr && contains(has->grants, grant));
      if (!stays || !gives) continue;
      out.groups.emplace_back(catalog_.name(group).display(), live_.about(group).id);
    }
    out.user = catalog_.name(who_);
    out.account_id = live_.about(who_).account_id;
    out.ari = catalog_.name(grant.resource);
    out.role = name(grant.role);
    return out;
  }

 private:
  const Snapshot& live_;
  const Catalog& catalog_;
  const Done& done_;
  UserRef who_;
  std::set<GroupRef> groups_;
};

}  // namespace

std::map<std::string, std::vector<Plan::Lean>> leans_of(
    const PlanInput& input, const Plan& plan, const std::set<std::string>& protected_users) {
  std::map<std::string, std::vector<Plan::Lean>> out;
  const Done done = done_by(plan, input.catalog);
  std::set<GroupGrant> taken = done.revoked;
  for (const GroupRef group : done.deleted) {
    const Group* has = input.live.live.find(group);
    if (has == nullptr) continue;
    for (const Grant& grant : has->grants) taken.insert({group, grant});
  }
  if (taken.empty()) return out;
  for (const std::string& address : protected_users) {
    const auto email = Email::parse(address);
    const auto who = email ? input.catalog.find_user(*email) : std::nullopt;
    if (!who || input.live.live.find(*who) == nullptr) continue;
    const Paths paths(input, done, *who);
    for (const auto& [from, grant] : taken) {
      Plan::Lean lean = paths.other_than(from, grant);
      lean.was_in_it = paths.is_in(from);
      out[input.catalog.name(from).display()].push_back(std::move(lean));
    }
  }
  return out;
}

}  // namespace rolecall
