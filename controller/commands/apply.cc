#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "controller/apply_run.h"
#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/git.h"
#include "controller/logged_run.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/signals.h"
#include "controller/store_path.h"
#include "controller/view.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr int kRefused = 4;
constexpr int kStale = 5;

/// A saved plan is a file that holds a JSON object; a policy is a folder or TOML.
bool is_plan_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::ifstream in(path, std::ios::binary);
  char first = '\0';
  in >> first;
  return first == '{';
}

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The policy a saved plan was made from: as it was named, from the current folder or from the
/// plan's.
std::string policy_of(const SavedPlan& saved, const std::string& plan_file) {
  std::error_code ignored;
  const std::filesystem::path named = saved.info.policy_path;
  if (std::filesystem::exists(named, ignored)) return named.string();
  const std::filesystem::path beside = std::filesystem::path(plan_file).parent_path() / named;
  return std::filesystem::exists(beside, ignored) ? beside.string() : named.string();
}

int stale(const std::vector<std::string>& reasons) {
  std::string message = "The saved plan is stale and was not applied:\n";
  for (const std::string& reason : reasons) {
    message += fmt::format("  - {}\n", escape_terminal(reason));
  }
  print_message(message + "Make a new plan.\n");
  return kStale;
}

/// Takes people's word for it that an invitation in doubt did not arrive.
Result<void> release(const std::vector<std::string>& addresses, Memory& memory) {
  for (const std::string& address : addresses) {
    const auto email = Email::parse(address);
    const auto released = std::erase_if(memory.open_invitations, [&](const OpenInvitation& open) {
      return email && open.email == email->str();
    });
    if (released == 0) return fail(fmt::format("no invitation of {} is in doubt", quote(address)));
  }
  return {};
}

enum class Consent { given, refused, cannot_ask };

Consent ask(const Plan& plan) {
  switch (ask_for_yes(fmt::format(
      "Apply {} with {} to organization {}?", counted(plan.changes.size(), "change", "changes"),
      counted(plan.calls.size(), "call", "calls"), plan.organization))) {
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

int apply_planned(ApplyRun& run, const Planned& planned, bool must_ask) {
  const Plan& plan = *planned.plan;
  const bool json = run.global.format == OutputFormat::json;
  if (!json) print(view(run.global, plan, ""));
  if (plan.changes.empty() || !plan.applyable()) {
    const int code = exit_code(plan) != 0 ? exit_code(plan) : plan.has_open_invitations() ? 3 : 0;
    const auto recorded = run.record_without_calls(planned, code);
    if (!recorded) {
      print_error(recorded.error());
      return 8;
    }
    const ApplyReport nothing = nothing_done(plan, "the plan is refused");
    tell_audit_head(run);
    if (json) {
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

int run_apply(const GlobalOptions& global, const ApplyOptions& options) {
  std::optional<SavedPlan> saved;
  std::string policy_path;
  GlobalOptions effective = global;
  if (!options.target.empty() && is_plan_file(options.target)) {
    auto parsed = parse_saved_plan(read_whole(options.target));
    if (!parsed) {
      print_error(
          {fmt::format("{}: {}", options.target, parsed.error().what), parsed.error().hint});
      return kStale;
    }
    saved = std::move(*parsed);
    policy_path = policy_of(*saved, options.target);
    if (saved->info.at_given && !effective.at) effective.at = saved->plan.at;
  } else {
    const auto path = policy_path_or_default(options.target);
    if (!path) return print_error(path.error());
    policy_path = *path;
  }
  auto connection = Connection::open(effective);
  if (!connection) return print_error(connection.error());
  // A policy that cannot be used must not leave a store behind.
  if (const auto readable = read_policy_files(policy_path); !readable) {
    return print_error(readable.error());
  }
  OpenStore opened = open_store(store_path(effective, policy_path), "apply", options.log);
  if (!opened.store) {
    print_error(opened.error);
    return opened.exit_code;
  }
  if (const int code = settle_earlier_runs(*opened.store, connection->reads(), policy_path);
      code != 0) {
    return code;
  }
  auto request = plan_request(effective, policy_path);
  if (!request) {
    print_error(request.error());
    return 8;
  }
  request->accept_shrink = options.accept_shrink;
  if (const auto released = release(options.invite_again, request->memory); !released) {
    return print_error(released.error());
  }
  if (saved) request->only = &*saved;
  std::string command = "apply";
  std::optional<LoggedRun> undone;
  if (saved && saved->plan.undo_of != 0) {
    if (saved->info.store != opened.store->id()) {
      return stale({"the plan undoes a run of another store"});
    }
    auto logged = logged_run(*opened.store, saved->plan.undo_of);
    if (!logged) return stale({logged.error().what});
    undone = std::move(*logged);
    request->undo = &*undone;
    command = undo_command(undone->run);
  }
  const Planned planned = plan_with_progress(effective, connection->reads(), *request);
  if (!planned.stale.empty()) return stale(planned.stale);
  if (const int code = show_problems(global, planned); code != 0) return code;
  ApplyRun run{effective,
               connection->writes(),
               connection->clock(),
               opened,
               command,
               policy_path,
               git_commit_of(policy_path),
               StopSwitch(store_path(effective, policy_path))};
  return apply_planned(run, planned, !saved && !options.yes);
}

}  // namespace rolecall
