#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rolecall::simulator {

/// Place of a person, group, workspace or directory in its table of the World. Places are never
/// given away again, so that a cursor that holds one stays true while the organization changes.
using Index = std::uint32_t;

/// Every role the API can show or take, one bit each.
using RoleSet = std::uint16_t;

inline constexpr std::array<std::string_view, 12> kRoles = {
    "atlassian/user",        "atlassian/admin",       "atlassian/guest",
    "atlassian/customer",    "atlassian/contributor", "atlassian/basic",
    "atlassian/stakeholder", "atlassian/viewer",      "atlassian/user-access-admin",
    "atlassian/org-admin",   "atlassian/site-admin",  "atlassian/ai-access"};

inline constexpr RoleSet kAllRoles = (1U << kRoles.size()) - 1;

/// Nothing for a role that does not exist. The name is the API's, with "atlassian/".
[[nodiscard]] constexpr std::optional<RoleSet> find_role(std::string_view name) {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (kRoles[i] == name) return static_cast<RoleSet>(1U << i);
  }
  return std::nullopt;
}

inline constexpr RoleSet kUserRole = *find_role("atlassian/user");
inline constexpr RoleSet kAdminRole = *find_role("atlassian/admin");
inline constexpr RoleSet kOrgAdminRole = *find_role("atlassian/org-admin");
inline constexpr RoleSet kUserAccessAdminRole = *find_role("atlassian/user-access-admin");
/// Roles that take up a seat; all others are free (facts.md section 7).
inline constexpr RoleSet kSeatRoles = kUserRole | kAdminRole;
/// Roles held on the organization, not on an app: User.platformRoles.
inline constexpr RoleSet kPlatformRoles = kOrgAdminRole | kUserAccessAdminRole |
                                          *find_role("atlassian/site-admin") |
                                          *find_role("atlassian/ai-access");

/// Calls `visit` with the name of each role in the set, in the order of kRoles.
template <class Visit>
void for_each_role(RoleSet roles, Visit visit) {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if ((static_cast<unsigned>(roles) >> i & 1U) != 0) visit(kRoles[i]);
  }
}

/// Roles on one app instance.
struct Access {
  Index resource = 0;
  RoleSet roles = 0;
  bool operator==(const Access&) const = default;
};

/// Sorted by resource, each once, none without a role.
using AccessList = std::vector<Access>;

[[nodiscard]] RoleSet roles_on(const AccessList& access, Index resource);
void add_roles(AccessList& access, Index resource, RoleSet roles);
void take_roles(AccessList& access, Index resource, RoleSet roles);

}  // namespace rolecall::simulator
