#include "state/simulator/operation.h"

namespace rolecall::simulator::writes {
namespace {

/// Somebody in any directory: who the organization-wide operations can name.
std::optional<Index> find_member(const World& world, const Call& call) {
  const auto place = world.find_person(call.account_id);
  if (!place || world.people[*place].directories.empty()) return std::nullopt;
  return place;
}

std::optional<Index> find_in_directory(const World& world, const Call& call) {
  const auto place = world.find_person(call.account_id);
  if (!place || world.people[*place].in(*call.directory) == nullptr) return std::nullopt;
  return place;
}

/// Whether the organization would be left without an admin who can act, and that is forbidden.
bool is_last_admin(const World& world, const Person& person) {
  return world.options.last_org_admin != 204 && (person.platform & kOrgAdminRole) != 0 &&
         person.membership() == MembershipStatus::active &&
         person.account == AccountStatus::active && world.active_org_admins() == 1;
}

Reply refuse_last_admin(const World& world) {
  const int status = world.options.last_org_admin;
  return refuse(status, status == 409 ? "ADMIN-409-28" : "ADMIN-403-3",
                "The organization needs an admin");
}

struct RoleTarget {
  Index person = 0, resource = 0;
  RoleSet role = 0;
};

/// What an app role's assignment or revocation names, or how it is refused.
tl::expected<RoleTarget, Reply> find_target(const World& world, const Call& call) {
  if (!call.has("resource")) {
    return tl::make_unexpected(malformed("ADMIN-400-24", "resource is missing"));
  }
  const std::string_view ari = call.text("resource");
  if (!ari.starts_with("ari:cloud:")) {
    return tl::make_unexpected(malformed("ADMIN-400-4", "resource is no resource ARI"));
  }
  const auto person = find_member(world, call);
  if (!person) return tl::make_unexpected(unknown_user());
  const auto resource = world.find_workspace(ari);
  if (!resource) return tl::make_unexpected(unknown_resource());
  const RoleSet role = *find_role(call.text("role"));
  if ((world.workspaces[*resource].roles & role) == 0) {
    return tl::make_unexpected(refuse(400, "ADMIN-UAM-400-3", "Role does not fit the resource"));
  }
  return RoleTarget{*person, *resource, role};
}

Reply inactive_user() {
  return refuse(400, "ADMIN-UAM-400-2", "User is inactive");
}

}  // namespace

Reply assign_role(World& world, const Call& call) {
  if (call.text("role") == "atlassian/org-admin") return assign_org_admin(world, call);
  const auto target = find_target(world, call);
  if (!target) return target.error();
  const Person& person = world.people[target->person];
  if (person.account != AccountStatus::active) return inactive_user();
  if ((roles_on(person.access, target->resource) & target->role) != 0) {
    return repeated(world.options.repeat_user_role, "User already has the role");
  }
  if (const auto full = world.first_without_seat(person, {{target->resource, target->role}})) {
    return no_seats(world.workspaces[*full].ari);
  }
  world.grant_person(target->person, target->resource, target->role);
  world.record(call.now, "user_role_granted", person.id, world.workspaces[target->resource].ari);
  return done();
}

Reply revoke_role(World& world, const Call& call) {
  if (call.text("role") == "atlassian/org-admin") return revoke_org_admin(world, call);
  const auto target = find_target(world, call);
  if (!target) return target.error();
  const Person& person = world.people[target->person];
  if ((roles_on(person.access, target->resource) & target->role) == 0) {
    return repeated(world.options.missing_grant, "User does not have the role");
  }
  world.revoke_person(target->person, target->resource, target->role);
  world.record(call.now, "user_role_revoked", person.id, world.workspaces[target->resource].ari);
  return done();
}

Reply assign_org_admin(World& world, const Call& call) {
  const auto place = find_member(world, call);
  if (!place) return unknown_user();
  Person& person = world.people[*place];
  if (person.account != AccountStatus::active) return inactive_user();
  if ((person.platform & kOrgAdminRole) != 0) {
    return repeated(world.options.repeat_user_role, "User already has the role");
  }
  person.platform = static_cast<RoleSet>(person.platform | kOrgAdminRole);
  world.record(call.now, "org_admin_granted", person.id);
  return done();
}

Reply revoke_org_admin(World& world, const Call& call) {
  const auto place = find_member(world, call);
  if (!place) return unknown_user();
  Person& person = world.people[*place];
  if ((person.platform & kOrgAdminRole) == 0) {
    return repeated(world.options.missing_grant, "User does not have the role");
  }
  if (is_last_admin(world, person)) return refuse_last_admin(world);
  person.platform = static_cast<RoleSet>(person.platform & ~kOrgAdminRole);
  world.record(call.now, "org_admin_revoked", person.id);
  return done();
}

Reply suspend(World& world, const Call& call) {
  const auto place = find_in_directory(world, call);
  if (!place) return unknown_user();
  const Person& person = world.people[*place];
  if (person.in(*call.directory)->suspended) {
    return repeated(world.options.repeat_suspend, "User is suspended already");
  }
  if (is_last_admin(world, person)) return refuse_last_admin(world);
  world.set_suspended(*place, *call.directory, true);
  world.record(call.now, "user_suspended", person.id);
  return done();
}

Reply restore(World& world, const Call& call) {
  const auto place = find_in_directory(world, call);
  if (!place) return unknown_user();
  const Person& person = world.people[*place];
  if (!person.in(*call.directory)->suspended) {
    return repeated(world.options.repeat_suspend, "User is not suspended");
  }
  for (const Access& access : world.effective_access(person)) {
    if ((access.roles & kSeatRoles) != 0 && !world.holds_seat(person, access.resource) &&
        !world.has_seats(access.resource, 1)) {
      return no_seats(world.workspaces[access.resource].ari);
    }
  }
  world.set_suspended(*place, *call.directory, false);
  world.record(call.now, "user_restored", person.id);
  return done();
}

Reply remove(World& world, const Call& call) {
  const auto place = find_in_directory(world, call);
  if (!place) return unknown_user();
  const Person& person = world.people[*place];
  if (is_last_admin(world, person)) return refuse_last_admin(world);
  world.leave_directory(*place, *call.directory);
  world.record(call.now, "user_removed", person.id);
  return done();
}

}  // namespace rolecall::simulator::writes
