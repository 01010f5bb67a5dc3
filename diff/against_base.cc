#include "diff/against_base.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace rolecall {
namespace {

auto identity(const Change& change) {
  const std::string& resource = change.ari.empty() ? change.resource : change.ari;
  return std::tie(change.kind, change.group, change.group_id, change.user, change.account_id,
                  resource, change.role, change.description);
}

struct ByIdentity {
  bool operator()(const Change* left, const Change* right) const {
    return identity(*left) < identity(*right);
  }
};
using Changes = std::set<const Change*, ByIdentity>;

Changes all_of(const Plan& plan) {
  Changes out;
  for (const Change& change : plan.changes) out.insert(&change);
  return out;
}

/// With what showing changes needs, and nothing else.
Plan shell_of(const Plan& plan) {
  Plan out;
  out.names = plan.names;
  out.renamed = plan.renamed;
  return out;
}

}  // namespace

AgainstBase compare(const Plan& plan, const Plan& base) {
  AgainstBase out;
  out.policy_digest = base.policy_digest;
  const Changes before = all_of(base);
  const Changes after = all_of(plan);
  for (const Change& change : plan.changes) out.in_base.push_back(before.contains(&change));
  for (const Change& change : base.changes) {
    if (after.contains(&change)) continue;
    out.dropped.push_back(change);
    const auto name = base.names.find(change.user);
    if (name != base.names.end()) out.names.insert(*name);
  }
  return out;
}

Plan part_of(const Plan& plan, const AgainstBase& base, bool in_base) {
  Plan out = shell_of(plan);
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    const bool known = i < base.in_base.size() && base.in_base[i];
    if (known == in_base) out.changes.push_back(plan.changes[i]);
  }
  return out;
}

Plan dropped_part(const Plan& plan, const AgainstBase& base) {
  Plan out = shell_of(plan);
  out.names.insert(base.names.begin(), base.names.end());
  out.changes = base.dropped;
  return out;
}

Snapshot pinned_as(const Snapshot& live, const Desired& other) {
  Snapshot out = live;
  std::unordered_map<std::string, UserRef> places;
  for (std::size_t i = 0; i < live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    if (live.live.find(ref) != nullptr) places.emplace(live.users[i].account_id, ref);
  }
  std::unordered_map<std::uint32_t, UserRef> moved;
  for (std::size_t i = 0; i < other.users.size(); ++i) {
    const auto to = static_cast<UserRef>(i);
    const auto place = places.find(other.users[i].account_id);
    if (other.users[i].account_id.empty() || place == places.end() || place->second == to) continue;
    if (live.live.find(to) != nullptr) continue;
    User& target = out.live.user(to);
    if (out.users.size() < out.live.users.size()) out.users.resize(out.live.users.size());
    const std::size_t from = index(place->second);
    target = std::exchange(out.live.users[from], User());
    out.users[i] = std::exchange(out.users[from], LiveUser());
    moved.emplace(static_cast<std::uint32_t>(from), to);
  }
  if (moved.empty()) return out;
  for (Group& group : out.live.groups) {
    for (UserRef& member : group.members) {
      const auto found = moved.find(static_cast<std::uint32_t>(index(member)));
      if (found != moved.end()) member = found->second;
    }
    std::sort(group.members.begin(), group.members.end());
  }
  return out;
}

}  // namespace rolecall
