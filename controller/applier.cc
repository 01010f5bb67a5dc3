#include "controller/applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "controller/apply_log.h"
#include "controller/freshness.h"
#include "controller/grounds.h"
#include "controller/held_back.h"
#include "controller/identities.h"
#include "controller/late_effects.h"
#include "controller/misread.h"
#include "controller/outcomes.h"
#include "controller/read_back.h"
#include "controller/successor.h"
#include "controller/write_call.h"
#include "controller/write_permission.h"
#include "diff/safety.h"
#include "diff/schedule.h"
#include "state/model/invariant.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using State = ChangeOutcome::State;

// New groups show after a second or two (facts.md section 9).
constexpr std::array kGroupWaits = {milliseconds{0},    milliseconds{500},  milliseconds{1000},
                                    milliseconds{2000}, milliseconds{4000}, milliseconds{8000}};
constexpr std::array kReadBackWaits = {milliseconds{0}, milliseconds{1000}, milliseconds{4000}};
constexpr int kMostRounds = 3;
constexpr int kMostLooks = 6;
constexpr int kMostStuck = 3;
/// What has not waited longer than that was asked about as it was handed over.
constexpr milliseconds kMoment{50};
constexpr std::chrono::seconds kLastLook{30};
constexpr const char* kFoundDone = "found so on reading again, before it was to be made";
constexpr std::string_view kKeyRefused = "401: the API key was refused";

