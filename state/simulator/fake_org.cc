#include "state/simulator/fake_org.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <deque>

#include "state/model/json.h"
#include "state/model/text.h"
#include "state/simulator/faults.h"
#include "state/simulator/rate_limiter.h"
#include "state/simulator/request_log.h"
#include "state/simulator/router.h"
#include "state/simulator/seed.h"

namespace rolecall::simulator {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using Cut = HttpResponse::Cut;

/// The bearer token; empty for none.
std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (to_lower_ascii(authorization.substr(0, kScheme.size())) != kScheme) return {};
  return trim_ascii(authorization.substr(kScheme.size()));
}

HttpResponse json_response(int status, std::string body) {
  HttpResponse out;
  out.status = status;
  if (!body.empty()) out.headers.emplace_back("Content-Type", "application/json");
  out.body = std::move(body);
  return out;
}

}  // namespace

/// What stands before the organization: routing, keys, limits, faults and the log.
struct FakeOrg::Gateway {
  World world;
  Now now;
  Router router;
  RateLimiter limiter;
  RequestLog log;
  Faults faults;
  std::uint64_t served = 0;
  /// How things stood before each write, while a fault makes reads stale.
  struct Past {
    Instant until{};
    std::shared_ptr<const World> world;
  };
  std::deque<Past> past;

  HttpResponse handle(const HttpRequest& request);
  HttpResponse simulator(const HttpRequest& request, std::string_view path);
  HttpResponse accept(const HttpRequest& request);
  Result<void> set_faults(const json::value& script);
  void answer(const HttpRequest& request, const Match& match, Instant at, LoggedRequest& entry,
              HttpResponse& out);
  std::optional<Reply> limit(const HttpRequest& request, const Match& match, Instant at,
                             HttpResponse& out);
  Reply run(const Call& call, milliseconds stale);
  const World& as_of(Instant when) const;
};

const World& FakeOrg::Gateway::as_of(Instant when) const {
  for (const Past& one : past) {
    if (one.until > when) return *one.world;
  }
  return world;
}

/// Does what the call asks.
Reply FakeOrg::Gateway::run(const Call& call, milliseconds stale) {
  if (const Read* read = std::get_if<Read>(&call.route->handler)) {
    return (*read)(stale.count() > 0 ? as_of(call.now - stale) : world, call);
  }
  const milliseconds kept = faults.longest_stale();
  const auto before = kept.count() > 0 ? std::make_shared<const World>(world) : nullptr;
  const milliseconds lag = world.options.group_lag;
  world.options.group_lag = faults.group_lag().value_or(lag);
  Reply out = std::get<Write>(call.route->handler)(world, call);
  world.options.group_lag = lag;
  if (before != nullptr && out.effective) {
    past.push_back({call.now, before});
    while (past.front().until < call.now - kept) past.pop_front();
  }
  return out;
}

/// Sets the headers of the rate limit; a reply when it is exceeded.
std::optional<Reply> FakeOrg::Gateway::limit(const HttpRequest& request, const Match& match,
                                             Instant at, HttpResponse& out) {
  const RateLimits& limits =
      faults.rate_limits() ? *faults.rate_limits() : world.options.rate_limits;
  const auto verdict =
      limiter.take(limits, bearer(request.authorization), match.route->operation, at);
  out.headers.emplace_back("X-RateLimit-Limit", std::to_string(verdict.limit));
  out.headers.emplace_back("X-RateLimit-Remaining", std::to_string(verdict.remaining));
  out.headers.emplace_back("X-RateLimit-Reset", format_instant(verdict.reset));
  if (verdict.allowed) return std::nullopt;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(verdict.reset - at).count();
  if (limits.retry_after == RateLimits::RetryAfter::seconds) {
    out.headers.emplace_back("Retry-After", std::to_string(seconds));
  } else if (limits.retry_after == RateLimits::RetryAfter::date) {
    out.headers.emplace_back("Retry-After", format_http_date(at + std::chrono::seconds(seconds)));
  }
  return match.route->gateway_limits ? gateway_error(429, "Rate limit exceeded")
                                     : refuse(429, "ADMIN-429-1", "Rate limit exceeded");
}

/// A request that has a route and a key.
void FakeOrg::Gateway::answer(const HttpRequest& request, const Match& match, Instant at,
                              LoggedRequest& entry, HttpResponse& out) {
  const FaultAction* fault =
      faults.strike(match.route->operation, match.route->reads(), request.target);
  if (fault != nullptr) {
    entry.fault = fault->summary;
    out.delay = fault->delay;
    out.cut = fault->cut;
  }
  const bool nothing_done =
      fault != nullptr && (out.cut == Cut::before_effect || out.cut == Cut::not_sent ||
                           (fault->status && !fault->after_effect));
  Reply reply;
  if (out.cut != Cut::not_sent) {
    if (auto exceeded = limit(request, match, at, out)) {
      reply = std::move(*exceeded);
    } else if (!nothing_done) {
      auto call = make_call(world, match, request, at);
      const milliseconds stale =
          std::max(faults.write_lag(), fault == nullptr ? milliseconds(0) : fault->stale);
      reply = call ? run(*call, stale) : std::move(call.error());
    }
  }
  entry.effective = reply.effective;
  entry.why = reply.form_error;
  out.status = reply.status;
  std::string_view type = "application/json";
  FaultBody instead;
  if (fault != nullptr && fault->status && reply.status != 429) {
    instead = write_fault_body(*fault);
    out.status = *fault->status;
    reply.body = std::move(instead.body);
    type = instead.content_type;
  }
  if (fault != nullptr) {
    out.headers.insert(out.headers.end(), fault->headers.begin(), fault->headers.end());
    if (fault->page != FaultAction::Page::none && out.status == 200) {
      reply.body = spoil_page(*fault, std::move(reply.body), served);
    }
  }
  if (!reply.body.empty()) out.headers.emplace_back("Content-Type", type);
  out.body = std::move(reply.body);
  const bool unanswered = out.cut != Cut::none && out.cut != Cut::half_body;
  entry.status = unanswered ? 0 : out.status;
}

