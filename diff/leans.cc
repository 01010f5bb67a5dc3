#include "diff/leans.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "diff/effects.h"

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
    bool restored = false;
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
  [[nodiscard]] bool is_restored() const { return own().restored; }
  /// What is taken from them directly.
  [[nodiscard]] const std::set<Grant>& revoked() const { return own().revoked; }

  [[nodiscard]] std::vector<Path> to(const Grant& grant) const {
    std::vector<Path> out;
    collect(grant, out);
    return out;
  }
  /// Likewise by any role that does as well. Nothing: the plan leaves one of them as it is.
  [[nodiscard]] std::optional<std::vector<Path>> given_instead(const Grant& grant) const {
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
  /// Whether the plan leaves or gives them this role, or one that is more.
  [[nodiscard]] bool lead_to(const Grant& grant) const {
    for (std::size_t i = 0; i < kRoleCount; ++i) {
      const Role role = static_cast<Role>(i);
      if (includes(role, grant.role) && !to({grant.resource, role}).empty()) return true;
    }
    return false;
  }
  [[nodiscard]] bool stays_in(GroupRef group) const {
    return is_in(group) && !done_.deleted.contains(group) && !leaves(group);
  }

 private:
  [[nodiscard]] const Done::Person& own() const { return *own_; }

  [[nodiscard]] bool keeps(const Grant& grant) const {
    const User* user = live_.live.find(who_);
    if (user != nullptr && contains(user->grants, grant) && !own().revoked.contains(grant)) {
      return true;
    }
    return std::any_of(groups_.begin(), groups_.end(), [&](GroupRef group) {
      return stays_in(group) && contains(live_.live.find(group)->grants, grant) &&
             !done_.revoked.contains({group, grant});
    });
  }

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

/// Or gets them back by the plan. Of whom is not understood nobody knows that the account is
/// deactivated.
bool has_apps(const Snapshot& live, UserRef who, const Done& done) {
  const User* user = live.live.find(who);
  const auto own = done.people.find(who);
  const bool restored = own != done.people.end() && own->second.restored;
  if (user == nullptr || (user->presence != Presence::active && !restored)) return false;
  return live.about(who).account_active || !live.about(who).opaque.empty();
}

bool is_gift(const Path& path) {
  return path.given;
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
      return !has_apps(input_.live, who, done_) ||
             protected_users.contains(input_.catalog.name(who));
    });
    std::unordered_set<UserRef> all = people;
    for (const auto& [who, own] : done_.people) {
      const bool joins = std::any_of(own.joins.begin(), own.joins.end(),
                                     [&](GroupRef group) { return taken_.contains(group); });
      if (own.restored || joins) all.insert(who);
    }
    memberships_ = memberships_of(all, input_.live);
    remember_arriving();
    for (const UserRef who : people) watch(who, Paths(input_, done_, memberships_, who));
  }

 private:
  void remember_arriving() {
    for (const auto& [who, own] : done_.people) {
      for (const GroupRef group : own.joins) arriving_[group].push_back(who);
      const auto groups = memberships_.find(who);
      if (!own.restored || groups == memberships_.end()) continue;
      for (const GroupRef group : groups->second) {
        if (!own.leaves.contains(group)) arriving_[group].push_back(who);
      }
    }
  }

  void protect(UserRef who, GroupRef from, const Grant& grant, const Paths& paths) {
    const bool will_be = paths.is_in(from) || paths.joins(from);
    std::vector<Path> left;
    if (will_be) left = paths.to(grant);
    const bool has_it = paths.is_in(from) || std::any_of(left.begin(), left.end(), is_there);
    // Whom the plan puts into it, and who has the role by no other way, has none to lose.
    if (will_be && !has_it) return;
    add(input_.catalog.name(from).display(), who, grant, true, will_be, std::move(left));
  }

  void watch(UserRef who, const Paths& paths) {
    for (const GroupRef group : paths.groups()) {
      const bool leaves = paths.leaves(group);
      const bool is_deleted = done_.deleted.contains(group);
      if ((leaves || is_deleted) && would_get_more(paths, group)) continue;
      if (leaves || is_deleted) guess(who, group, paths);
      const auto taken = taken_.find(group);
      if (taken != taken_.end()) {
        for (const Grant& grant : taken->second) watch(who, group, grant, paths);
      }
      if (!leaves) continue;
      for (const Grant& grant : input_.live.live.find(group)->grants) {
        if (taken == taken_.end() || !taken->second.contains(grant)) {
          watch(who, group, grant, paths);
        }
      }
    }
    for (const Grant& grant : paths.revoked()) watch(who, std::nullopt, grant, paths);
  }

  void watch(UserRef who, std::optional<GroupRef> from, const Grant& grant, const Paths& paths) {
    auto left = paths.given_instead(grant);
    if (!left) return;
    for (const GroupRef group : paths.groups()) {
      if (paths.stays_in(group) && is_unread(group)) left->push_back(unread(group, false));
    }
    for (const GroupRef group : paths.joined()) {
      if (is_unread(group)) left->push_back(unread(group, true));
    }
    if (std::none_of(left->begin(), left->end(), is_gift)) return;
    const std::string name = from ? input_.catalog.name(*from).display() : std::string();
    // Whom the plan puts into the group would have what is left there, unless that waits for what
    // the group itself is given instead (lesser_gifts).
    const bool waits = std::any_of(left->begin(), left->end(), [&](const Path& path) {
      return path.given && path.group == name;
    });
    if (from && others_would_get(*from, grant, waits)) return;
    add(name, who, grant, false, true, *std::move(left));
  }

  /// Whether somebody who stayed in the group would have what nobody said: what it is given, and,
  /// of whoever comes back and has nothing of it now, what it has.
  [[nodiscard]] bool would_get_more(const Paths& paths, GroupRef group) const {
    const auto is_new = [&](const Grant& grant) { return !paths.lead_to(grant); };
    for (auto given = done_.given.lower_bound({group, Grant{}});
         given != done_.given.end() && given->first == group; ++given) {
      if (is_new(given->second)) return true;
    }
    if (!paths.is_restored()) return false;
    const std::vector<Grant>& grants = input_.live.live.find(group)->grants;
    return is_unread(group) || std::any_of(grants.begin(), grants.end(), is_new);
  }
  /// Likewise of whoever comes back to the group, or joins it, if it kept what is taken from it.
  [[nodiscard]] bool others_would_get(GroupRef group, const Grant& grant, bool joining_waits) {
    const auto arriving = arriving_.find(group);
    const auto taken = taken_.find(group);
    if (arriving == arriving_.end() || taken == taken_.end()) return false;
    if (!taken->second.contains(grant)) return false;
    const auto [known, is_new] = others_would_get_.try_emplace({group, grant, joining_waits});
    if (!is_new) return known->second;
    known->second =
        std::any_of(arriving->second.begin(), arriving->second.end(), [&](UserRef other) {
          const Paths paths(input_, done_, memberships_, other);
          if (joining_waits && paths.joins(group)) return false;
          // A group that goes takes all of it along.
          return done_.deleted.contains(group) ? would_get_more(paths, group)
                                               : !paths.lead_to(grant);
        });
    return known->second;
  }

  /// Where it was not read what a group gives, any other group may be what gives them the same.
  void guess(UserRef who, GroupRef from, const Paths& paths) {
    if (!is_unread(from)) return;
    if (done_.deleted.contains(from) && arriving_.contains(from)) return;  // would have it again
    std::vector<Path> left;
    for (const GroupRef group : paths.groups()) {
      if (paths.stays_in(group) && may_give(group)) left.push_back(unread(group, false));
    }
    for (const GroupRef group : paths.joined()) {
      if (may_give(group)) left.push_back(unread(group, true));
    }
    if (std::none_of(left.begin(), left.end(), is_gift)) return;
    plan_.leans[input_.catalog.name(from).display()].push_back({input_.catalog.name(who),
                                                                input_.live.about(who).account_id,
                                                                {},
                                                                {},
                                                                false,
                                                                true,
                                                                std::move(left)});
  }

  [[nodiscard]] Path unread(GroupRef group, bool given) const {
    return {input_.catalog.name(group).display(), input_.live.about(group).id, {}, given};
  }
  [[nodiscard]] bool is_given(GroupRef group) const {
    const auto given = done_.given.lower_bound({group, Grant{}});
    return given != done_.given.end() && given->first == group;
  }
  [[nodiscard]] bool may_give(GroupRef group) const {
    const Group* live = input_.live.live.find(group);
    return (live != nullptr && !live->grants.empty()) || is_unread(group) || is_given(group);
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
  Memberships memberships_;
  std::map<GroupRef, std::vector<UserRef>> arriving_;  ///< by the plan
  std::map<std::tuple<GroupRef, Grant, bool>, bool> others_would_get_;
  Plan& plan_;
};

}  // namespace

