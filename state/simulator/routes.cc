#include "state/simulator/operation.h"

namespace rolecall::simulator {
namespace {

using Type = Field::Type;

// Enumerations of the API's document.
constexpr std::string_view kReadableRoles[] = {"atlassian/user",
                                               "atlassian/admin",
                                               "atlassian/guest",
                                               "atlassian/customer",
                                               "atlassian/user-access-admin",
                                               "atlassian/contributor",
                                               "atlassian/basic",
                                               "atlassian/stakeholder",
                                               "atlassian/org-admin",
                                               "atlassian/site-admin",
                                               "atlassian/ai-access"};
constexpr std::string_view kUserWritableRoles[] = {
    "atlassian/user",      "atlassian/user-access-admin", "atlassian/admin",
    "atlassian/guest",     "atlassian/contributor",       "atlassian/customer",
    "atlassian/basic",     "atlassian/stakeholder",       "atlassian/org-admin",
    "atlassian/site-admin"};
constexpr std::string_view kOrgRoles[] = {"atlassian/org-admin"};
constexpr std::string_view kClaimStatuses[] = {"managed", "unmanaged"};
constexpr std::string_view kUserExpansions[] = {"platformRoles", "counts.resources",
                                                "productAccess", "groups"};
constexpr std::string_view kGroupExpansions[] = {"counts.resources", "counts.users"};
constexpr std::string_view kDirections[] = {"asc", "desc"};
constexpr std::string_view kUserSortFields[] = {"nick_name"};
constexpr std::string_view kGroupSortFields[] = {"name"};
constexpr std::string_view kEventProducts[] = {"bitbucket", "confluence", "guard_detect", "jira",
                                               "loom"};

Field text(std::string_view name) {
  return {name};
}
Field required_text(std::string_view name, std::span<const std::string_view> one_of = {}) {
  return {name, Type::text, 0, 0, one_of, nullptr, true};
}
Field integer(std::string_view name, std::int64_t max) {
  return {name, Type::integer, 1, max};
}
Field texts(std::string_view name, std::int64_t max,
            std::span<const std::string_view> one_of = {}) {
  return {name, Type::texts, 0, max, one_of};
}
Field boolean(std::string_view name) {
  return {name, Type::boolean};
}
Field one_of(std::string_view name, std::span<const std::string_view> values) {
  return {name, Type::text, 0, 0, values};
}

const Schema& sort_by(bool users) {
  static const Schema kUsers{
      {required_text("field", kUserSortFields), required_text("direction", kDirections)}};
  static const Schema kGroups{
      {required_text("field", kGroupSortFields), required_text("direction", kDirections)}};
  return users ? kUsers : kGroups;
}

Schema operator+(Schema left, const Schema& right) {
  left.fields.insert(left.fields.end(), right.fields.begin(), right.fields.end());
  return left;
}

Schema page() {
  return {{text("cursor"), integer("limit", 100)}};
}

Schema user_filters() {
  return {{texts("accountIds", 10), texts("directoryIds", 10), texts("resourceIds", 20),
           texts("groupIds", 10), boolean("mfaEnabled"), one_of("claimStatus", kClaimStatuses),
           texts("status", 5, kStatuses), texts("accountStatus", 3, kAccountStatuses),
           texts("membershipStatus", 3, kMembershipStatuses), texts("roleIds", 10, kReadableRoles),
           texts("emailDomains", 10), text("searchTerm")}};
}

Schema user_search() {
  return page() + user_filters() +
         Schema{{texts("emails", 100),
                 texts("expand", 4, kUserExpansions),
                 {"sortBy", Type::objects, 0, 1, {}, &sort_by(true)}}};
}

Schema group_filters(bool search) {
  // The search's document types roleIds as free strings, the query's as the enumeration.
  return {{texts("directoryIds", 10), texts("accountIds", 10), texts("groupIds", 10),
           texts("resourceOwners", 10), texts("resourceIds", 20),
           search ? texts("roleIds", 10) : texts("roleIds", 10, kReadableRoles),
           text("searchTerm")}};
}

Schema group_search() {
  return page() + group_filters(true) +
         Schema{{texts("groupNames", 100),
                 texts("expand", 2, kGroupExpansions),
                 {"sortBy", Type::objects, 0, 1, {}, &sort_by(false)}}};
}

Schema assignment_filters() {
  return page() + Schema{{texts("directoryIds", 10), texts("resourceOwners", 10),
                          texts("resourceIds", 20), texts("roleIds", 10, kReadableRoles)}};
}

Schema invitation() {
  static const Schema kRule{{required_text("resource"), required_text("role")}};
  return {{{"emails", Type::texts, 1, 25, {}, nullptr, true},
           {"permissionRules", Type::objects, 0, 0, {}, &kRule},
           texts("additionalGroups", 0),
           boolean("sendNotification"),
           text("notificationText")}};
}

Schema workspace_search() {
  return {{{"query", Type::object, 0, 0, {}, nullptr, false, true},
           integer("limit", 100),
           {"sort", Type::objects, 0, 0, {}, nullptr, false, true},
           {"cursor", Type::text, 0, 0, {}, nullptr, false, true}}};
}

Schema user_role() {
  return {{required_text("role", kUserWritableRoles), text("resource")}};
}
Schema org_role() {
  return {{required_text("role", kOrgRoles)}};
}
// Roles that are unknown here do not fit the resource: another code than that of a bad body.
Schema group_role() {
  return {{required_text("resourceId"), required_text("roleId")}};
}
Schema new_group() {
  return {{required_text("name"), text("description")}};
}
Schema new_member() {
  return {{required_text("accountId")}};
}

Schema event_query() {
  return {{text("cursor"), text("q"), text("from"), text("to"), text("action"), texts("actor", 100),
           texts("ip", 100), texts("product", 5, kEventProducts), text("location"),
           integer("limit", 500)}};
}
Schema stream_query() {
  return {{text("cursor"), text("from"), text("to"), integer("limit", 500),
           one_of("sortOrder", kDirections)}};
}

void add_organization_routes(std::vector<Route>& out) {
  const Schema cursor{{text("cursor")}};
  const Schema directory_query =
      page() + Schema{{text("accountId"), texts("directoryIds", 10), text("searchTerm")}};
  out.push_back({"getOrgs", "GET", "/v1/orgs", reads::orgs, cursor, {}, false, Paging::query});
  out.push_back({"getOrgById", "GET", "/v1/orgs/{orgId}", reads::org, {}, {}});
  out.push_back({"getDirectoriesForOrg",
                 "GET",
                 "/v2/orgs/{orgId}/directories",
                 reads::directories,
                 directory_query,
                 {},
                 false,
                 Paging::query});
  out.push_back({"getDomains",
                 "GET",
                 "/v1/orgs/{orgId}/domains",
                 reads::domains,
                 cursor,
                 {},
                 false,
                 Paging::query});
  out.push_back(
      {"getDomainById", "GET", "/v1/orgs/{orgId}/domains/{domainId}", reads::domain, {}, {}});
  out.push_back({"queryWorkspaces",
                 "POST",
                 "/v2/orgs/{orgId}/workspaces",
                 reads::workspaces,
                 {},
                 workspace_search(),
                 true,
                 Paging::alone});
  out.push_back({"getEvents",
                 "GET",
                 "/v1/orgs/{orgId}/events",
                 reads::events,
                 event_query(),
                 {},
                 false,
                 Paging::query});
  out.push_back({"pollEvents",
                 "GET",
                 "/v1/orgs/{orgId}/events-stream",
                 reads::events_stream,
                 stream_query(),
                 {},
                 false,
                 Paging::query});
}

void add_user_routes(std::vector<Route>& out) {
  out.push_back({"inviteUsers",
                 "POST",
                 "/v2/orgs/{orgId}/users/invite",
                 writes::invite,
                 {},
                 invitation(),
                 true});
  out.push_back({"assignRole",
                 "POST",
                 "/v1/orgs/{orgId}/users/{userId}/roles/assign",
                 writes::assign_role,
                 {},
                 user_role(),
                 true,
                 Paging::none,
                 true});
  out.push_back({"revokeRole",
                 "POST",
                 "/v1/orgs/{orgId}/users/{userId}/roles/revoke",
                 writes::revoke_role,
                 {},
                 user_role(),
                 true,
                 Paging::none,
                 true});
  out.push_back({"assignOrganizationLevelRole",
                 "POST",
                 "/v1/orgs/{orgId}/users/{userId}/role-assignments/assign",
                 writes::assign_org_admin,
                 {},
                 org_role(),
                 true,
                 Paging::none,
                 true});
  out.push_back({"revokeOrganizationLevelRole",
                 "POST",
                 "/v1/orgs/{orgId}/users/{userId}/role-assignments/revoke",
                 writes::revoke_org_admin,
                 {},
                 org_role(),
                 true,
                 Paging::none,
                 true});
  out.push_back({"getUserLastActiveDates",
                 "GET",
                 "/v1/orgs/{orgId}/directory/users/{accountId}/last-active-dates",
                 reads::last_active_dates,
                 {{text("cursor")}},
                 {},
                 false,
                 Paging::query});
  out.push_back({"getDirectoryUsers",
                 "GET",
                 "/v2/orgs/{orgId}/directories/{directoryId}/users",
                 reads::users,
                 page() + user_filters(),
                 {},
                 false,
                 Paging::query});
  out.push_back({"searchDirectoryUsers",
                 "POST",
                 "/v2/orgs/{orgId}/directories/{directoryId}/users/search",
                 reads::users,
                 {},
                 user_search(),
                 false,
                 Paging::search});
  out.push_back({"getDirectoryUsersCount",
                 "GET",
                 "/v2/orgs/{orgId}/directories/{directoryId}/users/count",
                 reads::users_count,
                 user_filters(),
                 {}});
  out.push_back({"removeDirectoryUser",
                 "DELETE",
                 "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}",
                 writes::remove,
                 {},
                 {}});
  out.push_back({"suspendDirectoryUser",
                 "POST",
                 "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend",
                 writes::suspend,
                 {},
                 {}});
  out.push_back({"restoreDirectoryUser",
                 "POST",
                 "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/restore",
                 writes::restore,
                 {},
                 {}});
  out.push_back({"getUserRoleAssignments",
                 "GET",
                 "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/role-assignments",
                 reads::user_roles,
                 assignment_filters(),
                 {},
                 false,
                 Paging::query});
}

void add_group_routes(std::vector<Route>& out) {
  out.push_back({"getGroups",
                 "GET",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups",
                 reads::groups,
                 page() + group_filters(false),
                 {},
                 false,
                 Paging::query});
  out.push_back({"createGroup",
                 "POST",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups",
                 writes::create_group,
                 {},
                 new_group(),
                 true});
  out.push_back({"searchDirectoryGroups",
                 "POST",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups/search",
                 reads::groups,
                 {},
                 group_search(),
                 false,
                 Paging::search});
  out.push_back({"getGroupsCount",
                 "GET",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups/count",
                 reads::groups_count,
                 group_filters(false),
                 {}});
  out.push_back({"getGroup",
                 "GET",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}",
                 reads::group,
                 {},
                 {}});
  out.push_back({"deleteGroup",
                 "DELETE",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}",
                 writes::delete_group,
                 {},
                 {}});
  out.push_back({"addUserToGroup",
                 "POST",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships",
                 writes::add_member,
                 {},
                 new_member(),
                 true});
  out.push_back(
      {"removeUserFromGroup",
       "DELETE",
       "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships/{accountId}",
       writes::remove_member,
       {},
       {}});
  out.push_back({"getGroupRoleAssignments",
                 "GET",
                 "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments",
                 reads::group_roles,
                 assignment_filters(),
                 {},
                 false,
                 Paging::query});
  out.push_back(
      {"grantGroupAccess",
       "POST",
       "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments/assign",
       writes::grant_group,
       {},
       group_role(),
       true,
       Paging::none,
       true});
  out.push_back(
      {"revokeGroupAccess",
       "POST",
       "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments/revoke",
       writes::revoke_group,
       {},
       group_role(),
       true,
       Paging::none,
       true});
}

}  // namespace

std::vector<Route> make_routes() {
  std::vector<Route> out;
  add_organization_routes(out);
  add_user_routes(out);
  add_group_routes(out);
  return out;
}

}  // namespace rolecall::simulator
