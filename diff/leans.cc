#include "diff/leans.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "diff/paths.h"

namespace rolecall {
namespace {

using Path = Lean::Path;

/// Or gets them back by the plan. Of whom is not understood nobody knows that the account is
/// deactivated.
bool has_apps(const Snapshot& live, UserRef who, const PathMoves& done) {
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

Taken taken_by(const PathMoves& done, const Snapshot& live) {
  Taken out;
  for (const auto& [group, grant] : done.revoked) out[group].insert(grant);
  for (const GroupRef group : done.deleted) {
    const Group* has = live.live.find(group);
    if (has != nullptr) out[group].insert(has->grants.begin(), has->grants.end());
  }
  return out;
}

struct ByLoss {
  using is_transparent = void;
  using Known = std::shared_ptr<const Lean::Loss>;
  bool operator()(const Known& a, const Known& b) const { return *a < *b; }
  bool operator()(const Known& a, const Lean::Loss& b) const { return *a < b; }
  bool operator()(const Lean::Loss& a, const Known& b) const { return a < *b; }
};

class LeanTeller {
 public:
  LeanTeller(const PlanInput& input, const PathMoves& done, Plan& plan)
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
    add(name_of(from), who, grant, true, will_be, std::move(left));
  }

  void watch(UserRef who, const Paths& paths) {
    for (const GroupRef group : paths.groups()) {
      const bool leaves = paths.leaves(group);
      const std::size_t before = told_;
      if (leaves || done_.deleted.contains(group)) guess(who, group, paths);
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
      if (told_ != before) tell_more_by_staying(who, group, paths);
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
    add(from ? name_of(*from) : std::string(), who, grant, false, true, *std::move(left));
    if (from) tell_newcomers(*from, grant);
    if (!from && paths.is_restored() && !paths.lead_to(grant)) {
      plan_.lets_in[{{}, person(who)->address, ari_of(grant), std::string(name(grant.role))}]
          .coming_back = {person(who)};
    }
  }

  /// What whoever leaves a group would have if they stayed, and nobody said: what it is given, and,
  /// of whoever comes back and has nothing of it now, what it has.
  void tell_more_by_staying(UserRef who, GroupRef group, const Paths& paths) {
    LetsIn more;
    for_each_given(group, [&](const Grant& grant) {
      if (!paths.lead_to(grant)) more.roles.emplace_back(ari_of(grant), name(grant.role));
    });
    if (gets_anything_back(paths, group)) more.coming_back.push_back(person(who));
    if (more.empty()) return;
    plan_.lets_in.emplace(TakenKey{name_of(group), person(who)->address, {}, {}}, std::move(more));
  }

  /// Who joins a group, or comes back to it, and would have what it kept.
  void tell_newcomers(GroupRef group, const Grant& grant) {
    const auto arriving = arriving_.find(group);
    const auto taken = taken_.find(group);
    if (arriving == arriving_.end() || taken == taken_.end()) return;
    const bool is_deleted = done_.deleted.contains(group);
    if (!is_deleted && !taken->second.contains(grant)) return;
    // A group that goes takes all of it along.
    const auto [told, is_new] = plan_.lets_in.try_emplace(
        is_deleted ? TakenKey{name_of(group), {}, {}, {}}
                   : TakenKey{name_of(group), {}, ari_of(grant), std::string(name(grant.role))});
    if (!is_new) return;
    for (const UserRef who : arriving->second) {
      const Paths paths(input_, done_, memberships_, who);
      if (is_deleted ? !gets_anything_back(paths, group) : paths.lead_to(grant)) continue;
      (paths.joins(group) ? told->second.joining : told->second.coming_back).push_back(person(who));
    }
  }

  [[nodiscard]] bool gets_anything_back(const Paths& paths, GroupRef group) const {
    if (!paths.is_restored()) return false;
    const std::vector<Grant>& grants = input_.live.live.find(group)->grants;
    return is_unread(group) || std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
             return !paths.lead_to(grant);
           });
  }

