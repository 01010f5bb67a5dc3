#include <algorithm>

#include "state/model/text.h"
#include "state/simulator/json_writer.h"
#include "state/simulator/operation.h"

namespace rolecall::simulator::reads {
namespace {

std::string org_url(const World& world) {
  return world.options.base_url + "/v1/orgs/" + world.org_id;
}

void write_related(JsonWriter& out, std::string_view name, const std::string& url) {
  out.key(name);
  out.open('{');
  out.key("links");
  out.open('{');
  out.field("related", url);
  out.close('}');
  out.close('}');
}

void write_self(JsonWriter& out, const std::string& url) {
  out.key("links");
  out.open('{');
  out.field("self", url);
  out.close('}');
}

void write_org(JsonWriter& out, const World& world) {
  out.open('{');
  out.field("id", world.org_id);
  out.field("type", "orgs");
  out.key("attributes");
  out.open('{');
  out.field("name", world.org_name);
  out.close('}');
  out.key("relationships");
  out.open('{');
  write_related(out, "domains", org_url(world) + "/domains");
  write_related(out, "users", org_url(world) + "/users");
  out.close('}');
  write_self(out, org_url(world));
  out.close('}');
}

void write_domain(JsonWriter& out, const World& world, const Domain& domain) {
  out.open('{');
  out.field("id", domain.id);
  out.field("type", "domains");
  out.key("attributes");
  out.open('{');
  out.field("name", domain.name);
  out.key("claim");
  out.open('{');
  out.field("type", domain.claim_type);
  out.field("status", domain.status);
  out.close('}');
  out.close('}');
  write_self(out, org_url(world) + "/domains/" + domain.id);
  out.close('}');
}

}  // namespace

Reply orgs(const World& world, const Call& call) {
  JsonWriter out;
  out.open('{');
  out.key("data");
  out.open('[');
  write_org(out, world);
  out.close(']');
  write_url_links(out, world, call, std::nullopt);
  out.close('}');
  return ok(out.take());
}

Reply org(const World& world, const Call&) {
  JsonWriter out;
  out.open('{');
  out.key("data");
  write_org(out, world);
  out.close('}');
  return ok(out.take());
}

Reply directories(const World& world, const Call& call) {
  const std::string_view account = call.text("accountId");
  const std::string term = fold_case(call.text("searchTerm"));
  const auto ids = call.texts("directoryIds");
  const auto person = world.find_person(account);
  std::vector<const Directory*> found;
  for (std::size_t i = 0; i < world.directories.size(); ++i) {
    const Directory& one = world.directories[i];
    if (!ids.empty() && std::find(ids.begin(), ids.end(), one.id) == ids.end()) continue;
    if (fold_case(one.name).find(term) == std::string::npos) continue;
    if (!account.empty() &&
        (!person || world.people[*person].in(static_cast<Index>(i)) == nullptr)) {
      continue;
    }
    found.push_back(&one);
  }
  const Slice page = slice(call, found.size(), call.limit(50));
  JsonWriter out;
  out.open('{');
  out.key("data");
  out.open('[');
  for (std::size_t i = page.begin; i < page.end; ++i) {
    out.open('{');
    out.field("directoryId", found[i]->id);
    out.field("name", found[i]->name);
    out.field("icon", "");
    out.close('}');
  }
  out.close(']');
  write_cursor_links(out, world, call, page.next);
  out.close('}');
  return ok(out.take());
}

Reply domains(const World& world, const Call& call) {
  const Slice page = slice(call, world.domains.size(), world.options.server_page);
  JsonWriter out;
  out.open('{');
  out.key("data");
  out.open('[');
  for (std::size_t i = page.begin; i < page.end; ++i) write_domain(out, world, world.domains[i]);
  out.close(']');
  write_url_links(out, world, call, page.next);
  out.close('}');
  return ok(out.take());
}

Reply domain(const World& world, const Call& call) {
  for (const Domain& one : world.domains) {
    if (one.id != call.domain_id) continue;
    JsonWriter out;
    out.open('{');
    out.key("data");
    write_domain(out, world, one);
    out.close('}');
    return ok(out.take());
  }
  return refuse(404, "ADMIN-404-3", "Domain not found");
}

}  // namespace rolecall::simulator::reads
