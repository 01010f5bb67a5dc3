#include "state/api/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <cstring>

#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

// Longer ids and names are no honest answer.
constexpr std::size_t kLongestId = 512;
constexpr std::size_t kLongestName = 1'024;

std::string text(const json::value& object, std::string_view key) {
  const json::string* found = string_member(object, key);
  return found == nullptr ? std::string() : std::string(*found);
}

std::string_view bare_role(std::string_view role) {
  constexpr std::string_view kPrefix = "atlassian/";
  return role.starts_with(kPrefix) ? role.substr(kPrefix.size()) : role;
}

/// Reads the members of one item of a listing. Absent and null are the same to the API; what is
/// there and of another type is not understood.
class Item {
 public:
  Item(const json::value& item, std::string_view endpoint) : item_(item), endpoint_(endpoint) {}

  std::string text(std::string_view key) {
    const json::value* found = member(item_, key);
    if (found != nullptr && !found->is_string()) doubt(fmt::format("{} is no text", key), key);
    return rolecall::text(item_, key);
  }
  /// Nothing where the item does not say.
  const bool* flag(std::string_view key) {
    const json::value* found = member(item_, key);
    if (found != nullptr && !found->is_bool()) {
      doubt(fmt::format("{} is neither true nor false", key), key);
    }
    return bool_member(item_, key);
  }
  const json::array* list(std::string_view key) {
    const json::value* found = member(item_, key);
    if (found != nullptr && !found->is_array()) doubt(fmt::format("{} is no list", key), key);
    return array_member(item_, key);
  }

  /// The first doubt counts.
  void doubt(std::string what, std::string_view key) {
    if (opaque.empty()) opaque = fmt::format("{} ({}: $.data[].{})", what, endpoint_, key);
  }
  void unknown(std::string_view key, std::string_view word) {
    doubt(word.empty() ? fmt::format("{} is missing", key)
                       : fmt::format("unknown {} {}", key, quote(word)),
          key);
  }

  std::string opaque;  ///< why it is not understood

 private:
  const json::value& item_;
  std::string_view endpoint_;
};

void read_status(Item& item, ParsedUser& user) {
  const std::string account = item.text("accountStatus");
  const std::string membership = item.text("membershipStatus");
  if (account != "active" && account != "inactive" && account != "closed") {
    item.unknown("accountStatus", account);
  }
  user.about.account_active = account == "active";
  if (membership == "suspended") {
    user.presence = Presence::suspended;
  } else if (membership != "no_membership") {
    user.presence = Presence::active;  // where it is not understood: somewhere in the directory
  }
  if (membership != "active" && membership != "suspended" && membership != "no_membership") {
    item.unknown("membershipStatus", membership);
  }
}

}  // namespace

IsWanted wanted_members(Operation operation) {
  if (operation != Operation::searchDirectoryUsers) return nullptr;
  // The groups that people are in make up most of a page; they stand at depth 3.
  return [](std::size_t depth, std::string_view name) { return depth < 3 || name == "id"; };
}

std::string_view bare_id(std::string_view id) {
  const auto* slash = static_cast<const char*>(::memrchr(id.data(), '/', id.size()));
  return slash == nullptr ? id : id.substr(static_cast<std::size_t>(slash - id.data()) + 1);
}

ParsedUser parse_user(const json::value& value) {
  Item item(value, "users/search");
  ParsedUser user;
  user.about.account_id = text(value, "accountId");
  if (user.about.account_id.empty() || user.about.account_id.size() > kLongestId) {
    item.doubt("accountId is missing or unusable", "accountId");
    user.about.account_id.clear();
  }
  const std::string type = item.text("accountType");
  if (!type.empty() && type != "atlassian") {
    item.doubt(fmt::format("account type {}", quote(type)), "accountType");
  }
  read_status(item, user);
  user.about.name = item.text("name");
  user.email = item.text("email");
  // Of people who were invited and have not come yet; the API has no other mark for them.
  const bool* verified = item.flag("emailVerified");
  user.about.accepted = verified == nullptr || *verified;
  if (const json::array* roles = item.list("platformRoles")) {
    user.has_platform_roles = true;
    for (const json::value& role : *roles) {
      const json::string* word = role.if_string();
      if (word == nullptr) item.doubt("a role is no text", "platformRoles[]");
      if (word != nullptr && bare_role(*word) == kOrgAdmin) user.org_admin = true;
    }
  }
  // A group that is missing here shows when members are counted.
  if (const json::array* groups = item.list("groups")) {
    user.has_groups = true;
    user.group_ids.reserve(groups->size());
    for (const json::value& group : *groups) {
      const json::string* id = string_member(group, "id");
      if (id == nullptr) item.doubt("a group's id is missing or no text", "groups[].id");
      if (id != nullptr) user.group_ids.emplace_back(bare_id(*id));
    }
  }
  user.about.opaque = std::move(item.opaque);
  return user;
}

