#include "diff/leans.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace rolecall {
namespace {

using GroupGrant = std::pair<GroupRef, Grant>;
using Path = Plan::Lean::Path;

bool contains(const std::vector<Grant>& sorted, const Grant& grant) {
  return std::binary_search(sorted.begin(), sorted.end(), grant);
}

/// What the plan does to the paths of anybody.
struct Done {
  std::set<GroupRef> deleted{};
  std::set<GroupGrant> given{}, revoked{};
  struct Person {
    std::set<GroupRef> joins{}, leaves{};
    std::set<Grant> given{}, revoked{};
  };
  std::map<UserRef, Person> people{};

  [[nodiscard]] bool gives() const {
    return !given.empty() || std::any_of(people.begin(), people.end(), [](const auto& one) {
      return !one.second.joins.empty() || !one.second.given.empty();
    });
  }
};

Done done_by(const Plan& plan, const Catalog& catalog) {
  Done out;
  for (const Change& change : plan.changes) {
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

using Memberships = std::unordered_map<UserRef, std::vector<GroupRef>>;

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

/// Of one person, what the plan leaves them and gives them.
class Paths {
 public:
  Paths(const PlanInput& input, const Done& done, const Memberships& memberships, UserRef who)
      : live_(input.live), catalog_(input.catalog), done_(done), who_(who) {
    const auto groups = memberships.find(who);
    if (groups != memberships.end()) groups_.insert(groups->second.begin(), groups->second.end());
    const auto own = done.people.find(who);
    if (own != done.people.end()) own_ = &own->second;
  }

  [[nodiscard]] const std::set<GroupRef>& groups() const { return groups_; }
  [[nodiscard]] bool is_in(GroupRef group) const { return groups_.contains(group); }
  [[nodiscard]] bool joins(GroupRef group) const { return own().joins.contains(group); }
  [[nodiscard]] const std::set<GroupRef>& joined() const { return own().joins; }
  [[nodiscard]] bool leaves(GroupRef group) const { return own().leaves.contains(group); }
  /// What is taken from them directly.
  [[nodiscard]] const std::set<Grant>& revoked() const { return own().revoked; }

  /// To `grant`, or to anything on its app.
  [[nodiscard]] std::vector<Path> to(const Grant& grant, bool any_role) const {
    std::vector<Path> out;
    if (!any_role) {
      collect(grant, out);
      return out;
    }
    for (std::size_t i = 0; i < kRoleCount; ++i) {
      collect({grant.resource, static_cast<Role>(i)}, out);
    }
    return out;
  }

 private:
  [[nodiscard]] const Done::Person& own() const { return *own_; }

  void collect(const Grant& grant, std::vector<Path>& out) const {
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
      const bool stays = !done_.deleted.contains(group) && !leaves(group) &&
                         !done_.revoked.contains({group, grant});
      const Group* live = live_.live.find(group);
      const bool has = live != nullptr && contains(live->grants, grant);
      if (!stays || (!has && !done_.given.contains({group, grant}))) continue;
      out.push_back(
          {catalog_.name(group).display(), live_.about(group).id, role, !has || !is_in(group)});
    }
  }

  const Snapshot& live_;
  const Catalog& catalog_;
  const Done& done_;
  UserRef who_;
  std::set<GroupRef> groups_;
  static inline const Done::Person kNothing{};
  const Done::Person* own_ = &kNothing;
};

/// Of whom is not understood nobody knows that the account is deactivated.
bool has_apps(const Snapshot& live, UserRef who) {
  const User* user = live.live.find(who);
  if (user == nullptr || user->presence != Presence::active) return false;
  return live.about(who).account_active || !live.about(who).opaque.empty();
}

bool is_there(const Path& path) {
  return !path.given;
}

/// What goes from a group for everybody in it.
using Taken = std::map<GroupRef, std::set<Grant>>;

Taken taken_by(const Done& done, const Snapshot& live) {
  Taken out;
  for (const auto& [group, grant] : done.revoked) out[group].insert(grant);
  for (const GroupRef group : done.deleted) {
    const Group* has = live.live.find(group);
    if (has != nullptr) out[group].insert(has->grants.begin(), has->grants.end());
  }
  return out;
}

class LeanTeller {
 public:
  LeanTeller(const PlanInput& input, const Done& done, Plan& plan)
      : input_(input), done_(done), taken_(taken_by(done, input.live)), plan_(plan) {}

  void tell_protected(const std::set<std::string>& addresses) {
    if (taken_.empty()) return;
    std::unordered_set<UserRef> people;
    for (const std::string& address : addresses) {
      const auto email = Email::parse(address);
      const auto who = email ? input_.catalog.find_user(*email) : std::nullopt;
      if (who && input_.live.live.find(*who) != nullptr) people.insert(*who);
    }
    const Memberships memberships = memberships_of(people, input_.live);
    for (const UserRef who : people) {
      const Paths paths(input_, done_, memberships, who);
      for (const auto& [group, grants] : taken_) {
        for (const Grant& grant : grants) protect(who, group, grant, paths);
      }
    }
  }

  void tell_others(const std::set<std::string>& protected_users) {
    if (!done_.gives()) return;
    std::unordered_set<UserRef> people;
    for (const auto& [group, grants] : taken_) {
      const Group* live = input_.live.live.find(group);
      if (live != nullptr) people.insert(live->members.begin(), live->members.end());
    }
    for (const auto& [who, own] : done_.people) {
      if (!own.leaves.empty() || !own.revoked.empty()) people.insert(who);
    }
    std::erase_if(people, [&](UserRef who) {
      return !has_apps(input_.live, who) || protected_users.contains(input_.catalog.name(who));
    });
    const Memberships memberships = memberships_of(people, input_.live);
    for (const UserRef who : people) watch(who, Paths(input_, done_, memberships, who));
  }

 private:
  void protect(UserRef who, GroupRef from, const Grant& grant, const Paths& paths) {
    const bool will_be = paths.is_in(from) || paths.joins(from);
    std::vector<Path> left;
    if (will_be) left = paths.to(grant, false);
    const bool has_it = paths.is_in(from) || std::any_of(left.begin(), left.end(), is_there);
    // Whom the plan puts into it, and who has the role by no other way, has none to lose.
    if (will_be && !has_it) return;
    add(input_.catalog.name(from).display(), who, grant, true, will_be, std::move(left));
  }

  void watch(UserRef who, const Paths& paths) {
    for (const GroupRef group : paths.groups()) {
      if (paths.leaves(group) || done_.deleted.contains(group)) guess(who, group, paths);
      const auto taken = taken_.find(group);
      if (taken != taken_.end()) {
        for (const Grant& grant : taken->second) watch(who, group, grant, paths);
      }
      if (!paths.leaves(group)) continue;
      for (const Grant& grant : input_.live.live.find(group)->grants) {
        if (taken == taken_.end() || !taken->second.contains(grant)) {
          watch(who, group, grant, paths);
        }
      }
    }
    for (const Grant& grant : paths.revoked()) watch(who, std::nullopt, grant, paths);
  }

  void watch(UserRef who, std::optional<GroupRef> from, const Grant& grant, const Paths& paths) {
    std::vector<Path> left = paths.to(grant, true);
    if (left.empty() || std::any_of(left.begin(), left.end(), is_there)) return;
    add(from ? input_.catalog.name(*from).display() : std::string(), who, grant, false, true,
        std::move(left));
  }

  /// Where it was not read what a group gives, any group that they are put into may be what gives
  /// them the same.
  void guess(UserRef who, GroupRef from, const Paths& paths) {
    if (!is_unread(from)) return;
    for (const GroupRef to : paths.joined()) {
      const Group* live = input_.live.live.find(to);
      const auto given = done_.given.lower_bound({to, Grant{}});
      const bool gives = (live != nullptr && !live->grants.empty()) || is_unread(to) ||
                         (given != done_.given.end() && given->first == to);
      if (!gives) continue;
      const Path path{input_.catalog.name(to).display(), input_.live.about(to).id, {}, true};
      plan_.leans[input_.catalog.name(from).display()].push_back({input_.catalog.name(who),
                                                                  input_.live.about(who).account_id,
                                                                  {},
                                                                  {},
                                                                  false,
                                                                  true,
                                                                  {path}});
    }
  }

  [[nodiscard]] bool is_unread(GroupRef group) const {
    const LiveGroup& about = input_.live.about(group);
    return input_.live.live.find(group) != nullptr && about.resource_count > 0 &&
           !about.grants_read;
  }

  void add(const std::string& from, UserRef who, const Grant& grant, bool is_protected,
           bool is_in_it, std::vector<Path> paths) {
    plan_.leans[from].push_back({input_.catalog.name(who), input_.live.about(who).account_id,
                                 input_.catalog.name(grant.resource), std::string(name(grant.role)),
                                 is_protected, is_in_it, std::move(paths)});
  }

  const PlanInput& input_;
  const Done& done_;
  const Taken taken_;
  Plan& plan_;
};

/// An undo may spell a group as the log does.
std::string gift_key(const std::string& group) {
  return group.empty() ? std::string() : GroupName::from_server(group).key();
}

}  // namespace

void remember_leans(const PlanInput& input, const PlanInput& seen,
                    const std::set<std::string>& protected_users, Plan& plan) {
  plan.leans.clear();
  if (plan.changes.empty() || !takes_away(plan.changes.back().kind)) return;
  const Done done = done_by(plan, input.catalog);
  LeanTeller(seen, done, plan).tell_protected(protected_users);
  LeanTeller(input, done, plan).tell_others(protected_users);
  for (auto& [group, leans] : plan.leans) std::sort(leans.begin(), leans.end());
}

void LostGifts::add(const Change& change) {
  const bool gives =
      change.kind == ChangeKind::create_group || change.kind == ChangeKind::add_member ||
      change.kind == ChangeKind::grant_group_access || change.kind == ChangeKind::grant_user_access;
  if (!gives) return;
  gifts_.insert({change.kind, change.user, gift_key(change.group), change.ari, change.role});
}

bool LostGifts::has(ChangeKind kind, const std::string& user, const std::string& group,
                    const std::string& ari, const std::string& role) const {
  return gifts_.contains({kind, user, gift_key(group), ari, role});
}

bool LostGifts::are_needed(const Plan::Lean& lean, const Path& path) const {
  if (!path.given) return false;
  if (path.group.empty()) {
    return has(ChangeKind::grant_user_access, lean.user, {}, lean.ari, path.role);
  }
  return has(ChangeKind::create_group, {}, path.group, {}, {}) ||
         has(ChangeKind::add_member, lean.user, path.group, {}, {}) ||
         has(ChangeKind::grant_group_access, {}, path.group, lean.ari, path.role);
}

const Plan::Lean* LostGifts::cost(const Plan& plan, const Change& change) const {
  if (gifts_.empty()) return nullptr;
  for (const Plan::Lean* lean : plan.leans_on(change)) {
    if (!lean->is_in_it) continue;
    const auto lost = [&](const Path& path) { return are_needed(*lean, path); };
    const bool any = std::any_of(lean->paths.begin(), lean->paths.end(), lost);
    if (any && std::all_of(lean->paths.begin(), lean->paths.end(), lost)) return lean;
  }
  return nullptr;
}

void LostGifts::leave_out_of(Plan& plan) const {
  for (auto& [group, leans] : plan.leans) {
    for (Plan::Lean& lean : leans) {
      std::erase_if(lean.paths, [&](const Path& path) { return are_needed(lean, path); });
    }
  }
}

}  // namespace rolecall
