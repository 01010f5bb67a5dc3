#include "state/simulator/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "state/model/json.h"
#include "state/simulator/reply.h"
#include "state/simulator/schema.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using Type = Field::Type;

// In the order of their enumerations.
constexpr std::string_view kCuts[] = {"none", "before_effect", "after_effect", "half_body",
                                      "not_sent"};
constexpr std::string_view kPages[] = {
    "none",          "drop_item",     "repeat_item",      "empty_page",
    "drop_next",     "repeat_cursor", "endless_cursor",   "wrong_type",
    "missing_field", "unknown_enum",  "duplicate_member", "missing_data",
    "extra_bytes",   "torn"};
constexpr std::string_view kShapes[] = {"errors", "gateway", "html", "text", "empty"};

/// `probability` and `body` may be of several types: their own readers look at them.
const Schema& action_schema() {
  static const Schema kSchema{{{"status", Type::integer, 200, 599},
                               {"after_effect", Type::boolean},
                               {"shape", Type::text, 0, 0, kShapes},
                               {"headers", Type::object},
                               {"delay_ms", Type::integer},
                               {"cut", Type::text, 0, 0, kCuts},
                               {"stale_ms", Type::integer},
                               {"page", Type::text, 0, 0, kPages},
                               {"item", Type::integer},
                               {"field"}}};
  return kSchema;
}
const Schema& rule_schema() {
  static const Schema kSchema{{{"operation"},
                               {"target"},
                               {"after", Type::integer},
                               {"nth", Type::integer, 1},
                               {"every", Type::integer, 1},
                               {"times", Type::integer, 1},
                               {"action", Type::object, 0, 0, {}, nullptr, true}}};
  return kSchema;
}
const Schema& script_schema() {
  static const Schema kSchema{{{"seed", Type::integer},
                               {"rate_limit", Type::object},
                               {"lag_ms", Type::integer},
                               {"write_lag_ms", Type::integer},
                               {"rules", Type::objects}}};
  return kSchema;
}

std::int64_t integer_or(const json::value& object, std::string_view key, std::int64_t otherwise) {
  const std::int64_t* found = integer_member(object, key);
  return found == nullptr ? otherwise : *found;
}
std::uint64_t count_of(const json::value& object, std::string_view key) {
  return static_cast<std::uint64_t>(integer_or(object, key, 0));
}
template <std::size_t N>
std::size_t place_of(const std::string_view (&names)[N], std::string_view name) {
  return static_cast<std::size_t>(std::find(names, names + N, name) - names);
}

Result<FaultAction> parse_action(const json::value& value) {
  json::object plain = value.get_object();
  plain.erase("body");
  if (auto fine = check(plain, action_schema()); !fine) return tl::make_unexpected(fine.error());
  FaultAction out;
  out.summary = json::serialize(value);
  if (const auto* status = integer_member(value, "status")) out.status = static_cast<int>(*status);
  const bool* after = bool_member(value, "after_effect");
  out.after_effect = after != nullptr && *after;
  out.shape = string_or(value, "shape", "errors");
  if (const json::value* body = member(value, "body")) {
    out.body = body->is_string() ? std::string(body->get_string()) : json::serialize(*body);
  }
  if (const json::value* headers = member(value, "headers")) {
    for (const auto& [name, text] : headers->get_object()) {
      if (!text.is_string()) return fail("headers must be strings");
      out.headers.emplace_back(name, text.get_string());
    }
  }
  out.delay = milliseconds(integer_or(value, "delay_ms", 0));
  out.stale = milliseconds(integer_or(value, "stale_ms", 0));
  out.cut = static_cast<HttpResponse::Cut>(place_of(kCuts, string_or(value, "cut", "none")));
  out.page = static_cast<FaultAction::Page>(place_of(kPages, string_or(value, "page", "none")));
  out.item = static_cast<std::size_t>(integer_or(value, "item", 0));
  out.field = string_or(value, "field", "");
  return out;
}

