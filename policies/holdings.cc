#include "policies/holdings.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// Where `match` of a group and an attribute of the person meet: the row where it comes from a
/// roster.
At matched_at(const Policy& policy, const GroupDecl& group, PersonId person) {
  const UserDecl* user = policy.user(person);
  for (const MatchKey& key : group.match) {
    const Attribute* found = user == nullptr ? nullptr : attribute(*user, key.attribute);
    if (found != nullptr && policy.is_roster(found->at)) return found->at;
  }
  return group.match_at.value_or(group.at);
}

}  // namespace

const EffectiveMember* find_member(const EffectiveGroups& groups, std::uint32_t group,
                                   PersonId person) {
  const std::vector<EffectiveMember>& members = groups[group];
  const auto found =
      std::lower_bound(members.begin(), members.end(), person,
                       [](const EffectiveMember& left, PersonId p) { return left.person < p; });
  return found == members.end() || found->person != person ? nullptr : &*found;
}

Way way_into(const Policy& policy, const EffectiveGroups& groups, std::uint32_t group,
             const EffectiveMember& member) {
  Way way;
  std::string through;
  const EffectiveMember* found = &member;
  // Each group comes after those it includes, so this ends.
  while (found->origin == MemberOrigin::include) {
    const IncludeRef& include = policy.groups[group].include[found->index];
    if (way.words.empty()) way.words = quote(policy.groups[group].name.display());
    through += fmt::format("{} {}", through.empty() ? " (which includes" : ",",
                           quote(include.name.display()));
    way.places.insert(way.places.begin(), policy.place(include.at));
    group = *include.group;
    found = find_member(groups, group, member.person);
  }
  const GroupDecl& origin = policy.groups[group];
  if (way.words.empty()) way.words = quote(origin.name.display());
  way.words = fmt::format("group {}{}{}", way.words, through, through.empty() ? "" : ")");
  way.places.insert(way.places.begin(),
                    policy.place(found->origin == MemberOrigin::members
                                     ? origin.members[found->index].at
                                     : matched_at(policy, origin, member.person)));
  return way;
}

const At* find_role(const std::optional<AccessDecl>& access, std::string_view alias, Role role) {
  if (!access) return nullptr;
  for (const GrantDecl& grant : access->grants) {
    if (grant.alias != alias) continue;
    for (const auto& [granted, at] : grant.roles) {
      if (granted == role) return &at;
    }
  }
  return nullptr;
}

bool is_wanted_active(const Policy& policy, PersonId person, Instant at) {
  const UserDecl* user = policy.user(person);
  return user == nullptr || wanted_active(policy, *user, at);
}

}  // namespace rolecall
