#include "controller/applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "controller/freshness.h"
#include "controller/held_back.h"
#include "controller/invited_accounts.h"
#include "controller/read_back.h"
#include "controller/write_call.h"
#include "controller/write_permission.h"
#include "diff/safety.h"
#include "diff/schedule.h"
#include "state/model/digest.h"
#include "state/model/invariant.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using State = ChangeOutcome::State;

// New groups show after a second or two, org-level roles after up to 30 s (facts.md section 9).
constexpr std::array kGroupWaits = {milliseconds{0},    milliseconds{500},  milliseconds{1000},
                                    milliseconds{2000}, milliseconds{4000}, milliseconds{8000}};
constexpr std::array kReadBackWaits = {milliseconds{0}, milliseconds{1000}, milliseconds{4000}};
constexpr std::array kOrgRoleWaits = {milliseconds{0}, milliseconds{5000}, milliseconds{10000},
                                      milliseconds{20000}};
constexpr int kMostRounds = 3;

class Applier {
 public:
  Applier(const Plan& plan, const ApplyEnvironment& environment)
      : plan_(plan),
        env_(environment),
        endpoints_(plan.organization),
        ids_(plan),
        floor_(plan),
        broken_(plan),
        freshness_(environment.clock, environment.read_at),
        needs_(prerequisites(plan)),
        attempts_(plan.changes.size()),
        intents_(plan.changes.size()),
        lost_an_answer_(plan.changes.size()),
        call_of_(plan.changes.size()) {
    for (std::size_t c = 0; c < plan.calls.size(); ++c) {
      for (const std::size_t i : plan.calls[c].changes) call_of_[i] = c;
    }
    report_.outcomes.resize(plan.changes.size());
  }

  ApplyReport run() {
    try {
      run_all_kinds();
    } catch (const BrokenInvariant& bug) {
      give_up(bug.what());
    }
    const std::string reason = !report_.broken.empty()            ? "rolecall itself is wrong"
                               : !report_.store_error.empty()     ? "the log could not be written"
                               : !report_.stopped_because.empty() ? report_.stopped_because
                                                                  : "the run was interrupted";
    for (std::size_t i = 0; i < report_.outcomes.size(); ++i) {
      if (report_.outcomes[i].state == State::pending) leave(i, reason);
    }
    report_.oldest_read = freshness_.oldest();
    return std::move(report_);
  }

 private:
  /// A call that is about to leave, with those of its changes that it carries.
  struct Departure {
    std::size_t call = 0;
    std::vector<std::size_t> changes;
    WriteRequest request;
  };
  struct Open {
    std::size_t change = 0;
    Verdict verdict{};
    std::string message;
    int status = 0;
    milliseconds duration{0};
  };

  void run_all_kinds() {
    for (std::size_t kind = 0; kind < kChangeKindCount && !must_stop(); ++kind) {
      std::vector<std::size_t> calls;
      for (std::size_t c = 0; c < plan_.calls.size(); ++c) {
        if (static_cast<std::size_t>(plan_.calls[c].kind) == kind) calls.push_back(c);
      }
      if (!calls.empty()) run_kind(static_cast<ChangeKind>(kind), std::move(calls));
    }
  }

  /// What has left stays without an outcome in the log: the next run looks.
  void give_up(const char* what) {
    report_.broken = what;
    for (const auto& [ticket, changes] : in_flight_) {
      for (const std::size_t i : changes) {
        set(i, State::in_doubt, "the next run will look what became of it");
      }
    }
    for (const Open& open : open_) {
      set(open.change, State::in_doubt, "the next run will look what became of it");
    }
    flush_outcomes();
  }

  bool must_stop() {
    if (env_.stop_requested && env_.stop_requested()) report_.interrupted = true;
    if (env_.may_still_write && !env_.may_still_write() && report_.stopped_because.empty()) {
      report_.stopped_because = "the lock was taken over";
    }
    if (env_.stop_order && report_.stopped_because.empty()) {
      report_.stopped_because = env_.stop_order();
      report_.halted = !report_.stopped_because.empty();
    }
    return report_.interrupted || !report_.store_error.empty() || !report_.stopped_because.empty();
  }

