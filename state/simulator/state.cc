#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "state/simulator/seed.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;

template <class Names>
json::array to_array(const Names& names) {
  json::array out;
  out.reserve(names.size());
  for (const std::string_view name : names) out.emplace_back(name);
  return out;
}

json::array write_roles(RoleSet roles) {
  std::set<std::string_view> names;
  for_each_role(roles, [&](std::string_view role) {
    names.insert(role.substr(std::string_view("atlassian/").size()));
  });
  return to_array(names);
}

json::object write_access(const World& world, const AccessList& access) {
  json::object out;
  std::vector<Access> sorted = access;
  std::sort(sorted.begin(), sorted.end(), [&](const Access& a, const Access& b) {
    return world.workspaces[a.resource].ari < world.workspaces[b.resource].ari;
  });
  for (const Access& one : sorted) {
    out[world.workspaces[one.resource].ari] = write_roles(one.roles);
  }
  return out;
}

std::string_view written_status(const Person& person) {
  if (person.for_deletion) return "for_deletion";
  if (person.account == AccountStatus::closed) return "closed";
  if (person.account == AccountStatus::inactive) return "deactivated";
  if (person.directories.empty()) return "not_invited";
  if (person.membership() == MembershipStatus::suspended) return "suspended";
  return person.pending ? "invited" : "active";
}

/// Whether the status alone says in which directories a person is.
bool plain_directories(const Person& person, std::string_view status) {
  if (status == "not_invited") return person.directories.empty();
  return person.directories.size() == 1 && person.directories[0].directory == 0 &&
         person.directories[0].suspended == (status == "suspended");
}

json::object write_person(const World& world, const Person& person) {
  const std::string_view status = written_status(person);
  json::object out{{"email", person.email},
                   {"id", person.id},
                   {"name", person.name},
                   {"nickname", person.nickname},
                   {"status", status},
                   {"managed", person.managed},
                   {"added", format_instant(person.added)}};
  if (person.pending != (status == "invited")) out["pending"] = person.pending;
  if (!plain_directories(person, status)) {
    json::object directories;
    for (const Person::In& in : person.directories) {
      directories[world.directories[in.directory].id] = in.suspended ? "suspended" : "active";
    }
    out["directories"] = std::move(directories);
  }
  if (person.platform != 0) out["roles"] = write_roles(person.platform);
  if (!person.access.empty()) out["access"] = write_access(world, person.access);
  if (person.mfa) out["mfa"] = true;
  if (person.management_source.empty()) {
    out["management_source"] = nullptr;
  } else if (person.management_source != "invited") {
    out["management_source"] = person.management_source;
  }
  if (person.account_type != "atlassian") out["account_type"] = person.account_type;
  if (!person.last_active.empty()) {
    json::object last;
    for (const auto& [resource, when] : person.last_active) {
      last[world.workspaces[resource].ari] = format_instant(when);
    }
    out["last_active"] = std::move(last);
  }
  return out;
}

json::object write_group(const World& world, const Group& group) {
  std::vector<std::string_view> members;
  for (const Index place : group.members) {
    const Person& person = world.people[place];
    const bool found = world.find_person_by_email(person.email) == place;
    members.push_back(found ? person.email : person.id);
  }
  std::sort(members.begin(), members.end());
  json::object out{{"name", group.name},
                   {"id", group.id},
                   {"description", group.description},
                   {"members", to_array(members)}};
  if (group.directory != 0) out["directory"] = world.directories[group.directory].id;
  if (!group.access.empty()) out["access"] = write_access(world, group.access);
  if (!group.default_roles.empty()) {
    out["default_role"] = write_access(world, group.default_roles);
  }
  if (group.synced) out["synced"] = true;
  if (group.built_in) out["built_in"] = true;
  if (group.modifiable == group.synced) out["modifiable"] = group.modifiable;
  if (group.deletable != (!group.synced && !group.built_in)) out["deletable"] = group.deletable;
  if (group.managed_by != (group.synced ? "external" : "admins")) {
    out["managed_by"] = group.managed_by;
  }
  if (group.visible_from != Instant{}) out["visible_from"] = format_instant(group.visible_from);
  return out;
}

