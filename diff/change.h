#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policies/desired.h"

namespace rolecall {

/// What can be changed in an organization. The order of the enumeration is the order of apply:
/// what gives comes before what takes, so that a run that stops half-way leaves somebody with too
/// much for a while rather than locked out; org-admin revocations come last of all.
enum class ChangeKind : std::uint8_t {
  create_group,
  grant_group_access,
  restore_user,
  invite_user,
  add_member,
  grant_user_access,
  grant_org_role,
  revoke_group_access,
  revoke_user_access,
  remove_member,
  suspend_user,
  remove_user,
  delete_group,
  revoke_org_role,
};
inline constexpr std::size_t kChangeKindCount = 14;
inline constexpr std::array<std::string_view, kChangeKindCount> kChangeKindNames = {
    "create_group",       "grant_group_access", "restore_user",   "invite_user",
    "add_member",         "grant_user_access",  "grant_org_role", "revoke_group_access",
    "revoke_user_access", "remove_member",      "suspend_user",   "remove_user",
    "delete_group",       "revoke_org_role"};
[[nodiscard]] constexpr std::string_view name(ChangeKind kind) {
  return kChangeKindNames[static_cast<std::size_t>(kind)];
}
[[nodiscard]] std::optional<ChangeKind> parse_change_kind(std::string_view text);

/// Takes something away from somebody. Never planned from reads that were not proved complete.
[[nodiscard]] constexpr bool takes_away(ChangeKind kind) {
  return kind >= ChangeKind::revoke_group_access;
}

/// Where a change comes from, as far as can be proved (diff/origin.h).
enum class Origin : std::uint8_t {
  unknown,
  edit,    ///< the policy says something else than it did at the last run
  drift,   ///< the last run left it as wanted; somebody changed the organization since
  date,    ///< a window opened or closed since the last run
  roster,  ///< a line of a roster says so now and did not at the last run
};
inline constexpr std::array<std::string_view, 5> kOriginNames = {"unknown", "edit", "drift", "date",
                                                                 "roster"};
[[nodiscard]] constexpr std::string_view name(Origin origin) {
  return kOriginNames[static_cast<std::size_t>(origin)];
}

/// One thing that changes for somebody, in natural keys, so that it can be printed, compared and
/// hashed before the group it speaks of exists. Fields that a kind does not use are empty:
///
/// | kind                                   | user | group | resource | role         |
/// | create_group, delete_group             |      | x     |          |              |
/// | grant/revoke_group_access              |      | x     | x        | x            |
/// | invite, suspend, restore, remove_user  | x    |       |          |              |
/// | add/remove_member                      | x    | x     |          |              |
/// | grant/revoke_user_access               | x    |       | x        | x            |
/// | grant/revoke_org_role                  | x    |       |          | "org-admin"  |
struct Change {
  ChangeKind kind{};
  std::string user;        ///< e-mail address
  std::string account_id;  ///< empty while not known (somebody who is to be invited)
  std::string group;       ///< name
  std::string resource;    ///< alias, or the ARI where the policy declares none
  std::string role;
  Cause cause;
  Origin origin = Origin::unknown;

  // Behind the natural keys, for the call and for proving that a saved plan still means the same.
  std::string group_id;     ///< empty while the group does not exist
  std::string ari;          ///< of `resource`
  std::string description;  ///< create_group only
  /// What is lost, or comes back, with it beyond what it names, and how they are whom it is about:
  /// a plan reviewed without that is another one. "org-admin" (suspend_user, remove_user),
  /// "suspended", "3 members, 1 grant (9f86d081884c)" (delete_group; the digits are a digest of who
  /// and what they are), "org-admin, 2 groups (9f86d081884c)" (restore_user).
  std::string goes_along{};

  /// Apply order, then group, user, resource, role. Cause, origin and ids do not take part.
  [[nodiscard]] std::strong_ordering order(const Change& other) const;
};

}  // namespace rolecall
