#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rolecall {

/// A role on an app, as policies name it (without the API's `atlassian/`), in alphabetical order.
/// Roles that the API can show but not write (ai-access, site-admin, ones added later) are not
/// here: they are never in a diff (facts.md section 7).
enum class Role : std::uint8_t {
  admin,
  basic,
  contributor,
  customer,
  guest,
  stakeholder,
  user,
  user_access_admin,
  viewer,  ///< for groups only: roles/assign for users does not take it
};

inline constexpr std::size_t kRoleCount = 9;

/// In the order of the enumeration.
inline constexpr std::array<std::string_view, kRoleCount> kRoleNames = {
    "admin",       "basic", "contributor",       "customer", "guest",
    "stakeholder", "user",  "user-access-admin", "viewer"};

[[nodiscard]] constexpr std::string_view name(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

[[nodiscard]] constexpr std::optional<Role> parse_role(std::string_view text) {
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    if (kRoleNames[i] == text) return static_cast<Role>(i);
  }
  return std::nullopt;
}

/// The organization-level role that policies know.
inline constexpr std::string_view kOrgAdmin = "org-admin";

}  // namespace rolecall
