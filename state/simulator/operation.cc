#include "state/simulator/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "state/simulator/json_writer.h"

namespace rolecall::simulator {

std::size_t Call::limit(std::size_t otherwise) const {
  const boost::json::value* value = arguments.if_contains("limit");
  return value == nullptr || !value->is_int64() ? otherwise
                                                : static_cast<std::size_t>(value->get_int64());
}

std::string_view Call::text(std::string_view name) const {
  const boost::json::value* value = arguments.if_contains(name);
  return value == nullptr || !value->is_string() ? std::string_view()
                                                 : std::string_view(value->get_string());
}

std::vector<std::string_view> Call::texts(std::string_view name) const {
  std::vector<std::string_view> out;
  const boost::json::value* value = arguments.if_contains(name);
  if (value == nullptr || !value->is_array()) return out;
  for (const boost::json::value& item : value->get_array()) out.push_back(item.get_string());
  return out;
}

std::string Call::cursor_at(std::uint64_t place) const {
  return write_cursor({listing, place, nonce, carried});
}

Slice slice(const Call& call, std::size_t count, std::size_t limit) {
  Slice out;
  out.begin = std::min<std::size_t>(call.position, count);
  out.end = std::min(out.begin + limit, count);
  if (out.end < count) out.next = out.end;
  return out;
}

void write_cursor_links(JsonWriter& out, const World& world, const Call& call,
                        std::optional<std::uint64_t> next) {
  out.key("links");
  out.open('{');
  out.field("self", call.cursor_at(call.position));
  out.key("prev");
  out.null();
  if (next) {
    out.field("next", call.cursor_at(*next));
  } else if (world.options.end_of_list == "empty") {
    out.field("next", "");
  } else if (world.options.end_of_list != "absent") {
    out.key("next");
    out.null();
  }
  out.close('}');
}

void write_url_links(JsonWriter& out, const World& world, const Call& call,
                     std::optional<std::uint64_t> next) {
  const std::string url = world.options.base_url + call.path;
  out.key("links");
  out.open('{');
  out.field("self", url);
  out.key("prev");
  out.null();
  out.key("next");
  if (next) {
    out.text(fmt::format("{}?cursor={}", url, percent_encode(call.cursor_at(*next))));
  } else {
    out.null();
  }
  out.close('}');
}

std::string write_instant(Instant instant) {
  std::string out = format_instant(instant);
  if (out.find('.') == std::string::npos) out.insert(out.size() - 1, ".000");
  return out;
}

}  // namespace rolecall::simulator
