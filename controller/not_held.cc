#include "controller/not_held.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "controller/settle_window.h"
#include "diff/plan_view.h"

namespace rolecall {
namespace {

constexpr std::chrono::hours kWindow{24};

bool is_goodbye(ChangeKind kind) {
  return kind == ChangeKind::suspend_user || kind == ChangeKind::remove_user;
}

bool is_about_presence(ChangeKind kind) {
  return is_goodbye(kind) || kind == ChangeKind::restore_user || kind == ChangeKind::invite_user;
}

/// The last that runs did to people's presence since then, by address.
Result<std::map<std::string, CallRecord>> last_done(const Store& store,
                                                    const std::string& organization,
                                                    Instant since) {
  constexpr std::size_t kRunsLookedAt = 2000;  // a cycle a minute, and people's own
  const auto runs = store.runs(kRunsLookedAt);
  if (!runs) return tl::make_unexpected(runs.error());
  std::map<std::string, CallRecord> out;
  for (const RunRecord& run : *runs) {
    const bool recent = !run.end || run.end->at >= since;
    if (!recent || run.start.organization != organization) continue;
    const auto calls = store.calls(run.id);
    if (!calls) return tl::make_unexpected(calls.error());
    for (const CallRecord& call : *calls) {
      const auto kind = parse_change_kind(call.intent.kind);
      const bool done = call.outcome && call.outcome->result == ChangeResult::applied;
      if (!done || !kind || !is_about_presence(*kind) || call.at < since) continue;
      const auto [place, fresh] = out.try_emplace(call.intent.user, call);
      if (!fresh && place->second.id < call.id) place->second = call;
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Note>> what_did_not_hold(const Plan& plan, const Store& store, Instant now) {
  std::vector<Note> notes;
  const bool any = std::any_of(plan.changes.begin(), plan.changes.end(),
                               [](const Change& change) { return is_goodbye(change.kind); });
  if (!any) return notes;
  const auto done = last_done(store, plan.organization, now - kWindow);
  if (!done) return tl::make_unexpected(done.error());
  for (const Change& change : plan.changes) {
    const auto found = is_goodbye(change.kind) ? done->find(change.user) : done->end();
    if (found == done->end()) continue;
    const CallRecord& call = found->second;
    const bool same =
        call.intent.kind == name(change.kind) && call.intent.account_id == change.account_id;
    if (!same) continue;
    const bool settling = now - call.outcome_at.value_or(call.at) < kSettleWindow;
    notes.push_back({std::string(settling ? kSettling : kNotHeld),
                     fmt::format("{}: {} by run {} on {}", change.user, call.intent.kind, call.run,
                                 format_instant(call.at))});
  }
  return notes;
}

}  // namespace rolecall
