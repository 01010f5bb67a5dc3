#include "state/simulator/options.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <type_traits>

namespace rolecall::simulator {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> kRetryAfter = {"none", "seconds", "date"};

/// Every option with its name, for reading and writing alike.
template <class O, class Visit>
void visit_options(O& o, Visit visit) {
  visit("repeat_add_member", o.repeat_add_member);
  visit("repeat_remove_member", o.repeat_remove_member);
  visit("repeat_user_role", o.repeat_user_role);
  visit("repeat_group_grant", o.repeat_group_grant);
  visit("repeat_suspend", o.repeat_suspend);
  visit("missing_grant", o.missing_grant);
  visit("last_org_admin", o.last_org_admin);
  visit("synced_group", o.synced_group);
  visit("delete_filled_group", o.delete_filled_group);
  visit("delete_admin_group", o.delete_admin_group);
  visit("invite_bad_target", o.invite_bad_target);
  visit("invite_no_seats", o.invite_no_seats);
  visit("invite_adds_to_members", o.invite_adds_to_members);
  visit("all_directories_on_writes", o.all_directories_on_writes);
  visit("same_binding", o.same_binding);
  visit("inferred_roles", o.inferred_roles);
  visit("group_ids_as_ari", o.group_ids_as_ari);
  visit("paid", o.paid);
  visit("expanded_groups", o.expanded_groups);
  visit("end_of_list", o.end_of_list);
  visit("grant_body", o.grant_body);
  visit("base_url", o.base_url);
  visit("server_page", o.server_page);
  visit("group_lag_ms", o.group_lag);
  visit("log_bodies", o.log_bodies);
  visit("log_limit", o.log_limit);
  visit("seed", o.seed);
}

bool read(const json::value& from, bool& to) {
  if (!from.is_bool()) return false;
  to = from.get_bool();
  return true;
}
bool read(const json::value& from, std::string& to) {
  if (!from.is_string()) return false;
  to = std::string(from.get_string());
  return true;
}
bool read(const json::value& from, std::chrono::milliseconds& to) {
  if (!from.is_int64() || from.get_int64() < 0) return false;
  to = std::chrono::milliseconds(from.get_int64());
  return true;
}
template <class Number>
requires std::is_integral_v<Number>
bool read(const json::value& from, Number& to) {
  if (!from.is_int64() || from.get_int64() < 0) return false;
  to = static_cast<Number>(from.get_int64());
  return true;
}

json::value write(bool from) {
  return from;
}
json::value write(const std::string& from) {
  return json::value(from);
}
json::value write(std::chrono::milliseconds from) {
  return from.count();
}
template <class Number>
requires std::is_integral_v<Number> json::value write(Number from) {
  return static_cast<std::int64_t>(from);
}

Result<RateLimit> parse_limit(const json::value& value, std::string_view name) {
  RateLimit out;
  const json::object* fields = value.if_object();
  if (fields == nullptr) return fail(fmt::format("rate limit \"{}\": expected an object", name));
  for (const auto& [key, field] : *fields) {
    if (key == "limit" && read(field, out.limit)) continue;
    if (key == "window_ms" && read(field, out.window) && out.window.count() > 0) continue;
    return fail(
        fmt::format("rate limit \"{}\": unknown or bad \"{}\"", name, std::string_view(key)));
  }
  return out;
}

json::object write_limit(const RateLimit& limit) {
  return {{"limit", limit.limit}, {"window_ms", limit.window.count()}};
}

json::object write_rate_limits(const RateLimits& limits) {
  json::object operations;
  for (const auto& [name, limit] : limits.operations) operations[name] = write_limit(limit);
  return {{"default", write_limit(limits.each)},
          {"operations", std::move(operations)},
          {"total", write_limit(limits.total)},
          {"retry_after", kRetryAfter[static_cast<std::size_t>(limits.retry_after)]}};
}

}  // namespace

Result<RateLimits> parse_rate_limits(const json::value& value) {
  RateLimits out;
  const json::object* fields = value.if_object();
  if (fields == nullptr) return fail("rate_limit: expected an object");
  for (const auto& [key, field] : *fields) {
    if (key == "default" || key == "total") {
      auto limit = parse_limit(field, key);
      if (!limit) return tl::make_unexpected(limit.error());
      (key == "default" ? out.each : out.total) = *limit;
    } else if (key == "operations" && field.is_object()) {
      for (const auto& [operation, one] : field.get_object()) {
        auto limit = parse_limit(one, operation);
        if (!limit) return tl::make_unexpected(limit.error());
        out.operations[std::string(operation)] = *limit;
      }
    } else if (key == "retry_after" && field.is_string() && field.get_string() == "none") {
      out.retry_after = RateLimits::RetryAfter::none;
    } else if (key == "retry_after" && field.is_string() && field.get_string() == "seconds") {
      out.retry_after = RateLimits::RetryAfter::seconds;
    } else if (key == "retry_after" && field.is_string() && field.get_string() == "date") {
      out.retry_after = RateLimits::RetryAfter::date;
    } else {
      return fail(fmt::format("rate_limit: unknown or bad \"{}\"", std::string_view(key)));
    }
  }
  return out;
}

Result<Options> parse_options(const json::value& value) {
  Options out;
  const json::object* fields = value.if_object();
  if (fields == nullptr) return fail("options: expected an object");
  for (const auto& [key, field] : *fields) {
    if (key == "rate_limit") {
      auto limits = parse_rate_limits(field);
      if (!limits) return tl::make_unexpected(limits.error());
      out.rate_limits = std::move(*limits);
      continue;
    }
    bool known = false;
    bool fits = false;
    visit_options(out, [&, &name = key, &from = field](std::string_view option, auto& to) {
      if (name != option) return;
      known = true;
      fits = read(from, to);
    });
    if (!known) return fail(fmt::format("options: unknown option \"{}\"", std::string_view(key)));
    if (!fits)
      return fail(fmt::format("options: \"{}\" has the wrong type", std::string_view(key)));
  }
  if (out.server_page == 0) return fail("options: \"server_page\" must be at least 1");
  return out;
}

json::object write_options(const Options& options) {
  const json::object defaults = [] {
    json::object all;
    const Options standard;
    visit_options(standard, [&](std::string_view name, const auto& v) { all[name] = write(v); });
    return all;
  }();
  json::object out;
  visit_options(options, [&](std::string_view name, const auto& from) {
    json::value value = write(from);
    if (value != defaults.at(name)) out[name] = std::move(value);
  });
  if (options.rate_limits != RateLimits{})
    out["rate_limit"] = write_rate_limits(options.rate_limits);
  return out;
}

}  // namespace rolecall::simulator