bool stands_in(Role role, Role lost) {
  if (role == lost) return true;
  if (role == Role::user_access_admin || lost == Role::user_access_admin) return false;
  return takes_seat(role) || !takes_seat(lost);
}

bool includes(Role role, Role other) {
  if (role == other) return true;
  if (role == Role::user_access_admin || other == Role::user_access_admin) return false;
  return role == Role::admin || (role == Role::user && !takes_seat(other));
}

std::unordered_set<std::size_t> lesser_gifts(const Plan& plan) {
  std::map<std::pair<std::string_view, std::string_view>, std::vector<Role>> taken;
  for (const Change& change : plan.changes) {
    const auto role = parse_role(change.role);
    if (change.kind != ChangeKind::revoke_group_access || !role) continue;
    taken[{change.group, change.ari}].push_back(*role);
  }
  std::unordered_set<std::size_t> out;
  for (std::size_t i = 0; i < plan.changes.size() && !taken.empty(); ++i) {
    const Change& change = plan.changes[i];
    const auto role = parse_role(change.role);
    const auto instead = taken.find({change.group, change.ari});
    if (change.kind != ChangeKind::grant_group_access || !role || instead == taken.end()) continue;
    const bool is_less = std::any_of(instead->second.begin(), instead->second.end(),
                                     [&](Role lost) { return !includes(*role, lost); });
    if (is_less) out.insert(i);
  }
  return out;
}

void remember_leans(const PlanInput& input, const PlanInput& seen,
                    const std::set<std::string>& protected_users, Plan& plan) {
  plan.leans.clear();
  if (plan.changes.empty() || !takes_away(plan.changes.back().kind)) return;
  const Done done = done_by(plan, input.catalog);
  LeanTeller(seen, done, plan).tell_protected(protected_users);
  LeanTeller(input, done, plan).tell_others(protected_users);
  for (auto& [group, leans] : plan.leans) std::sort(leans.begin(), leans.end());
}

}  // namespace rolecall
