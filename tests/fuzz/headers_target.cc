#include <array>

#include "state/api/rate_limiter.h"
#include "state/api/retry.h"
#include "state/model/instant.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

using std::chrono::milliseconds;

std::string next_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return std::string(line);
}

/// What was understood means the same when it is written anew.
void require_same_again(std::string_view text) {
  // A leap second or an offset may lead out of the years that have four digits.
  const Instant first = *parse_instant("0000-01-01");
  const Instant last = *parse_instant("9999-12-31T23:59:59");
  const auto has_text = [&](const std::optional<Instant>& moment) {
    return moment && *moment >= first && *moment <= last;
  };
  const auto date = parse_http_date(text);
  if (has_text(date)) {
    require(parse_http_date(format_http_date(*date)) == date, "an HTTP date changes");
  }
  const auto moment = parse_instant(text);
  if (has_text(moment)) {
    require(parse_instant(format_instant(*moment)) == moment, "an instant changes");
  }
}

}  // namespace

void headers(std::string_view bytes) {
  std::array<std::string, 5> lines;
  for (std::string& line : lines) {
    line = next_line(bytes);
    require_same_again(line);
  }
  Response response;
  response.status = lines[0] == "503" ? 503 : lines[0] == "200" ? 200 : 429;
  response.date = parse_http_date(lines[1]);
  response.retry_after = lines[2];
  response.rate_remaining = lines[3];
  response.rate_reset = lines[4];

  const Instant now = *parse_instant("2026-12-01T08:00:00Z");
  const auto told = told_wait(response, now);
  require(!told || *told > milliseconds::zero(), "told to wait for nothing");
  const auto reset = time_to_reset(response, now);
  require(!reset || *reset > milliseconds::zero(), "a reset in the past");

  const RetryOptions options;
  for (const bool write : {false, true}) {
    RetryBudget budget;
    CallHistory history;
    history.write = write;
    Random random(1);
    for (int tries = 0; tries < 6; ++tries) {
      const auto decision =
          decide(options, history, budget, response, milliseconds(10), now, random);
      const auto* again = std::get_if<RetryAfter>(&decision);
      if (again == nullptr) break;
      require(again->delay >= milliseconds::zero(), "a wait below nothing");
      require(again->delay <= options.longest_told, "a wait beyond the longest");
      require(!told || again->delay >= *told, "a wait shorter than told");
    }
  }

  const Clock::Steady start{std::chrono::hours(1)};
  RateLimiter limiter(5.0);
  for (int call = 0; call < 3; ++call) {
    const auto at = limiter.earliest(Operation::getOrgs, start);
    if (!at) break;
    require(*at >= start, "a call before its time");
    require(*at <= start + std::chrono::hours(1), "a call put off for long");
    limiter.reserve(Operation::getOrgs, *at);
    limiter.ended(Operation::getOrgs, *at, &response, *at, now);
  }
}

}  // namespace rolecall::fuzz
