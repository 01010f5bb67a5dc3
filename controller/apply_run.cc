#include "controller/apply_run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>

#include "controller/logged_run.h"
#include "controller/output.h"
#include "controller/progress.h"
#include "controller/read_policy.h"
#include "controller/recover.h"
#include "controller/safety_history.h"
#include "controller/signals.h"
#include "controller/signatures.h"
#include "controller/who.h"
#include "state/model/text.h"
#include "state/store/checkpoints.h"
#include "state/store/files.h"

namespace rolecall {
namespace {

/// Reads lag behind for a second or two as a rule.
constexpr std::chrono::seconds kWorthALine{4};

/// A protection that the policy has dropped refuses one apply; from then on what the policy says
/// now counts.
Result<void> remember(Store& store, const Planned& planned, const ApplyReport& report,
                      Instant now) {
  const std::string& organization = planned.plan->organization;
  Store::Remembered learned = planned.learned;
  if (learned.counts) learned.counts->at = now;
  // What the run itself took away must not look like a listing that lost something.
  for (std::size_t i = 0; learned.sighting && i < report.outcomes.size(); ++i) {
    if (report.outcomes[i].state != ChangeOutcome::State::applied) continue;
    const ChangeKind kind = planned.plan->changes[i].kind;
    if (kind == ChangeKind::remove_user) --learned.sighting->users;
    if (kind == ChangeKind::delete_group) --learned.sighting->groups;
  }
  if (auto kept = store.remember(organization, learned); !kept) return kept;
  return store.remember_protections(organization, planned.protections);
}

}  // namespace

OpenStore open_store(const std::string& path, const std::string& command, const LogOptions& log) {
  OpenStore out;
  out.path = path;
  out.sign_key = log.sign_key;
  const auto stop = [&](Error error, int code) {
    out.error = std::move(error);
    out.exit_code = code;
    out.store.reset();
    return std::move(out);
  };
  // That it cannot be signed must not be found out after the changes.
  if (!log.sign_key.empty()) {
    if (const auto tried = sign(log.sign_key, "rolecall: can this key sign?\n"); !tried) {
      return stop(tried.error(), 1);
    }
    if (const auto fine = check_checkpoints(path); !fine) return stop(fine.error(), 8);
  }
  const LockOwner me{login_name(), host_name(), command, getpid(), SystemClock().now()};
  auto taken = StoreLock::take(path, me);
  if (!taken) return stop(taken.error(), 8);
  if (!*taken) {
    const auto& owner = taken->error().owner;
    return stop(
        {owner ? fmt::format("another run holds the lock: {} by {} on {}, process {}, since {}",
                             owner->command, owner->user, owner->host, owner->pid,
                             format_instant(owner->since))
               : "another run holds the lock",
         "wait for it to end, or see `rolecall unlock`"},
        7);
  }
  out.lock.emplace(std::move(**taken));
  std::optional<AcceptedGap> accepted;
  if (!trim_ascii(log.accept_log_gap).empty()) {
    accepted = {me.since, fmt::format("{}@{}", me.user, me.host), log.accept_log_gap};
  }
  std::error_code unknown;
  const bool fresh = !std::filesystem::exists(path, unknown) && !unknown;
  auto store = Store::open(path, Store::Access::write, accepted);
  if (!store) return stop(store.error(), 8);
  out.store.emplace(std::move(*store));
  // A process that hung, and whose lock was taken away, must not write between the next one's rows.
  out.store->write_only_while(out.lock->asker());
  if (fresh) {
    spdlog::info("a new store begins at {}: it knows of no earlier run or invitation", path);
  }
  if (const auto remote = network_file_system(path); !remote.empty()) {
    spdlog::warn(
        "the store {} is on {}, where a lock may be held twice and a write be lost; "
        "--store names a place on a disk of this machine",
        path, remote);
  }
  return out;
}

int settle_earlier_runs(Store& store, ReadClient& client, const std::string& policy_path) {
  const auto policy = read_policy(policy_path);
  if (!policy) return print_error(policy.error());
  // One that does not parse has its problems shown later; then nothing is sent.
  const std::string& organization = organization_id(*policy->parsed.policy);
  if (organization.empty()) return 0;
  const auto found = recover(store, client, organization, SystemClock().now());
  if (!found) {
    print_error(found.error());
    return 8;
  }
  const std::size_t changes = found->done + found->not_done + found->in_doubt;
  if (changes > 0) {
    print_message(fmt::format(
        "An earlier run was cut off with {} under way: {} found done, {} not done, {} in doubt.\n",
        counted(changes, "change", "changes"), found->done, found->not_done, found->in_doubt));
  }
  return 0;
}

Result<void> sign_log(const OpenStore& opened) {
  if (opened.sign_key.empty()) return {};
  const ChainHead& head = opened.store->head();
  auto signature = sign(opened.sign_key, head_statement(opened.store->id(), head));
  if (!signature) return tl::make_unexpected(signature.error());
  return append_checkpoint(opened.path, {head, std::move(*signature)});
}

std::string command_in_log(std::string_view command, const GlobalOptions& global) {
  if (!global.at) return std::string(command);
  return fmt::format("{} --at {}", command, format_instant(*global.at));
}

RunStart ApplyRun::start_of(const Plan& plan) const {
  RunStart start;
  start.command = command;
  start.user = login_name();
  start.host = host_name();
  start.pid = getpid();
  start.at = clock.now();
  start.tool_version = ROLECALL_VERSION;
  start.organization = plan.organization;
  start.directory = plan.directory;
  start.policy_path = policy_path;
  start.policy_digest = plan.policy_digest;
  start.git_commit = git_commit;
  start.plan_digest = plan.digest;
  return start;
}

Result<RunId> ApplyRun::record_without_calls(const Planned& planned, int exit_code) {
  const Plan& plan = *planned.plan;
  auto run = opened.store->begin_run(start_of(plan));
  if (!run) return run;
  RunEnd end;
  end.at = clock.now();
  end.exit_code = exit_code;
  end.state = !plan.refusals.empty() ? "refused" : exit_code == 0 ? "finished" : "failed";
  end.reads = static_cast<std::int64_t>(plan.reads);
  if (const auto closed = opened.store->end_run(*run, end); !closed) {
    return tl::make_unexpected(closed.error());
  }
  if (const auto kept = remember(*opened.store, planned, {}, clock.now()); !kept) {
    return tl::make_unexpected(kept.error());
  }
  if (const auto done = sign_log(opened); !done) return tl::make_unexpected(done.error());
  if (planned.look) {
    if (const auto kept = save_look(opened.path, *planned.look); !kept) {
      return tl::make_unexpected(kept.error());
    }
  } else if (!planned.quick) {
    forget_look(opened.path);
  }
  return run;
}

Result<RunId> ApplyRun::record_stopped(const Plan& plan) {
  auto run = opened.store->begin_run(start_of(plan));
  if (!run) return run;
  RunEnd end;
  end.at = clock.now();
  end.exit_code = 4;
  end.state = "refused";
  end.reads = static_cast<std::int64_t>(plan.reads);
  end.skipped = static_cast<std::int64_t>(plan.changes.size());
  const auto closed = opened.store->end_run(*run, end);
  if (!closed) return tl::make_unexpected(closed.error());
  return run;
}

std::string ApplyRun::stop_order() const {
  const std::string order = stop.in_force();
  return order.empty() ? order : fmt::format("{}; {}", order, kHowToResume);
}

Result<ApplyRun::Done> ApplyRun::apply(const Planned& planned) {
  using State = ChangeOutcome::State;
  const Plan& plan = *planned.plan;
  forget_look(opened.path);
  const auto run = opened.store->begin_run(start_of(plan));
  if (!run) return tl::make_unexpected(run.error());
  if (const auto kept = opened.store->record_safety(*run, safety_record(plan)); !kept) {
    return tl::make_unexpected(kept.error());
  }
  if (const auto kept = opened.store->record_losses(*run, to_rows(planned.losses)); !kept) {
    return tl::make_unexpected(kept.error());
  }
  Done done;
  done.run = *run;
  {
    Progress progress(global, "applying changes");
    StoreLog log(*opened.store, *run);
    done.report = apply_plan(
        plan, {client, log, clock, stop_signalled, [this] { return opened.lock->still_mine(); },
               [&](std::size_t made, std::size_t of) { progress.update(made, of); },
               [this] { return stop_order(); }, planned.read_at, settle_window(global),
               [](std::chrono::milliseconds wait, std::string_view why) {
                 if (Progress::waits(wait, why) || wait < kWorthALine) return;
                 spdlog::info("waiting {:.1f} s: {}", static_cast<double>(wait.count()) / 1000,
                              why);
               }});
  }
  const ApplyReport& report = done.report;
  done.exit_code = exit_code(plan, report);
  const auto n = [&](State state) { return static_cast<std::int64_t>(report.count(state)); };
  RunEnd end;
  end.at = clock.now();
  end.exit_code = done.exit_code;
  end.state = report.interrupted || report.halted ? "interrupted"
              : done.exit_code == 0               ? "finished"
                                                  : "failed";
  end.reads = static_cast<std::int64_t>(plan.reads);
  end.writes = static_cast<std::int64_t>(report.writes);
  end.applied = n(State::applied);
  end.already_so = n(State::already_so);
  end.failed = n(State::failed);
  end.in_doubt = n(State::in_doubt);
  end.skipped = n(State::skipped);
  const auto closed = opened.store->end_run(*run, end);
  auto kept = closed ? remember(*opened.store, planned, report, clock.now()) : closed;
  if (kept) kept = sign_log(opened);
  if (!kept && done.report.store_error.empty()) {
    done.report.store_error = kept.error().what;
    done.exit_code = 8;
  }
  return done;
}

}  // namespace rolecall
