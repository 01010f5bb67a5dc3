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
    if (joins != done.joins.end()) joins_ = joins->second;
  }

  [[nodiscard]] bool is_in(GroupRef group) const { return groups_.contains(group); }
  [[nodiscard]] bool joins(GroupRef group) const { return joins_.contains(group); }

  [[nodiscard]] std::vector<Plan::Lean::Path> other_than(GroupRef taken_from,
                                                         const Grant& grant) const {
    std::vector<Plan::Lean::Path> out;
    const User* user = live_.live.find(who_);
    const auto given = done_.given_directly.find(catalog_.name(who_));
    if (user != nullptr && contains(user->grants, grant)) {
      out.push_back({});
    } else if (given != done_.given_directly.end() && given->second.contains(grant)) {
      out.push_back({{}, {}, true});
    }
    std::set<GroupRef> all = groups_;
    all.insert(joins_.begin(), joins_.end());
    for (const GroupRef group : all) {
      const bool stays = group != taken_from && !done_.deleted.contains(group) &&
                         !done_.revoked.contains({group, grant});
      const Group* live = live_.live.find(group);
      const bool has = live != nullptr && contains(live->grants, grant);
      if (!stays || (!has && !done_.given.contains({group, grant}))) continue;
      out.push_back({catalog_.name(group).display(), live_.about(group).id, !has || !is_in(group)});
    }
    return out;
  }

 private:
  const Snapshot& live_;
  const Catalog& catalog_;
  const Done& done_;
  UserRef who_;
  std::set<GroupRef> groups_, joins_;
};

/// As effects.cc sees it: others have no app to lose.
bool has_apps(const Snapshot& live, UserRef who) {
  const User* user = live.live.find(who);
  return user != nullptr && user->presence == Presence::active && live.about(who).account_active;
}

bool is_there(const Plan::Lean::Path& path) {
  return !path.given;
}

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
    if (!who || !has_apps(input.live, *who)) continue;
    const Paths paths(input, done, *who);
    for (const auto& [from, grant] : taken) {
      const bool will_be = paths.is_in(from) || paths.joins(from);
      std::vector<Plan::Lean::Path> left;
      if (will_be) left = paths.other_than(from, grant);
      const bool has_it = paths.is_in(from) || std::any_of(left.begin(), left.end(), is_there);
      // Whom the plan puts into it, and who has the role by no other way, has none to lose.
      if (will_be && !has_it) continue;
      out[input.catalog.name(from).display()].push_back(
          {input.catalog.name(*who), input.live.about(*who).account_id,
           input.catalog.name(grant.resource), std::string(name(grant.role)), will_be,
           std::move(left)});
    }
  }
  return out;
}

}  // namespace rolecall
