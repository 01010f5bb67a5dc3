#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/policy_data.h"

namespace rolecall {

/// More memberships than this, all groups together, is a mistake with `include` or an attack: a
/// chain of groups multiplies its members.
inline constexpr std::size_t kMaxMemberships = 10'000'000;

/// Where a member of a group comes from: the first of members, include, match that names them.
enum class MemberOrigin : std::uint8_t { members, include, match };

struct EffectiveMember {
  PersonId person = 0;
  MemberOrigin origin = MemberOrigin::members;
  std::uint32_t index = 0;  ///< into the group's `members` or `include`
};

/// The members of every group, by person. Parallel to Policy::groups.
using EffectiveGroups = std::vector<std::vector<EffectiveMember>>;

/// Resolves members, include and match, and takes exclude out. At an instant, people who are wanted
/// suspended then, or are outside their own or their entry's window, are left out; without one
/// everybody whom the policy names is in, which is what `empty` is about. Groups that are not in
/// Policy::group_order stay without members. Nothing when there are more than kMaxMemberships.
/// With `only`, by PersonId, all others are left out, which is quick for a few people.
[[nodiscard]] std::optional<EffectiveGroups> effective_groups(
    const Policy& policy, std::optional<Instant> at, const std::vector<bool>* only = nullptr);

/// Null where the person has none of that name.
[[nodiscard]] const Attribute* attribute(const UserDecl& user, std::string_view name);
[[nodiscard]] bool agrees(const UserDecl& user, const MatchKey& key);

[[nodiscard]] bool is_inside(const Window& window, Instant at);
[[nodiscard]] bool wanted_active(const Policy& policy, const UserDecl& user, Instant at);

/// What says that somebody is not wanted active then: "state = "suspended"", "outside its window
/// (until 2027-02-28)". Only of somebody who is not.
struct WhyInactive {
  std::string words;
  At at;
};
[[nodiscard]] WhyInactive why_inactive(const Policy& policy, const UserDecl& user, Instant at);

}  // namespace rolecall
