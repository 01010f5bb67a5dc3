#include "diff/matter.h"

namespace rolecall {

Matter matter_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::create_group:
    case ChangeKind::delete_group:
      return Matter::group;
    case ChangeKind::grant_group_access:
    case ChangeKind::revoke_group_access:
      return Matter::group_access;
    case ChangeKind::add_member:
    case ChangeKind::remove_member:
      return Matter::membership;
    case ChangeKind::grant_user_access:
    case ChangeKind::revoke_user_access:
      return Matter::user_access;
    case ChangeKind::grant_org_role:
    case ChangeKind::revoke_org_role:
      return Matter::role;
    case ChangeKind::restore_user:
    case ChangeKind::invite_user:
    case ChangeKind::suspend_user:
    case ChangeKind::remove_user:
      break;
  }
  return Matter::presence;
}

std::string key_of(const std::string& group) {
  return group.empty() ? group : GroupName::from_server(group).key();
}

ChangeKey key_of(const Change& change) {
  return {matter_of(change.kind), change.user, key_of(change.group), change.ari, change.role};
}

}  // namespace rolecall
