#include "controller/settling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <unordered_map>

#include "controller/late_effects.h"
#include "controller/settle_window.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using State = ChangeOutcome::State;

// New groups show after a second or two (facts.md section 9).
constexpr std::array kGroupWaits = {milliseconds{0},    milliseconds{500},  milliseconds{1000},
                                    milliseconds{2000}, milliseconds{4000}, milliseconds{8000}};
constexpr std::array kReadBackWaits = {milliseconds{0}, milliseconds{1000}, milliseconds{4000}};
constexpr std::chrono::seconds kLastLook{30};

}  // namespace

std::vector<std::size_t> Settling::settle(ChangeKind kind, bool last_round) {
  const bool org_role = kind == ChangeKind::grant_org_role || kind == ChangeKind::revoke_org_role;
  const std::vector<milliseconds> waits =
      org_role ? std::vector<milliseconds>(kRoleWaits.begin(), kRoleWaits.end())
               : std::vector<milliseconds>(kReadBackWaits.begin(), kReadBackWaits.end());
  std::unordered_map<std::size_t, Effect> effects;
  for (const milliseconds wait : waits) {
    std::vector<std::size_t> asked;
    for (const Outcomes::Back& open : open_) {
      const auto known = effects.find(open.change);
      const bool settled = known != effects.end() &&
                           (known->second == Effect::there || known->second == Effect::filled);
      // A conflict that a read contradicts once is the API's last word: no need to wait, unless
      // it may be one with our own first try.
      const bool contradicted = known != effects.end() && open.verdict == Verdict::conflict &&
                                known->second == Effect::not_there &&
                                !outcomes_.lost_an_answer(open.change);
      if (!settled && !contradicted) asked.push_back(open.change);
    }
    if (asked.empty()) break;
    // Who is to be put into a group is rather sent once more than looked at one by one.
    const bool sent_again = kind == ChangeKind::add_member && !last_round;
    // Where the API says that they are in it a list that is cut short is no answer.
    const bool conflicts = std::any_of(open_.begin(), open_.end(), [](const auto& open) {
      return open.verdict == Verdict::conflict;
    });
    const bool closely = conflicts || (wait == waits.back() && !sent_again);
    const std::vector<Effect> found = read_back_for_sure(
        env_.client, state_.endpoints, plan_, asked, ids_, wait, &state_.misread, closely);
    for (std::size_t k = 0; k < asked.size(); ++k) effects[asked[k]] = found[k];
  }
  std::vector<std::size_t> again;
  for (const Outcomes::Back& open : open_) {
    conclude(open, effects.at(open.change), last_round);
    if (outcomes_.pending(open.change)) again.push_back(state_.call_of[open.change]);
  }
  open_.clear();
  (void)state_.flush();
  state_.tell_progress();
  std::sort(again.begin(), again.end());
  again.erase(std::unique(again.begin(), again.end()), again.end());
  return again;
}

