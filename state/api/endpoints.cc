#include "state/api/endpoints.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr int kPage = 100;  // the largest page the searches allow

std::string role_id(std::string_view role) {
  return fmt::format("atlassian/{}", role);
}

json::array strings(const std::vector<std::string>& items) {
  json::array out;
  for (const std::string& item : items) out.emplace_back(item);
  return out;
}

void put(json::object& body, std::string_view key, const std::vector<std::string>& items) {
  if (!items.empty()) body[key] = strings(items);
}

std::string with_cursor(std::string target, const std::string& cursor) {
  if (cursor.empty()) return target;
  const char separator = target.find('?') == std::string::npos ? '?' : '&';
  return fmt::format("{}{}cursor={}", target, separator, encode_segment(cursor));
}

Request get(Operation operation, std::string target) {
  return {operation, Method::get, std::move(target), {}};
}
Request post(Operation operation, std::string target, const json::object& body) {
  return {operation, Method::post, std::move(target), json::serialize(body)};
}
Request post(Operation operation, std::string target) {
  return {operation, Method::post, std::move(target), {}};
}
Request del(Operation operation, std::string target) {
  return {operation, Method::del, std::move(target), {}};
}

}  // namespace

std::string encode_segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '~';
    // A dot is encoded too where it could make "." or "..", which servers resolve away.
    if (unreserved || (c == '.' && text.find_first_not_of('.') != std::string_view::npos)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Endpoints::v1(std::string_view rest) const {
  return fmt::format("/v1/orgs/{}{}", encode_segment(organization_), rest);
}
std::string Endpoints::v2(std::string_view rest) const {
  return fmt::format("/v2/orgs/{}{}", encode_segment(organization_), rest);
}
std::string Endpoints::in_directory(std::string_view directory, std::string_view rest) const {
  return v2(fmt::format("/directories/{}{}", encode_segment(directory), rest));
}

ReadRequest Endpoints::orgs(const std::string& cursor) {
  return ReadRequest(get(Operation::getOrgs, with_cursor("/v1/orgs", cursor)));
}
ReadRequest Endpoints::org() const {
  return ReadRequest(get(Operation::getOrgById, v1("")));
}

ReadRequest Endpoints::directories(const std::string& cursor) const {
  // With a cursor a list takes nothing else (facts.md section 2).
  return ReadRequest(
      get(Operation::getDirectoriesForOrg,
          cursor.empty() ? v2("/directories?limit=100") : with_cursor(v2("/directories"), cursor)));
}
ReadRequest Endpoints::domains(const std::string& cursor) const {
  return ReadRequest(get(Operation::getDomains, with_cursor(v1("/domains"), cursor)));
}
ReadRequest Endpoints::domain(std::string_view id) const {
  return ReadRequest(get(Operation::getDomainById, v1("/domains/" + encode_segment(id))));
}

ReadRequest Endpoints::workspaces(const std::string& cursor) const {
  json::object body;
  if (cursor.empty()) {
    body["limit"] = kPage;
  } else {
    body["cursor"] = cursor;
  }
  return ReadRequest(post(Operation::queryWorkspaces, v2("/workspaces"), body));
}

ReadRequest Endpoints::users(std::string_view directory, const UserSearch& search,
                             const std::string& cursor) const {
  json::object body;
  body["limit"] = kPage;
  json::array expand;
  if (search.expand_groups) expand.push_back("groups");
  expand.push_back("platformRoles");
  if (search.expand_products) expand.push_back("productAccess");
  body["expand"] = std::move(expand);
  // Without this filter the list also holds managed accounts that are in no directory.
  if (!search.everybody) body["membershipStatus"] = json::array{"active", "suspended"};
  put(body, "accountIds", search.account_ids);
  put(body, "emails", search.emails);
  put(body, "groupIds", search.group_ids);
  if (search.mfa) body["mfaEnabled"] = *search.mfa;
  if (search.order != UserSearch::Order::servers) {
    const bool up = search.order == UserSearch::Order::ascending;
    body["sortBy"] =
        json::array{json::object{{"field", "nick_name"}, {"direction", up ? "asc" : "desc"}}};
  }
  if (!cursor.empty()) body["cursor"] = cursor;
  return ReadRequest(
      post(Operation::searchDirectoryUsers, in_directory(directory, "/users/search"), body));
}

ReadRequest Endpoints::user_count(std::string_view directory, std::string_view group_id) const {
  std::string target =
      in_directory(directory, "/users/count?membershipStatus=active&membershipStatus=suspended");
  if (!group_id.empty()) target += "&groupIds=" + encode_segment(group_id);
  return ReadRequest(get(Operation::getDirectoryUsersCount, std::move(target)));
}

ReadRequest Endpoints::user_count(std::string_view directory, bool mfa) const {
  return ReadRequest(
      get(Operation::getDirectoryUsersCount,
          in_directory(directory,
                       fmt::format("/users/count?membershipStatus=active&membershipStatus=suspended"
                                   "&mfaEnabled={}",
                                   mfa))));
}

ReadRequest Endpoints::user_roles(std::string_view directory, std::string_view account_id,
                                  const std::string& cursor) const {
  const std::string base = in_directory(
      directory, fmt::format("/users/{}/role-assignments", encode_segment(account_id)));
  return ReadRequest(get(Operation::getUserRoleAssignments,
                         cursor.empty() ? base + "?limit=100" : with_cursor(base, cursor)));
}

ReadRequest Endpoints::groups(std::string_view directory, const GroupSearch& search,
                              const std::string& cursor) const {
  json::object body;
  body["limit"] = kPage;
  if (search.expand_counts) body["expand"] = json::array{"counts.users", "counts.resources"};
  put(body, "groupNames", search.names);
  put(body, "groupIds", search.ids);
  put(body, "resourceIds", search.resource_ids);
  put(body, "roleIds", search.role_ids);
  put(body, "accountIds", search.account_ids);
  if (!cursor.empty()) body["cursor"] = cursor;
  return ReadRequest(
      post(Operation::searchDirectoryGroups, in_directory(directory, "/groups/search"), body));
}
ReadRequest Endpoints::group_count(std::string_view directory) const {
  return ReadRequest(get(Operation::getGroupsCount, in_directory(directory, "/groups/count")));
}
ReadRequest Endpoints::group(std::string_view directory, std::string_view group_id) const {
  return ReadRequest(
      get(Operation::getGroup, in_directory(directory, "/groups/" + encode_segment(group_id))));
}
ReadRequest Endpoints::group_roles(std::string_view directory, std::string_view group_id,
                                   const std::string& cursor) const {
  const std::string base =
      in_directory(directory, fmt::format("/groups/{}/role-assignments", encode_segment(group_id)));
  return ReadRequest(get(Operation::getGroupRoleAssignments,
                         cursor.empty() ? base + "?limit=100" : with_cursor(base, cursor)));
}

WriteRequest Endpoints::invite(const Invitation& invitation) const {
  json::object body;
  body["emails"] = strings(invitation.emails);
  json::array rules;
  for (const auto& [ari, role] : invitation.rules) {
    rules.push_back(json::object{{"resource", ari}, {"role", role_id(role)}});
  }
  if (!rules.empty()) body["permissionRules"] = std::move(rules);
  put(body, "additionalGroups", invitation.group_ids);
  body["sendNotification"] = true;
  return WriteRequest(post(Operation::inviteUsers, v2("/users/invite"), body));
}

WriteRequest Endpoints::user_access(bool grant, std::string_view account_id, std::string_view ari,
                                    std::string_view role) const {
  const json::object body{{"role", role_id(role)}, {"resource", ari}};
  const std::string user = encode_segment(account_id);
  return WriteRequest(post(grant ? Operation::assignRole : Operation::revokeRole,
                           v1(fmt::format("/users/{}/roles/{}", user, grant ? "assign" : "revoke")),
                           body));
}

WriteRequest Endpoints::org_admin(bool grant, std::string_view account_id) const {
  const json::object body{{"role", role_id(kOrgAdmin)}};
  const std::string user = encode_segment(account_id);
  return WriteRequest(post(
      grant ? Operation::assignOrganizationLevelRole : Operation::revokeOrganizationLevelRole,
      v1(fmt::format("/users/{}/role-assignments/{}", user, grant ? "assign" : "revoke")), body));
}

WriteRequest Endpoints::suspend(std::string_view directory, std::string_view account_id) const {
  return WriteRequest(
      post(Operation::suspendDirectoryUser,
           in_directory(directory, fmt::format("/users/{}/suspend", encode_segment(account_id)))));
}
WriteRequest Endpoints::restore(std::string_view directory, std::string_view account_id) const {
  return WriteRequest(
      post(Operation::restoreDirectoryUser,
           in_directory(directory, fmt::format("/users/{}/restore", encode_segment(account_id)))));
}
WriteRequest Endpoints::remove_user(std::string_view directory, std::string_view account_id) const {
  return WriteRequest(del(Operation::removeDirectoryUser,
                          in_directory(directory, "/users/" + encode_segment(account_id))));
}

WriteRequest Endpoints::create_group(std::string_view directory, std::string_view group_name,
                                     std::string_view description) const {
  json::object body{{"name", group_name}};
  if (!description.empty()) body["description"] = description;
  return WriteRequest(post(Operation::createGroup, in_directory(directory, "/groups"), body));
}
WriteRequest Endpoints::delete_group(std::string_view directory, std::string_view group_id) const {
  return WriteRequest(
      del(Operation::deleteGroup, in_directory(directory, "/groups/" + encode_segment(group_id))));
}
WriteRequest Endpoints::add_member(std::string_view directory, std::string_view group_id,
                                   std::string_view account_id) const {
  const json::object body{{"accountId", account_id}};
  return WriteRequest(
      post(Operation::addUserToGroup,
           in_directory(directory, fmt::format("/groups/{}/memberships", encode_segment(group_id))),
           body));
}
WriteRequest Endpoints::remove_member(std::string_view directory, std::string_view group_id,
                                      std::string_view account_id) const {
  return WriteRequest(
      del(Operation::removeUserFromGroup,
          in_directory(directory, fmt::format("/groups/{}/memberships/{}", encode_segment(group_id),
                                              encode_segment(account_id)))));
}
WriteRequest Endpoints::group_access(bool grant, std::string_view directory,
                                     std::string_view group_id, std::string_view ari,
                                     std::string_view role) const {
  const json::object body{{"resourceId", ari}, {"roleId", role_id(role)}};
  return WriteRequest(post(
      grant ? Operation::grantGroupAccess : Operation::revokeGroupAccess,
      in_directory(directory, fmt::format("/groups/{}/role-assignments/{}",
                                          encode_segment(group_id), grant ? "assign" : "revoke")),
      body));
}

}  // namespace rolecall