json::object write_workspace(const World& world, const Workspace& one) {
  json::object out{{"ari", one.ari},   {"app", one.type_key}, {"type", one.type},
                   {"name", one.name}, {"host", one.host},    {"status", one.status}};
  if (one.directory != 0) out["directory"] = world.directories[one.directory].id;
  if (one.capacity) out["capacity"] = *one.capacity;
  if (one.roles != kAllRoles) out["roles"] = write_roles(one.roles);
  return out;
}

/// The places of those that `wanted` wants, in the order of `key`.
template <class Item, class Wanted, class Key>
std::vector<const Item*> sorted(const std::vector<Item>& items, Wanted wanted, Key key) {
  std::vector<const Item*> out;
  for (const Item& item : items) {
    if (wanted(item)) out.push_back(&item);
  }
  std::sort(out.begin(), out.end(),
            [&](const Item* a, const Item* b) { return key(*a) < key(*b); });
  return out;
}

json::array write_people(const World& world, bool former) {
  json::array out;
  const auto listed = sorted(
      world.people, [&](const Person& one) { return one.listed() != former; },
      [](const Person& one) {
        return std::pair<std::string_view, std::string_view>(one.email_key, one.id);
      });
  for (const Person* person : listed) {
    json::object one = write_person(world, *person);
    if (former) {
      one.erase("directories");
      if (one.at("status") == "not_invited") one.erase("status");
    }
    out.push_back(std::move(one));
  }
  return out;
}

json::array write_events(const World& world) {
  json::array out;
  for (const Event& event : world.events) {
    json::object one{{"n", static_cast<std::int64_t>(event.n)},
                     {"time", format_instant(event.time)},
                     {"action", event.action},
                     {"subject", event.subject}};
    if (!event.object.empty()) one["object"] = event.object;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

json::value write_state(const World& world) {
  json::array directories, domains, workspaces, groups;
  // The first directory and the order of the others have a meaning.
  for (const Directory& one : world.directories) {
    directories.push_back({{"id", one.id}, {"name", one.name}});
  }
  const auto all = [](const auto&) { return true; };
  for (const Domain* one :
       sorted(world.domains, all, [](const Domain& d) { return std::string_view(d.name); })) {
    domains.push_back({{"id", one->id},
                       {"name", one->name},
                       {"claim", one->claim_type},
                       {"status", one->status}});
  }
  for (const Workspace* one :
       sorted(world.workspaces, all, [](const Workspace& w) { return std::string_view(w.ari); })) {
    workspaces.push_back(write_workspace(world, *one));
  }
  const auto by_name = [](const Group& one) {
    return std::pair<std::string_view, Index>(one.name, one.directory);
  };
  for (const Group* one : sorted(
           world.groups, [](const Group& g) { return g.alive; }, by_name)) {
    groups.push_back(write_group(world, *one));
  }
  json::object mails;
  for (const auto& [address, count] : world.mails) mails[address] = count;
  json::object out{{"organization", {{"id", world.org_id}, {"name", world.org_name}}},
                   {"directories", std::move(directories)},
                   {"domains", std::move(domains)},
                   {"workspaces", std::move(workspaces)},
                   {"users", write_people(world, false)},
                   {"groups", std::move(groups)},
                   {"mails", std::move(mails)},
                   {"events", write_events(world)},
                   {"counters",
                    {{"groups", static_cast<std::int64_t>(world.groups_made)},
                     {"events", static_cast<std::int64_t>(world.last_event)}}},
                   {"options", write_options(world.options)}};
  if (!world.api_key.empty()) out["api_key"] = world.api_key;
  json::array former = write_people(world, true);
  if (!former.empty()) out["former_users"] = std::move(former);
  return out;
}

}  // namespace rolecall::simulator