void Settling::conclude(const Outcomes::Back& open, Effect effect, bool last_round) {
  const Change& change = plan_.changes[open.change];
  const bool cut_short = report_.interrupted || report_.halted || report_.unreached;
  if (effect == Effect::unknown && cut_short) {
    // The intent stays without an outcome: the next run looks before it does anything.
    return outcomes_.leave_open(open.change);
  }
  const std::string was =
      open.status == 0 ? open.message : fmt::format("the answer was {}", open.message);
  if (effect == Effect::ambiguous) {
    return outcomes_.close(open, State::in_doubt, fmt::format("{}; {}", kTwoAccounts, was));
  }
  const bool foreign = change.kind == ChangeKind::create_group &&
                       open.verdict == Verdict::conflict && !outcomes_.lost_an_answer(open.change);
  if (foreign && (effect == Effect::there || effect == Effect::filled)) {
    return outcomes_.close(
        open, State::failed,
        "somebody else has made a group of this name meanwhile: it takes another plan");
  }
  if (effect == Effect::filled) {
    return outcomes_.close(open, State::in_doubt, fmt::format("{}; {}", kMayBeTheirs, was));
  }
  if (effect == Effect::there) {
    // In conflict with our own first try, whose answer was lost.
    const bool ours = outcomes_.lost_an_answer(open.change);
    if (open.verdict == Verdict::conflict && !ours) {
      return outcomes_.close(open, State::already_so, open.message);
    }
    return outcomes_.close(open, State::applied,
                           fmt::format("found done on reading back; {}", was));
  }
  // Perhaps in conflict with our own first try, which reads do not show yet.
  if (open.verdict == Verdict::conflict) return outcomes_.close_failed(open, open.message);
  // Somebody could get two mails: an invitation that may have left is never sent again, and
  // neither is what rode on it before it is known to have arrived.
  const bool repeatable = effect == Effect::not_there && !last_round && !state_.must_stop() &&
                          state_.call_kind(open.change) != ChangeKind::invite_user &&
                          !state_.floor.forbids(change);
  // Whatever the error, 503 too, it may yet come to light that it was done: reads can lag behind
  // for longer than anybody waits here.
  outcomes_.lose_an_answer(open.change);
  if (!repeatable) outcomes_.close(open, State::in_doubt, was);
}

void Settling::see_effects() {
  std::vector<std::size_t> answered;
  for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
    const bool done = outcomes_.state(i) == State::applied;
    if (done && is_read_twice(plan_.changes[i].kind)) answered.push_back(i);
  }
  looks_end_ = env_.clock.steady() + env_.settle_window + kLastLook;
  for (LateEffect& one : not_shown_done(
           env_, state_.endpoints, plan_, answered, ids_, state_.misread,
           [this] { return state_.must_stop(); }, report_.unreached)) {
    outcomes_.set(one.change, State::in_doubt, std::move(one.because));
  }
}

void Settling::leave_or_find_done(const std::vector<Grounds::Finding>& findings) {
  std::vector<std::size_t> asked;
  for (const Grounds::Finding& finding : findings) {
    const bool made = plan_.changes[finding.change].kind == ChangeKind::create_group;
    if (!finding.done && (finding.gone || made)) asked.push_back(finding.change);
  }
  std::map<std::size_t, Effect> effects;
  if (!asked.empty()) {
    const std::vector<Effect> found = read_back_for_sure(
        env_.client, state_.endpoints, plan_, asked, ids_, milliseconds(0), &state_.misread);
    for (std::size_t k = 0; k < asked.size(); ++k) effects[asked[k]] = found[k];
  }
  for (const Grounds::Finding& finding : findings) {
    const std::size_t i = finding.change;
    const auto known = effects.find(i);
    const Effect effect = finding.done             ? Effect::there
                          : known == effects.end() ? Effect::not_there
                                                   : known->second;
    if (effect == Effect::there) {
      outcomes_.close({i, Verdict::unclear, {}, 0, {}}, State::applied,
                      "found done on reading back");
    } else {
      state_.leave(i, effect == Effect::filled ? std::string(kMayBeTheirs) : finding.because);
    }
  }
}

void Settling::give_up() {
  for (const Outcomes::Back& open : open_) outcomes_.leave_open(open.change);
}

void Settling::learn_group_ids() {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
    const bool created =
        plan_.changes[i].kind == ChangeKind::create_group && outcomes_.succeeded(i);
    if (created && ids_.group(plan_.changes[i]).empty()) unknown.push_back(i);
  }
  for (const milliseconds wait : kGroupWaits) {
    if (unknown.empty()) return;
    (void)read_back(env_.client, state_.endpoints, plan_, unknown, ids_, wait, &state_.misread);
    std::erase_if(unknown, [&](std::size_t i) { return !ids_.group(plan_.changes[i]).empty(); });
  }
}

}  // namespace rolecall
