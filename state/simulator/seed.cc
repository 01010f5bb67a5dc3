#include "state/simulator/seed.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "state/model/json.h"
#include "state/model/text.h"
#include "state/simulator/schema.h"
#include "state/simulator/seed_items.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;
using Type = Field::Type;

const Schema& seed_schema() {
  static const Schema kSchema{{{"organization", Type::object},
                               {"api_key"},
                               {"directories", Type::objects},
                               {"domains", Type::objects},
                               {"workspaces", Type::objects},
                               {"users", Type::objects},
                               {"former_users", Type::objects},
                               {"groups", Type::objects},
                               {"mails", Type::object},
                               {"events", Type::objects},
                               {"counters", Type::object},
                               {"options", Type::object}}};
  return kSchema;
}
const Schema& organization_schema() {
  static const Schema kSchema{{{"id"}, {"name"}}};
  return kSchema;
}
const Schema& domain_schema() {
  static const Schema kSchema{{{"id"}, {"name"}, {"claim"}, {"status"}}};
  return kSchema;
}
const Schema& workspace_schema() {
  static const Schema kSchema{{{"ari", Type::text, 0, 0, {}, nullptr, true},
                               {"app"},
                               {"type"},
                               {"name"},
                               {"host"},
                               {"status"},
                               {"directory"},
                               {"capacity", Type::integer, 0, 0, {}, nullptr, false, true},
                               {"roles", Type::texts}}};
  return kSchema;
}

tl::unexpected<Error> at(std::string_view list, std::size_t i, std::string_view what) {
  return fail(fmt::format("seed: {}[{}]: {}", list, i, what));
}

/// "confluence" of "ari:cloud:confluence::site/1".
std::string owner_of(std::string_view ari) {
  constexpr std::string_view kPrefix = "ari:cloud:";
  if (!ari.starts_with(kPrefix)) return {};
  ari.remove_prefix(kPrefix.size());
  return std::string(ari.substr(0, ari.find(':')));
}

/// "Jira software" for "jira-software".
std::string shown_type(std::string_view app) {
  std::string out(app);
  std::replace(out.begin(), out.end(), '-', ' ');
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

/// Calls `read` for every item of a list of the seed.
template <class ReadItem>
Result<void> each(const json::value& seed, std::string_view list, ReadItem read) {
  const json::array* items = array_member(seed, list);
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    if (Result<void> fine = read((*items)[i]); !fine) return at(list, i, fine.error().what);
  }
  return {};
}

Result<void> read_organization(World& world, const json::value& seed) {
  const json::value* organization = member(seed, "organization");
  if (organization != nullptr) {
    if (auto fine = check(*organization, organization_schema()); !fine) return fine;
  }
  const json::value none = json::object();
  const json::value& from = organization == nullptr ? none : *organization;
  world.org_id = string_or(from, "id", "1b2c3d4e-0000-4000-8000-0000000000aa");
  world.org_name = string_or(from, "name", "Example");
  world.api_key = string_or(seed, "api_key", "");

  auto fine = each(seed, "directories", [&](const json::value& item) -> Result<void> {
    if (auto form = check(item, organization_schema()); !form) return form;
    Directory one{string_or(item, "id", ""), string_or(item, "name", "Directory")};
    if (one.id.empty()) one.id = make_uuid(world.options.seed, "directory", one.name);
    if (one.id == "-" || world.find_directory(one.id)) return fail("its id is taken");
    world.directories.push_back(std::move(one));
    return {};
  });
  if (!fine) return fine;
  if (world.directories.empty()) {
    world.directories.push_back(
        {make_uuid(world.options.seed, "directory", "Directory"), "Directory"});
  }
  return each(seed, "domains", [&](const json::value& item) -> Result<void> {
    if (auto form = check(item, domain_schema()); !form) return form;
    Domain one{string_or(item, "id", ""), string_or(item, "name", ""),
               string_or(item, "claim", "dns"), string_or(item, "status", "verified")};
    if (one.name.empty()) return fail("it has no name");
    if (one.id.empty()) one.id = make_uuid(world.options.seed, "domain", one.name);
    world.domains.push_back(std::move(one));
    return {};
  });
}