ParsedGroup parse_group(const json::value& value) {
  Item item(value, "groups/search");
  ParsedGroup group;
  const std::string id = text(value, "id");
  group.about.id = bare_id(id);
  group.name = item.text("name");
  group.description = item.text("description");
  if (group.name.empty()) item.doubt("name is missing", "name");
  if (group.name.size() > kLongestName) {
    item.doubt("name is too long", "name");
    group.name.resize(kLongestName);
  }
  if (group.about.id.empty() || id.size() > kLongestId) {
    item.doubt("id is missing or unusable", "id");
    group.about.id.clear();
  }
  const std::string managed_by = item.text("managedBy");
  if (!managed_by.empty() && managed_by != "external" && managed_by != "admins" &&
      managed_by != "team-members" && managed_by != "open") {
    item.unknown("managedBy", managed_by);
  }
  const bool* synced = item.flag("externalSynced");
  group.about.synced = (synced != nullptr && *synced) || managed_by == "external";
  group.about.modifiable = !group.about.synced;
  group.about.deletable = !group.about.synced;
  if (const json::value* access = member(value, "managementAccess")) {
    if (!access->is_object()) item.doubt("managementAccess is no object", "managementAccess");
    const auto allowed = [&](std::string_view key) {
      const json::value* found = member(*access, key);
      const bool* yes = bool_member(*access, key);
      if (found != nullptr && yes == nullptr) {
        item.doubt(fmt::format("{} is neither true nor false", key),
                   fmt::format("managementAccess.{}", key));
      }
      return yes == nullptr || *yes;
    };
    group.about.modifiable = allowed("modifiable") && group.about.modifiable;
    group.about.deletable = allowed("deletable") && group.about.deletable;
  }
  group.about.resource_count = LiveGroup::kNotCounted;
  if (const json::value* counts = member(value, "counts")) {
    const std::int64_t* users = integer_member(*counts, "users");
    const std::int64_t* resources = integer_member(*counts, "resources");
    if (users != nullptr && *users < LiveGroup::kNotCounted) {
      group.has_counts = true;
      group.about.user_count = static_cast<std::uint32_t>(*users);
    }
    if (resources != nullptr && *resources < LiveGroup::kNotCounted) {
      group.about.resource_count = static_cast<std::uint32_t>(*resources);
    }
  }
  group.about.opaque = std::move(item.opaque);
  return group;
}

Result<ParsedRoles> parse_group_roles(const json::value& item) {
  ParsedRoles out{text(item, "resourceId"), {}};
  if (out.ari.empty()) return fail("$.data[].resourceId is missing or no text");
  const json::value* roles = member(item, "roles");
  // `defaultRole` is what the resource gives by default, not a grant; it may stand alone.
  if (roles == nullptr && string_member(item, "defaultRole") != nullptr) return out;
  if (roles == nullptr) return fail("$.data[].roles is missing");
  if (!roles->is_array()) return fail("$.data[].roles is no list");
  for (const json::value& role : roles->get_array()) {
    const json::string* word = role.if_string();
    if (word == nullptr) return fail("$.data[].roles[] is no text");
    out.roles.emplace_back(bare_role(*word));
  }
  return out;
}

Result<ParsedRoles> parse_direct_user_roles(const json::value& item) {
  ParsedRoles out{text(item, "resourceId"), {}};
  if (!item.is_object()) return fail("$.data[] is no object");
  const json::value* assignments = member(item, "roleAssignments");
  // Platform roles (no directory) are not on an app; they may come without a resource.
  if (member(item, "directoryId") == nullptr) {
    constexpr std::string_view kMembers[] = {"directoryId",     "resourceId",
                                             "resourceOwner",   "roles",
                                             "roleAssignments", "userDirectoryStatus"};
    const auto& object = item.get_object();
    if (std::none_of(std::begin(kMembers), std::end(kMembers),
                     [&](std::string_view name) { return object.contains(name); })) {
      return fail("$.data[] has no member that is known");
    }
    return ParsedRoles{std::move(out.ari), {}};
  }
  if (out.ari.empty()) return fail("$.data[].resourceId is missing or no text");
  if (assignments == nullptr) return fail("$.data[].roleAssignments is missing");
  if (!assignments->is_array()) return fail("$.data[].roleAssignments is no list");
  for (const json::value& assignment : assignments->get_array()) {
    const json::array* methods = array_member(assignment, "roleAssignmentMethods");
    const std::string role = text(assignment, "role");
    if (role.empty()) return fail("$.data[].roleAssignments[].role is missing or no text");
    if (methods == nullptr) {
      return fail("$.data[].roleAssignments[].roleAssignmentMethods is missing or no list");
    }
    bool direct = false;
    for (const json::value& method : *methods) {
      const json::string* word = method.if_string();
      if (word == nullptr) {
        return fail("$.data[].roleAssignments[].roleAssignmentMethods[] is no text");
      }
      direct = direct || *word == "direct";
      if (*word != "direct" && *word != "group_direct" && *word != "inferred") {
        out.opaque = fmt::format(
            "unknown roleAssignmentMethods {} (role-assignments: "
            "$.data[].roleAssignments[].roleAssignmentMethods[])",
            quote(*word));
      }
    }
    if (direct) out.roles.emplace_back(bare_role(role));
  }
  return out;
}

Result<bool> shows_org_admin(const json::value& item) {
  if (!item.is_object()) return fail("$.data[] is no object");
  // Of these two one is deprecated (facts.md section 10): either may be missing.
  const json::value* roles = member(item, "roles");
  const json::value* assignments = member(item, "roleAssignments");
  if (roles == nullptr && assignments == nullptr) {
    return fail("$.data[].roles and $.data[].roleAssignments are missing");
  }
  bool shows = false;
  bool fine = true;
  const auto look = [&](const json::value* list, const auto& role_of) {
    if (list == nullptr) return;
    fine = fine && list->is_array();
    if (!list->is_array()) return;
    for (const json::value& entry : list->get_array()) {
      const std::string role = role_of(entry);
      fine = fine && !role.empty();
      shows = shows || bare_role(role) == kOrgAdmin;
    }
  };
  look(roles, [](const json::value& role) {
    return role.is_string() ? std::string(role.get_string()) : std::string();
  });
  look(assignments, [](const json::value& assignment) { return text(assignment, "role"); });
  if (!fine && !shows) return fail("$.data[]: a role is no text");
  return shows;
}

}  // namespace rolecall
