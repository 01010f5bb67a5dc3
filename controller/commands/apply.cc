#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "controller/apply_run.h"
#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/git.h"
#include "controller/logged_run.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/read_policy.h"
#include "controller/safety_history.h"
#include "controller/saved_plan.h"
#include "controller/settle_window.h"
#include "controller/signals.h"
#include "controller/store_path.h"
#include "controller/view.h"
#include "diff/plan_view.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr int kRefused = 4;
constexpr int kStale = 5;
/// The saved plan at `path`; nothing where that is a policy.
Result<std::optional<SavedPlan>> saved_plan_at(const std::string& path) {
  const auto bytes = read_plan_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (!*bytes) return std::nullopt;
  auto parsed = parse_saved_plan(**bytes);
  if (!parsed) {
    return fail(fmt::format("{}: {}", path, parsed.error().what), parsed.error().hint);
  }
  return *std::move(parsed);
}

Result<Agreed> what_to_apply(const std::optional<SavedPlan>& saved, const GlobalOptions& global,
                             const ApplyOptions& options) {
  if (saved) return agree(*saved, options.target, {options.policy, global.at, options.undo});
  if (!options.policy.empty() || options.undo != 0) {
    std::error_code ignored;
    const std::string named = options.target.empty() ? "no saved plan is named"
                              : !std::filesystem::exists(options.target, ignored)
                                  ? fmt::format("{}: no such file", options.target)
                                  : fmt::format("{} is no saved plan", quote(options.target));
    return fail(named,
                options.undo == 0
                    ? std::string("a policy as second argument goes with a saved plan")
                    : fmt::format("rolecall undo {} --out undo.plan saves one, which rolecall "
                                  "apply undo.plan applies",
                                  options.undo));
  }
  const auto path = policy_path_or_default(options.target);
  if (!path) return tl::make_unexpected(path.error());
  return Agreed{*path, global.at, {}};
}

int stale(const std::vector<std::string>& reasons) {
  std::string message = "The saved plan is stale and was not applied:\n";
  for (const std::string& reason : reasons) {
    message += fmt::format("  - {}\n", escape_terminal(reason));
  }
  print_message(message + "Make a new plan.\n");
  return kStale;
}

void add(std::string reason, std::vector<std::string>& reasons) {
  if (!reason.empty()) reasons.push_back(std::move(reason));
}

/// What speaks against the plan before anything is asked of the API. To be called before earlier
/// runs are settled: that adds rows to the log.
Result<std::vector<std::string>> judge(const SavedPlan& saved, const Store& store, Instant local,
                                       Clocks& now) {
  const auto told = clocks(saved, store, local);
  if (!told) return tl::make_unexpected(told.error());
  now = *told;
  auto reasons = log_reasons(saved, store);
  if (reasons) add(age_problem(saved.info, now), *reasons);
  return reasons;
}

/// 0 where the plan is the one that was reviewed, or nobody said which one was.
int check_digest(const std::string& expected, const Plan& plan) {
  if (plan.digest.starts_with(expected)) return 0;
  std::string message = fmt::format(
      "The plan is not the one that was expected, and was not applied:\n"
      "  expected {}\n"
      "  planned  {}{}\n",
      expected, plan.digest,
      plan.changes.empty()
          ? " (nothing to do)"
          : fmt::format(" ({})", counted(plan.changes.size(), "change", "changes")));
  for (const std::string& gap : plan.gaps) {
    message += fmt::format("  not read completely: {}\n", escape_terminal(gap));
  }
  print_message(message + "Look at the plan as it is now: rolecall plan.\n");
  return kStale;
}

/// Takes people's word for it that an invitation did not arrive, once they can know.
Result<void> release(const std::vector<std::string>& addresses, Instant now,
                     std::chrono::seconds window, Memory& memory) {
  std::vector<OpenInvitation>& all = memory.open_invitations;
  for (const std::string& address : addresses) {
    const auto email = Email::parse(address);
    const auto found = std::find_if(all.begin(), all.end(), [&](const OpenInvitation& open) {
      return email && open.email == email->str();
    });
    if (found == all.end()) {
      return fail(fmt::format("no invitation of {} is in doubt", quote(address)));
    }
    // One that is dated in the future was sent by a clock that was wrong, nobody knows when.
    if (found->settling && found->at <= now + window) {
      return fail(
          fmt::format("run {} sent {} an invitation on {}, too lately to tell that none arrives",
                      found->run, address, format_instant(found->at)),
          fmt::format("ask for another one after {}", format_instant(found->at + window)));
    }
    all.erase(found);
  }
  return {};
}