  /// Where it was not read what a group gives, any other group may be what gives them the same,
  /// and so may any role that they are given.
  void guess(UserRef who, GroupRef from, const Paths& paths) {
    if (!is_unread(from)) return;
    std::vector<Path> left;
    const auto add_all = [&](GroupRef group, bool joins) {
      if (may_give(group)) left.push_back(unread(group, joins));
      for_each_given(group, [&](const Grant& grant) { left.push_back(gift(group, grant)); });
    };
    for (const GroupRef group : paths.groups()) {
      if (paths.stays_in(group)) add_all(group, false);
    }
    for (const GroupRef group : paths.joined()) add_all(group, true);
    for (const Grant& grant : paths.given()) left.push_back(gift(std::nullopt, grant));
    if (std::none_of(left.begin(), left.end(), is_gift)) return;
    add(name_of(from), who, {{}, {}, std::move(left)}, false, true);
    if (done_.deleted.contains(from)) tell_newcomers(from, {});
  }

  /// What the plan gives a group.
  template <class Visit>
  void for_each_given(GroupRef group, Visit visit) const {
    for (auto given = done_.given.lower_bound({group, Grant{}});
         given != done_.given.end() && given->first == group; ++given) {
      visit(given->second);
    }
  }

  [[nodiscard]] Path gift(std::optional<GroupRef> group, const Grant& grant) const {
    Path out{{}, {}, std::string(name(grant.role)), true, ari_of(grant)};
    if (group) out.group = name_of(*group);
    if (group) out.id = input_.live.about(*group).id;
    return out;
  }
  [[nodiscard]] Path unread(GroupRef group, bool given) const {
    return {name_of(group), input_.live.about(group).id, {}, given};
  }
  /// Of a group that is made only the plan says what it gives.
  [[nodiscard]] bool may_give(GroupRef group) const {
    const Group* live = input_.live.live.find(group);
    return live != nullptr && (!live->grants.empty() || is_unread(group));
  }
  [[nodiscard]] bool is_unread(GroupRef group) const {
    const LiveGroup& about = input_.live.about(group);
    return input_.live.live.find(group) != nullptr && about.resource_count > 0 &&
           !about.grants_read;
  }

  void add(const std::string& from, UserRef who, const Grant& grant, bool is_protected,
           bool is_in_it, std::vector<Path> paths) {
    add(from, who, {ari_of(grant), std::string(name(grant.role)), std::move(paths)}, is_protected,
        is_in_it);
  }
  void add(const std::string& from, UserRef who, Lean::Loss loss, bool is_protected,
           bool is_in_it) {
    auto known = losses_.find(loss);
    if (known == losses_.end()) {
      known = losses_.insert(std::make_shared<const Lean::Loss>(std::move(loss))).first;
    }
    plan_.leans[from].push_back({person(who), *known, is_protected, is_in_it});
    ++told_;
  }

  [[nodiscard]] std::shared_ptr<const Lean::Person> person(UserRef who) {
    std::shared_ptr<const Lean::Person>& known = people_[who];
    if (known == nullptr) {
      known = std::make_shared<const Lean::Person>(
          Lean::Person{input_.catalog.name(who), input_.live.about(who).account_id});
    }
    return known;
  }
  [[nodiscard]] const std::string& ari_of(const Grant& grant) const {
    return input_.catalog.name(grant.resource);
  }
  [[nodiscard]] const std::string& name_of(GroupRef group) const {
    return input_.catalog.name(group).display();
  }

  const PlanInput& input_;
  const PathMoves& done_;
  const Taken taken_;
  Memberships memberships_;
  std::map<GroupRef, std::vector<UserRef>> arriving_;  ///< by the plan
  std::unordered_map<UserRef, std::shared_ptr<const Lean::Person>> people_;
  std::set<std::shared_ptr<const Lean::Loss>, ByLoss> losses_;
  std::size_t told_ = 0;
  Plan& plan_;
};

}  // namespace

void remember_leans(const PlanInput& input, const PlanInput& seen,
                    const std::set<std::string>& protected_users, Plan& plan) {
  plan.leans.clear();
  plan.lets_in.clear();
  if (plan.changes.empty() || !takes_away(plan.changes.back().kind)) return;
  const PathMoves done = moves_of(plan, input.catalog);
  LeanTeller(seen, done, plan).tell_protected(protected_users);
  LeanTeller(input, done, plan).tell_others(protected_users);
  std::erase_if(plan.lets_in, [](const auto& one) { return one.second.empty(); });
  for (auto& [group, leans] : plan.leans) std::sort(leans.begin(), leans.end());
}

}  // namespace rolecall
