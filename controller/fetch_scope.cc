#include "controller/fetch_scope.h"

#include <algorithm>

namespace rolecall {

FetchScope fetch_scope(const Desired& desired) {
  FetchScope scope;
  scope.organization = desired.organization_id;
  scope.directory = desired.directory;
  for (std::size_t i = 0; i < desired.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    const UserScope& user = desired.users[i];
    if (!user.account_id.empty()) scope.pins.emplace(user.account_id, ref);
    if (user.access_managed) scope.user_access.push_back(ref);
  }
  const bool deletes_unlisted = desired.unlisted_groups == UnlistedGroups::remove;
  if (deletes_unlisted) scope.deletable_groups_from = desired.groups.size();
  for (std::size_t i = 0; i < desired.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    const GroupScope& group = desired.groups[i];
    const Group* wanted = desired.state.find(ref);
    if (wanted == nullptr) {
      // What goes along with a deleted group is told, and kept in the log for an undo.
      if (group.declared || deletes_unlisted) scope.all_access.push_back(ref);
      continue;
    }
    bool viewer = false;
    for (const Grant& grant : wanted->grants) {
      scope.group_roles.push_back(grant.role);
      viewer = viewer || grant.role == Role::viewer;
    }
    const bool renamed = !group.previous.empty();
    scope.all_access.insert(scope.all_access.end(), group.previous.begin(), group.previous.end());
    // The searches' filters do not know `viewer`; what a rename copies has to be known in full.
    if (renamed || (group.access_managed && viewer)) {
      scope.all_access.push_back(ref);
    } else if (group.access_managed) {
      scope.group_access.push_back(ref);
    }
  }
  std::sort(scope.group_roles.begin(), scope.group_roles.end());
  scope.group_roles.erase(std::unique(scope.group_roles.begin(), scope.group_roles.end()),
                          scope.group_roles.end());
  for (const Resource& resource : desired.resources) scope.resources.push_back(resource.ref);
  return scope;
}

}  // namespace rolecall