Result<LoggedRun> run_to_undo(const Store& store, RunId run, const std::string& organization) {
  const auto record = store.run(run);
  if (!record) return tl::make_unexpected(record.error());
  if (*record && (*record)->start.organization != organization) {
    return fail(fmt::format("it undoes run {}, which was on organization {}; the policy is for {}",
                            run, quote((*record)->start.organization), quote(organization)));
  }
  return logged_run(store, run);
}

/// Nothing is done although there may be something to do.
bool waits_for_people(const Plan& plan) {
  const bool not_shown = std::any_of(plan.notes.begin(), plan.notes.end(),
                                     [](const Note& note) { return note.kind == kNotShownYet; });
  return plan.has_open_invitations() || not_shown;
}

enum class Consent { given, refused, cannot_ask };

Consent ask(const Plan& plan) {
  // Dates may have been decided for another day, and the changes are made today.
  constexpr std::chrono::hours kToday{24};
  const auto off = std::chrono::abs(plan.at - SystemClock().now());
  const std::string as_of =
      off < kToday ? "" : fmt::format(", now, as of {}", format_instant(plan.at));
  switch (ask_for_yes(fmt::format(
      "Apply {} with {} to organization {}{}?", counted(plan.changes.size(), "change", "changes"),
      counted(plan.calls.size(), "call", "calls"), plan.organization, as_of))) {
    case Confirmation::confirmed:
      return Consent::given;
    case Confirmation::refused:
      return Consent::refused;
    case Confirmation::no_terminal:
      break;
  }
  return Consent::cannot_ask;
}

ApplyReport nothing_done(const Plan& plan, const std::string& because) {
  ApplyReport report;
  report.outcomes.assign(plan.changes.size(), {ChangeOutcome::State::skipped, because});
  return report;
}

/// To be kept elsewhere: a log that was cut or rewritten later does not have it any more.
void tell_audit_head(const ApplyRun& run) {
  if (run.global.quiet) return;
  print_message(fmt::format("Audit head: {}\n", format_head(run.opened.store->head())));
}

/// Files that git is replacing may have looked like a policy for a moment. A saved plan's changes
/// have been reviewed, and are held against the policy as it is read.
bool policy_has_changed(const PlanRequest& request) {
  return request.only == nullptr &&
         fingerprint_at(request.policy_path) != fingerprint(request.policy->files);
}

int lock_is_lost() {
  print_error({"another run has taken the lock over meanwhile; nothing was sent",
               "see `rolecall audit list` for what it did, then plan again"});
  return 7;
}

int apply_planned(ApplyRun& run, const PlanRequest& request, const Planned& planned,
                  bool must_ask) {
  const Plan& plan = *planned.plan;
  const bool json = run.global.format == OutputFormat::json;
  if (!json) print(view(run.global, plan, ""));
  // A run that is cut off has said what it was about to do.
  flush_output();
  if (!run.opened.lock->still_mine()) return lock_is_lost();
  if (plan.changes.empty() || !plan.applyable()) {
    const int code = exit_code(plan) != 0 ? exit_code(plan) : waits_for_people(plan) ? 3 : 0;
    const auto recorded = run.record_without_calls(planned, code);
    if (!recorded) {
      print_error(recorded.error());
      return 8;
    }
    const ApplyReport nothing = nothing_done(plan, "the plan is refused");
    tell_audit_head(run);
    if (json) {
      for (const Refusal& refusal : plan.refusals) {
        print_error({fmt::format("refused: {}: {}", refusal.klass, refusal_in_words(refusal)), {}});
      }
      print(render_report_json(plan, nothing, *recorded, code, run.opened.store->head()));
    }
    return finish_output(code);
  }
  if (const std::string stopped = run.stop_order(); !stopped.empty()) {
    const auto recorded = run.record_stopped(plan);
    if (!recorded) {
      print_error(recorded.error());
      return 8;
    }
    print_error({stopped, {}});
    tell_audit_head(run);
    if (json) {
      print(render_report_json(plan, nothing_done(plan, stopped), *recorded, kRefused,
                               run.opened.store->head()));
    }
    return finish_output(kRefused);
  }
  if (must_ask) {
    switch (ask(plan)) {
      case Consent::given:
        break;
      case Consent::refused:
        print_message("Not confirmed; nothing was done.\n");
        return 1;
      case Consent::cannot_ask:
        return print_error({"no terminal to confirm on", "pass --yes, or apply a saved plan"});
    }
  }
  if (!run.opened.lock->still_mine()) return lock_is_lost();
  if (policy_has_changed(request)) {
    print_error({fmt::format("{} has changed since this plan was made of it; nothing was sent",
                             request.policy_path),
                 "plan again"});
    return kStale;
  }
  catch_stop_signals();
  const auto done = run.apply(planned);
  if (!done) {
    print_error(done.error());
    return 8;
  }
  tell_audit_head(run);
  print(json ? render_report_json(plan, done->report, done->run, done->exit_code,
                                  run.opened.store->head())
             : render_report(plan, done->report, done->run));
  return finish_output(done->exit_code);
}

}  // namespace

