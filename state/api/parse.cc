#include "state/api/parse.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <limits>

#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

// Longer ids and names are no honest answer.
constexpr std::size_t kLongestId = 512;

std::string text(const json::value& object, std::string_view key) {
  const json::string* found = string_member(object, key);
  return found == nullptr ? std::string() : std::string(*found);
}

std::string_view bare_role(std::string_view role) {
  constexpr std::string_view kPrefix = "atlassian/";
  return role.starts_with(kPrefix) ? role.substr(kPrefix.size()) : role;
}

/// Empty when the account and its membership are understood.
std::string read_status(const json::value& item, ParsedUser& user) {
  const std::string account = text(item, "accountStatus");
  const std::string membership = text(item, "membershipStatus");
  if (account != "active" && account != "inactive" && account != "closed") {
    return account.empty() ? "accountStatus is missing"
                           : fmt::format("unknown accountStatus {}", quote(account));
  }
  user.about.account_active = account == "active";
  if (membership == "active") {
    user.presence = Presence::active;
  } else if (membership == "suspended") {
    user.presence = Presence::suspended;
  } else if (membership != "no_membership") {
    user.presence = Presence::active;  // somewhere in the directory; opaque in any case
    return membership.empty() ? "membershipStatus is missing"
                              : fmt::format("unknown membershipStatus {}", quote(membership));
  }
  return {};
}

}  // namespace

std::string_view bare_id(std::string_view id) {
  return id.substr(id.rfind('/') + 1);
}

ParsedUser parse_user(const json::value& item) {
  ParsedUser user;
  user.about.account_id = text(item, "accountId");
  user.about.name = text(item, "name");
  user.email = text(item, "email");
  user.about.opaque = read_status(item, user);
  // Of people who were invited and have not come yet; the API has no other mark for them.
  const bool* verified = bool_member(item, "emailVerified");
  user.about.accepted = verified == nullptr || *verified;
  const std::string type = text(item, "accountType");
  if (user.about.account_id.empty() || user.about.account_id.size() > kLongestId) {
    user.about.opaque = "accountId is missing or unusable";
    user.about.account_id.clear();
  } else if (!type.empty() && type != "atlassian") {
    user.about.opaque = fmt::format("account type {}", quote(type));
  }
  if (const json::array* roles = array_member(item, "platformRoles")) {
    user.has_platform_roles = true;
    for (const json::value& role : *roles) {
      const json::string* word = role.if_string();
      if (word != nullptr && bare_role(*word) == kOrgAdmin) user.org_admin = true;
    }
  }
  if (const json::array* groups = array_member(item, "groups")) {
    for (const json::value& group : *groups) {
      const json::string* id = string_member(group, "id");
      if (id != nullptr) user.group_ids.emplace_back(bare_id(*id));
    }
  }
  return user;
}

ParsedGroup parse_group(const json::value& item) {
  ParsedGroup group;
  const std::string id = text(item, "id");
  group.about.id = bare_id(id);
  group.name = text(item, "name");
  group.description = text(item, "description");
  if (group.about.id.empty() || id.size() > kLongestId) group.about.opaque = "id is missing";
  if (group.name.empty()) group.about.opaque = "name is missing";
  const std::string managed_by = text(item, "managedBy");
  if (!managed_by.empty() && managed_by != "external" && managed_by != "admins" &&
      managed_by != "team-members" && managed_by != "open") {
    group.about.opaque = fmt::format("unknown managedBy {}", quote(managed_by));
  }
  const bool* synced = bool_member(item, "externalSynced");
  group.about.synced = (synced != nullptr && *synced) || managed_by == "external";
  group.about.modifiable = !group.about.synced;
  group.about.deletable = !group.about.synced;
  if (const json::value* access = member(item, "managementAccess")) {
    const bool* modifiable = bool_member(*access, "modifiable");
    const bool* deletable = bool_member(*access, "deletable");
    if (modifiable != nullptr) group.about.modifiable = group.about.modifiable && *modifiable;
    if (deletable != nullptr) group.about.deletable = group.about.deletable && *deletable;
  }
  if (const json::value* counts = member(item, "counts")) {
    const std::int64_t* users = integer_member(*counts, "users");
    const std::int64_t* resources = integer_member(*counts, "resources");
    constexpr auto kMost = std::int64_t{std::numeric_limits<std::uint32_t>::max()};
    if (users != nullptr && resources != nullptr && *users <= kMost && *resources <= kMost) {
      group.has_counts = true;
      group.about.user_count = static_cast<std::uint32_t>(*users);
      group.about.resource_count = static_cast<std::uint32_t>(*resources);
    }
  }
  return group;
}

std::optional<ParsedRoles> parse_group_roles(const json::value& item) {
  ParsedRoles out{text(item, "resourceId"), {}};
  const json::array* roles = array_member(item, "roles");
  if (out.ari.empty()) return std::nullopt;
  // `defaultRole` is what the resource gives by default, not a grant: it is not read.
  if (roles == nullptr) return out;
  for (const json::value& role : *roles) {
    const json::string* word = role.if_string();
    if (word == nullptr) return std::nullopt;
    out.roles.emplace_back(bare_role(*word));
  }
  return out;
}

std::optional<ParsedRoles> parse_direct_user_roles(const json::value& item) {
  ParsedRoles out{text(item, "resourceId"), {}};
  const json::array* assignments = array_member(item, "roleAssignments");
  // Platform roles (no directory) are not on an app; they may come without a resource.
  if (member(item, "directoryId") == nullptr) return ParsedRoles{std::move(out.ari), {}};
  if (out.ari.empty()) return std::nullopt;
  if (assignments == nullptr) return out;
  for (const json::value& assignment : *assignments) {
    const json::array* methods = array_member(assignment, "roleAssignmentMethods");
    const std::string role = text(assignment, "role");
    if (methods == nullptr || role.empty()) return std::nullopt;
    for (const json::value& method : *methods) {
      const json::string* word = method.if_string();
      if (word != nullptr && *word == "direct") {
        out.roles.emplace_back(bare_role(role));
        break;
      }
    }
  }
  return out;
}

}  // namespace rolecall
