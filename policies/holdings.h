#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policies/effective_groups.h"

// What people are wanted to have, and through what: for rules and tests.

namespace rolecall {

/// One way by which somebody has something.
struct Way {
  std::string words;          ///< "group "all" (which includes "backend")"
  std::vector<Place> places;  ///< the line or row that names the person first
};

/// How the person came to be in the group, of which `member` is their entry in `groups`.
[[nodiscard]] Way way_into(const Policy& policy, const EffectiveGroups& groups, std::uint32_t group,
                           const EffectiveMember& member);

/// Null for somebody who is not in the group.
[[nodiscard]] const EffectiveMember* find_member(const EffectiveGroups& groups, std::uint32_t group,
                                                 PersonId person);

/// Where `access` gives the role on the resource; null where it does not.
[[nodiscard]] const At* find_role(const std::optional<AccessDecl>& access, std::string_view alias,
                                  Role role);

/// Whether the policy wants the person active then. People whom it names and does not declare it
/// leaves as they are: they count as active.
[[nodiscard]] bool is_wanted_active(const Policy& policy, PersonId person, Instant at);

}  // namespace rolecall