  [[nodiscard]] std::string why_not_sent() const {
    if (report_.halted) return "not sent: all writing was stopped";
    if (!report_.interrupted && !report_.stopped_because.empty()) {
      return fmt::format("not sent: {}", report_.stopped_because);
    }
    return "not sent: the run was interrupted";
  }

  void set(std::size_t change, State state, std::string message) {
    ChangeOutcome& outcome = report_.outcomes[change];
    if (outcome.state == State::pending && state != State::pending) ++settled_;
    outcome = {state, std::move(message)};
  }

  /// A change that is not to be made, or not to be sent again: of what was sent before, the intent
  /// stays without an outcome, and the next run looks before it does anything.
  void leave(std::size_t change, std::string because) {
    if (attempts_[change] == 0) return set(change, State::skipped, std::move(because));
    set(change, State::in_doubt,
        fmt::format("not sent again: {}; the next run will look what became of it", because));
  }

  // --- one kind -----------------------------------------------------------------------------

  void run_kind(ChangeKind kind, std::vector<std::size_t> calls) {
    if (kind == ChangeKind::delete_group) hold_back_renames(calls);
    for (int round = 0; round < kMostRounds && !calls.empty() && !must_stop(); ++round) {
      open_.clear();
      send_all(calls);
      if (kind == ChangeKind::create_group) learn_group_ids();
      calls = settle(kind, round + 1 == kMostRounds);
    }
    if (kind == ChangeKind::invite_user && !must_stop()) check_accounts();
  }

  void send_all(const std::vector<std::size_t>& calls) {
    std::size_t next = 0;
    freshness_.start_over();
    while (true) {
      const std::size_t before = next;
      next = start_wave(calls, next);
      if (in_flight_.empty()) {
        // Of those that were looked at again none may be left to be made.
        if (next != before && next < calls.size() && !must_stop()) continue;
        return flush_outcomes();
      }
      if (must_stop()) env_.client.cancel_unsent();
      // Whatever has come back by now is recorded together, with the intents of what leaves next.
      do {
        finish(env_.client.wait());
      } while (!in_flight_.empty() && env_.client.answered());
      tell_progress();
    }
  }

  /// Starts as many calls as there is room for, from the `next`th on, once the intents of all of
  /// them are on disk. Returns the next one after them.
  std::size_t start_wave(const std::vector<std::size_t>& calls, std::size_t next) {
    if (next < calls.size() && !freshness_.covers(next)) {
      if (!in_flight_.empty() || must_stop()) return next;
      look_again(calls, next);
    }
    const std::size_t end = std::min(calls.size(), freshness_.end());
    const std::size_t room = in_flight_.size() < kMostInFlight
                                 ? std::min(kMostInFlight - in_flight_.size(), env_.client.room())
                                 : 0;
    std::vector<Departure> wave;
    while (next < end && wave.size() < room && !must_stop()) prepare(calls[next++], wave);
    if (!record_intents(wave)) return next;
    for (Departure& departure : wave) depart(std::move(departure));
    return next;
  }

  /// Reads again what the next calls rest on, and leaves out what is not to be made any more.
  void look_again(const std::vector<std::size_t>& calls, std::size_t next) {
    const Instant since = env_.clock.now();
    const std::size_t end = std::min(calls.size(), next + freshness_.batch());
    std::vector<std::size_t> changes;
    bool admins = false;
    for (std::size_t c = next; c < end; ++c) {
      for (const std::size_t i : plan_.calls[calls[c]].changes) {
        if (report_.outcomes[i].state != State::pending || attempts_[i] != 0) continue;
        changes.push_back(i);
        admins = admins || floor_.takes_admin(plan_.changes[i]);
      }
    }
    const std::vector<Premise> premises = read_again(env_.client, endpoints_, plan_, changes, ids_);
    for (std::size_t k = 0; k < changes.size(); ++k) take_premise(changes[k], premises[k]);
    if (admins) {
      for (const std::string& admin : lost_admins(env_.client, endpoints_, plan_)) {
        floor_.lose(admin);
      }
    }
    report_.looked_again += changes.size();
    freshness_.looked(end, since);
  }