Result<FaultRule> parse_rule(const json::value& value) {
  json::object plain = value.get_object();
  plain.erase("probability");
  if (auto fine = check(plain, rule_schema()); !fine) return tl::make_unexpected(fine.error());
  FaultRule out;
  out.operation = string_or(value, "operation", "*");
  out.target = string_or(value, "target", "");
  out.after = count_of(value, "after");
  out.nth = count_of(value, "nth");
  out.every = count_of(value, "every");
  out.times = count_of(value, "times");
  if (const json::value* chance = member(value, "probability")) {
    if (!chance->is_number()) return fail("probability must be a number");
    out.probability = chance->to_number<double>();
  }
  auto action = parse_action(*member(value, "action"));
  if (!action) return tl::make_unexpected(action.error());
  out.action = std::move(*action);
  return out;
}

std::string_view title_of(int status) {
  switch (status) {
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Unknown Resource";
    case 409:
      return "Conflict";
    case 429:
      return "Rate limit exceeded";
    default:
      return status < 500 ? "Bad Request" : "Internal error";
  }
}

}  // namespace

Result<Faults> Faults::parse(const json::value& script) {
  if (auto fine = check(script, script_schema()); !fine)
    return fail("faults: " + fine.error().what);
  Faults out;
  out.random_.seed(static_cast<std::uint64_t>(integer_or(script, "seed", 1)));
  if (const json::value* limits = member(script, "rate_limit")) {
    auto parsed = parse_rate_limits(*limits);
    if (!parsed) return fail("faults: " + parsed.error().what);
    out.rate_limits_ = std::move(*parsed);
  }
  if (const auto* lag = integer_member(script, "lag_ms")) out.group_lag_ = milliseconds(*lag);
  out.write_lag_ = milliseconds(integer_or(script, "write_lag_ms", 0));
  const json::array* rules = array_member(script, "rules");
  for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
    auto rule = parse_rule((*rules)[i]);
    if (!rule) return fail(fmt::format("faults: rules[{}]: {}", i, rule.error().what));
    out.rules_.push_back(std::move(*rule));
  }
  return out;
}

const FaultAction* Faults::strike(std::string_view operation, bool reads, std::string_view target) {
  for (FaultRule& rule : rules_) {
    const bool concerned = rule.operation == "*" || rule.operation == operation ||
                           rule.operation == (reads ? "reads" : "writes");
    if (!concerned || target.find(rule.target) == std::string_view::npos) continue;
    ++rule.seen;
    if (rule.seen <= rule.after) continue;
    const std::uint64_t n = rule.seen - rule.after;
    if (rule.nth != 0 && n != rule.nth) continue;
    if (rule.every != 0 && n % rule.every != 0) continue;
    if (rule.times != 0 && rule.struck >= rule.times) continue;
    if (rule.probability < 1) {
      // Not a distribution of the library: those differ from one library to the next.
      const double roll = static_cast<double>(random_() >> 11U) * 0x1.0p-53;
      if (roll >= rule.probability) continue;
    }
    ++rule.struck;
    return &rule.action;
  }
  return nullptr;
}

milliseconds Faults::longest_stale() const {
  milliseconds out = write_lag_;
  for (const FaultRule& rule : rules_) out = std::max(out, rule.action.stale);
  return out;
}

FaultBody write_fault_body(const FaultAction& action) {
  const int status = action.status.value_or(500);
  if (action.body) {
    const bool is_json = parse_json(*action.body).has_value();
    return {*action.body, is_json ? "application/json" : "text/plain"};
  }
  if (action.shape == "empty") return {};
  if (action.shape == "text") return {std::string(title_of(status)), "text/plain"};
  if (action.shape == "html") {
    return {fmt::format("<html><head><title>{0} {1}</title></head><body><h1>{1}</h1></body></html>",
                        status, title_of(status)),
            "text/html"};
  }
  if (action.shape == "gateway") {
    return {gateway_error(status, title_of(status)).body, "application/json"};
  }
  return {refuse(status, fmt::format("ADMIN-{}-1", status), title_of(status)).body,
          "application/json"};
}

}  // namespace rolecall::simulator