/// What locks somebody out, or cannot be brought back, does not rest on one reading alone: an
/// answer may be wrong in itself, and no proof of its completeness shows that.
bool is_read_twice(ChangeKind kind) {
  return kind == ChangeKind::suspend_user || kind == ChangeKind::remove_user ||
         kind == ChangeKind::delete_group || kind == ChangeKind::revoke_org_role;
}

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
        grounds_(environment.client, endpoints_, plan, misread_),
        identities_(environment.client, endpoints_, plan, misread_),
        successors_(environment.client, endpoints_, plan, misread_),
        log_(environment.log, environment.clock, plan),
        outcomes_(plan, log_, floor_),
        needs_(prerequisites(plan)),
        took_admin_(plan.changes.size()),
        call_of_(plan.changes.size()) {
    for (std::size_t c = 0; c < plan.calls.size(); ++c) {
      for (const std::size_t i : plan.calls[c].changes) call_of_[i] = c;
    }
  }

  ApplyReport run() {
    // A stop order ends long waits, too: for a limit of calls, for another try.
    const StopWhen stop(env_.client,
                        [this] { return must_stop() || env_.clock.steady() > looks_end_; });
    try {
      if (!successors_.confirm()) report_.stopped_because = std::string(kKeyRefused);
      run_all_kinds();
      see_effects();
    } catch (const BrokenInvariant& bug) {
      give_up(bug.what());
    }
    const std::string reason = !report_.broken.empty()            ? "rolecall itself is wrong"
                               : !report_.stopped_because.empty() ? report_.stopped_because
                               : !report_.store_error.empty()     ? "the log could not be written"
                                                                  : "the run was interrupted";
    for (const std::size_t i : outcomes_.all_pending()) leave(i, reason);
    if (report_.store_error.empty()) (void)flush();
    report_.outcomes = outcomes_.take();
    if (report_.stopped_because.empty() && report_.count(State::applied) == 0) {
      report_.stopped_because = permission_.lacking_perhaps();
    }
    // Where all is well nobody needs to know what had to be read twice.
    if (report_.count(State::applied) + report_.count(State::already_so) < plan_.changes.size()) {
      report_.misread = misread_.all();
    }
    report_.oldest_read = freshness_.oldest();
    report_.looked_again = grounds_.looked_at();
    return std::move(report_);
  }

 private:
  class StopWhen {
   public:
    StopWhen(WriteClient& client, const std::function<bool()>& look) : client_(client) {
      client_.stop_when(look);
    }
    ~StopWhen() { client_.stop_when({}); }
    StopWhen(const StopWhen&) = delete;
    StopWhen& operator=(const StopWhen&) = delete;

   private:
    WriteClient& client_;
  };

  /// A call that is about to leave, with those of its changes that it carries.
  struct Departure {
    std::size_t call = 0;
    std::vector<std::size_t> changes;
    WriteRequest request;
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
      for (const std::size_t i : changes) outcomes_.leave_open(i);
    }
    for (const Outcomes::Back& open : open_) outcomes_.leave_open(open.change);
    (void)flush();
  }

  bool must_stop() {
    if (env_.stop_requested && env_.stop_requested()) report_.interrupted = true;
    if (env_.may_still_write && !env_.may_still_write() && report_.stopped_because.empty()) {
      report_.stopped_because = "the lock was taken over";
    }
    if (env_.client.out_of_reach() && report_.stopped_because.empty()) {
      report_.stopped_because = "the API does not answer any more: try again later";
      report_.unreached = true;
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

  /// A change that is not to be made, or not to be sent again.
  void leave(std::size_t change, std::string because) {
    const bool goes_on = outcomes_.attempts(change) != 0 && report_.broken.empty() && !must_stop();
    outcomes_.leave(change, std::move(because), goes_on);
  }

  // --- one kind -----------------------------------------------------------------------------

  void run_kind(ChangeKind kind, std::vector<std::size_t> calls) {
    if (kind == ChangeKind::delete_group) hold_back_renames(calls);
    for (int round = 0; round < kMostRounds && !calls.empty() && !must_stop(); ++round) {
      open_.clear();
      send_all(calls);
      for (int stuck = 0; !overdue_.empty() && !must_stop();) stuck = send_overdue(stuck);
      if (kind == ChangeKind::create_group) learn_group_ids();
      calls = settle(kind, round + 1 == kMostRounds);
    }
  }

  void send_all(const std::vector<std::size_t>& calls) {
    std::size_t next = 0;
    const bool twice = are_read_twice(calls);
    freshness_.start_over(twice);
    if (!twice) confirm_ids(calls);
    while (true) {
      const std::size_t before = next;
      next = start_wave(calls, next);
      if (in_flight_.empty()) {
        // Of those that were looked at again none may be left to be made.
        if (next != before && next < calls.size() && !must_stop()) continue;
        return (void)flush();
      }
      if (must_stop()) env_.client.cancel_unsent();
      // Whatever has come back by now is recorded together, with the intents of what leaves next.
      do {
        finish(env_.client.wait());
      } while (!in_flight_.empty() && env_.client.answered());
      tell_progress();
    }
  }

  /// Whether they are all looked at again however fresh the plan is.
  [[nodiscard]] bool are_read_twice(const std::vector<std::size_t>& calls) const {
    return std::any_of(calls.begin(), calls.end(), [this](std::size_t call) {
      const Change& change = plan_.changes[plan_.calls[call].changes.front()];
      // Groups that were given to whoever is restored would go along unreviewed.
      return is_read_twice(plan_.calls[call].kind) || change.kind == ChangeKind::restore_user ||
             identities_.seems_done(change, ids_);
    });
  }

  void confirm_ids(const std::vector<std::size_t>& calls) {
    std::vector<std::size_t> changes;
    for (const std::size_t call : calls) {
      for (const std::size_t i : plan_.calls[call].changes) {
        // Whether somebody is to be invited is looked at as the plan grows old.
        const bool later =
            plan_.changes[i].kind == ChangeKind::invite_user && !freshness_.covers(0);
        if (outcomes_.pending(i) && !later) changes.push_back(i);
      }
    }
    if (!identities_.confirm(changes, ids_) && report_.stopped_because.empty()) {
      report_.stopped_because = std::string(kKeyRefused);
    }
  }

  /// Sends those that had to wait until what they rested on was too old. Where none of them gets
  /// away, that is tried `stuck` times more at most.
  int send_overdue(int stuck) {
    const std::vector<std::size_t> calls = std::exchange(overdue_, {});
    if (stuck == kMostStuck) {
      for (const std::size_t call : calls) {
        for (const std::size_t i : plan_.calls[call].changes) {
          if (!outcomes_.pending(i)) continue;
          leave(i, "a limit kept it waiting for longer than what it rests on is good for");
        }
      }
      return stuck;
    }
    send_all(calls);
    return overdue_.size() < calls.size() ? 0 : stuck + 1;
  }

  /// Starts as many calls as there is room for, from the `next`th on, once the intents of all of
  /// them are on disk. Returns the next one after them.
  std::size_t start_wave(const std::vector<std::size_t>& calls, std::size_t next) {
    if (next < calls.size() && !freshness_.covers(next)) {
      if (!in_flight_.empty() || !look_again(calls, next)) return next;
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

  /// Reads again what the next calls rest on, and leaves out what is not to be made any more. False
  /// where the run stops.
  bool look_again(const std::vector<std::size_t>& calls, std::size_t next) {
    for (int look = 0; look < kMostLooks; ++look) {
      if (must_stop()) return false;
      const std::size_t end = freshness_.begin_look(next, calls.size());
      std::vector<std::size_t> changes;
      for (std::size_t c = next; c < end; ++c) {
        for (const std::size_t i : ready_changes(calls[c], grounds_.may_find_more())) {
          changes.push_back(i);
        }
      }
      if (!look_at(changes)) return false;
      freshness_.end_look(end);
      if (freshness_.covers(next)) return true;
    }
    // Whatever is read grows old before it has been read.
    for (std::size_t c = next; c < freshness_.end(); ++c) {
      for (const std::size_t i : ready_changes(calls[c])) {
        leave(i, "what it rests on could not be read again in time");
      }
    }
    return true;
  }

  bool look_at(const std::vector<std::size_t>& changes) {
    if (changes.empty()) return true;
    const Grounds::Seen seen = grounds_.look(changes, ids_, floor_, freshness_.plan_is_fresh());
    if (seen.key_refused && report_.stopped_because.empty()) {
      report_.stopped_because = std::string(kKeyRefused);
    }
    if (must_stop()) return false;
    std::vector<Grounds::Finding> of_sent;
    for (const Grounds::Finding& finding : seen.findings) {
      const std::size_t i = finding.change;
      if (outcomes_.attempts(i) != 0) {
        of_sent.push_back(finding);
      } else if (finding.done) {
        outcomes_.find_done(i, finding.because);
      } else {
        leave(i, finding.because);
      }
    }
    leave_or_find_done(of_sent);
    for (const std::size_t i : changes) {
      const bool deletes = plan_.changes[i].kind == ChangeKind::delete_group;
      if (deletes && outcomes_.pending(i)) hold_back_rename(i);
    }
    return !must_stop();
  }

  /// What was sent before, and seemed not to have taken effect, may have done so by now.
  void leave_or_find_done(const std::vector<Grounds::Finding>& findings) {
    std::vector<std::size_t> asked;
    for (const Grounds::Finding& finding : findings) {
      const bool made = plan_.changes[finding.change].kind == ChangeKind::create_group;
      if (!finding.done && (finding.gone || made)) asked.push_back(finding.change);
    }
    std::map<std::size_t, Effect> effects;
    if (!asked.empty()) {
      const std::vector<Effect> found = read_back_for_sure(env_.client, endpoints_, plan_, asked,
                                                           ids_, milliseconds(0), &misread_);
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
        leave(i, effect == Effect::filled ? std::string(kMayBeTheirs) : finding.because);
      }
    }
  }

  /// The changes of a call that are still to be made and may be made now.
  /// `floor_is_open`: who counts for the floor is to be read first.
  std::vector<std::size_t> ready_changes(std::size_t call, bool floor_is_open = false) {
    std::vector<std::size_t> ready;
    for (const std::size_t needed : needs_[call]) {
      for (const std::size_t i : plan_.calls[needed].changes) {
        if (!outcomes_.succeeded(i)) broken_.add(i);
      }
    }
    const std::string refused = permission_.refused(plan_.calls[call].kind);
    for (const std::size_t i : plan_.calls[call].changes) {
      if (!outcomes_.pending(i)) continue;
      std::string because = refused.empty() ? held_back(plan_.changes[i], floor_is_open) : refused;
      if (!because.empty()) {
        leave(i, std::move(because));
        continue;
      }
      ready.push_back(i);
    }
    // Without the invitation itself there is nothing for its riders to ride on.
    const bool invites = plan_.calls[call].kind == ChangeKind::invite_user;
    if (!invites) return ready;
    std::vector<std::size_t> leaving;
    for (const std::size_t i : ready) {
      if (rides_alone(i, ready)) {
        leave(i, "it was to go with the invitation, which is not sent");
      } else {
        leaving.push_back(i);
      }
    }
    return leaving;
  }

  [[nodiscard]] bool rides_alone(std::size_t i, const std::vector<std::size_t>& ready) const {
    if (plan_.changes[i].kind == ChangeKind::invite_user) return false;
    return std::none_of(ready.begin(), ready.end(), [&](std::size_t other) {
      return plan_.changes[other].kind == ChangeKind::invite_user &&
             plan_.changes[other].user == plan_.changes[i].user;
    });
  }

  /// Why a change cannot be made, or nothing.
  [[nodiscard]] std::string held_back(const Change& change, bool floor_is_open) const {
    if (std::string because = successors_.doubt(change); !because.empty()) return because;
    if (std::string because = broken_.holds_back(change); !because.empty()) return because;
    for (const std::string& id : {ids_.account(change), ids_.group(change)}) {
      if (std::string because = misread_.opaque(id); !because.empty()) return because;
    }
    if (std::string because = identities_.doubt(change, ids_); !because.empty()) return because;
    if (!floor_is_open && floor_.forbids(change)) {
      const std::string_view why = grounds_.why_fewer_admins();
      return fmt::format("it would leave fewer than {} active org admins, because {}",
                         plan_.min_org_admins, why.empty() ? "others failed" : why);
    }
    return {};
  }

  void prepare(std::size_t call, std::vector<Departure>& wave) {
    std::vector<std::size_t> changes = ready_changes(call);
    std::erase_if(changes, [this](std::size_t i) { return is_done_already(i); });
    if (changes.empty()) return;
    Result<WriteRequest> request = make_write(endpoints_, plan_, changes, ids_);
    if (!request) {
      for (const std::size_t i : changes) leave(i, request.error().what);
      return;
    }
    for (const std::size_t i : changes) {
      took_admin_[i] = floor_.takes_admin(plan_.changes[i]);
      floor_.take(plan_.changes[i]);
    }
    wave.push_back({call, std::move(changes), *std::move(request)});
  }

  /// As something that was asked for otherwise has shown. Of what is to be taken away that is not
  /// proof enough.
  bool is_done_already(std::size_t i) {
    const bool done = outcomes_.attempts(i) == 0 && !takes_away(plan_.changes[i].kind) &&
                      identities_.found_done(plan_.changes[i], ids_);
    if (done) outcomes_.find_done(i, kFoundDone);
    return done;
  }

  void depart(Departure departure) {
    // Asked again: somebody may have said stop while the intents were written.
    if (must_stop()) {
      for (const std::size_t i : departure.changes) {
        // What was sent before, and would be sent again, stays open: the next run looks.
        if (outcomes_.attempts(i) != 0) continue;
        outcomes_.close({i, Verdict::not_sent, {}, 0, {}}, State::skipped, why_not_sent());
      }
      return;
    }
    for (const std::size_t i : departure.changes) check_before_leaving(i);
    const Ticket ticket = next_ticket_++;
    in_flight_.emplace(ticket, std::move(departure.changes));
    ++report_.writes;
    const auto handed_over = env_.clock.steady();
    departure.request.ask_before_leaving([this, handed_over] { return may_leave(handed_over); });
    env_.client.start(ticket, std::move(departure.request));
  }

  /// Asked as a call leaves: it may have been handed over long before.
  bool may_leave(Clock::Steady handed_over) {
    const bool waited = env_.clock.steady() - handed_over > kMoment;
    if (!freshness_.is_fresh() || (waited && must_stop())) return false;
    freshness_.note_departure();
    return true;
  }

  void check_before_leaving(std::size_t i) const {
    invariant(log_.intent(i) > 0, "a call was about to leave without its intent in the log");
    invariant(outcomes_.pending(i), "a call was about to leave for a change that is settled");
    invariant(call_kind(i) != ChangeKind::invite_user || outcomes_.attempts(i) == 0,
              "an invitation was about to be sent again");
  }

  void hold_back_renames(const std::vector<std::size_t>& calls) {
    for (const std::size_t call : calls) hold_back_rename(plan_.calls[call].changes.front());
  }

  void hold_back_rename(std::size_t i) {
    if (!successors_.doubt(plan_.changes[i]).empty()) return;  // held back as all of it is
    if (std::string because = successors_.why_it_stays(plan_.changes[i], ids_); !because.empty()) {
      leave(i, std::move(because));
    }
  }

  void finish(const Completion& completion) {
    auto node = in_flight_.extract(completion.ticket);
    if (completion.attempts == 0) --report_.writes;
    const std::vector<std::size_t>& changes = node.mapped();
    const Answer& answer = completion.answer;
    const int status = answer ? answer->status : 0;
    if (status == 401 && report_.stopped_because.empty()) {
      report_.stopped_because = std::string(kKeyRefused);
    }
    if (answer) permission_.learn(*answer, call_kind(changes.front()));
    if (report_.stopped_because.empty()) report_.stopped_because = permission_.lacking();
    const bool cancelled = !answer && answer.error().kind == Failure::Kind::cancelled;
    if (cancelled && !must_stop()) return wait_longer(changes);
    const std::vector<Judgement> judgements = judge(plan_, changes, answer, ids_);
    for (std::size_t k = 0; k < changes.size(); ++k) {
      const Judgement& judgement = judgements[k];
      outcomes_.add_attempts(changes[k], completion.attempts);
      Outcomes::Back open{changes[k], judgement.verdict, judgement.message, status,
                          completion.duration};
      switch (judgement.verdict) {
        case Verdict::applied:
          outcomes_.close(open, State::applied, {});
          break;
        case Verdict::refused:
          outcomes_.close_failed(open, judgement.message);
          break;
        case Verdict::not_sent:
          outcomes_.close_failed(open, cancelled ? why_not_sent() : judgement.message);
          break;
        case Verdict::conflict:
        case Verdict::unclear:
          open_.push_back(std::move(open));
      }
    }
  }

  /// It has not left, as it was too late for it.
  void wait_longer(const std::vector<std::size_t>& changes) {
    overdue_.push_back(call_of_[changes.front()]);
    for (const std::size_t i : changes) {
      if (took_admin_[i]) floor_.keep(plan_.changes[i].user);
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
      const std::vector<Effect> found =
          read_back_for_sure(env_.client, endpoints_, plan_, asked, ids_, wait, &misread_, closely);
      for (std::size_t k = 0; k < asked.size(); ++k) effects[asked[k]] = found[k];
    }
    std::vector<std::size_t> again;
    for (const Outcomes::Back& open : open_) {
      conclude(open, effects.at(open.change), last_round);
      if (outcomes_.pending(open.change)) again.push_back(call_of_[open.change]);
    }
    open_.clear();
    (void)flush();
    tell_progress();
    std::sort(again.begin(), again.end());
    again.erase(std::unique(again.begin(), again.end()), again.end());
    return again;
  }

  void conclude(const Outcomes::Back& open, Effect effect, bool last_round) {
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
                         open.verdict == Verdict::conflict &&
                         !outcomes_.lost_an_answer(open.change);
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
    const bool repeatable = effect == Effect::not_there && !last_round && !must_stop() &&
                            call_kind(open.change) != ChangeKind::invite_user &&
                            !floor_.forbids(change);
    // Whatever the error, 503 too, it may yet come to light that it was done: reads can lag behind
    // for longer than anybody waits here.
    outcomes_.lose_an_answer(open.change);
    if (!repeatable) outcomes_.close(open, State::in_doubt, was);
  }

  /// Whoever was to be locked out may not go on because an answer said that it was done.
  void see_effects() {
    std::vector<std::size_t> answered;
    for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
      const bool done = outcomes_.state(i) == State::applied;
      if (done && is_read_twice(plan_.changes[i].kind)) answered.push_back(i);
    }
    looks_end_ = env_.clock.steady() + env_.settle_window + kLastLook;
    for (LateEffect& one : not_shown_done(
             env_, endpoints_, plan_, answered, ids_, misread_, [this] { return must_stop(); },
             report_.unreached)) {
      outcomes_.set(one.change, State::in_doubt, std::move(one.because));
    }
  }

  void learn_group_ids() {
    std::vector<std::size_t> unknown;
    for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
      const bool created =
          plan_.changes[i].kind == ChangeKind::create_group && outcomes_.succeeded(i);
      if (created && ids_.group(plan_.changes[i]).empty()) unknown.push_back(i);
    }
    for (const milliseconds wait : kGroupWaits) {
      if (unknown.empty()) return;
      (void)read_back(env_.client, endpoints_, plan_, unknown, ids_, wait, &misread_);
      std::erase_if(unknown, [&](std::size_t i) { return !ids_.group(plan_.changes[i]).empty(); });
    }
  }

  [[nodiscard]] ChangeKind call_kind(std::size_t change) const {
    return plan_.calls[call_of_[change]].kind;
  }

  // --- the log ------------------------------------------------------------------------------

  /// Together with the outcomes that are still to be recorded.
  bool record_intents(const std::vector<Departure>& wave) {
    for (const Departure& departure : wave) {
      log_.add_intents(departure.call, departure.changes, departure.request.request(), ids_);
    }
    return flush();
  }

  bool flush() {
    const auto done = log_.record();
    if (!done && report_.store_error.empty()) report_.store_error = done.error().what;
    return done.has_value();
  }

  void tell_progress() const {
    if (env_.progress) env_.progress(outcomes_.settled(), outcomes_.count());
  }

  static constexpr std::size_t kMostInFlight = 64;

  const Plan& plan_;
  const ApplyEnvironment& env_;
  Endpoints endpoints_;
  KnownIds ids_;
  AdminFloor floor_;
  Broken broken_;
  Freshness freshness_;
  Misread misread_;
  Grounds grounds_;
  Identities identities_;
  Successors successors_;
  ApplyLog log_;
  Outcomes outcomes_;
  std::vector<std::vector<std::size_t>> needs_;
  std::vector<bool> took_admin_;      ///< out of the floor's count, as it was handed over
  std::vector<std::size_t> overdue_;  ///< calls that came back unsent, since it was too late
  std::vector<std::size_t> call_of_;  ///< the call that carries a change
  std::unordered_map<Ticket, std::vector<std::size_t>> in_flight_;  ///< changes, by call
  std::vector<Outcomes::Back> open_;
  /// Of the looks at late effects, which hold up a run that has done its work.
  Clock::Steady looks_end_ = Clock::Steady::max();
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
