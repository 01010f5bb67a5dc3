#include "tests/support/weather.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

namespace rolecall::test {
namespace {

namespace json = boost::json;

constexpr const char* kLies[] = {"drop_item",     "repeat_item", "empty_page",       "drop_next",
                                 "repeat_cursor", "wrong_type",  "missing_field",    "unknown_enum",
                                 "missing_data",  "extra_bytes", "duplicate_member", "torn",
                                 "endless_cursor"};
constexpr const char* kFields[] = {
    "",   "accountId", "email",  "accountStatus", "status", "membershipStatus",
    "id", "name",      "groups", "type",          "users",  "roles"};
constexpr const char* kReads[] = {
    "reads",          "searchDirectoryUsers",   "searchDirectoryGroups",  "getDirectoryUsersCount",
    "getGroupsCount", "getUserRoleAssignments", "getGroupRoleAssignments"};

class Sky {
 public:
  explicit Sky(std::mt19937_64& random) : random_(random) {}

  json::object script(bool lies) {
    json::object out;
    if (below(10) == 0) return out;
    out["seed"] = static_cast<std::int64_t>(below(1'000'000));
    if (below(4) == 0) out["write_lag_ms"] = static_cast<std::int64_t>(below(2'500));
    if (below(4) == 0) out["lag_ms"] = static_cast<std::int64_t>(below(6'000));
    json::array rules;
    for (std::size_t i = 1 + below(3); i > 0; --i) rules.push_back(fault());
    for (std::size_t i = lies ? 1 + below(3) : 0; i > 0; --i) rules.push_back(lie());
    out["rules"] = std::move(rules);
    return out;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  template <std::size_t N>
  const char* any(const char* const (&words)[N]) {
    return words[below(N)];
  }

  /// A chance for each request, or one strike.
  json::object rule(const char* operation, json::object action) {
    json::object out{{"operation", operation}};
    if (below(3) == 0) {
      out["nth"] = static_cast<std::int64_t>(1 + below(12));
    } else {
      out["probability"] = 0.05 + static_cast<double>(below(30)) / 100;
    }
    out["action"] = std::move(action);
    return out;
  }

  json::object fault() {
    constexpr const char* kWhere[] = {"*", "writes", "writes", "reads", "inviteUsers"};
    constexpr const char* kCuts[] = {"not_sent", "before_effect", "after_effect", "half_body"};
    constexpr const char* kShapes[] = {"errors", "gateway", "html", "text", "empty"};
    constexpr int kStatuses[] = {408, 429, 500, 502, 503, 504, 409, 404, 400};
    json::object action;
    switch (below(5)) {
      case 4:  // longer than what a call rests on stays fresh, now and then
        action["status"] = 429;
        action["shape"] = any(kShapes);
        action["headers"] = json::object{{"Retry-After", std::to_string(1 + below(70))}};
        break;
      case 0:
        action["cut"] = any(kCuts);
        break;
      case 1:
        action["status"] = 500 + static_cast<int>(below(5) == 0 ? 4 : below(4));
        action["after_effect"] = true;
        action["shape"] = any(kShapes);
        break;
      case 2:
        action["status"] = kStatuses[below(6 + below(4))];
        action["shape"] = any(kShapes);
        break;
      default:
        action["delay_ms"] = static_cast<std::int64_t>(below(5'000));
    }
    return rule(any(kWhere), std::move(action));
  }

  json::object lie() {
    json::object action{{"page", any(kLies)},
                        {"item", static_cast<std::int64_t>(below(6))},
                        {"field", any(kFields)}};
    if (below(8) == 0) action = {{"stale_ms", static_cast<std::int64_t>(below(3'000))}};
    return rule(any(kReads), std::move(action));
  }

  std::mt19937_64& random_;
};

}  // namespace

json::value random_weather(std::mt19937_64& random, bool lies) {
  return Sky(random).script(lies);
}

}  // namespace rolecall::test
