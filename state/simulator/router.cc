#include "state/simulator/router.h"

#include <boost/json/serialize.hpp>
#include <map>

#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    out.push_back(segment);
    path.remove_prefix(segment.size());
  }
  return out;
}

std::string* place_for(Match& match, std::string_view name) {
  if (name == "{orgId}") return &match.org_id;
  if (name == "{directoryId}") return &match.directory_id;
  if (name == "{groupId}") return &match.group_id;
  if (name == "{domainId}") return &match.domain_id;
  return &match.account_id;  // {accountId}, {userId}
}

/// Fills the path's parameters into `match`.
bool fits(std::string_view pattern, const std::vector<std::string_view>& segments, Match& match) {
  const std::vector<std::string_view> wanted = split(pattern);
  if (wanted.size() != segments.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].starts_with('{')) {
      if (wanted[i] != segments[i]) return false;
      continue;
    }
    auto value = percent_decode(segments[i], false);
    if (!value || value->empty()) return false;
    *place_for(match, wanted[i]) = std::move(*value);
  }
  return true;
}

/// What a search's cursor is bound to: its filters, whatever their order.
std::string filters_of(const json::object& body) {
  std::map<std::string_view, std::string> sorted;
  for (const auto& [key, value] : body) {
    if (key != "cursor" && key != "limit") sorted[key] = json::serialize(value);
  }
  std::string out;
  for (const auto& [key, value] : sorted) {
    out += key;
    out += '=';
    out += value;
    out += '\n';
  }
  return out;
}

std::optional<std::string> find_cursor(std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (!pair.starts_with("cursor=")) continue;
    auto value = percent_decode(pair.substr(7), true);
    return value ? *value : std::string();
  }
  return std::nullopt;
}

using Problem = std::optional<Reply>;

Problem bad_cursor() {
  return malformed("ADMIN-400-1", "the cursor is not one of this listing");
}

/// Goes on where the cursor says.
bool follow(Call& call, std::string_view text) {
  auto cursor = read_cursor(text);
  if (!cursor || cursor->listing != call.listing) return false;
  call.position = cursor->position;
  call.carried = std::move(cursor->carried);
  return true;
}

Problem take_query(Call& call, std::string_view query) {
  const Route& route = *call.route;
  const auto cursor = route.paging == Paging::query ? find_cursor(query) : std::nullopt;
  call.listing = hash_listing(call.path, {});
  call.carried = query;
  if (cursor && !follow(call, *cursor)) return bad_cursor();
  auto arguments = parse_query(call.carried, route.query);
  if (!arguments) return malformed("ADMIN-400-24", arguments.error().what);
  if (auto fine = check(*arguments, route.query); !fine) {
    return malformed("ADMIN-400-24", fine.error().what);
  }
  if (!route.body) call.arguments = std::move(*arguments);
  return std::nullopt;
}

Problem take_lone_cursor(Call& call, json::object& body) {
  const json::value* cursor = body.if_contains("cursor");
  if (cursor == nullptr || cursor->is_null()) {
    call.carried = json::serialize(body);
    return std::nullopt;
  }
  if (body.size() != 1) return malformed("ADMIN-400-24", "cursor must be the only field");
  if (!follow(call, cursor->get_string())) return bad_cursor();
  body = parse_json(call.carried)->get_object();
  return std::nullopt;
}

Problem take_body(Call& call, const HttpRequest& request) {
  const Route& route = *call.route;
  if (!route.body) {
    if (request.body.empty()) return std::nullopt;
    return malformed("ADMIN-400-24", "this operation takes no body");
  }
  json::object body;
  if (request.body.empty()) {
    if (route.body_required) return malformed("ADMIN-400-24", "a body is needed");
  } else {
    if (!to_lower_ascii(request.content_type).starts_with("application/json")) {
      Reply out = refuse(415, "ADMIN-UAM-415-1", "Unsupported Media Type");
      out.form_error = "the body is not application/json";
      return out;
    }
    auto parsed = parse_json(request.body);
    if (!parsed) return malformed("ADMIN-400-24", parsed.error().what);
    if (auto fine = check(*parsed, *route.body); !fine) {
      return malformed("ADMIN-400-24", fine.error().what);
    }
    body = std::move(parsed->get_object());
  }
  call.listing = hash_listing(call.path, {});
  if (route.paging == Paging::alone) {
    if (auto problem = take_lone_cursor(call, body)) return problem;
  } else if (route.paging == Paging::search) {
    call.carried.clear();
    call.listing = hash_listing(call.path, filters_of(body));
    const json::value* cursor = body.if_contains("cursor");
    if (cursor != nullptr && !follow(call, cursor->get_string())) return bad_cursor();
  }
  call.arguments = std::move(body);
  return std::nullopt;
}

Problem take_directory(const World& world, Call& call, const Match& match) {
  if (match.directory_id.empty()) return std::nullopt;
  if (match.directory_id != "-") {
    call.directory = world.find_directory(match.directory_id);
    if (!call.directory) return refuse(404, "ADMIN-404-1", "Unknown resource", "directory");
    return std::nullopt;
  }
  if (call.route->reads()) return std::nullopt;
  if (world.options.all_directories_on_writes && world.directories.size() == 1) {
    call.directory = 0;
    return std::nullopt;
  }
  return malformed("ADMIN-400-4", "a write needs the id of one directory");
}

}  // namespace

Match Router::match(std::string_view method, std::string_view target) const {
  constexpr std::string_view kPrefix = "/admin";
  Match out;
  if (target.starts_with("/admin/")) target.remove_prefix(kPrefix.size());
  const std::size_t question = target.find('?');
  out.path = target.substr(0, question);
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  if (!out.path.starts_with('/')) return out;
  const std::vector<std::string_view> segments = split(out.path);
  for (const Route& route : routes_) {
    if (!fits(route.pattern, segments, out)) continue;
    if (route.method == method) {
      out.route = &route;
      return out;
    }
    out.allow += out.allow.empty() ? "" : ", ";
    out.allow += route.method;
  }
  return out;
}

tl::expected<Call, Reply> make_call(const World& world, const Match& match,
                                    const HttpRequest& request, Instant now) {
  Call call;
  call.route = match.route;
  call.now = now;
  call.path = match.path;
  call.account_id = match.account_id;
  call.group_id = match.group_id;
  call.domain_id = match.domain_id;
  if (!match.org_id.empty() && match.org_id != world.org_id) {
    return tl::make_unexpected(refuse(404, "ADMIN-404-2", "Organization not found"));
  }
  if (auto problem = take_query(call, match.query)) return tl::make_unexpected(*problem);
  if (auto problem = take_body(call, request)) return tl::make_unexpected(*problem);
  if (auto problem = take_directory(world, call, match)) return tl::make_unexpected(*problem);
  return call;
}

}  // namespace rolecall::simulator
