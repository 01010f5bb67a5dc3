#include "diff/effects.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace rolecall {
namespace {

bool has_seat(const std::vector<Role>& roles) {
  return std::any_of(roles.begin(), roles.end(), takes_seat);
}

class EffectTeller {
 public:
  EffectTeller(const PlanInput& input, Plan& plan)
      : desired_(input.desired), live_(input.live), catalog_(input.catalog), plan_(plan) {}

  void run() {
    name_resources();
    if (aliases_.empty() || plan_.changes.empty()) return;
    read_changes();
    find_affected();
    find_unread_groups();
    for (const auto& [address, ref] : affected_) tell(address, ref);
    for (auto& [resource, seats] : seats_) {
      std::sort(seats.takers.begin(), seats.takers.end());
      plan_.seats.push_back(std::move(seats));
    }
    std::sort(plan_.seats.begin(), plan_.seats.end(),
              [](const Seats& a, const Seats& b) { return a.resource < b.resource; });
  }

 private:
  using Call = std::size_t;
  /// What a plan does to one set of grants, each with the call that does it.
  struct GrantChanges {
    std::map<Grant, Call> given;
    std::set<Grant> taken;
  };
  struct UserChanges {
    Presence presence{};
    Call presence_call = 0;
    GrantChanges direct;
    std::map<GroupRef, Call> joined;
    std::set<GroupRef> left;
  };

  void name_resources() {
    for (const Resource& resource : desired_.resources) aliases_[resource.ref] = resource.alias;
    for (const Change& change : plan_.changes) {
      if (change.ari.empty()) continue;
      const auto ref = catalog_.find_resource(change.ari);
      if (ref) aliases_.try_emplace(*ref, change.resource);
    }
  }

  void read_changes() {
    for (Call call = 0; call < plan_.calls.size(); ++call) {
      for (const std::size_t i : plan_.calls[call].changes) read(plan_.changes[i], call);
    }
  }

  void read(const Change& change, Call call) {
    const auto email = Email::parse(change.user);
    const auto user = email ? catalog_.find_user(*email) : std::nullopt;
    const auto group = change.group.empty()
                           ? std::nullopt
                           : catalog_.find_group(GroupName::from_server(change.group));
    const auto resource = catalog_.find_resource(change.ari);
    const auto role = parse_role(change.role);
    const auto grant = resource && role ? std::optional<Grant>({*resource, *role}) : std::nullopt;
    if (user) changed(*user);
    switch (change.kind) {
      case ChangeKind::create_group:
        break;
      case ChangeKind::delete_group:
        if (group) deleted_.insert(*group);
        break;
      case ChangeKind::grant_group_access:
        if (group && grant) groups_[*group].given.emplace(*grant, call);
        break;
      case ChangeKind::revoke_group_access:
        if (group && grant) groups_[*group].taken.insert(*grant);
        break;
      case ChangeKind::restore_user:
      case ChangeKind::invite_user:
        if (user) be(*user, Presence::active, call);
        break;
      case ChangeKind::suspend_user:
        if (user) be(*user, Presence::suspended, call);
        break;
      case ChangeKind::remove_user:
        if (user) be(*user, Presence::absent, call);
        break;
      case ChangeKind::add_member:
        if (user && group) users_.at(*user).joined.emplace(*group, call);
        break;
      case ChangeKind::remove_member:
        if (user && group) users_.at(*user).left.insert(*group);
        break;
      case ChangeKind::grant_user_access:
        if (user && grant) users_.at(*user).direct.given.emplace(*grant, call);
        break;
      case ChangeKind::revoke_user_access:
        if (user && grant) users_.at(*user).direct.taken.insert(*grant);
        break;
      case ChangeKind::grant_org_role:
      case ChangeKind::revoke_org_role:
        break;  // on the organization, not on an app
    }
  }

  [[nodiscard]] Presence presence_now(UserRef ref) const {
    const User* live = live_.live.find(ref);
    if (live == nullptr || !live_.about(ref).account_active) return Presence::absent;
    return live->presence;
  }
  UserChanges& changed(UserRef ref) {
    return users_.try_emplace(ref, UserChanges{presence_now(ref), 0, {}, {}, {}}).first->second;
  }
  void be(UserRef ref, Presence presence, Call call) {
    users_.at(ref).presence = presence;
    users_.at(ref).presence_call = call;
  }