HttpResponse FakeOrg::Gateway::handle(const HttpRequest& request) {
  std::string_view path = request.target;
  if (path.starts_with("/admin/")) path.remove_prefix(std::string_view("/admin").size());
  if (path.starts_with("/_simulator/")) return simulator(request, path);

  ++served;
  LoggedRequest entry;
  entry.at = now();
  entry.method = request.method;
  entry.target = request.target;
  if (world.options.log_bodies) entry.body = request.body;

  const Match match = router.match(request.method, request.target);
  HttpResponse out;
  const std::string_view key = bearer(request.authorization);
  if (key.empty() || (!world.api_key.empty() && key != world.api_key)) {
    out = json_response(401, gateway_error(401, "Unauthorized").body);
    entry.why = "no valid key";
  } else if (match.route == nullptr && match.allow.empty()) {
    out = json_response(404, refuse(404, "ADMIN-404-1", "Unknown resource").body);
    entry.why = "no such path";
  } else if (match.route == nullptr) {
    out = json_response(405, refuse(405, "ADMIN-405-1", "Method not allowed").body);
    out.headers.emplace_back("Allow", match.allow);
    entry.why = "no such method on this path";
  }
  if (match.route != nullptr) entry.operation = match.route->operation;
  entry.status = out.status;
  if (entry.why.empty()) answer(request, match, entry.at, entry, out);
  log.add(std::move(entry), world.options.log_limit);
  return out;
}

HttpResponse FakeOrg::Gateway::accept(const HttpRequest& request) {
  const auto body = parse_json(request.body);
  const json::array* emails = body ? array_member(*body, "emails") : nullptr;
  if (emails == nullptr) return json_response(400, R"({"message":"expected {\"emails\":[...]}"})");
  for (const json::value& email : *emails) {
    const auto place =
        email.is_string() ? world.find_person_by_email(email.get_string()) : std::nullopt;
    if (!place) return json_response(404, R"({"message":"no such person"})");
    world.people[*place].pending = false;
  }
  return json_response(204, {});
}

HttpResponse FakeOrg::Gateway::simulator(const HttpRequest& request, std::string_view path) {
  const std::string asked = request.method + ' ' + std::string(path);
  if (asked == "GET /_simulator/requests")
    return json_response(200, json::serialize(log.to_json()));
  if (asked == "GET /_simulator/counts") return json_response(200, json::serialize(log.counts()));
  if (asked == "GET /_simulator/state") {
    return json_response(200, json::serialize(write_state(world)));
  }
  if (asked == "DELETE /_simulator/requests") {
    log.clear();
    return json_response(204, {});
  }
  if (asked == "DELETE /_simulator/faults") {
    faults = Faults();
    return json_response(204, {});
  }
  if (asked == "PUT /_simulator/faults") {
    const auto script = parse_json(request.body);
    const Result<void> set =
        script ? set_faults(*script) : Result<void>(tl::make_unexpected(script.error()));
    if (set) return json_response(204, {});
    return json_response(400, json::serialize(json::object{{"message", set.error().what}}));
  }
  if (asked == "POST /_simulator/accept") return accept(request);
  return json_response(404, R"({"message":"the simulator has no such page"})");
}

Result<void> FakeOrg::Gateway::set_faults(const json::value& script) {
  auto parsed = Faults::parse(script);
  if (!parsed) return tl::make_unexpected(parsed.error());
  faults = std::move(*parsed);
  limiter.forget();
  if (faults.longest_stale().count() == 0) past.clear();
  return {};
}

Result<FakeOrg> FakeOrg::from_seed(const json::value& seed, Now now) {
  auto world = read_seed(seed);
  if (!world) return tl::make_unexpected(world.error());
  auto gateway = std::make_unique<Gateway>();
  gateway->world = std::move(*world);
  gateway->now = std::move(now);
  return FakeOrg(std::move(gateway));
}

FakeOrg::FakeOrg(std::unique_ptr<Gateway> gateway) : gateway_(std::move(gateway)) {}
FakeOrg::FakeOrg(FakeOrg&&) noexcept = default;
FakeOrg& FakeOrg::operator=(FakeOrg&&) noexcept = default;
FakeOrg::~FakeOrg() = default;

HttpResponse FakeOrg::handle(const HttpRequest& request) {
  return gateway_->handle(request);
}
Instant FakeOrg::now() const {
  return gateway_->now();
}
json::value FakeOrg::state() const {
  return write_state(gateway_->world);
}
json::value FakeOrg::requests() const {
  return gateway_->log.to_json();
}
json::value FakeOrg::counts() const {
  return gateway_->log.counts();
}
Result<void> FakeOrg::set_faults(const json::value& faults) {
  return gateway_->set_faults(faults);
}

}  // namespace rolecall::simulator
