#include "state/api/api_client.h"

#include <array>

namespace rolecall {
namespace {

constexpr std::array<std::string_view, 30> kOperationNames = {
    "getOrgs",
    "getOrgById",
    "getDirectoriesForOrg",
    "getDomains",
    "getDomainById",
    "getUserLastActiveDates",
    "searchDirectoryUsers",
    "getDirectoryUsersCount",
    "getUserRoleAssignments",
    "searchDirectoryGroups",
    "getGroupsCount",
    "getGroup",
    "getGroupRoleAssignments",
    "queryWorkspaces",
    "getEvents",
    "pollEvents",
    "inviteUsers",
    "assignRole",
    "revokeRole",
    "assignOrganizationLevelRole",
    "revokeOrganizationLevelRole",
    "removeDirectoryUser",
    "suspendDirectoryUser",
    "restoreDirectoryUser",
    "createGroup",
    "deleteGroup",
    "addUserToGroup",
    "removeUserFromGroup",
    "grantGroupAccess",
    "revokeGroupAccess",
};

}  // namespace

std::string_view name(Operation operation) {
  return kOperationNames[static_cast<std::size_t>(operation)];
}

std::string_view name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::del:
      return "DELETE";
  }
  return "";
}

}  // namespace rolecall
