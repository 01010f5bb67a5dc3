#include "controller/applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/apply_state.h"
#include "controller/freshness.h"
#include "controller/grounds.h"
#include "controller/held_back.h"
#include "controller/identities.h"
#include "controller/lasting_paths.h"
#include "controller/settling.h"
#include "controller/successor.h"
#include "controller/write_call.h"
#include "controller/write_permission.h"
#include "diff/schedule.h"
#include "state/model/invariant.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using State = ChangeOutcome::State;

constexpr int kMostRounds = 3;
constexpr int kMostLooks = 6;
constexpr int kMostStuck = 3;
/// What has not waited longer than that was asked about as it was handed over.
constexpr milliseconds kMoment{50};
constexpr const char* kFoundDone = "found so on reading again, before it was to be made";

class Applier {
 public:
  Applier(const Plan& plan, const ApplyEnvironment& environment)
      : state_(plan, environment),
        settling_(state_),
        broken_(plan),
        freshness_(environment.clock, environment.read_at),
        grounds_(environment.client, state_.endpoints, plan, state_.misread),
        identities_(environment.client, state_.endpoints, plan, state_.misread),
        successors_(environment.client, state_.endpoints, plan, state_.misread),
        needs_(prerequisites(plan)),
        took_admin_(plan.changes.size()) {}

  ApplyReport run() {
    // A stop order ends long waits, too: for a limit of calls, for another try.
    const StopWhen stop(env_.client,
                        [this] { return state_.must_stop() || settling_.has_looked_enough(); });
    try {
      if (!successors_.confirm()) state_.refuse_key();
      run_all_kinds();
      settling_.see_effects();
    } catch (const BrokenInvariant& bug) {
      give_up(bug.what());
    }
    for (const std::size_t i : outcomes_.all_pending()) state_.leave(i, why_nothing_more());
    if (report_.store_error.empty()) (void)state_.flush();
    report_.outcomes = outcomes_.take();
    if (report_.stopped_because.empty() && report_.count(State::applied) == 0) {
      report_.stopped_because = permission_.lacking_perhaps();
    }
    // Where all is well nobody needs to know what had to be read twice.
    if (report_.count(State::applied) + report_.count(State::already_so) < plan_.changes.size()) {
      report_.misread = state_.misread.all();
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
    for (std::size_t kind = 0; kind < kChangeKindCount && !state_.must_stop(); ++kind) {
      std::vector<std::size_t> calls;
      for (std::size_t c = 0; c < plan_.calls.size(); ++c) {
        if (static_cast<std::size_t>(plan_.calls[c].kind) == kind) calls.push_back(c);
      }
      if (!calls.empty()) run_kind(static_cast<ChangeKind>(kind), std::move(calls));
    }
  }

  [[nodiscard]] std::string why_nothing_more() const {
    if (!report_.broken.empty()) return "rolecall itself is wrong";
    if (!report_.stopped_because.empty()) return report_.stopped_because;
    return report_.store_error.empty() ? "the run was interrupted" : "the log could not be written";
  }

  /// What has left stays without an outcome in the log: the next run looks.
  void give_up(const char* what) {
    report_.broken = what;
    for (const auto& [ticket, changes] : in_flight_) {
      for (const std::size_t i : changes) outcomes_.leave_open(i);
    }
    settling_.give_up();
    (void)state_.flush();
  }

  [[nodiscard]] std::string why_not_sent() const {
    if (report_.halted) return "not sent: all writing was stopped";
    if (!report_.store_error.empty()) return "not sent: the log could not be written";
    if (!report_.interrupted && !report_.stopped_because.empty()) {
      return fmt::format("not sent: {}", report_.stopped_because);
    }
    return "not sent: the run was interrupted";
  }

  // --- one kind -----------------------------------------------------------------------------

  void run_kind(ChangeKind kind, std::vector<std::size_t> calls) {
    if (takes_away(kind)) note_lost_gifts();
    if (kind == ChangeKind::delete_group) hold_back_renames(calls);
    for (int round = 0; round < kMostRounds && !calls.empty() && !state_.must_stop(); ++round) {
      send_all(calls);
      for (int stuck = 0; !overdue_.empty() && !state_.must_stop();) stuck = send_overdue(stuck);
      if (kind == ChangeKind::create_group) settling_.learn_group_ids();
      calls = settling_.settle(kind, round + 1 == kMostRounds);
    }
  }

  /// Somebody may keep an app only by what the plan gives.
  void note_lost_gifts() {
    if (plan_.leans.empty()) return;
    for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
      if (!takes_away(plan_.changes[i].kind) && !outcomes_.succeeded(i)) note_broken(i);
    }
    if (!broken_.read_groups(env_.client, state_.endpoints, state_.misread)) state_.refuse_key();
  }