  void find_affected() {
    const auto affect = [this](UserRef ref) { affected_.emplace(catalog_.name(ref), ref); };
    for (const auto& [ref, changes] : users_) affect(ref);
    const auto affect_members = [&](GroupRef ref) {
      const Group* group = live_.live.find(ref);
      if (group == nullptr) return;
      for (const UserRef member : group->members) affect(member);
    };
    for (const auto& [ref, changes] : groups_) affect_members(ref);
    for (const GroupRef ref : deleted_) affect_members(ref);
    std::unordered_set<UserRef> wanted;
    for (const auto& [address, ref] : affected_) wanted.insert(ref);
    for (std::size_t i = 0; i < live_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      const Group* group = live_.live.find(ref);
      if (group == nullptr) continue;
      for (const UserRef member : group->members) {
        if (wanted.contains(member)) memberships_[member].push_back(ref);
      }
    }
  }

  /// Groups that may grant something that was not read.
  void find_unread_groups() {
    for (std::size_t i = 0; i < live_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      const LiveGroup& about = live_.about(ref);
      if (live_.live.find(ref) != nullptr && about.resource_count > 0 && !about.grants_read) {
        unread_.insert(ref);
      }
    }
  }

  using Roles = std::map<ResourceRef, std::set<Role>>;
  void collect(const std::vector<Grant>& grants, Roles& into) const {
    for (const Grant& grant : grants) {
      if (aliases_.contains(grant.resource)) into[grant.resource].insert(grant.role);
    }
  }

  /// The grants that are left, and (beside them) when those that are new come.
  template <class Visit>
  static void after(const std::vector<Grant>& now, const GrantChanges* changes, Visit visit) {
    for (const Grant& grant : now) {
      if (changes == nullptr || !changes->taken.contains(grant)) visit(grant, Call{0});
    }
    if (changes == nullptr) return;
    for (const auto& [grant, call] : changes->given) visit(grant, call);
  }

  void tell(const std::string& address, UserRef ref) {
    static const std::vector<Grant> kNone;
    const User* live = live_.live.find(ref);
    const auto found = users_.find(ref);
    const UserChanges* changes = found == users_.end() ? nullptr : &found->second;
    const Presence presence = changes == nullptr ? presence_now(ref) : changes->presence;
    static const std::vector<GroupRef> kNoGroups;
    const auto memberships = memberships_.find(ref);
    const std::vector<GroupRef>& groups =
        memberships == memberships_.end() ? kNoGroups : memberships->second;
    const std::vector<Grant>& direct = live == nullptr ? kNone : live->grants;

    Roles before;
    if (presence_now(ref) == Presence::active) {
      collect(direct, before);
      for (const GroupRef group : groups) collect(live_.live.groups[index(group)].grants, before);
    }
    Roles now;
    std::map<ResourceRef, Call> seat_calls;
    if (presence == Presence::active) {
      const Call from = changes == nullptr ? 0 : changes->presence_call;
      const auto has = [&](const Grant& grant, Call call) {
        if (!aliases_.contains(grant.resource)) return;
        now[grant.resource].insert(grant.role);
        if (!takes_seat(grant.role)) return;
        const auto [entry, added] = seat_calls.emplace(grant.resource, std::max(call, from));
        if (!added) entry->second = std::min(entry->second, std::max(call, from));
      };
      after(direct, changes == nullptr ? nullptr : &changes->direct, has);
      const auto through = [&](GroupRef group, Call joined) {
        if (deleted_.contains(group)) return;
        const Group* there = live_.live.find(group);
        const auto changed_group = groups_.find(group);
        after(there == nullptr ? kNone : there->grants,
              changed_group == groups_.end() ? nullptr : &changed_group->second,
              [&](const Grant& grant, Call call) { has(grant, std::max(call, joined)); });
      };
      for (const GroupRef group : groups) {
        if (changes == nullptr || !changes->left.contains(group)) through(group, 0);
      }
      if (changes != nullptr) {
        for (const auto& [group, call] : changes->joined) through(group, call);
      }
    }
    const bool stays = presence_now(ref) == Presence::active && presence == Presence::active;
    const bool direct_read = live == nullptr || desired_.scope(ref).access_managed;
    const bool all_read =
        direct_read && std::none_of(groups.begin(), groups.end(),
                                    [&](GroupRef group) { return unread_.contains(group); });
    if (compare(address, before, now, seat_calls, !stays || all_read)) {
      plan_.names.try_emplace(address, live_.about(ref).name);
    }
  }

  static std::vector<Role> roles_on(const Roles& all, ResourceRef resource) {
    const auto found = all.find(resource);
    if (found == all.end()) return {};
    return {found->second.begin(), found->second.end()};
  }

