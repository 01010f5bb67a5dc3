#include <algorithm>

#include "state/model/text.h"
#include "state/simulator/operation.h"

namespace rolecall::simulator::writes {
namespace {

// Longer names are refused by every product that shows them.
constexpr std::size_t kLongestName = 255;

constexpr RoleSet kGroupRoles =
    static_cast<RoleSet>(kAllRoles & ~(kOrgAdminRole | *find_role("atlassian/site-admin") |
                                       *find_role("atlassian/ai-access")));

std::optional<Index> find_group(const World& world, const Call& call) {
  const auto place = world.find_group(call.group_id);
  if (!place || world.groups[*place].directory != *call.directory) return std::nullopt;
  return place;
}

/// The member-to-be or the member: in the group's directory.
std::optional<Index> find_person(const World& world, std::string_view id, Index directory) {
  const auto place = world.find_person(id);
  if (!place || world.people[*place].in(directory) == nullptr) return std::nullopt;
  return place;
}

Reply not_manageable(const World& world) {
  return refuse(world.options.synced_group, "ADMIN-403-5", "Not allowed to manage the group");
}

bool grants_admin(const Group& group) {
  return std::any_of(group.access.begin(), group.access.end(),
                     [](const Access& one) { return (one.roles & kAdminRole) != 0; });
}

struct GrantTarget {
  Index group = 0, resource = 0;
  RoleSet role = 0;
};

/// What a grant or revocation names, or how it is refused.
tl::expected<GrantTarget, Reply> find_target(const World& world, const Call& call) {
  const auto group = find_group(world, call);
  if (!group) return tl::make_unexpected(unknown_group());
  const std::string_view ari = call.text("resourceId");
  const auto role = find_role(call.text("roleId"));
  if (!ari.starts_with("ari:cloud:")) {
    return tl::make_unexpected(malformed("ADMIN-400-4", "resourceId is no resource ARI"));
  }
  if (!role || (*role & kGroupRoles) == 0) {
    Reply out = refuse(400, "ADMIN-UAM-400-3", "Role does not fit the resource");
    out.form_error = "roleId is no role that groups can have";
    return tl::make_unexpected(out);
  }
  const auto resource = world.find_workspace(ari);
  if (!resource) return tl::make_unexpected(unknown_resource());
  if ((world.workspaces[*resource].roles & *role) == 0) {
    return tl::make_unexpected(refuse(400, "ADMIN-UAM-400-3", "Role does not fit the resource"));
  }
  return GrantTarget{*group, *resource, *role};
}

}  // namespace

Reply create_group(World& world, const Call& call) {
  const std::string_view name = call.text("name");
  if (trim_ascii(name).empty()) return malformed("ADMIN-400-24", "name is empty");
  if (count_code_points(name) > kLongestName) return malformed("ADMIN-400-24", "name is too long");
  if (world.find_group_by_name(*call.directory, name)) {
    return refuse(409, "ADMIN-409-28", "Conflict", "A group with this name already exists");
  }
  Group group;
  group.name = name;
  group.description = call.text("description");
  group.directory = *call.directory;
  group.visible_from = call.now + world.options.group_lag;
  const Index place = world.add_group(std::move(group));
  world.record(call.now, "group_created", world.groups[place].id);
  return done(201);
}

Reply delete_group(World& world, const Call& call) {
  const auto place = find_group(world, call);
  if (!place) return unknown_group();
  const Group& group = world.groups[*place];
  if (group.synced) return not_manageable(world);
  if (!group.default_roles.empty()) {
    return refuse(403, "ADMIN-403-6", "Not allowed to delete a group with a default role");
  }
  if (!group.deletable || (grants_admin(group) && world.options.delete_admin_group != 204)) {
    return refuse(403, "ADMIN-403-7", "Not allowed to delete a group that grants admin access");
  }
  if (!group.members.empty() && world.options.delete_filled_group != 204) {
    return refuse(409, "ADMIN-409-5", "Group is not empty");
  }
  world.record(call.now, "group_deleted", group.id);
  world.delete_group(*place);
  return done();
}

Reply add_member(World& world, const Call& call) {
  const auto place = find_group(world, call);
  if (!place) return unknown_group();
  const Group& group = world.groups[*place];
  if (!group.modifiable) return not_manageable(world);
  const auto person = find_person(world, call.text("accountId"), *call.directory);
  if (!person) return unknown_user();
  const Person& one = world.people[*person];
  if (one.account != AccountStatus::active) {
    return refuse(400, "ADMIN-UAM-400-2", "User is inactive");
  }
  if (std::binary_search(group.members.begin(), group.members.end(), *person)) {
    return repeated(world.options.repeat_add_member, "User is already a member of the group");
  }
  if (const auto full = world.first_without_seat(one, group.access)) {
    return no_seats(world.workspaces[*full].ari);
  }
  world.join_group(*person, *place);
  world.record(call.now, "user_added_to_group", one.id, group.id);
  return done();
}

Reply remove_member(World& world, const Call& call) {
  const auto place = find_group(world, call);
  if (!place) return unknown_group();
  const Group& group = world.groups[*place];
  if (!group.modifiable) return not_manageable(world);
  const auto person = find_person(world, call.account_id, *call.directory);
  if (!person) return unknown_user();
  if (!std::binary_search(group.members.begin(), group.members.end(), *person)) {
    return repeated(world.options.repeat_remove_member, "User is not a member of the group");
  }
  world.leave_group(*person, *place);
  world.record(call.now, "user_removed_from_group", world.people[*person].id, group.id);
  return done();
}

Reply grant_group(World& world, const Call& call) {
  const auto target = find_target(world, call);
  if (!target) return target.error();
  const Group& group = world.groups[target->group];
  Reply granted = ok(world.options.grant_body);
  if ((roles_on(group.access, target->resource) & target->role) != 0) {
    return world.options.repeat_group_grant < 300
               ? granted
               : repeated(world.options.repeat_group_grant, "Role is already assigned");
  }
  if ((target->role & kSeatRoles) != 0) {
    const auto more = std::count_if(group.members.begin(), group.members.end(), [&](Index member) {
      const Person& person = world.people[member];
      return person.membership() == MembershipStatus::active &&
             !world.holds_seat(person, target->resource);
    });
    if (more > 0 && !world.has_seats(target->resource, more)) {
      return no_seats(world.workspaces[target->resource].ari);
    }
  }
  world.grant_group(target->group, target->resource, target->role);
  world.record(call.now, "group_role_granted", group.id, world.workspaces[target->resource].ari);
  granted.effective = true;
  return granted;
}

Reply revoke_group(World& world, const Call& call) {
  const auto target = find_target(world, call);
  if (!target) return target.error();
  const Group& group = world.groups[target->group];
  if ((roles_on(group.access, target->resource) & target->role) == 0) {
    return repeated(world.options.missing_grant, "Role is not assigned");
  }
  world.revoke_group(target->group, target->resource, target->role);
  world.record(call.now, "group_role_revoked", group.id, world.workspaces[target->resource].ari);
  return done();
}

}  // namespace rolecall::simulator::writes
