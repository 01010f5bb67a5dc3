#include "state/simulator/seed_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "state/model/json.h"
#include "state/model/text.h"
#include "state/simulator/schema.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;
using Type = Field::Type;

constexpr std::string_view kUserStatuses[] = {
    "active", "suspended", "invited", "not_invited", "deactivated", "closed", "for_deletion"};
constexpr std::string_view kSources[] = {"invited", "synced"};

const Schema& user_schema() {
  static const Schema kSchema{
      {{"email", Type::text, 0, 0, {}, nullptr, true},
       {"id"},
       {"name"},
       {"nickname"},
       {"status", Type::text, 0, 0, kUserStatuses},
       {"pending", Type::boolean},
       {"directories", Type::object},
       {"roles", Type::texts},
       {"access", Type::object},
       {"managed", Type::boolean},
       {"mfa", Type::boolean},
       {"management_source", Type::text, 0, 0, kSources, nullptr, false, true},
       {"account_type"},
       {"added"},
       {"last_active", Type::object}}};
  return kSchema;
}

const Schema& group_schema() {
  static const Schema kSchema{{{"name", Type::text, 0, 0, {}, nullptr, true},
                               {"id"},
                               {"description"},
                               {"directory"},
                               {"members", Type::texts},
                               {"access", Type::object},
                               {"default_role", Type::object},
                               {"synced", Type::boolean},
                               {"built_in", Type::boolean},
                               {"managed_by", Type::text, 0, 0, kManagedBy},
                               {"modifiable", Type::boolean},
                               {"deletable", Type::boolean},
                               {"visible_from"}}};
  return kSchema;
}

bool bool_or(const json::value& object, std::string_view key, bool otherwise) {
  const bool* found = bool_member(object, key);
  return found == nullptr ? otherwise : *found;
}

bool in_verified_domain(const World& world, std::string_view email) {
  return std::any_of(world.domains.begin(), world.domains.end(), [&](const Domain& one) {
    return one.status == "verified" && fold_case(email).ends_with("@" + fold_case(one.name));
  });
}

Result<void> read_status(const World& world, Person& person, const json::value& item, bool former) {
  const std::string status = string_or(item, "status", "active");
  person.pending = bool_or(item, "pending", status == "invited");
  if (status == "deactivated") person.account = AccountStatus::inactive;
  if (status == "closed") person.account = AccountStatus::closed;
  person.for_deletion = status == "for_deletion";
  if (const json::value* directories = member(item, "directories")) {
    for (const auto& [name, state] : directories->get_object()) {
      const auto place = find_seed_directory(world, name);
      if (!place) return fail("unknown directory " + quote(name));
      if (state != "active" && state != "suspended") {
        return fail("a directory's state is \"active\" or \"suspended\"");
      }
      person.directories.push_back({*place, state == "suspended"});
    }
  } else if (status != "not_invited" && !former) {
    person.directories.push_back({0, status == "suspended"});
  }
  std::sort(person.directories.begin(), person.directories.end(),
            [](const auto& a, const auto& b) { return a.directory < b.directory; });
  return {};
}

Result<void> read_activity(const World& world, Person& person, const json::value& item) {
  const auto added = parse_instant(string_or(item, "added", "2024-01-01"));
  if (!added) return fail("added is no date");
  person.added = *added;
  const json::value* last_active = member(item, "last_active");
  if (last_active == nullptr) return {};
  for (const auto& [ari, when] : last_active->get_object()) {
    const auto resource = world.find_workspace(ari);
    if (!resource) return fail("last_active: no workspace has the ari " + quote(ari));
    const auto at = when.is_string() ? parse_instant(when.get_string()) : std::nullopt;
    if (!at) return fail("last_active: no date");
    person.last_active.emplace_back(*resource, *at);
  }
  std::sort(person.last_active.begin(), person.last_active.end());
  return {};
}

}  // namespace

