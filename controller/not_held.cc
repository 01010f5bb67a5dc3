#include "controller/not_held.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "controller/done_lately.h"
#include "controller/settle_window.h"
#include "diff/plan_view.h"

namespace rolecall {
namespace {

bool is_goodbye(ChangeKind kind) {
  return kind == ChangeKind::suspend_user || kind == ChangeKind::remove_user;
}

bool is_about_presence(ChangeKind kind) {
  return is_goodbye(kind) || kind == ChangeKind::restore_user || kind == ChangeKind::invite_user;
}

/// The last that was done to people's presence, by address.
std::map<std::string, CallRecord> last_of(const std::vector<Done>& all) {
  std::map<std::string, CallRecord> out;
  for (const Done& done : all) {
    if (!is_about_presence(done.kind)) continue;
    const auto [place, fresh] = out.try_emplace(done.call.intent.user, done.call);
    if (!fresh && place->second.id < done.call.id) place->second = done.call;
  }
  return out;
}

}  // namespace

Result<std::vector<Note>> what_did_not_hold(const Plan& plan, const Store& store, Instant now) {
  std::vector<Note> notes;
  const bool any = std::any_of(plan.changes.begin(), plan.changes.end(),
                               [](const Change& change) { return is_goodbye(change.kind); });
  if (!any) return notes;
  const auto done = done_lately(store, plan.organization, now);
  if (!done) return tl::make_unexpected(done.error());
  const std::map<std::string, CallRecord> last = last_of(*done);
  for (const Change& change : plan.changes) {
    const auto found = is_goodbye(change.kind) ? last.find(change.user) : last.end();
    if (found == last.end()) continue;
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
