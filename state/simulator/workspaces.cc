#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "state/model/text.h"
#include "state/simulator/json_writer.h"
#include "state/simulator/operation.h"

namespace rolecall::simulator::reads {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kFields = {"attributes.type", "attributes.typeKey",
                                                     "attributes.status", "attributes.name",
                                                     "attributes.hostUrl"};

std::string host_url(const Workspace& workspace) {
  return workspace.host.empty() ? std::string() : "https://" + workspace.host;
}

std::string field_value(const Workspace& workspace, std::string_view field) {
  if (field == "attributes.type") return workspace.type;
  if (field == "attributes.typeKey") return workspace.type_key;
  if (field == "attributes.status") return workspace.status;
  if (field == "attributes.name") return workspace.name;
  return host_url(workspace);
}

const Schema& field_schema() {
  static const Schema kSchema{
      {{"name", Field::Type::text, 0, 0, kFields, nullptr, true}, {"values", Field::Type::texts}}};
  return kSchema;
}

const Schema& operand_schema() {
  // `policies` is in the vendor's document and refused by the server.
  static const Schema kSchema{{{"and", Field::Type::objects},
                               {"nor", Field::Type::objects},
                               {"field", Field::Type::object, 0, 0, {}, &field_schema()},
                               {"searchWorkspaces", Field::Type::text},
                               {"features", Field::Type::texts}}};
  return kSchema;
}

Result<void> check_operand(const json::value& operand) {
  if (auto fine = check(operand, operand_schema()); !fine) return fine;
  for (const std::string_view list : {"and", "nor"}) {
    const json::value* inner = operand.get_object().if_contains(list);
    if (inner == nullptr) continue;
    for (const json::value& one : inner->get_array()) {
      if (auto fine = check_operand(one); !fine) return fine;
    }
  }
  return {};
}

/// An operand without content widens: it matches everything.
bool matches(const Workspace& workspace, const json::object& operand) {
  const json::value* both = operand.if_contains("and");
  const json::value* nor = operand.if_contains("nor");
  const json::value* field = operand.if_contains("field");
  const json::value* term = operand.if_contains("searchWorkspaces");
  const auto fits = [&](const json::value& one) { return matches(workspace, one.get_object()); };
  if (both != nullptr && !std::all_of(both->get_array().begin(), both->get_array().end(), fits)) {
    return false;
  }
  if (nor != nullptr && std::any_of(nor->get_array().begin(), nor->get_array().end(), fits)) {
    return false;
  }
  if (field != nullptr) {
    const json::value* values = field->get_object().if_contains("values");
    const std::string value = field_value(workspace, field->get_object().at("name").get_string());
    const bool widens = values == nullptr || values->get_array().empty();
    if (!widens &&
        std::none_of(values->get_array().begin(), values->get_array().end(),
                     [&](const json::value& one) { return one.get_string() == value; })) {
      return false;
    }
  }
  return term == nullptr ||
         fold_case(workspace.name + '\n' + workspace.host).find(fold_case(term->get_string())) !=
             std::string::npos;
}

void write_workspace(JsonWriter& out, const World& world, const Workspace& workspace) {
  out.open('{');
  out.field("id", workspace.ari);
  out.field("type", "workspaces");
  out.key("attributes");
  out.open('{');
  out.field("name", workspace.name);
  out.field("typeKey", workspace.type_key);
  out.field("type", workspace.type);
  out.key("owner");
  out.null();
  out.field("status", workspace.status);
  out.key("statusDetails");
  out.raw("[]");
  out.key("labels");
  out.raw("[]");
  out.key("usage");
  out.number(workspace.usage);
  out.key("capacity");
  if (workspace.capacity) {
    out.number(*workspace.capacity);
  } else {
    out.null();
  }
  out.key("hostUrl");
  out.text_or_null(host_url(workspace));
  out.close('}');
  out.key("links");
  out.open('{');
  out.field("self", fmt::format("{}/v2/orgs/{}/workspaces", world.options.base_url, world.org_id));
  out.close('}');
  out.key("relationships");
  out.raw("{}");
  out.close('}');
}

}  // namespace

Reply workspaces(const World& world, const Call& call) {
  const json::value* query = call.arguments.if_contains("query");
  if (query != nullptr && query->is_null()) query = nullptr;
  if (query != nullptr) {
    if (auto fine = check_operand(*query); !fine) {
      return malformed("ADMIN-400-24", "query: " + fine.error().what);
    }
  }
  std::vector<const Workspace*> found;
  for (const Workspace& one : world.workspaces) {
    if (query == nullptr || matches(one, query->get_object())) found.push_back(&one);
  }
  const Slice page = slice(call, found.size(), call.limit(50));
  JsonWriter out;
  out.open('{');
  out.key("data");
  out.open('[');
  for (std::size_t i = page.begin; i < page.end; ++i) write_workspace(out, world, *found[i]);
  out.close(']');
  write_cursor_links(out, world, call, page.next);
  out.key("meta");
  out.open('{');
  out.key("pageSize");
  out.number(static_cast<std::int64_t>(page.end - page.begin));
  out.key("startIndex");
  out.number(static_cast<std::int64_t>(page.begin));
  out.key("endIndex");
  out.number(static_cast<std::int64_t>(page.end));
  out.key("total");
  out.number(static_cast<std::int64_t>(found.size()));
  out.close('}');
  out.close('}');
  return ok(out.take());
}

}  // namespace rolecall::simulator::reads