  void take_premise(std::size_t i, const Premise& premise) {
    const Change& change = plan_.changes[i];
    if (report_.outcomes[i].state != State::pending) return;  // left with its invitation
    if (!premise.because.empty()) {
      leave(i, premise.because);
      return leave_riders(i, premise.because);
    }
    if (!premise.done) return;
    floor_.take(change);
    floor_.give(change);
    set(i, State::already_so, "found so on reading again, just before it was to be made");
    leave_riders(i, "somebody else has invited them meanwhile: it takes another plan");
  }

  /// What was to ride on an invitation that does not leave.
  void leave_riders(std::size_t i, const std::string& because) {
    if (plan_.changes[i].kind != ChangeKind::invite_user) return;
    for (const std::size_t rider : plan_.calls[call_of_[i]].changes) {
      const bool rides = plan_.changes[rider].user == plan_.changes[i].user;
      if (rides && report_.outcomes[rider].state == State::pending) leave(rider, because);
    }
  }

  /// The changes of a call that are still to be made and may be made now.
  std::vector<std::size_t> ready_changes(std::size_t call) {
    std::vector<std::size_t> ready;
    for (const std::size_t needed : needs_[call]) {
      for (const std::size_t i : plan_.calls[needed].changes) {
        if (!succeeded(i)) broken_.add(i);
      }
    }
    for (const std::size_t i : plan_.calls[call].changes) {
      if (report_.outcomes[i].state != State::pending) continue;
      if (std::string because = held_back(plan_.changes[i]); !because.empty()) {
        leave(i, std::move(because));
        continue;
      }
      ready.push_back(i);
    }
    // Without the invitation itself there is nothing for its riders to ride on.
    const bool invites = plan_.calls[call].kind == ChangeKind::invite_user;
    if (!invites) return ready;
    std::erase_if(ready, [&](std::size_t i) { return rides_alone(i, ready); });
    return ready;
  }

  [[nodiscard]] bool rides_alone(std::size_t i, const std::vector<std::size_t>& ready) const {
    if (plan_.changes[i].kind == ChangeKind::invite_user) return false;
    return std::none_of(ready.begin(), ready.end(), [&](std::size_t other) {
      return plan_.changes[other].kind == ChangeKind::invite_user &&
             plan_.changes[other].user == plan_.changes[i].user;
    });
  }

  [[nodiscard]] bool succeeded(std::size_t i) const {
    const State state = report_.outcomes[i].state;
    return state == State::applied || state == State::already_so;
  }

  /// Why a change cannot be made, or nothing.
  [[nodiscard]] std::string held_back(const Change& change) const {
    if (std::string because = broken_.holds_back(change); !because.empty()) return because;
    if (floor_.forbids(change)) {
      return fmt::format("it would leave fewer than {} active org admins, because others failed",
                         plan_.min_org_admins);
    }
    return {};
  }

  void prepare(std::size_t call, std::vector<Departure>& wave) {
    std::vector<std::size_t> changes = ready_changes(call);
    if (changes.empty()) return;
    Result<WriteRequest> request = make_write(endpoints_, plan_, changes, ids_);
    if (!request) {
      for (const std::size_t i : changes) leave(i, request.error().what);
      return;
    }
    for (const std::size_t i : changes) floor_.take(plan_.changes[i]);
    wave.push_back({call, std::move(changes), *std::move(request)});
  }

  void depart(Departure departure) {
    // Asked again: somebody may have said stop while the intents were written.
    if (must_stop()) {
      for (const std::size_t i : departure.changes) {
        // What was sent before, and would be sent again, stays open: the next run looks.
        if (attempts_[i] != 0) continue;
        close({i, Verdict::not_sent, {}, 0, {}}, State::failed, why_not_sent());
      }
      return;
    }
    for (const std::size_t i : departure.changes) check_before_leaving(i);
    const Ticket ticket = next_ticket_++;
    in_flight_.emplace(ticket, std::move(departure.changes));
    ++report_.writes;
    freshness_.note_departure();
    env_.client.start(ticket, std::move(departure.request));
  }

