#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "state/model/json.h"
#include "state/simulator/cursor.h"
#include "state/simulator/faults.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;
using Page = FaultAction::Page;

/// The member an action means: the one it names, else the first that is a text.
std::string find_field(const FaultAction& action, const json::object& item) {
  if (!action.field.empty()) return action.field;
  for (const auto& [key, value] : item) {
    if (value.is_string()) return key;
  }
  return {};
}

void spoil_item(const FaultAction& action, json::object& item) {
  const std::string field = find_field(action, item);
  if (field.empty()) return;
  if (action.page == Page::wrong_type) item[field] = 42;
  if (action.page == Page::missing_field) item.erase(field);
  if (action.page == Page::unknown_enum) item[field] = "LIMBO";
}

/// The next cursor of a page, or null.
void set_next(json::object& page, const json::value& next) {
  for (const std::string_view holder : {"links", "meta"}) {
    json::value* links = page.if_contains(holder);
    if (links == nullptr || !links->is_object()) continue;
    if (holder == "links" || links->get_object().contains("next")) {
      links->get_object()["next"] = next;
    }
  }
}

/// A cursor that leads to this page again; with a nonce, one that was never seen before.
json::value cursor_back(const json::object& page, std::uint64_t nonce) {
  const json::value* links = page.if_contains("links");
  const json::string* self = links == nullptr ? nullptr : string_member(*links, "self");
  if (self == nullptr) return nullptr;
  auto cursor = read_cursor(*self);
  if (!cursor) return nullptr;
  cursor->nonce = nonce;
  return json::value(write_cursor(*cursor));
}

/// The same member twice in one item: no tree of values can hold that.
std::string duplicate_member(const FaultAction& action, const json::object& page,
                             const json::object& item) {
  const std::string field = find_field(action, item);
  const std::string whole = json::serialize(item);
  std::string out = json::serialize(page);
  const std::size_t at = out.find(whole);
  if (field.empty() || at == std::string::npos) return out;
  return out.insert(at + 1, json::serialize(json::string(field)) + ":\"twice\",");
}

}  // namespace

std::string spoil_page(const FaultAction& action, std::string body, std::uint64_t nonce) {
  if (action.page == Page::extra_bytes) return body + "]}extra";
  if (action.page == Page::torn) return body.substr(0, body.size() / 2);
  auto parsed = parse_json(body);
  if (!parsed || !parsed->is_object()) return body;
  json::object& page = parsed->get_object();
  json::value* data = page.if_contains("data");
  if (data == nullptr) return body;
  if (action.page == Page::missing_data) page.erase("data");
  if (action.page == Page::drop_next) set_next(page, nullptr);
  if (action.page == Page::repeat_cursor) set_next(page, cursor_back(page, 0));
  if (action.page == Page::endless_cursor) set_next(page, cursor_back(page, nonce));
  if (action.page == Page::missing_data || !data->is_array()) return json::serialize(page);
  json::array& items = data->get_array();
  if (action.page == Page::empty_page) items.clear();
  if (action.item >= items.size()) return json::serialize(page);
  const auto at = items.begin() + static_cast<std::ptrdiff_t>(action.item);
  if (action.page == Page::drop_item) {
    items.erase(at);
  } else if (action.page == Page::repeat_item) {
    const json::value copy = *at;
    items.insert(at, copy);
  } else if (at->is_object()) {
    if (action.page == Page::duplicate_member) {
      return duplicate_member(action, page, at->get_object());
    }
    spoil_item(action, at->get_object());
  }
  return json::serialize(page);
}

}  // namespace rolecall::simulator