int run_apply(const GlobalOptions& given, const ApplyOptions& options) {
  const auto found = saved_plan_at(options.target);
  if (!found) {
    print_error(found.error());
    return kStale;
  }
  const std::optional<SavedPlan>& saved = *found;
  const auto agreed = what_to_apply(saved, given, options);
  if (!agreed) return print_error(agreed.error());
  const std::string& policy_path = agreed->policy;
  GlobalOptions global = given;
  global.at = agreed->at;
  for (const std::string& unsaid : agreed->unsaid) {
    print_message(fmt::format("{}: {}\n", escape_terminal(options.target), unsaid));
  }
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  // A policy that cannot be used must not leave a store behind, nor must a plan of another store.
  if (const auto readable = read_whole_policy(policy_path); !readable) {
    return print_error(readable.error());
  }
  const std::string store = store_path(global, policy_path);
  std::error_code ignored;
  if (saved && needs_store(*saved) && !std::filesystem::exists(store, ignored)) {
    return stale({other_store(*saved, fmt::format("there is none at {}", store))});
  }
  OpenStore opened = open_store(store, "apply", options.log);
  if (!opened.store) {
    print_error(opened.error);
    return opened.exit_code;
  }
  Clocks now;
  std::vector<std::string> reasons;
  if (saved) {
    auto judged = judge(*saved, *opened.store, connection->clock().now(), now);
    if (!judged) {
      print_error(judged.error());
      return 8;
    }
    reasons = *std::move(judged);
  }
  if (const int code = settle_earlier_runs(*opened.store, connection->reads(), policy_path);
      code != 0) {
    return code;
  }
  if (!reasons.empty()) return stale(reasons);
  auto request = plan_request(global, policy_path);
  if (!request) return print(request.error());
  request->accept_shrink = options.accept_shrink;
  if (const auto released = release(options.invite_again, connection->clock().now(),
                                    settle_window(global), request->memory);
      !released) {
    return print_error(released.error());
  }
  if (saved) request->only = &*saved;
  std::optional<LoggedRun> undone;
  if (saved && saved->plan.undo_of != 0) {
    auto logged = run_to_undo(*opened.store, saved->plan.undo_of, request->policy_organization);
    if (!logged) return stale({logged.error().what});
    undone = std::move(*logged);
    request->undo = &*undone;
  }
  const Planned planned = plan_with_progress(global, connection->reads(), *request);
  if (saved) {
    reasons = planned.stale;
    now.local = connection->clock().now();
    now.server = planned.server_date;
    add(age_problem(saved->info, now), reasons);
    if (!reasons.empty()) return stale(reasons);
  }
  if (const int code = show_problems(global, planned); code != 0) return code;
  if (const int code = check_digest(options.expect_digest, *planned.plan); code != 0) return code;
  ApplyRun run{global,
               connection->writes(),
               connection->clock(),
               opened,
               saved ? saved_plan_command(*saved) : command_in_log(kApplyCommand, global),
               policy_path,
               git_commit_of(policy_path),
               StopSwitch(store)};
  // Whoever names a digest has reviewed the plan, as whoever saved one has.
  return apply_planned(run, *request, planned,
                       !saved && !options.yes && options.expect_digest.empty());
}

}  // namespace rolecall
