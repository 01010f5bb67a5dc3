#include <fmt/format.h>

#include <algorithm>

#include "state/simulator/json_writer.h"
#include "state/simulator/operation.h"

namespace rolecall::simulator::reads {
namespace {

/// One line of an answer: the roles on one resource, and how a person came by each.
struct Row {
  std::string_view resource, owner;
  std::optional<Index> directory;  ///< nothing: a role on the organization
  RoleSet direct = 0, by_group = 0, inferred = 0;
  RoleSet default_role = 0;
  [[nodiscard]] RoleSet all() const { return static_cast<RoleSet>(direct | by_group | inferred); }
};

class RowFilter {
 public:
  RowFilter(const World& world, const Call& call)
      : world_(world),
        path_(call.directory),
        directories_(call.texts("directoryIds")),
        owners_(call.texts("resourceOwners")),
        resources_(call.texts("resourceIds")) {
    for (const auto role : call.texts("roleIds")) {
      roles_ = static_cast<RoleSet>(roles_ | find_role(role).value_or(0));
    }
  }
  [[nodiscard]] bool matches(const Row& row) const {
    if (path_ && row.directory && *row.directory != *path_) return false;
    const std::string_view directory =
        row.directory ? std::string_view(world_.directories[*row.directory].id) : "";
    return contains(directories_, directory) && contains(owners_, row.owner) &&
           contains(resources_, row.resource) && (roles_ == 0 || (row.all() & roles_) != 0);
  }

 private:
  static bool contains(const std::vector<std::string_view>& list, std::string_view value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
  }
  const World& world_;
  std::optional<Index> path_;
  std::vector<std::string_view> directories_, owners_, resources_;
  RoleSet roles_ = 0;
};

void write_roles(JsonWriter& out, RoleSet roles) {
  out.key("roles");
  out.open('[');
  for_each_role(roles, [&](std::string_view role) { out.text(role); });
  out.close(']');
}

void write_methods(JsonWriter& out, const Row& row) {
  out.key("roleAssignments");
  out.open('[');
  for_each_role(row.all(), [&](std::string_view role) {
    const RoleSet bit = *find_role(role);
    out.open('{');
    out.field("role", role);
    out.key("roleAssignmentMethods");
    out.open('[');
    if ((row.direct & bit) != 0) out.text("direct");
    if ((row.by_group & bit) != 0) out.text("group_direct");
    if ((row.inferred & bit) != 0) out.text("inferred");
    out.close(']');
    out.close('}');
  });
  out.close(']');
}

void write_user_row(JsonWriter& out, const World& world, const Person& person, const Row& row) {
  out.open('{');
  out.field("resourceId", row.resource);
  out.field("resourceOwner", row.owner);
  write_roles(out, row.all());
  write_methods(out, row);
  out.key("directoryId");
  MembershipStatus status = person.membership();
  if (row.directory) {
    out.text(world.directories[*row.directory].id);
    const Person::In* in = person.in(*row.directory);
    status = in == nullptr   ? MembershipStatus::no_membership
             : in->suspended ? MembershipStatus::suspended
                             : MembershipStatus::active;
  } else {
    out.null();
  }
  out.field("userDirectoryStatus", kMembershipStatuses[static_cast<std::size_t>(status)]);
  out.close('}');
}

std::vector<Row> rows_of(const World& world, const Person& person) {
  std::vector<Row> rows(world.workspaces.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Workspace& workspace = world.workspaces[i];
    rows[i].resource = workspace.ari;
    rows[i].owner = workspace.owner;
    rows[i].directory = workspace.directory;
    if (world.options.inferred_roles && (person.platform & kOrgAdminRole) != 0) {
      rows[i].inferred = kUserAccessAdminRole;
    }
  }
  for (const Access& one : person.access) rows[one.resource].direct = one.roles;
  for (const Index group : person.groups) {
    for (const Access& one : world.groups[group].access) {
      Row& row = rows[one.resource];
      row.by_group = static_cast<RoleSet>(row.by_group | one.roles);
    }
  }
  return rows;
}

template <class WriteRow>
Reply write_rows(const World& world, const Call& call, const std::vector<Row>& rows,
                 WriteRow write_row) {
  const Slice page = slice(call, rows.size(), call.limit(50));
  JsonWriter out;
  out.open('{');
  out.key("data");
  out.open('[');
  for (std::size_t i = page.begin; i < page.end; ++i) write_row(out, rows[i]);
  out.close(']');
  write_cursor_links(out, world, call, page.next);
  out.close('}');
  return ok(out.take());
}

}  // namespace

Reply user_roles(const World& world, const Call& call) {
  const auto place = world.find_person(call.account_id);
  if (!place || !world.people[*place].listed()) return unknown_user();
  const Person& person = world.people[*place];
  std::vector<Row> rows = rows_of(world, person);
  const std::string organization = "ari:cloud:platform::org/" + world.org_id;
  Row platform;
  platform.resource = organization;
  platform.owner = "platform";
  platform.direct = person.platform;
  rows.insert(rows.begin(), platform);
  const RowFilter filter(world, call);
  std::erase_if(rows, [&](const Row& row) { return row.all() == 0 || !filter.matches(row); });
  return write_rows(world, call, rows, [&](JsonWriter& out, const Row& row) {
    write_user_row(out, world, person, row);
  });
}

Reply group_roles(const World& world, const Call& call) {
  const auto place = world.find_group(call.group_id);
  if (!place) return unknown_group();
  const Group& group = world.groups[*place];
  if (call.directory && *call.directory != group.directory) return unknown_group();
  AccessList shown = group.access;
  for (const Access& one : group.default_roles) add_roles(shown, one.resource, one.roles);
  std::vector<Row> rows;
  for (const Access& one : shown) {
    const Workspace& workspace = world.workspaces[one.resource];
    Row row;
    row.resource = workspace.ari;
    row.owner = workspace.owner;
    row.directory = workspace.directory;
    row.direct = roles_on(group.access, one.resource);
    row.default_role = roles_on(group.default_roles, one.resource);
    rows.push_back(row);
  }
  const RowFilter filter(world, call);
  std::erase_if(rows, [&](const Row& row) { return !filter.matches(row); });
  return write_rows(world, call, rows, [](JsonWriter& out, const Row& row) {
    out.open('{');
    out.field("resourceId", row.resource);
    out.field("resourceOwner", row.owner);
    out.key("defaultRole");
    std::string_view role;
    for_each_role(row.default_role, [&](std::string_view name) { role = name; });
    out.text_or_null(role);
    write_roles(out, row.direct);
    out.close('}');
  });
}

}  // namespace rolecall::simulator::reads
