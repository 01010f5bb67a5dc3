#include "diff/role_rules.h"

#include "diff/effects.h"

namespace rolecall {

bool stands_in(Role role, Role lost) {
  if (role == lost) return true;
  if (role == Role::user_access_admin || lost == Role::user_access_admin) return false;
  return takes_seat(role) || !takes_seat(lost);
}

bool includes(Role role, Role other) {
  if (role == other) return true;
  if (role == Role::user_access_admin || other == Role::user_access_admin) return false;
  return role == Role::admin || (role == Role::user && !takes_seat(other));
}

}  // namespace rolecall
