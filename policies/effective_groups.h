#pragma once

#include <cstdint>
#include <optional>
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
[[nodiscard]] std::optional<EffectiveGroups> effective_groups(const Policy& policy,
                                                              std::optional<Instant> at);

[[nodiscard]] bool is_inside(const Window& window, Instant at);
[[nodiscard]] bool wanted_active(const Policy& policy, const UserDecl& user, Instant at);

}  // namespace rolecall
