#include "controller/listing.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <optional>

#include "state/api/directory.h"
#include "state/api/endpoints.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  if (const json::string* text = value.if_string()) return std::string(*text);
  if (value.is_null()) return {};
  if (const json::array* items = value.if_array()) {
    std::string out;
    for (const json::value& item : *items) out += (out.empty() ? "" : ", ") + text_of(item);
    return out;
  }
  return json::serialize(value);
}

}  // namespace

Result<json::array> read_list(ReadClient& client, Reader::MakeRequest make) {
  Reader reader(client);
  json::array items;
  std::string problem;
  reader.walk(std::move(make), [&](const Reader::Page& page) {
    problem += page.problem;
    if (page.data == nullptr) return;
    for (const json::value& item : *page.data) items.push_back(item);
  });
  reader.run();
  if (!problem.empty()) return fail(problem);
  return items;
}

Result<json::value> read_document(ReadClient& client, ReadRequest request) {
  Reader reader(client);
  std::optional<Result<json::value>> out;
  reader.get(std::move(request), [&](Result<json::value> value) {
    out = value ? Result<json::value>(json::value(*value, json::storage_ptr())) : std::move(value);
  });
  reader.run();
  return *std::move(out);
}

Result<std::string> directory_to_read(ReadClient& client, const std::string& organization) {
  const Endpoints endpoints(organization);
  const auto directories =
      read_list(client, [&](const std::string& cursor) { return endpoints.directories(cursor); });
  if (!directories) {
    return fail(directories.error().what,
                hint_for_first_call(directories.error().what, organization));
  }
  if (directories->empty()) {
    return fail("the organization shows no directory to this API key");
  }
  const json::string* id = string_member(directories->front(), "directoryId");
  if (directories->size() > 1 || id == nullptr) return "-";
  return std::string(*id);
}

std::string cell(const json::value& item, std::string_view path) {
  const std::size_t dot = path.find('.');
  const json::value* found = member(item, path.substr(0, dot));
  if (found == nullptr) return {};
  return dot == std::string_view::npos ? text_of(*found) : cell(*found, path.substr(dot + 1));
}

}  // namespace rolecall