  /// Whether there is any effect.
  bool compare(const std::string& address, const Roles& before, const Roles& now,
               const std::map<ResourceRef, Call>& seat_calls, bool certain) {
    PersonEffect effect{address, {}, certain};
    for (const auto& [resource, alias] : aliases_) {
      AppEffect app{alias, roles_on(before, resource), roles_on(now, resource)};
      if (app.before == app.after) continue;
      const bool had = has_seat(app.before);
      const bool has = has_seat(app.after);
      if (had != has) {
        Seats& seats = seats_[resource];
        seats.resource = alias;
        seats.ari = catalog_.name(resource);
        if (has) {
          seats.takers.push_back({seat_calls.at(resource), address});
          seats.takers_certain = seats.takers_certain && certain;
        } else {
          ++seats.freed;
          seats.freed_certain = seats.freed_certain && certain;
        }
      }
      effect.apps.push_back(std::move(app));
    }
    if (effect.apps.empty()) return false;
    std::sort(effect.apps.begin(), effect.apps.end());
    plan_.effects.push_back(std::move(effect));
    return true;
  }

  const Desired& desired_;
  const Snapshot& live_;
  const Catalog& catalog_;
  Plan& plan_;
  std::map<ResourceRef, std::string> aliases_;
  std::map<UserRef, UserChanges> users_;
  std::map<GroupRef, GrantChanges> groups_;
  std::set<GroupRef> deleted_;
  std::map<std::string, UserRef> affected_;
  std::unordered_map<UserRef, std::vector<GroupRef>> memberships_;
  std::set<GroupRef> unread_;
  std::map<ResourceRef, Seats> seats_;
};

void leave_over(Seats& seats) {
  if (!seats.capacity || !seats.usage) return;
  std::int64_t left = *seats.capacity - *seats.usage;
  for (auto begin = seats.takers.begin(); begin != seats.takers.end();) {
    const auto end = std::find_if(begin, seats.takers.end(), [&](const Seats::Taker& taker) {
      return taker.call != begin->call;
    });
    const std::int64_t wanted = end - begin;
    if (wanted <= left) {
      left -= wanted;
    } else {
      std::transform(begin, end, std::back_inserter(seats.left_over),
                     [](const Seats::Taker& taker) { return taker.user; });
    }
    begin = end;
  }
}

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

}  // namespace

bool takes_seat(Role role) {
  return role == Role::user || role == Role::admin;
}

void tell_effects(const PlanInput& input, Plan& plan) {
  plan.effects.clear();
  plan.seats.clear();
  EffectTeller(input, plan).run();
}

bool takes_seats(const Plan& plan) {
  return std::any_of(plan.seats.begin(), plan.seats.end(),
                     [](const Seats& seats) { return !seats.takers.empty(); });
}

void count_seats(std::span<const Workspace> workspaces, Plan& plan) {
  for (Seats& seats : plan.seats) {
    const auto found =
        std::find_if(workspaces.begin(), workspaces.end(),
                     [&](const Workspace& workspace) { return workspace.ari == seats.ari; });
    if (found == workspaces.end()) continue;
    seats.capacity = found->capacity;
    seats.usage = found->usage;
    seats.left_over.clear();
    leave_over(seats);
  }
}

OwnDomains majority_domain(const Snapshot& live, const Catalog& catalog) {
  std::unordered_map<std::string_view, std::size_t> people;
  std::size_t all = 0;
  for (std::size_t i = 0; i < live.live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    if (live.live.find(ref) == nullptr) continue;
    ++all;
    ++people[domain_of(catalog.name(ref))];
  }
  for (const auto& [domain, n] : people) {
    if (n * 2 > all && !domain.empty()) return {{std::string(domain)}, false};
  }
  return {};
}

std::vector<Outsider> outsiders(const Plan& plan) {
  std::map<std::string_view, Outsider> found;
  for (const Change& change : plan.changes) {
    if (plan.own_domains.names.empty() || change.user.empty() || takes_away(change.kind)) continue;
    if (std::binary_search(plan.own_domains.names.begin(), plan.own_domains.names.end(),
                           domain_of(change.user))) {
      continue;
    }
    Outsider& outsider = found[change.user];
    outsider.user = change.user;
    outsider.gifts.push_back(&change);
  }
  std::vector<Outsider> out;
  out.reserve(found.size());
  for (auto& [address, outsider] : found) out.push_back(std::move(outsider));
  return out;
}

bool gives_to_people(const Plan& plan) {
  return std::any_of(plan.changes.begin(), plan.changes.end(), [](const Change& change) {
    return !change.user.empty() && !takes_away(change.kind);
  });
}

}  // namespace rolecall
