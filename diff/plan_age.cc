#include "diff/plan_age.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rolecall {
namespace {

/// Clocks that are no further apart agree (as in doubt_clock).
constexpr std::chrono::minutes kMostAhead{5};

struct Reading {
  std::string_view whose;
  Instant at;
  bool operator<(const Reading& other) const { return at < other.at; }
};

}  // namespace

std::string age_problem(const SavedPlanInfo& info, const Clocks& now) {
  const Instant made = info.server_date.value_or(info.created);
  const Instant first = std::min(info.created, made);
  const Instant last = std::max(info.created, made);
  const Reading here{"the clock here", now.local};
  const Reading server{"the server's clock", now.server.value_or(now.local)};
  const Reading log{"the last row of the log", now.log.value_or(now.local)};

  // Rows of the log are older than now: it cannot show that a plan is from the future.
  const Reading& earliest = std::min(here, server);
  if (last - earliest.at > kMostAhead) {
    return fmt::format("it was made at {}, and by {} it is {}: set the clocks",
                       format_instant(last), earliest.whose, format_instant(earliest.at));
  }
  const Reading latest = std::max({here, server, log});
  if (latest.at - first > kPlanLifetime) {
    return fmt::format("it was made at {} and holds for {} hours; by {} it is {}",
                       format_instant(first), kPlanLifetime.count(), latest.whose,
                       format_instant(latest.at));
  }
  return {};
}

}  // namespace rolecall
