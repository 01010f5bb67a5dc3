#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "state/model/result.h"

namespace rolecall::simulator {

/// At most `limit` requests in each window of this length; windows are aligned to the epoch.
struct RateLimit {
  std::int64_t limit = 100'000;
  std::chrono::milliseconds window{60'000};
  bool operator==(const RateLimit&) const = default;
};

/// {"default": L, "operations": {operationId: L}, "total": L, "retry_after": "none"} where L is
/// {"limit": n, "window_ms": n}. `total` counts all operations of a key together. The published
/// limits of the audit log and of last-active-dates hold unless named here.
struct RateLimits {
  RateLimit each;
  std::map<std::string, RateLimit, std::less<>> operations = {
      {"getEvents", {10}}, {"pollEvents", {50}}, {"getUserLastActiveDates", {200}}};
  RateLimit total{0};  ///< limit 0: no such bound
  enum class RetryAfter : std::uint8_t { none, seconds, date } retry_after = RetryAfter::none;
  bool operator==(const RateLimits&) const = default;
};

/// What the API's documents leave open (facts.md section 13), and what a rehearsal may want to set.
/// In a seed: "options": {"<name of the member>": value}; a status code is written as a number.
struct Options {
  int repeat_add_member = 409;     ///< adding a member again: 409 or 204
  int repeat_remove_member = 404;  ///< taking out somebody who is no member: 404 or 204
  int repeat_user_role = 409;      ///< a role the user has already: 409 or 204
  int repeat_group_grant = 200;    ///< a grant the group has already: 200 or 409
  int repeat_suspend = 409;        ///< suspend the suspended, restore the active: 204, 400 or 409
  int missing_grant = 404;         ///< revoking what is not there: 404 or 204
  int last_org_admin = 403;        ///< taking away the last org admin: 403, 409, or 204 to allow it
  int synced_group = 403;          ///< changing members of a synced group: 400, 403 or 409
  int delete_filled_group = 204;   ///< deleting a group with members: 204, or 409 (ADMIN-409-5)
  int delete_admin_group = 204;  ///< deleting a group that grants admin: 204, or 403 (ADMIN-403-7)
  int invite_bad_target = 206;   ///< unknown group or resource: ERROR in a 206, or 404
  int invite_no_seats = 409;     ///< no seat left: 409 for the whole call, or ERROR in a 206
  bool invite_adds_to_members = true;      ///< inviting a member adds roles and groups
  bool all_directories_on_writes = false;  ///< "-" accepted on writes where there is one directory
  bool same_binding = true;                ///< resourceIds with roleIds: the role on that resource
  bool inferred_roles = true;        ///< org admins show user-access-admin as inferred on every app
  bool group_ids_as_ari = true;      ///< users[].groups[].id as ari:cloud:identity::group/<uuid>
  bool paid = true;                  ///< false: invitations are answered 402
  std::size_t expanded_groups = 0;   ///< longest users[].groups; 0: never cut
  std::string end_of_list = "null";  ///< links.next on the last page: "null", "absent", "empty"
  std::string grant_body;            ///< body of the 200 that answers a group grant
  std::string base_url = "https://api.atlassian.com/admin";  ///< in the links of v1 answers
  std::size_t server_page = 50;                ///< page size where the API has no limit parameter
  std::chrono::milliseconds group_lag{1'500};  ///< before a new group shows; "group_lag_ms"
  RateLimits rate_limits;
  bool log_bodies = true;           ///< keep request bodies in the request log
  std::size_t log_limit = 200'000;  ///< requests kept; the oldest go first
  std::uint64_t seed = 1;           ///< for new account and group ids
};

/// Error: names the option that is unknown or of the wrong type.
[[nodiscard]] Result<Options> parse_options(const boost::json::value& options);
[[nodiscard]] Result<RateLimits> parse_rate_limits(const boost::json::value& limits);
/// Only what differs from the defaults.
[[nodiscard]] boost::json::object write_options(const Options& options);

}  // namespace rolecall::simulator