  void note_broken(std::size_t i) {
    const State state = outcomes_.state(i);
    broken_.add(i, state != State::failed && state != State::skipped);
  }

  void send_all(const std::vector<std::size_t>& calls) {
    std::size_t next = 0;
    const bool twice = are_read_twice(calls);
    freshness_.start_over(twice);
    most_looks_ = kMostLooks;
    if (!twice) confirm_ids(calls);
    while (true) {
      const std::size_t before = next;
      next = start_wave(calls, next);
      if (in_flight_.empty()) {
        // Of those that were looked at again none may be left to be made.
        if (next != before && next < calls.size() && !state_.must_stop()) continue;
        return (void)state_.flush();
      }
      if (state_.must_stop()) env_.client.cancel_unsent();
      // Whatever has come back by now is recorded together, with the intents of what leaves next.
      do {
        finish(env_.client.wait());
      } while (!in_flight_.empty() && env_.client.answered());
      state_.tell_progress();
    }
  }

  /// Whether they are all looked at again however fresh the plan is.
  [[nodiscard]] bool are_read_twice(const std::vector<std::size_t>& calls) const {
    return std::any_of(calls.begin(), calls.end(), [this](std::size_t call) {
      const Change& change = plan_.changes[plan_.calls[call].changes.front()];
      // Groups that were given to whoever is restored would go along unreviewed.
      return is_read_twice(plan_.calls[call].kind) || change.kind == ChangeKind::restore_user ||
             rests_on_gifts(plan_, change) || identities_.seems_done(change, ids_);
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
    if (!identities_.confirm(changes, ids_)) state_.refuse_key();
  }

  /// Sends those that had to wait until what they rested on was too old. Where none of them gets
  /// away, that is tried `stuck` times more at most.
  int send_overdue(int stuck) {
    const std::vector<std::size_t> calls = std::exchange(overdue_, {});
    if (stuck == kMostStuck) {
      for (const std::size_t call : calls) {
        for (const std::size_t i : plan_.calls[call].changes) {
          if (!outcomes_.pending(i)) continue;
          state_.leave(i, "a limit kept it waiting for longer than what it rests on is good for");
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
    while (next < end && wave.size() < room && !state_.must_stop()) prepare(calls[next++], wave);
    if (!record_intents(wave)) return next;
    for (Departure& departure : wave) depart(std::move(departure));
    return next;
  }

  /// Reads again what the next calls rest on, and leaves out what is not to be made any more. False
  /// where the run stops.
  bool look_again(const std::vector<std::size_t>& calls, std::size_t next) {
    for (int look = 0; look < most_looks_; ++look) {
      if (state_.must_stop()) return false;
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
      freshness_.look_singly();
    }
    // Whatever is read grows old before it has been read, and so it will for the others.
    most_looks_ = 1;
    for (std::size_t c = next; c < freshness_.end(); ++c) {
      for (const std::size_t i : ready_changes(calls[c])) {
        state_.leave(i, "what it rests on could not be read again in time");
      }
    }
    return true;
  }

  bool look_at(const std::vector<std::size_t>& changes) {
    if (changes.empty()) return true;
    const Grounds::Seen seen = look_at(changes, {freshness_.plan_is_fresh()});
    if (state_.must_stop()) return false;
    if (plan_.changes[changes.front()].kind != ChangeKind::delete_group) return true;
    for (const std::size_t i : changes) {
      if (outcomes_.pending(i)) hold_back_rename(i);
    }
    if (state_.must_stop()) return false;
    const std::size_t first = changes.front();
    if (freshness_.is_fresh() || changes.size() > 1 || !outcomes_.pending(first)) return true;
    // To walk a large group takes longer than what it shows is good for.
    freshness_.begin_quick_look();
    (void)look_at(changes, {freshness_.plan_is_fresh(), &seen.counts});
    if (state_.must_stop() || !outcomes_.pending(first)) return !state_.must_stop();
    const std::string because = successors_.why_it_stays_after_all(plan_.changes[first]);
    if (!because.empty()) state_.leave(first, because);
    return !state_.must_stop();
  }

  Grounds::Seen look_at(const std::vector<std::size_t>& changes, LookFrom from) {
    Grounds::Seen seen = grounds_.look(changes, ids_, floor_, from);
    if (seen.key_refused) state_.refuse_key();
    if (state_.must_stop()) return seen;
    std::vector<Grounds::Finding> of_sent;
    for (const Grounds::Finding& finding : seen.findings) {
      const std::size_t i = finding.change;
      if (outcomes_.attempts(i) != 0) {
        of_sent.push_back(finding);
      } else if (finding.done) {
        outcomes_.find_done(i, finding.because);
      } else {
        state_.leave(i, finding.because);
      }
    }
    settling_.leave_or_find_done(of_sent);
    return seen;
  }

  /// The changes of a call that are still to be made and may be made now.
  /// `floor_is_open`: who counts for the floor is to be read first.
  std::vector<std::size_t> ready_changes(std::size_t call, bool floor_is_open = false) {
    std::vector<std::size_t> ready;
    for (const std::size_t needed : needs_[call]) {
      for (const std::size_t i : plan_.calls[needed].changes) {
        if (!outcomes_.succeeded(i)) note_broken(i);
      }
    }
    const std::string refused = permission_.refused(plan_.calls[call].kind);
    for (const std::size_t i : plan_.calls[call].changes) {
      if (!outcomes_.pending(i)) continue;
      std::string because = refused.empty() ? held_back(plan_.changes[i], floor_is_open) : refused;
      if (!because.empty()) {
        state_.leave(i, std::move(because));
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
        state_.leave(i, "it was to go with the invitation, which is not sent");
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
      if (std::string because = state_.misread.opaque(id); !because.empty()) return because;
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
    Result<WriteRequest> request = make_write(state_.endpoints, plan_, changes, ids_);
    if (!request) {
      for (const std::size_t i : changes) state_.leave(i, request.error().what);
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
    if (state_.must_stop()) {
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
    if ((waited && state_.must_stop()) || !freshness_.is_fresh()) return false;
    freshness_.note_departure();
    return true;
  }

  void check_before_leaving(std::size_t i) const {
    invariant(state_.log.intent(i) > 0, "a call was about to leave without its intent in the log");
    invariant(outcomes_.pending(i), "a call was about to leave for a change that is settled");
    invariant(state_.call_kind(i) != ChangeKind::invite_user || outcomes_.attempts(i) == 0,
              "an invitation was about to be sent again");
  }

  void hold_back_renames(const std::vector<std::size_t>& calls) {
    for (const std::size_t call : calls) {
      if (state_.must_stop()) return;
      hold_back_rename(plan_.calls[call].changes.front());
    }
  }

  void hold_back_rename(std::size_t i) {
    if (!successors_.doubt(plan_.changes[i]).empty()) return;  // held back as all of it is
    std::string because = successors_.why_it_stays(plan_.changes[i], ids_);
    if (!because.empty() && !state_.must_stop()) {
      state_.leave(i, std::move(because));
    }
  }

  void finish(const Completion& completion) {
    auto node = in_flight_.extract(completion.ticket);
    if (completion.attempts == 0) --report_.writes;
    const std::vector<std::size_t>& changes = node.mapped();
    const Answer& answer = completion.answer;
    const int status = answer ? answer->status : 0;
    if (status == 401) state_.refuse_key();
    if (completion.attempts != 0) permission_.learn(answer, state_.call_kind(changes.front()));
    if (report_.stopped_because.empty()) report_.stopped_because = permission_.lacking();
    const bool cancelled = !answer && answer.error().kind == Failure::Kind::cancelled;
    if (cancelled && !state_.must_stop()) return wait_longer(changes);
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
          settling_.add(std::move(open));
      }
    }
  }

  /// It has not left, as it was too late for it.
  void wait_longer(const std::vector<std::size_t>& changes) {
    overdue_.push_back(state_.call_of[changes.front()]);
    for (const std::size_t i : changes) {
      if (took_admin_[i]) floor_.keep(plan_.changes[i].user);
    }
  }

  // --- the log ------------------------------------------------------------------------------

  /// Together with the outcomes that are still to be recorded.
  bool record_intents(const std::vector<Departure>& wave) {
    for (const Departure& departure : wave) {
      state_.log.add_intents(departure.call, departure.changes, departure.request.request(), ids_);
    }
    return state_.flush();
  }

  static constexpr std::size_t kMostInFlight = 64;

  ApplyState state_;
  const Plan& plan_ = state_.plan;
  const ApplyEnvironment& env_ = state_.env;
  KnownIds& ids_ = state_.ids;
  AdminFloor& floor_ = state_.floor;
  Outcomes& outcomes_ = state_.outcomes;
  ApplyReport& report_ = state_.report;
  Settling settling_;
  Broken broken_;
  Freshness freshness_;
  Grounds grounds_;
  Identities identities_;
  Successors successors_;
  std::vector<std::vector<std::size_t>> needs_;
  std::vector<bool> took_admin_;      ///< out of the floor's count, as it was handed over
  std::vector<std::size_t> overdue_;  ///< calls that came back unsent, since it was too late
  std::unordered_map<Ticket, std::vector<std::size_t>> in_flight_;  ///< changes, by call
  WritePermission permission_;
  int most_looks_ = kMostLooks;
  Ticket next_ticket_ = 1;
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
