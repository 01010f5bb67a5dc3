#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "controller/apply_run.h"
#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/git.h"
#include "controller/output.h"
#include "controller/pause.h"
#include "controller/policy_files.h"
#include "controller/quarantine.h"
#include "controller/read_policy.h"
#include "controller/safety_history.h"
#include "controller/settle_window.h"
#include "controller/signals.h"
#include "controller/store_path.h"
#include "controller/tug_of_war.h"
#include "controller/view.h"
#include "diff/plan_view.h"
#include "diff/trust.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

/// Whoever is changing the policy may not be through yet.
constexpr milliseconds kPolicyComesToRest{5'000};

struct Cycle {
  int code = 0;
  bool stopped = false;  ///< by rolecall stop, or the clock: no failure that a longer pause helps
  bool again_soon = false;
  bool unreached = false;  ///< the API did not answer, or with errors of its own
};

/// Nothing but the clock is wrong, and it may be set right at any moment.
bool waits_for_clock(const Plan& plan) {
  return !plan.gaps.empty() && std::all_of(plan.gaps.begin(), plan.gaps.end(), is_about_clock);
}

Cycle stay_stopped(ApplyRun& run, const Plan& plan, const std::string& order) {
  spdlog::warn("nothing is written: {}", order);
  const auto recorded = run.record_stopped(plan);
  return recorded ? Cycle{4, true} : Cycle{(print_error(recorded.error()), 8)};
}

void log_refusals(const Plan& plan) {
  for (const Refusal& refusal : plan.refusals) {
    spdlog::error("refused: {}: {}", refusal.klass, refusal_in_words(refusal));
  }
  for (const std::string& why : plan.unfit_acknowledgements) spdlog::error("{}", why);
  if (!plan.refusals.empty()) {
    spdlog::error("plan {} is not applied; rolecall plan shows {}", plan.digest.substr(0, 12),
                  only_limits_refuse(plan) ? "how to acknowledge it" : "it in full");
  }
}

/// To be kept elsewhere: a log that was cut or rewritten later does not have it any more.
void tell_audit_head(const OpenStore& opened) {
  spdlog::info("audit head: {}", format_head(opened.store->head()));
}

/// What was refused is not planned again, and costs no call, until somebody has looked at it.
Cycle stay_in_quarantine(const std::string& why, int code) {
  spdlog::error("not tried again: {}; {}", why, kHowToLeaveQuarantine);
  return {code, true};
}

void log_open_invitations(const Plan& plan) {
  for (const Note& note : plan.notes) {
    if (note.kind != kOpenInvitation) continue;
    spdlog::error(
        "not invited again: {}; once you know that they have no mail, rolecall apply "
        "--invite-again",
        note.subject);
  }
}

/// What goes on without them ends as one in which something was not done.
Cycle without(const std::vector<Change>& left, const Plan& plan, Cycle cycle) {
  const bool waits = !left.empty() || plan.has_open_invitations();
  return waits && cycle.code == 0 ? Cycle{3, true} : cycle;
}

void log_what_is_left(const std::vector<Change>& left) {
  for (const Change& change : left) {
    spdlog::error(
        "left to people: {} user={} group={} resource={} role={}: corrected {} times within 24 "
        "hours and undone each time, or it rests on such a change; rolecall apply makes it",
        name(change.kind), change.user, change.group, change.resource, change.role,
        kMostCorrections);
  }
}

void log_who_is_left_out(const Plan& plan) {
  for (const Note& note : plan.notes) {
    if (note.kind == kOpenInvitation || !leaves_out(note)) continue;
    spdlog::warn("left as it is: {}: {}", note.subject, note_in_words(note.kind));
  }
}

void log_what_did_not_hold(const Plan& plan) {
  for (const Note& note : plan.notes) {
    if (note.kind != kNotHeld) continue;
    spdlog::error("not effective, or undone by somebody: {}; it is done once more", note.subject);
  }
}

std::string refusals_in_words(const Plan& plan) {
  std::vector<std::string> words = plan.unfit_acknowledgements;
  for (const Refusal& refusal : plan.refusals) {
    words.push_back(fmt::format("{}: {}", refusal.klass, refusal_in_words(refusal)));
  }
  return fmt::format("{}", fmt::join(words, "; "));
}

/// An outage is not answered by trying every call of every cycle again. (What is wrong with a
/// policy is shown later; then nothing is sent.)
Result<void> is_back(const GlobalOptions& global, const PolicyFiles& policy) {
  const ParsedPolicy parsed = parse_policy(policy.files);
  if (parsed.diagnostics.has_errors()) return {};
  return ask_whether_it_answers(global, organization_id(*parsed.policy));
}

/// Once all is open: read, plan, apply. `policy` is the fingerprint that the cycle began with.
Cycle reconcile(const GlobalOptions& global, const std::string& policy_path,
                std::chrono::seconds full_every, Connection& connection, OpenStore& opened,
                const Quarantine& quarantine, const std::string& policy) {
  if (const int code = settle_earlier_runs(*opened.store, connection.reads(), policy_path);
      code != 0) {
    return {code};
  }
  auto request = plan_request(global, policy_path);
  if (!request) return {print(request.error())};
  request->for_people = false;
  if (quarantine.released(policy)) request->remembered.clear();
  const auto before = load_look(opened.path, request->policy_organization);
  const Instant now = SystemClock().now();
  if (before && before->at <= now && now - before->at < full_every) request->quick = &*before;
  Planned planned = plan_with_progress(global, connection.reads(), *request);
  if (stop_signalled()) return {130};
  // git takes the old files away before it writes the new ones, and what lies between the two may
  // look like a policy.
  if (fingerprint(request->policy->files) != policy || fingerprint_at(policy_path) != policy) {
    spdlog::warn(
        "the policy has changed during this cycle: nothing is written, another one follows");
    return {5, true, true};
  }
  if (const int code = show_problems(global, planned); code != 0) return {code};
  Plan& plan = *planned.plan;
  const auto left = leave_to_people(plan, *opened.store, now);
  if (!left) return {(print_error(left.error()), 8)};
  spdlog::info("planned: {}, {}, {}, digest {}", counted(plan.changes.size(), "change", "changes"),
               counted(plan.calls.size(), "write", "writes"), counted(plan.reads, "read", "reads"),
               plan.digest.substr(0, 12));
  if (planned.quick) {
    spdlog::info("looked only at counts and groups: no change is seen since everything was read");
  }
  for (const std::string& gap : plan.gaps) spdlog::warn("not proved complete: {}", gap);
  log_refusals(plan);
  log_what_is_left(*left);
  log_open_invitations(plan);
  log_who_is_left_out(plan);
  log_what_did_not_hold(plan);
  ApplyRun run{global,
               connection.writes(),
               connection.clock(),
               opened,
               command_in_log(kServiceCommand, global),
               policy_path,
               git_commit_of(policy_path),
               StopSwitch(store_path(global, policy_path))};
  // The service lets no protection go by being refused: that is for whoever looks at the refusal.
  if (!plan.applyable() || !left->empty()) planned.keep_protections(request->remembered);
  if (plan.changes.empty() || !plan.applyable()) {
    const int code = exit_code(plan);
    const Cycle cycle = without(*left, plan, {code, code == 6 && waits_for_clock(plan)});
    const auto recorded = run.record_without_calls(planned, cycle.code);
    if (!recorded) {
      print_error(recorded.error());
      return {8};
    }
    tell_audit_head(opened);
    const auto noted = plan.refusals.empty()
                           ? quarantine.lift()
                           : quarantine.refused(policy, plan.digest, refusals_in_words(plan), now);
    if (!noted) {
      print_error(noted.error());
      return {8};
    }
    return cycle;
  }
  if (const std::string order = run.stop_order(); !order.empty()) {
    return stay_stopped(run, plan, order);
  }
  if (const std::string why = quarantine.of_plan(plan.digest); !why.empty()) {
    return stay_in_quarantine(why, 3);
  }
  for (const Change& change : plan.changes) {
    spdlog::info("change: {} user={} group={} resource={} role={} cause={}:{}", name(change.kind),
                 change.user, change.group, change.resource, change.role, change.cause.place.file,
                 change.cause.place.line);
  }
  const auto done = run.apply(planned);
  if (!done) {
    print_error(done.error());
    return {8};
  }
  // That nobody answers is no fault of the plan; and one of which nothing could be sent, since what
  // it rests on could not be read again, may be tried as often as one likes.
  const bool failed = done->exit_code == 3 && !done->report.unreached && done->report.writes > 0;
  if (failed || done->exit_code == 0) {
    const auto noted =
        done->exit_code == 0 ? quarantine.lift() : quarantine.failed(plan.digest, now);
    if (!noted) {
      print_error(noted.error());
      return {8};
    }
  }
  tell_audit_head(opened);
  print(render_report(plan, done->report, done->run));
  const bool only_clock = done->exit_code == 6 && waits_for_clock(plan);
  return without(*left, plan, {finish_output(done->exit_code), done->report.halted || only_clock});
}

/// One cycle: everything is opened, read and closed again, so that no state outlives it but the
/// store's.
Cycle run_cycle(const GlobalOptions& global, const std::string& policy_path, const LogOptions& log,
                std::chrono::seconds full_every, bool after_outage) {
  const Quarantine quarantine(store_path(global, policy_path));
  const std::string policy = fingerprint_at(policy_path);
  auto connection = Connection::open(global);
  if (!connection) return {print_error(connection.error())};
  const auto readable = read_whole_policy(policy_path);
  if (!readable) return {print_error(readable.error())};
  if (const std::string why = quarantine.of_policy(policy); !why.empty()) {
    return stay_in_quarantine(why, 4);
  }
  OpenStore opened = open_store(store_path(global, policy_path), "run", log);
  if (!opened.store) {
    print_error(opened.error);
    return {opened.exit_code};
  }
  if (after_outage) {
    if (const auto back = is_back(global, *readable); !back) {
      return {.code = print_error(back.error()), .unreached = true};
    }
  }
  Cycle cycle = reconcile(global, policy_path, full_every, *connection, opened, quarantine, policy);
  cycle.unreached = connection->paced().total().given_up > 0;
  return cycle;
}

std::int64_t seconds_of(milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

/// Waits, but no longer than an interval for somebody who has mended the policy: a cycle that
/// failed, or whose plan was refused, is not tried again and again on the same grounds. False when
/// asked to stop.
bool wait_for_next(milliseconds pause, milliseconds interval, const std::string& policy_path,
                   const std::string& before) {
  while (pause > interval) {
    if (!sleep_unless_stopped(interval)) return false;
    pause -= interval;
    if (fingerprint_at(policy_path) == before) continue;
    spdlog::info("the policy has changed: next cycle now");
    return true;
  }
  return sleep_unless_stopped(pause);
}

}  // namespace

int run_service(const GlobalOptions& global, const RunOptions& options) {
  const auto policy = policy_path_or_default(options.policy);
  if (!policy) return print_error(policy.error());
  catch_stop_signals();
  std::mt19937_64 random(std::random_device{}());
  int failures = 0;
  bool unreached = false;
  LogOptions log = options.log;
  // What this service or somebody's apply has written, and reads do not show yet, would look like
  // drift.
  const auto settling = [&] {
    return still_settling(store_path(global, *policy), settle_window(global), SystemClock().now());
  };
  while (true) {
    if (const milliseconds rest = settling(); !options.once && rest.count() > 0) {
      spdlog::info("reads may lag behind what was just written: this cycle begins in {} s",
                   seconds_of(rest));
      if (!sleep_unless_stopped(rest)) break;
    }
    const std::string before = fingerprint_at(*policy);
    const Cycle cycle = run_cycle(global, *policy, log, options.full_every, unreached);
    // Given for what is known now, not for whatever happens to the log in months to come.
    log.accept_log_gap.clear();
    if (options.once) return cycle.code;
    unreached = cycle.unreached;
    failures = cycle.code == 0 || cycle.stopped ? 0 : failures + 1;
    if (stop_signalled()) break;
    const milliseconds wanted = pause_after(options.interval, failures, random);
    const milliseconds pause =
        std::max(settling(), cycle.again_soon ? std::min(wanted, kPolicyComesToRest) : wanted);
    spdlog::info("cycle ended with {}; next one in {} s{}", cycle.code, seconds_of(pause),
                 failures > 1
                     ? fmt::format(" after {} that failed, or once the policy changes",
                                   counted(static_cast<std::size_t>(failures), "cycle", "cycles"))
                     : "");
    if (!wait_for_next(pause, options.interval, *policy, before)) break;
  }
  spdlog::info("stopped");
  return 0;
}

}  // namespace rolecall
