#include <algorithm>
#include <iterator>

#include "state/simulator/json_writer.h"
#include "state/simulator/operation.h"
#include "state/simulator/user_filter.h"

namespace rolecall::simulator::reads {
namespace {

struct Expansions {
  bool platform_roles = false, resources = false, products = false, groups = false;
};

Expansions expansions(const Call& call) {
  Expansions out;
  for (const std::string_view name : call.texts("expand")) {
    out.platform_roles = out.platform_roles || name == "platformRoles";
    out.resources = out.resources || name == "counts.resources";
    out.products = out.products || name == "productAccess";
    out.groups = out.groups || name == "groups";
  }
  return out;
}

void write_groups(JsonWriter& out, const World& world, const Call& call, const Person& person) {
  out.key("groups");
  out.open('[');
  std::size_t written = 0;
  for (const Index place : person.groups) {
    const Group& group = world.groups[place];
    if (call.directory && *call.directory != group.directory) continue;
    if (group.visible_from > call.now) continue;
    if (world.options.expanded_groups != 0 && written == world.options.expanded_groups) break;
    out.raw(group.brief);
    ++written;
  }
  out.close(']');
}

void write_products(JsonWriter& out, const World& world, const Person& person) {
  out.key("productAccess");
  out.open('[');
  for (const Access& access : world.effective_access(person)) {
    const Workspace& workspace = world.workspaces[access.resource];
    out.open('{');
    out.field("id", workspace.ari);
    out.field("key", workspace.type_key);
    for (const auto& [resource, at] : person.last_active) {
      if (resource == access.resource) out.field("lastActiveTimestamp", write_instant(at));
    }
    out.close('}');
  }
  out.close(']');
}

void write_profile(JsonWriter& out, const Person& person) {
  out.field("accountId", person.id);
  out.field("accountType", person.account_type);
  out.field("status", kStatuses[static_cast<std::size_t>(person.status())]);
  out.field("accountStatus", kAccountStatuses[static_cast<std::size_t>(person.account)]);
  out.field("membershipStatus", kMembershipStatuses[static_cast<std::size_t>(person.membership())]);
  out.field("addedToOrg", write_instant(person.added));
  out.field("name", person.name);
  out.field("nickname", person.nickname);
  out.field("email", person.email);
  out.key("emailVerified");
  out.boolean(!person.pending);
  out.field("claimStatus", person.managed ? "managed" : "unmanaged");
  out.key("managementSource");
  out.text_or_null(person.management_source);
  out.key("mfaEnabled");
  out.boolean(person.mfa);
  out.field("picture", "");
  out.field("jobTitle", "");
  for (const std::string_view empty : {"department", "organization", "location", "timeZone"}) {
    out.key(empty);
    out.null();
  }
}

void write_user(JsonWriter& out, const World& world, const Call& call, const Expansions& expand,
                const Person& person) {
  out.open('{');
  write_profile(out, person);
  if (expand.platform_roles) {
    out.key("platformRoles");
    out.open('[');
    for_each_role(person.platform, [&](std::string_view role) { out.text(role); });
    out.close(']');
  }
  if (expand.resources) {
    out.key("counts");
    out.open('{');
    out.key("resources");
    out.number(static_cast<std::int64_t>(world.effective_access(person).size()));
    out.close('}');
  }
  if (expand.products) write_products(out, world, person);
  if (expand.groups) write_groups(out, world, call, person);
  out.close('}');
}

/// Those who can match, in the order asked for; nothing: everybody in the order of the table.
/// Without sorting a cursor's position is a place in the table; with it, one in the sorted list.
const std::vector<Index>* order(const World& world, const Call& call, const UserFilter& filter,
                                std::vector<Index>& made) {
  const boost::json::value* sort = call.arguments.if_contains("sortBy");
  const auto& candidates = filter.candidates();
  if (sort == nullptr || sort->get_array().empty()) return candidates ? &*candidates : nullptr;
  const bool down = sort->get_array()[0].get_object().at("direction").get_string() == "desc";
  const std::vector<Index>& all = world.by_nickname(down);
  if (!candidates) return &all;
  std::copy_if(all.begin(), all.end(), std::back_inserter(made), [&](Index one) {
    return std::binary_search(candidates->begin(), candidates->end(), one);
  });
  return &made;
}

}  // namespace

Reply users(const World& world, const Call& call) {
  if (call.has("emails") && call.has("searchTerm")) {
    return malformed("ADMIN-400-24", "emails and searchTerm exclude each other");
  }
  const UserFilter filter(world, call);
  std::vector<Index> made;
  const std::vector<Index>* listed = order(world, call, filter, made);
  const std::size_t count = listed ? listed->size() : world.people.size();
  const std::size_t limit = call.limit(50);
  const Expansions expand = expansions(call);
  const bool sorted = call.has("sortBy");

  JsonWriter out;
  out.reserve(limit * (expand.groups ? 2048 : 512));
  out.open('{');
  out.key("data");
  out.open('[');
  std::size_t written = 0;
  std::optional<std::uint64_t> next;
  // Lists of candidates change with memberships, so positions in them are places in the table too.
  std::size_t i = call.position;
  if (listed && !sorted) {
    i = static_cast<std::size_t>(std::lower_bound(listed->begin(), listed->end(), call.position) -
                                 listed->begin());
  }
  for (; i < count; ++i) {
    const Index place = listed ? (*listed)[i] : static_cast<Index>(i);
    const Person& person = world.people[place];
    if (!filter.matches(person)) continue;
    if (written == limit) {
      next = sorted ? i : place;
      break;
    }
    write_user(out, world, call, expand, person);
    ++written;
  }
  out.close(']');
  write_cursor_links(out, world, call, next);
  out.close('}');
  return ok(out.take());
}

Reply users_count(const World& world, const Call& call) {
  const UserFilter filter(world, call);
  std::int64_t count = 0;
  if (filter.candidates()) {
    for (const Index place : *filter.candidates()) {
      if (filter.matches(world.people[place])) ++count;
    }
  } else {
    count = std::count_if(world.people.begin(), world.people.end(),
                          [&](const Person& person) { return filter.matches(person); });
  }
  JsonWriter out;
  out.open('{');
  out.key("count");
  out.number(count);
  out.close('}');
  return ok(out.take());
}

Reply last_active_dates(const World& world, const Call& call) {
  const auto place = world.find_person(call.account_id);
  if (!place || !world.people[*place].listed()) return unknown_user();
  const Person& person = world.people[*place];
  const Slice page = slice(call, person.last_active.size(), world.options.server_page);
  JsonWriter out;
  out.open('{');
  out.key("data");
  out.open('{');
  out.key("product_access");
  out.open('[');
  for (std::size_t i = page.begin; i < page.end; ++i) {
    const auto& [resource, at] = person.last_active[i];
    out.open('{');
    out.field("id", world.workspaces[resource].ari);
    out.field("key", world.workspaces[resource].type_key);
    out.field("last_active", write_instant(at).substr(0, 10));
    out.field("last_active_timestamp", write_instant(at));
    out.close('}');
  }
  out.close(']');
  out.field("added_to_org", write_instant(person.added).substr(0, 10));
  out.field("added_to_org_timestamp", write_instant(person.added));
  out.close('}');
  out.key("links");
  out.open('{');
  out.key("next");
  if (page.next) {
    out.text(call.cursor_at(*page.next));
  } else {
    out.null();
  }
  out.close('}');
  out.close('}');
  return ok(out.take());
}

}  // namespace rolecall::simulator::reads
