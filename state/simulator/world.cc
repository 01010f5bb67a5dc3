#include "state/simulator/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "state/model/text.h"
#include "state/simulator/json_writer.h"

namespace rolecall::simulator {
namespace {

// Enough for every polling client; the oldest go first.
constexpr std::size_t kEventsKept = 100'000;

std::optional<Index> find_in(const StringIndex& index, std::string_view key) {
  const auto found = index.find(key);
  return found == index.end() ? std::nullopt : std::optional<Index>(found->second);
}

std::string name_key(Index directory, std::string_view name) {
  return fmt::format("{}/{}", directory, fold_case(name));
}

void insert_sorted(std::vector<Index>& list, Index value) {
  const auto at = std::lower_bound(list.begin(), list.end(), value);
  if (at == list.end() || *at != value) list.insert(at, value);
}

void erase_sorted(std::vector<Index>& list, Index value) {
  const auto at = std::lower_bound(list.begin(), list.end(), value);
  if (at != list.end() && *at == value) list.erase(at);
}

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9U;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

std::string write_brief(const Group& group, bool as_ari) {
  JsonWriter out;
  out.open('{');
  out.key("id");
  out.text(as_ari ? "ari:cloud:identity::group/" + group.id : group.id);
  out.key("name");
  out.text(group.name);
  out.key("description");
  out.text_or_null(group.description);
  out.close('}');
  return out.take();
}

}  // namespace

std::string make_uuid(std::uint64_t seed, std::string_view kind, std::string_view name) {
  std::uint64_t a = mix(seed + 0x9e3779b97f4a7c15U);
  std::uint64_t b = mix(a ^ 0xd6e8feb86659fd93U);
  const auto feed = [&](std::string_view bytes) {
    for (const char c : bytes) {
      a = (a ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
      b = mix(b + a);
    }
    a = mix(a + 1);
  };
  feed(kind);
  feed(name);
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff,
                     (b >> 48 & 0x3fff) | 0x8000, b & 0xffffffffffffU);
}

RoleSet roles_on(const AccessList& access, Index resource) {
  for (const Access& one : access) {
    if (one.resource == resource) return one.roles;
  }
  return 0;
}

void add_roles(AccessList& access, Index resource, RoleSet roles) {
  if (roles == 0) return;
  const auto at = std::lower_bound(access.begin(), access.end(), resource,
                                   [](const Access& a, Index r) { return a.resource < r; });
  if (at != access.end() && at->resource == resource) {
    at->roles = static_cast<RoleSet>(at->roles | roles);
  } else {
    access.insert(at, {resource, roles});
  }
}

void take_roles(AccessList& access, Index resource, RoleSet roles) {
  for (auto at = access.begin(); at != access.end(); ++at) {
    if (at->resource != resource) continue;
    at->roles = static_cast<RoleSet>(at->roles & ~roles);
    if (at->roles == 0) access.erase(at);
    return;
  }
}

const Person::In* Person::in(Index directory) const {
  const auto at = std::find_if(directories.begin(), directories.end(),
                               [&](const In& one) { return one.directory == directory; });
  return at == directories.end() ? nullptr : &*at;
}

MembershipStatus Person::membership() const {
  if (directories.empty()) return MembershipStatus::no_membership;
  const bool all = std::all_of(directories.begin(), directories.end(),
                               [](const In& one) { return one.suspended; });
  return all ? MembershipStatus::suspended : MembershipStatus::active;
}

Status Person::status() const {
  if (for_deletion) return Status::for_deletion;
  if (account != AccountStatus::active) return Status::deactivated;
  switch (membership()) {
    case MembershipStatus::active:
      return Status::active;
    case MembershipStatus::suspended:
      return Status::suspended;
    case MembershipStatus::no_membership:
      break;
  }
  return Status::not_invited;
}

std::optional<Index> World::find_directory(std::string_view id) const {
  for (std::size_t i = 0; i < directories.size(); ++i) {
    if (directories[i].id == id) return static_cast<Index>(i);
  }
  return std::nullopt;
}
std::optional<Index> World::find_workspace(std::string_view ari) const {
  return find_in(workspace_index_, ari);
}
std::optional<Index> World::find_person(std::string_view account_id) const {
  return find_in(person_index_, account_id);
}
std::optional<Index> World::find_person_by_email(std::string_view email) const {
  return find_in(email_index_, fold_case(email));
}
std::optional<Index> World::find_group(std::string_view id) const {
  const auto found = find_in(group_index_, id);
  return found && groups[*found].alive ? found : std::nullopt;
}
std::optional<Index> World::find_group_by_name(Index directory, std::string_view name) const {
  return find_in(name_index_, name_key(directory, name));
}

Index World::add_workspace(Workspace workspace) {
  const auto place = static_cast<Index>(workspaces.size());
  workspace_index_.emplace(workspace.ari, place);
  workspaces.push_back(std::move(workspace));
  return place;
}

Index World::add_person(Person person) {
  const auto place = static_cast<Index>(people.size());
  person.email_key = fold_case(person.email);
  if (person.id.empty()) {
    person.id = "712020:" + make_uuid(options.seed, "account", person.email_key);
  }
  person_index_.emplace(person.id, place);
  // Two accounts may show one address: the first is found by it, both are listed.
  if (!person.email_key.empty()) email_index_.emplace(person.email_key, place);
  people.push_back(std::move(person));
  return place;
}

Index World::add_group(Group group) {
  const auto place = static_cast<Index>(groups.size());
  while (group.id.empty() || group_index_.contains(group.id)) {
    group.id = make_uuid(options.seed, "group",
                         fmt::format("{}/{}/{}", groups_made, group.directory, group.name));
    ++groups_made;
  }
  group.brief = write_brief(group, options.group_ids_as_ari);
  group_index_.emplace(group.id, place);
  name_index_.emplace(name_key(group.directory, group.name), place);
  groups.push_back(std::move(group));
  return place;
}

void World::delete_group(Index place) {
  Group& group = groups[place];
  const AccessList access = group.access;
  for (const Access& one : access) revoke_group(place, one.resource, one.roles);
  for (const Index person : group.members) erase_sorted(people[person].groups, place);
  group.members.clear();
  group.default_roles.clear();
  group.alive = false;
  name_index_.erase(name_key(group.directory, group.name));
}

std::vector<Index> World::seats_of(const Person& person) const {
  std::vector<Index> out;
  if (person.membership() != MembershipStatus::active) return out;
  const auto collect = [&](const AccessList& access) {
    for (const Access& one : access) {
      if ((one.roles & kSeatRoles) != 0) insert_sorted(out, one.resource);
    }
  };
  collect(person.access);
  for (const Index group : person.groups) collect(groups[group].access);
  return out;
}

/// Changes one person and keeps the seat counts of the apps true.
template <class Change>
void World::with_seats(Index place, Change change) {
  for (const Index resource : seats_of(people[place])) --workspaces[resource].usage;
  change(people[place]);
  for (const Index resource : seats_of(people[place])) ++workspaces[resource].usage;
}

void World::join_group(Index person, Index group) {
  with_seats(person, [&](Person& one) { insert_sorted(one.groups, group); });
  insert_sorted(groups[group].members, person);
}

void World::leave_group(Index person, Index group) {
  with_seats(person, [&](Person& one) { erase_sorted(one.groups, group); });
  erase_sorted(groups[group].members, person);
}

void World::join_directory(Index person, Index directory) {
  with_seats(person, [&](Person& one) {
    if (one.in(directory) == nullptr) one.directories.push_back({directory, false});
  });
}

void World::leave_directory(Index person, Index directory) {
  with_seats(person, [&](Person& one) {
    std::erase_if(one.directories, [&](const Person::In& in) { return in.directory == directory; });
    std::erase_if(one.access, [&](const Access& access) {
      return workspaces[access.resource].directory == directory;
    });
    std::erase_if(one.groups, [&](Index group) {
      if (groups[group].directory != directory) return false;
      erase_sorted(groups[group].members, person);
      return true;
    });
    if (one.directories.empty()) {
      one.platform = 0;
      one.pending = false;
    }
  });
}

void World::set_suspended(Index person, Index directory, bool suspended) {
  with_seats(person, [&](Person& one) {
    for (Person::In& in : one.directories) {
      if (in.directory == directory) in.suspended = suspended;
    }
  });
}

void World::grant_person(Index person, Index resource, RoleSet roles) {
  with_seats(person, [&](Person& one) { add_roles(one.access, resource, roles); });
}

void World::revoke_person(Index person, Index resource, RoleSet roles) {
  with_seats(person, [&](Person& one) { take_roles(one.access, resource, roles); });
}

void World::grant_group(Index place, Index resource, RoleSet roles) {
  Group& group = groups[place];
  if ((roles & kSeatRoles) != 0) {
    for (const Index member : group.members) {
      const Person& person = people[member];
      if (person.membership() == MembershipStatus::active && !holds_seat(person, resource)) {
        ++workspaces[resource].usage;
      }
    }
  }
  add_roles(group.access, resource, roles);
}

void World::revoke_group(Index place, Index resource, RoleSet roles) {
  Group& group = groups[place];
  const bool seats_before = (roles_on(group.access, resource) & kSeatRoles) != 0;
  take_roles(group.access, resource, roles);
  if (!seats_before || (roles_on(group.access, resource) & kSeatRoles) != 0) return;
  for (const Index member : group.members) {
    const Person& person = people[member];
    if (person.membership() == MembershipStatus::active && !holds_seat(person, resource)) {
      --workspaces[resource].usage;
    }
  }
}

bool World::holds_seat(const Person& person, Index resource) const {
  if (person.membership() != MembershipStatus::active) return false;
  if ((roles_on(person.access, resource) & kSeatRoles) != 0) return true;
  return std::any_of(person.groups.begin(), person.groups.end(), [&](Index group) {
    return (roles_on(groups[group].access, resource) & kSeatRoles) != 0;
  });
}

bool World::has_seats(Index resource, std::int64_t more) const {
  const Workspace& workspace = workspaces[resource];
  return !workspace.capacity || workspace.usage + more <= *workspace.capacity;
}

std::optional<Index> World::first_without_seat(const Person& person,
                                               const AccessList& extra) const {
  if (person.membership() == MembershipStatus::suspended) return std::nullopt;
  for (const Access& one : extra) {
    if ((one.roles & kSeatRoles) == 0 || has_seats(one.resource, 1)) continue;
    if (!holds_seat(person, one.resource)) return one.resource;
  }
  return std::nullopt;
}

AccessList World::effective_access(const Person& person) const {
  AccessList out = person.access;
  for (const Index group : person.groups) {
    for (const Access& one : groups[group].access) add_roles(out, one.resource, one.roles);
  }
  return out;
}

std::size_t World::active_org_admins() const {
  return static_cast<std::size_t>(
      std::count_if(people.begin(), people.end(), [](const Person& person) {
        return (person.platform & kOrgAdminRole) != 0 &&
               person.membership() == MembershipStatus::active &&
               person.account == AccountStatus::active;
      }));
}

void World::record(Instant now, std::string action, std::string subject, std::string object) {
  events.push_back({++last_event, now, std::move(action), std::move(subject), std::move(object)});
  if (events.size() > kEventsKept) events.pop_front();
}

const std::vector<Index>& World::by_nickname(bool descending) const {
  std::vector<Index>& order = by_nickname_[descending ? 1 : 0];
  if (order.size() == people.size()) return order;
  order.resize(people.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    const int way = people[a].nickname.compare(people[b].nickname);
    return descending ? way > 0 : way < 0;
  });
  return order;
}

}  // namespace rolecall::simulator
