#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "state/simulator/cursor.h"
#include "state/simulator/reply.h"
#include "state/simulator/schema.h"
#include "state/simulator/world.h"

namespace rolecall::simulator {

struct Route;

/// A request that has passed routing, authorization and the check of its form.
struct Call {
  const Route* route = nullptr;
  Instant now{};
  std::string path;
  std::optional<Index> directory;  ///< nothing: "-", every directory
  std::string account_id, group_id, domain_id;
  boost::json::object arguments;  ///< the query, or the body
  std::uint64_t listing = 0;      ///< of this walk: what its cursors carry
  std::uint64_t position = 0;     ///< where to go on
  std::uint64_t nonce = 0;
  std::string carried;

  [[nodiscard]] std::size_t limit(std::size_t otherwise) const;
  [[nodiscard]] std::string_view text(std::string_view name) const;
  /// Empty for an absent list.
  [[nodiscard]] std::vector<std::string_view> texts(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return arguments.contains(name); }
  /// A cursor of this walk.
  [[nodiscard]] std::string cursor_at(std::uint64_t place) const;
};

/// How a listing treats its cursors.
enum class Paging : std::uint8_t {
  none,
  query,   ///< GET: with a cursor every other parameter is discarded
  search,  ///< POST: the same body again, plus the cursor
  alone,   ///< POST: a body with a cursor holds nothing else
};

using Read = Reply (*)(const World&, const Call&);
using Write = Reply (*)(World&, const Call&);

/// One operation of the API's document.
struct Route {
  std::string_view operation, method, pattern;
  std::variant<Read, Write> handler;
  Schema query;
  std::optional<Schema> body;  ///< nothing: the operation takes no body
  bool body_required = false;
  Paging paging = Paging::none;
  bool gateway_limits = false;  ///< breaches of the rate limit are told in the gateway's shape

  [[nodiscard]] bool reads() const { return std::holds_alternative<Read>(handler); }
};

/// All 32 operations.
[[nodiscard]] std::vector<Route> make_routes();

// The handlers, by file.
namespace reads {
// organization.cc
Reply orgs(const World&, const Call&);
Reply org(const World&, const Call&);
Reply directories(const World&, const Call&);
Reply domains(const World&, const Call&);
Reply domain(const World&, const Call&);
// workspaces.cc
Reply workspaces(const World&, const Call&);
// events.cc
Reply events(const World&, const Call&);
Reply events_stream(const World&, const Call&);
// users.cc
Reply users(const World&, const Call&);
Reply users_count(const World&, const Call&);
Reply last_active_dates(const World&, const Call&);
// groups.cc
Reply groups(const World&, const Call&);
Reply groups_count(const World&, const Call&);
Reply group(const World&, const Call&);
// role_reads.cc
Reply user_roles(const World&, const Call&);
Reply group_roles(const World&, const Call&);
}  // namespace reads

namespace writes {
// invite.cc
Reply invite(World&, const Call&);
// user_writes.cc
Reply assign_role(World&, const Call&);
Reply revoke_role(World&, const Call&);
Reply assign_org_admin(World&, const Call&);
Reply revoke_org_admin(World&, const Call&);
Reply suspend(World&, const Call&);
Reply restore(World&, const Call&);
Reply remove(World&, const Call&);
// group_writes.cc
Reply create_group(World&, const Call&);
Reply delete_group(World&, const Call&);
Reply add_member(World&, const Call&);
Reply remove_member(World&, const Call&);
Reply grant_group(World&, const Call&);
Reply revoke_group(World&, const Call&);
}  // namespace writes

/// One page of items at hand: those from `call.position` on, `limit` of them.
struct Slice {
  std::size_t begin = 0, end = 0;
  std::optional<std::uint64_t> next;
};
[[nodiscard]] Slice slice(const Call& call, std::size_t count, std::size_t limit);

class JsonWriter;
/// "links" with bare cursors, as v2 lists have them.
void write_cursor_links(JsonWriter& out, const World& world, const Call& call,
                        std::optional<std::uint64_t> next);
/// "links" with URLs, as v1 lists have them.
void write_url_links(JsonWriter& out, const World& world, const Call& call,
                     std::optional<std::uint64_t> next);
/// "2026-10-01T12:00:00.000Z", as the API writes instants.
[[nodiscard]] std::string write_instant(Instant instant);

}  // namespace rolecall::simulator