Result<void> read_seed_user(World& world, const json::value& item, bool former) {
  if (auto form = check(item, user_schema()); !form) return form;
  Person person;
  person.email = string_or(item, "email", "");
  person.id = string_or(item, "id", "");
  person.name = string_or(item, "name", person.email.substr(0, person.email.find('@')));
  person.nickname = string_or(item, "nickname", person.name.substr(0, person.name.find(' ')));
  person.account_type = string_or(item, "account_type", "atlassian");
  const json::value* source = item.get_object().if_contains("management_source");
  person.management_source = source != nullptr && source->is_null()
                                 ? std::string()
                                 : string_or(item, "management_source", "invited");
  const bool outside = string_or(item, "status", "active") == "not_invited";
  person.managed = bool_or(item, "managed", in_verified_domain(world, person.email) || outside);
  person.mfa = bool_or(item, "mfa", false);
  if (auto fine = read_status(world, person, item, former); !fine) return fine;
  if (auto fine = read_activity(world, person, item); !fine) return fine;
  if (const json::array* roles = array_member(item, "roles")) {
    for (const json::value& role : *roles) {
      const auto bit = find_role("atlassian/" + std::string(role.get_string()));
      if (!bit || (*bit & kPlatformRoles) == 0) {
        return fail("roles: no role of the organization: " + quote(role.get_string()));
      }
      person.platform = static_cast<RoleSet>(person.platform | *bit);
    }
  }
  auto access = read_seed_access(world, item, "access");
  if (!access) return tl::make_unexpected(access.error());
  if (!person.id.empty() && world.find_person(person.id)) return fail("its id is taken");
  if (person.id.empty() && world.find_person_by_email(person.email)) {
    return fail("its address is taken; a second account for it needs an id");
  }
  const Index place = world.add_person(std::move(person));
  for (const Access& one : *access) world.grant_person(place, one.resource, one.roles);
  return {};
}

Result<void> read_seed_group(World& world, const json::value& item) {
  if (auto form = check(item, group_schema()); !form) return form;
  Group group;
  group.name = string_or(item, "name", "");
  group.id = string_or(item, "id", "");
  group.description = string_or(item, "description", "");
  const std::string directory = string_or(item, "directory", world.directories[0].id);
  const auto in = find_seed_directory(world, directory);
  if (!in) return fail("unknown directory " + quote(directory));
  group.directory = *in;
  group.synced = bool_or(item, "synced", false);
  group.built_in = bool_or(item, "built_in", false);
  group.modifiable = bool_or(item, "modifiable", !group.synced);
  group.deletable = bool_or(item, "deletable", !group.synced && !group.built_in);
  group.managed_by = string_or(item, "managed_by", group.synced ? "external" : "admins");
  if (const auto from = parse_instant(string_or(item, "visible_from", "")))
    group.visible_from = *from;
  if (world.find_group_by_name(group.directory, group.name)) return fail("its name is taken");
  if (!group.id.empty() && world.find_group(group.id)) return fail("its id is taken");
  auto defaults = read_seed_access(world, item, "default_role");
  if (!defaults) return tl::make_unexpected(defaults.error());
  group.default_roles = std::move(*defaults);
  auto access = read_seed_access(world, item, "access");
  if (!access) return tl::make_unexpected(access.error());
  const Index place = world.add_group(std::move(group));
  for (const Access& one : *access) world.grant_group(place, one.resource, one.roles);
  const json::array* members = array_member(item, "members");
  for (std::size_t i = 0; members != nullptr && i < members->size(); ++i) {
    const std::string_view who = (*members)[i].get_string();
    auto person = world.find_person(who);
    if (!person) person = world.find_person_by_email(who);
    if (!person) return fail("unknown member " + quote(who));
    if (world.people[*person].in(*in) == nullptr) {
      return fail(fmt::format("member {} is not in the group's directory", quote(who)));
    }
    world.join_group(*person, place);
  }
  return {};
}

}  // namespace rolecall::simulator
