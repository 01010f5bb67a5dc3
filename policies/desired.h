#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/causes.h"
#include "state/model/instant.h"
#include "state/model/org_state.h"

namespace rolecall {

/// What the policy manages about one person. Parallel to Desired::state.users.
struct UserScope {
  bool declared = false;        ///< named by a [users] entry (others may be named as members only)
  bool roles_managed = false;   ///< key `roles` present
  bool access_managed = false;  ///< key `access` present: direct grants on every declared resource
  std::string account_id;       ///< pin; empty for none
  CauseRef state_cause = 0;
  CauseRef roles_cause = 0;              ///< "org-admin" in `roles`, else the key
  CauseRef access_cause = 0;             ///< the `access` key
  std::vector<CauseRef> grant_causes{};  ///< parallel to the user's grants
};

/// What the policy manages about one group. Parallel to Desired::state.groups.
struct GroupScope {
  bool declared = false;
  bool members_managed = false;      ///< any of members, include, match present
  bool additive = false;             ///< nobody is taken out
  bool access_managed = false;       ///< grants on every declared resource
  std::vector<GroupRef> previous{};  ///< previous_names, in order
  CauseRef state_cause = 0;          ///< the [groups.x] header, or the tombstone's `state`
  CauseRef members_cause = 0;        ///< what a removal from the group points to
  CauseRef access_cause = 0;
  std::vector<CauseRef> member_causes{};  ///< parallel to the group's members
  std::vector<CauseRef> grant_causes{};   ///< parallel to the group's grants
  /// Listed in members, but not at this moment, and where that is said; by person.
  std::vector<std::pair<UserRef, CauseRef>> out_of_time{};
};

enum class UnlistedUsers : std::uint8_t { ignore, suspend, remove };
enum class UnlistedGroups : std::uint8_t { ignore, remove };

/// The classes of removals that [safety.limits.CLASS] bounds, in alphabetical order.
enum class LimitClass : std::uint8_t {
  delete_groups,
  remove_members,
  remove_members_per_group,
  remove_users,
  revoke_admins,
  revoke_group_access,
  revoke_user_access,
  suspend_users,
};
inline constexpr std::size_t kLimitClassCount = 8;
inline constexpr std::array<std::string_view, kLimitClassCount> kLimitClassNames = {
    "delete_groups", "remove_members",      "remove_members_per_group", "remove_users",
    "revoke_admins", "revoke_group_access", "revoke_user_access",       "suspend_users"};
[[nodiscard]] constexpr std::string_view name(LimitClass limit) {
  return kLimitClassNames[static_cast<std::size_t>(limit)];
}

/// n removals in a population of N pass when n <= free, or n <= count and n*100 <= percent*N.
struct Limit {
  std::int64_t free = 3;
  std::int64_t percent = 10;
  std::int64_t count = 100;
  bool operator==(const Limit&) const = default;
};

/// The defaults of policy-language.md, "Safety limits".
[[nodiscard]] std::array<Limit, kLimitClassCount> default_limits();

/// A [[acknowledge]] entry: somebody has seen by how much one plan goes beyond a limit, and means
/// it.
struct Acknowledgement {
  LimitClass klass{};
  std::int64_t count = 0;  ///< admits up to so many removals of the class
  std::string plan;        ///< how the plan's digest begins: 12 to 64 hexadecimal digits
  Instant until{};         ///< the first instant at which it no longer counts
  std::string until_text;  ///< as it was written
  std::string reason;
  Place place;
  /// Digest of what it says, wherever it stands. One that was used up and is meant once more has to
  /// say something else: another `until`, another `reason`.
  std::string id;
};

struct Safety {
  std::int64_t min_org_admins = 2;
  std::vector<UserRef> protected_users;
  std::vector<GroupRef> protected_groups;
  std::array<Limit, kLimitClassCount> limits = default_limits();
  std::vector<Acknowledgement> acknowledgements;  ///< in the order of files and lines
};

struct Resource {
  std::string alias;
  ResourceRef ref{};
};

/// The wanted organization at one instant, and what of it is managed.
///
/// In `state.users`: `active` and `suspended` as wanted; a declared person who is `absent` here is
/// wanted removed. Somebody outside their window is wanted suspended. `org_admin` and `grants` mean
/// something only where managed. `state.groups[g].members` are the effective members: include and
/// match resolved, exclude taken out, people who are wanted suspended or removed, or are outside
/// their window, left out. A declared group that is not `present` is a tombstone. What is declared
/// about somebody who is wanted suspended (roles, grants) is here too, and waits for their return.
struct Desired {
  OrgState state;
  std::vector<UserScope> users;
  std::vector<GroupScope> groups;
  Causes causes;                    ///< entry 0 is an empty cause
  std::vector<Resource> resources;  ///< the declared ones, by alias
  std::string organization_id;
  std::string directory;     ///< id or name; empty when left out
  Cause organization_cause;  ///< the [organization] header, for messages
  UnlistedUsers unlisted_users = UnlistedUsers::ignore;
  UnlistedGroups unlisted_groups = UnlistedGroups::ignore;
  CauseRef unlisted_users_cause = 0;
  CauseRef unlisted_groups_cause = 0;
  Safety safety;
  Instant at;
  bool dated = false;  ///< the policy says a `from` or `until` somewhere
  /// SHA-256, 64 hexadecimal digits, of every line that says something: not of blank lines, lines
  /// of comment, and [[acknowledge]], which names the digest of a plan made from the policy.
  std::string policy_digest;

  [[nodiscard]] const UserScope& scope(UserRef ref) const {
    static const UserScope none;
    return index(ref) < users.size() ? users[index(ref)] : none;
  }
  [[nodiscard]] const GroupScope& scope(GroupRef ref) const {
    static const GroupScope none;
    return index(ref) < groups.size() ? groups[index(ref)] : none;
  }
};

}  // namespace rolecall