  void check_before_leaving(std::size_t i) const {
    invariant(intents_[i] > 0, "a call was about to leave without its intent in the log");
    invariant(report_.outcomes[i].state == State::pending,
              "a call was about to leave for a change that is settled");
    invariant(call_kind(i) != ChangeKind::invite_user || attempts_[i] == 0,
              "an invitation was about to be sent again");
  }

  void hold_back_renames(const std::vector<std::size_t>& calls) {
    for (const std::size_t call : calls) {
      const std::size_t i = plan_.calls[call].changes.front();
      if (!successor_is_complete(plan_.changes[i])) {
        set(i, State::skipped, "its successor does not show everything yet");
      }
    }
  }

  /// A renamed group goes only when a read shows that the new one has what was given to it.
  bool successor_is_complete(const Change& deletion) {
    const auto renamed = plan_.renamed.find(deletion.group);
    if (renamed == plan_.renamed.end()) return true;
    const std::vector<std::size_t>& given = given_to(renamed->second);
    if (given.empty()) return true;
    for (const milliseconds wait : kReadBackWaits) {
      const std::vector<Effect> effects =
          read_back(env_.client, endpoints_, plan_, given, ids_, wait);
      if (std::all_of(effects.begin(), effects.end(),
                      [](Effect effect) { return effect == Effect::there; })) {
        return true;
      }
    }
    return false;
  }

