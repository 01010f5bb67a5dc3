#include "diff/schedule.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "diff/role_rules.h"

namespace rolecall {
namespace {

/// What an invitation brings along; people with equal bundles can share a call.
using Bundle = std::vector<std::tuple<ChangeKind, std::string, std::string, std::string>>;

struct Invitee {
  std::size_t invitation = 0;
  std::vector<std::size_t> riders{};
  Bundle bundle{};
};

}  // namespace

bool rides_on_invitation(const Change& change) {
  if (change.kind == ChangeKind::add_member) return true;
  // InviteRole of the API document lacks user-access-admin.
  return change.kind == ChangeKind::grant_user_access &&
         change.role != name(Role::user_access_admin);
}

std::vector<Call> schedule(const std::vector<Change>& changes) {
  std::unordered_map<std::string, Invitee> invitees;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].kind == ChangeKind::invite_user) invitees[changes[i].user].invitation = i;
  }
  std::vector<bool> rides(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (!rides_on_invitation(change)) continue;
    const auto it = invitees.find(change.user);
    if (it == invitees.end()) continue;
    rides[i] = true;
    it->second.riders.push_back(i);
    it->second.bundle.emplace_back(change.kind, change.group, change.resource, change.role);
  }

  std::map<Bundle, std::vector<const Invitee*>> bundles;
  std::vector<const Invitee*> in_order;
  for (const auto& [user, invitee] : invitees) in_order.push_back(&invitee);
  std::sort(in_order.begin(), in_order.end(),
            [](const Invitee* a, const Invitee* b) { return a->invitation < b->invitation; });
  for (const Invitee* invitee : in_order) bundles[invitee->bundle].push_back(invitee);

  std::vector<Call> invitations;
  for (const auto& [bundle, people] : bundles) {
    for (std::size_t i = 0; i < people.size(); ++i) {
      if (i % kMostInvitees == 0) invitations.push_back({ChangeKind::invite_user, {}});
      std::vector<std::size_t>& carried = invitations.back().changes;
      carried.push_back(people[i]->invitation);
      carried.insert(carried.end(), people[i]->riders.begin(), people[i]->riders.end());
    }
  }
  std::sort(invitations.begin(), invitations.end(),
            [](const Call& a, const Call& b) { return a.changes.front() < b.changes.front(); });

  std::vector<Call> calls;
  bool invited = false;
  const auto add_invitations = [&] {
    if (!invited) calls.insert(calls.end(), invitations.begin(), invitations.end());
    invited = true;
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].kind >= ChangeKind::invite_user) add_invitations();
    if (changes[i].kind == ChangeKind::invite_user || rides[i]) continue;
    calls.push_back({changes[i].kind, {i}});
  }
  add_invitations();
  return calls;
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

std::vector<std::vector<std::size_t>> prerequisites(const Plan& plan) {
  std::unordered_map<std::string, std::size_t> creates;
  std::unordered_map<std::string, std::size_t>
      makes_present;  // invitations and restores, by person
  std::unordered_map<std::string, std::vector<std::size_t>> gives_to_group;
  std::unordered_map<std::string, std::size_t> removes;  // by account id
  std::unordered_map<std::string, std::vector<std::size_t>>
      lesser;  // what a group is given instead
  const std::unordered_set<std::size_t> lesser_changes = lesser_gifts(plan);
  for (std::size_t c = 0; c < plan.calls.size(); ++c) {
    for (const std::size_t i : plan.calls[c].changes) {
      const Change& change = plan.changes[i];
      if (change.kind == ChangeKind::create_group) creates[change.group] = c;
      if (change.kind == ChangeKind::invite_user || change.kind == ChangeKind::restore_user) {
        makes_present[change.user] = c;
      }
      if (change.kind == ChangeKind::remove_user) removes[change.account_id] = c;
      if (lesser_changes.contains(i)) lesser[change.group].push_back(c);
      if (!change.group.empty() && !takes_away(change.kind)) {
        gives_to_group[change.group].push_back(c);
      }
    }
  }
  std::vector<std::vector<std::size_t>> out(plan.calls.size());
  for (std::size_t c = 0; c < plan.calls.size(); ++c) {
    std::vector<std::size_t>& needs = out[c];
    for (const std::size_t i : plan.calls[c].changes) {
      const Change& change = plan.changes[i];
      // A renamed group goes only after its successor has everything.
      if (change.kind == ChangeKind::delete_group) {
        const auto renamed = plan.renamed.find(change.group);
        if (renamed == plan.renamed.end()) continue;
        // Nor while somebody is in it who was to be removed instead of being taken over.
        if (const auto copied = plan.copied.find(change.group); copied != plan.copied.end()) {
          for (const std::string& account : copied->second.leaving) {
            if (const auto it = removes.find(account); it != removes.end()) {
              needs.push_back(it->second);
            }
          }
        }
        const auto gives = gives_to_group.find(renamed->second);
        if (gives == gives_to_group.end()) continue;
        needs.insert(needs.end(), gives->second.begin(), gives->second.end());
        continue;
      }
      if (change.kind == ChangeKind::create_group) continue;
      if (const auto it = creates.find(change.group); it != creates.end()) {
        needs.push_back(it->second);
      }
      if (change.kind == ChangeKind::add_member) {
        const auto it = lesser.find(change.group);
        if (it != lesser.end()) needs.insert(needs.end(), it->second.begin(), it->second.end());
      }
      if (const auto it = makes_present.find(change.user);
          it != makes_present.end() && it->second != c) {
        needs.push_back(it->second);
      }
    }
    std::sort(needs.begin(), needs.end());
    needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
  }
  return out;
}

}  // namespace rolecall
