#include "controller/done_lately.h"

#include <chrono>
#include <utility>

namespace rolecall {
namespace {

constexpr std::chrono::hours kLately{24};
constexpr std::size_t kRunsLookedAt = 2000;  // a cycle a minute, and people's own

}  // namespace

Result<std::vector<Done>> done_lately(const Store& store, const std::string& organization,
                                      Instant now) {
  const Instant since = now - kLately;
  const auto runs = store.runs(kRunsLookedAt);
  if (!runs) return tl::make_unexpected(runs.error());
  std::vector<Done> out;
  for (const RunRecord& run : *runs) {
    const bool recent = !run.end || run.end->at >= since;
    if (!recent || run.start.organization != organization) continue;
    auto calls = store.calls(run.id);
    if (!calls) return tl::make_unexpected(calls.error());
    for (CallRecord& call : *calls) {
      const auto kind = parse_change_kind(call.intent.kind);
      const bool done = call.outcome && call.outcome->result == ChangeResult::applied;
      if (kind && done && call.at >= since) out.push_back({*kind, std::move(call)});
    }
  }
  return out;
}

}  // namespace rolecall