  const std::vector<std::size_t>& given_to(const std::string& group) {
    if (given_.empty()) {
      for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
        const Change& change = plan_.changes[i];
        if (!takes_away(change.kind)) given_[change.group].push_back(i);
      }
    }
    return given_[group];
  }

  void finish(const Completion& completion) {
    auto node = in_flight_.extract(completion.ticket);
    const std::vector<std::size_t>& changes = node.mapped();
    const Answer& answer = completion.answer;
    const int status = answer ? answer->status : 0;
    if (status == 401 && report_.stopped_because.empty()) {
      report_.stopped_because = "401: the API key was refused";
    }
    if (answer) permission_.learn(*answer);
    if (report_.stopped_because.empty()) report_.stopped_because = permission_.lacking();
    const std::vector<Judgement> judgements = judge(plan_, changes, answer, ids_);
    const bool cancelled = !answer && answer.error().kind == Failure::Kind::cancelled;
    for (std::size_t k = 0; k < changes.size(); ++k) {
      const Judgement& judgement = judgements[k];
      attempts_[changes[k]] += completion.attempts;
      Open open{changes[k], judgement.verdict, judgement.message, status, completion.duration};
      switch (judgement.verdict) {
        case Verdict::applied:
          close(open, State::applied, {});
          break;
        case Verdict::refused:
          close_failed(open, judgement.message);
          break;
        case Verdict::not_sent:
          close_failed(open, cancelled ? why_not_sent() : judgement.message);
          break;
        case Verdict::conflict:
        case Verdict::unclear:
          open_.push_back(std::move(open));
      }
    }
  }

  // --- what the answers left open -----------------------------------------------------------

  /// Reads back what is open. Returns the calls that must be sent again.
  std::vector<std::size_t> settle(ChangeKind kind, bool last_round) {
    const bool org_role = kind == ChangeKind::grant_org_role || kind == ChangeKind::revoke_org_role;
    const std::vector<milliseconds> waits =
        org_role ? std::vector<milliseconds>(kOrgRoleWaits.begin(), kOrgRoleWaits.end())
                 : std::vector<milliseconds>(kReadBackWaits.begin(), kReadBackWaits.end());
    std::unordered_map<std::size_t, Effect> effects;
    for (const milliseconds wait : waits) {
      std::vector<std::size_t> asked;
      for (const Open& open : open_) {
        const auto known = effects.find(open.change);
        const bool settled = known != effects.end() && known->second == Effect::there;
        // A conflict that a read contradicts once is the API's last word: no need to wait.
        const bool contradicted = known != effects.end() && open.verdict == Verdict::conflict &&
                                  known->second == Effect::not_there;
        if (!settled && !contradicted) asked.push_back(open.change);
      }
      if (asked.empty()) break;
      const std::vector<Effect> found =
          read_back(env_.client, endpoints_, plan_, asked, ids_, wait);
      for (std::size_t k = 0; k < asked.size(); ++k) effects[asked[k]] = found[k];
    }
    std::vector<std::size_t> again;
    for (const Open& open : open_) {
      conclude(open, effects.at(open.change), last_round);
      if (report_.outcomes[open.change].state == State::pending) {
        again.push_back(call_of_[open.change]);
      }
    }
    open_.clear();
    flush_outcomes();
    tell_progress();
    std::sort(again.begin(), again.end());
    again.erase(std::unique(again.begin(), again.end()), again.end());
    return again;
  }

  void conclude(const Open& open, Effect effect, bool last_round) {
    const Change& change = plan_.changes[open.change];
    if (effect == Effect::unknown && report_.interrupted) {
      // The intent stays without an outcome: the next run looks before it does anything.
      return set(open.change, State::in_doubt, "the next run will look what became of it");
    }
    const std::string was =
        open.status == 0 ? open.message : fmt::format("the answer was {}", open.message);
    if (effect == Effect::ambiguous) {
      return close(open, State::in_doubt, fmt::format("{}; {}", kTwoAccounts, was));
    }
    if (effect == Effect::there) {
      if (open.verdict == Verdict::conflict) return close(open, State::already_so, open.message);
      return close(open, State::applied, fmt::format("found done on reading back; {}", was));
    }
    // Perhaps in conflict with our own first try, which reads do not show yet.
    if (open.verdict == Verdict::conflict) return close_failed(open, open.message);
    // Somebody could get two mails: an invitation that may have left is never sent again, and
    // neither is what rode on it before it is known to have arrived.
    const bool repeatable = effect == Effect::not_there && !last_round && !must_stop() &&
                            call_kind(open.change) != ChangeKind::invite_user &&
                            !floor_.forbids(change);
    // Whatever the error, 503 too, it may yet come to light that it was done: reads can lag behind
    // for longer than anybody waits here.
    lost_an_answer_[open.change] = true;
    if (!repeatable) close(open, State::in_doubt, was);
  }

  /// What this try did not do an earlier one may have done.
  void close_failed(const Open& open, const std::string& message) {
    if (!lost_an_answer_[open.change]) return close(open, State::failed, message);
    close(open, State::in_doubt,
          open.status == 0 ? message : fmt::format("the answer was {}", message));
  }

  void learn_group_ids() {
    std::vector<std::size_t> unknown;
    for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
      const bool created = plan_.changes[i].kind == ChangeKind::create_group && succeeded(i);
      if (created && ids_.group(plan_.changes[i]).empty()) unknown.push_back(i);
    }
    for (const milliseconds wait : kGroupWaits) {
      if (unknown.empty()) return;
      (void)read_back(env_.client, endpoints_, plan_, unknown, ids_, wait);
      std::erase_if(unknown, [&](std::size_t i) { return !ids_.group(plan_.changes[i]).empty(); });
    }
  }

  /// What follows an invitation goes to the account that its answer named.
  void check_accounts() {
    std::vector<std::size_t> following;
    for (std::size_t i = 0; i < report_.outcomes.size(); ++i) {
      if (report_.outcomes[i].state == State::pending) following.push_back(i);
    }
    check_invited_accounts(plan_, following, env_.client, endpoints_, ids_);
  }

  [[nodiscard]] ChangeKind call_kind(std::size_t change) const {
    return plan_.calls[call_of_[change]].kind;
  }

  // --- the log ------------------------------------------------------------------------------

  [[nodiscard]] Intent intent_of(const Departure& departure, std::size_t i,
                                 const std::string& body_digest) const {
    const Change& change = plan_.changes[i];
    const Request& request = departure.request.request();
    return {static_cast<std::int64_t>(departure.call + 1),
            std::string(name(change.kind)),
            change.user,
            ids_.account(change),
            change.group,
            ids_.group(change),
            change.ari.empty() ? change.resource : change.ari,
            change.role,
            change.cause.place.file,
            change.cause.place.line,
            change.cause.why,
            change.cause.reason,
            fmt::format("{} {}", name(request.method), request.target),
            body_digest};
  }

  /// Together with the outcomes that are still to be recorded.
  bool record_intents(const std::vector<Departure>& wave) {
    std::vector<Intent> fresh;
    std::vector<std::size_t> of;
    for (const Departure& departure : wave) {
      Digest body("rolecall body 1");
      body.field(departure.request.request().body);
      const std::string body_digest = body.hex();
      for (const std::size_t i : departure.changes) {
        // Sent again after reading back: the intent is there already, still without an outcome.
        if (intents_[i] != 0) continue;
        fresh.push_back(intent_of(departure, i, body_digest));
        of.push_back(i);
      }
    }
    const auto rows = record(fresh);
    if (!rows) return false;
    for (std::size_t k = 0; k < of.size(); ++k) intents_[of[k]] = (*rows)[k];
    return true;
  }

  std::optional<std::vector<IntentId>> record(const std::vector<Intent>& intents) {
    if (intents.empty() && outcomes_.empty()) return std::vector<IntentId>();
    auto rows = env_.log.record(env_.clock.now(), outcomes_, intents);
    outcomes_.clear();
    if (rows) return *std::move(rows);
    if (report_.store_error.empty()) report_.store_error = rows.error().what;
    return std::nullopt;
  }

  void flush_outcomes() { (void)record({}); }

  void close(const Open& open, State state, std::string message) {
    static constexpr auto kResult = [](State s) {
      switch (s) {
        case State::applied:
          return ChangeResult::applied;
        case State::already_so:
          return ChangeResult::already_so;
        case State::in_doubt:
          return ChangeResult::in_doubt;
        default:
          return ChangeResult::failed;
      }
    };
    if (state == State::applied || state == State::already_so) {
      floor_.give(plan_.changes[open.change]);
    }
    outcomes_.push_back({intents_[open.change], kResult(state), open.status, attempts_[open.change],
                         open.duration.count(), message});
    set(open.change, state, std::move(message));
  }

  void tell_progress() const {
    if (env_.progress) env_.progress(settled_, report_.outcomes.size());
  }

  static constexpr std::size_t kMostInFlight = 64;

  const Plan& plan_;
  const ApplyEnvironment& env_;
  Endpoints endpoints_;
  KnownIds ids_;
  AdminFloor floor_;
  Broken broken_;
  Freshness freshness_;
  std::vector<std::vector<std::size_t>> needs_;
  std::vector<int> attempts_;
  std::vector<IntentId> intents_;
  std::vector<bool> lost_an_answer_;  ///< a try may have taken effect and reads do not show it
  std::vector<std::size_t> call_of_;  ///< the call that carries a change
  std::unordered_map<Ticket, std::vector<std::size_t>> in_flight_;  ///< changes, by call
  std::unordered_map<std::string, std::vector<std::size_t>>
      given_;                ///< changes that give, by group
  std::size_t settled_ = 0;  ///< changes no longer pending
  std::vector<Open> open_;
  std::vector<Outcome> outcomes_;
  WritePermission permission_;
  Ticket next_ticket_ = 1;
  ApplyReport report_;
};

}  // namespace

std::size_t ApplyReport::count(ChangeOutcome::State state) const {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [&](const ChangeOutcome& outcome) { return outcome.state == state; }));
}

ApplyReport apply_plan(const Plan& plan, const ApplyEnvironment& environment) {
  return Applier(plan, environment).run();
}

}  // namespace rolecall