Result<void> read_workspaces(World& world, const json::value& seed) {
  return each(seed, "workspaces", [&](const json::value& item) -> Result<void> {
    if (auto form = check(item, workspace_schema()); !form) return form;
    Workspace one;
    one.ari = string_or(item, "ari", "");
    one.owner = owner_of(one.ari);
    if (one.owner.empty()) return fail("ari does not begin with \"ari:cloud:\"");
    if (world.find_workspace(one.ari)) return fail("its ari is taken");
    one.type_key = string_or(item, "app", one.owner);
    one.type = string_or(item, "type", shown_type(one.type_key));
    one.name = string_or(item, "name", "");
    one.host = string_or(item, "host", "");
    one.status = string_or(item, "status", "online");
    if (const auto* capacity = integer_member(item, "capacity")) one.capacity = *capacity;
    if (const json::array* roles = array_member(item, "roles")) {
      one.roles = 0;
      for (const json::value& role : *roles) {
        const auto bit = find_role("atlassian/" + std::string(role.get_string()));
        if (!bit) return fail("unknown role " + quote(role.get_string()));
        one.roles = static_cast<RoleSet>(one.roles | *bit);
      }
    }
    const std::string directory = string_or(item, "directory", world.directories[0].id);
    const auto place = find_seed_directory(world, directory);
    if (!place) return fail("unknown directory " + quote(directory));
    one.directory = *place;
    world.add_workspace(std::move(one));
    return {};
  });
}

Result<void> read_history(World& world, const json::value& seed) {
  if (const json::value* mails = member(seed, "mails")) {
    for (const auto& [address, count] : mails->get_object()) {
      if (!count.is_int64()) return fail("seed: mails: counts are whole numbers");
      world.mails[std::string(address)] = count.get_int64();
    }
  }
  auto fine = each(seed, "events", [&](const json::value& item) -> Result<void> {
    const auto time = parse_instant(string_or(item, "time", ""));
    if (!time) return fail("time is missing or none");
    world.record(*time, string_or(item, "action", ""), string_or(item, "subject", ""),
                 string_or(item, "object", ""));
    if (const auto* n = integer_member(item, "n")) {
      world.events.back().n = static_cast<std::uint64_t>(*n);
      world.last_event = std::max(world.last_event, world.events.back().n);
    }
    return {};
  });
  if (!fine) return fine;
  if (const json::value* counters = member(seed, "counters")) {
    if (const auto* n = integer_member(*counters, "groups")) {
      world.groups_made = static_cast<std::uint64_t>(*n);
    }
    if (const auto* n = integer_member(*counters, "events")) {
      world.last_event = static_cast<std::uint64_t>(*n);
    }
  }
  return {};
}

}  // namespace

std::optional<Index> find_seed_directory(const World& world, std::string_view id_or_name) {
  if (const auto found = world.find_directory(id_or_name)) return found;
  for (std::size_t i = 0; i < world.directories.size(); ++i) {
    if (world.directories[i].name == id_or_name) return static_cast<Index>(i);
  }
  return std::nullopt;
}

Result<AccessList> read_seed_access(const World& world, const json::value& item,
                                    std::string_view key) {
  AccessList out;
  const json::value* access = member(item, key);
  if (access == nullptr) return out;
  for (const auto& [ari, roles] : access->get_object()) {
    const auto resource = world.find_workspace(ari);
    if (!resource) return fail(fmt::format("{}: no workspace has the ari {}", key, quote(ari)));
    if (!roles.is_array()) return fail(fmt::format("{}: roles must be a list", key));
    for (const json::value& role : roles.get_array()) {
      if (!role.is_string()) return fail(fmt::format("{}: roles must be strings", key));
      const auto bit = find_role("atlassian/" + std::string(role.get_string()));
      if (!bit) return fail(fmt::format("{}: unknown role {}", key, quote(role.get_string())));
      add_roles(out, *resource, *bit);
    }
  }
  return out;
}

Result<World> read_seed(const json::value& seed) {
  if (auto fine = check(seed, seed_schema()); !fine) return fail("seed: " + fine.error().what);
  World world;
  if (const json::value* options = member(seed, "options")) {
    auto parsed = parse_options(*options);
    if (!parsed) return fail("seed: " + parsed.error().what);
    world.options = std::move(*parsed);
  }
  if (auto fine = read_organization(world, seed); !fine) return tl::make_unexpected(fine.error());
  if (auto fine = read_workspaces(world, seed); !fine) return tl::make_unexpected(fine.error());
  for (const std::string_view list : {"users", "former_users"}) {
    auto fine = each(seed, list, [&](const json::value& item) {
      return read_seed_user(world, item, list == "former_users");
    });
    if (!fine) return tl::make_unexpected(fine.error());
  }
  auto groups =
      each(seed, "groups", [&](const json::value& item) { return read_seed_group(world, item); });
  if (!groups) return tl::make_unexpected(groups.error());
  if (auto fine = read_history(world, seed); !fine) return tl::make_unexpected(fine.error());
  return world;
}

}  // namespace rolecall::simulator
