#include "controller/reconciler.h"
#include "controller/arrivals.h"

#include <fmt/format.h>

#include <algorithm>

#include "controller/fetch_scope.h"
#include "controller/insight.h"
#include "controller/learned.h"
#include "controller/logged_run.h"
#include "controller/quick_plan.h"
#include "diff/plan_view.h"
#include "diff/safety.h"
#include "diff/trust.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

std::size_t protections_in(const std::vector<Refusal>& refusals) {
  return static_cast<std::size_t>(std::count_if(
      refusals.begin(), refusals.end(),
      [](const Refusal& refusal) { return refusal.klass.starts_with("protected_"); }));
}

/// Why no plan can hold what a saved one does: what is wrong is about whom or what it touches.
/// (What is wrong elsewhere is shown as for any plan.)
std::vector<std::string> errors_about(const SavedPlan& saved, const Diagnostics& diagnostics) {
  const auto names = [](const std::string& words, const std::string& name) {
    return !name.empty() && words.find(quote(name)) != std::string::npos;
  };
  std::vector<std::string> out;
  for (const Diagnostic& one : diagnostics.sorted()) {
    if (one.severity != Severity::error) continue;
    const auto& changes = saved.plan.changes;
    const bool touched = std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
      return names(one.what, change.user) || names(one.what, change.group);
    });
    if (touched) out.push_back(one.what);
  }
  return out;
}

/// The steps of plan_policy, what each leaves for those after it, and for whoever asked. A step
/// says whether there is a next one; where there is not, `out_` has the reason.
class Planning {
 public:
  Planning(ReadClient& client, const PlanRequest& request, Planned& out)
      : client_(client), request_(request), out_(out) {}

  bool read_the_policy() {
    if (request_.policy) {
      out_.policy = request_.policy;
    } else {
      auto read = read_policy(request_.policy_path);
      if (!read) return stop(std::move(read.error()));
      out_.policy = std::make_shared<const ReadPolicy>(*std::move(read));
    }
    if (!take(out_.policy->parsed.diagnostics)) return false;
    const std::string& meant = organization_id(policy());
    if (!request_.organization.empty() && request_.organization != meant) {
      return stop({fmt::format("the policy is for organization {}, --org says {}", quote(meant),
                               quote(request_.organization)),
                   {}});
    }
    // Before the first call: a policy that breaks its own rules is not for any organization. An
    // undo takes nothing from it but its safety.
    return request_.undo != nullptr || take(check_rules(policy(), request_.at).diagnostics);
  }

  /// Calls the API only where the policy says by app and host which resource it means.
  bool resolve() {
    if (needs_workspaces(policy())) {
      auto found = fetch_workspaces_twice(client_, organization_id(policy()), &first_calls_);
      if (!found) return stop(std::move(found.error()));
      workspaces_ = std::move(*found);
    }
    ResolvedPolicy resolved =
        resolve_policy(policy(), request_.at, workspaces_ ? &*workspaces_ : nullptr, catalog_);
    if (!take(resolved.diagnostics)) return false;
    desired_ = std::move(resolved.desired);
    out_.protections = protections_of(desired_.safety, catalog_);
    return true;
  }

  bool seems_unchanged() {
    if (request_.quick == nullptr) return false;
    out_.plan = quick_plan(client_, *request_.quick, desired_, catalog_, request_.memory);
    out_.quick = out_.plan.has_value();
    if (out_.quick) out_.plan->reads += first_calls_;
    return out_.quick;
  }

  bool read_the_organization(const FetchProgress& progress) {
    FetchScope scope = fetch_scope(desired_);
    scope.known_directory = request_.memory.directory;
    if (request_.undo != nullptr) widen(*request_.undo, catalog_, desired_, scope);
    if (request_.widen) {
      if (const auto widened = request_.widen(catalog_, scope); !widened) {
        return stop(widened.error());
      }
    }
    auto snapshot = fetch(client_, scope, catalog_, progress);
    if (!snapshot) return stop(std::move(snapshot.error()));
    live_ = std::move(*snapshot);
    live_.read_calls += first_calls_;
    if (first_calls_ > 0) live_.calls_for["apps"] += first_calls_;
    out_.server_date = live_.server_date;
    return true;
  }

  /// What earlier runs know is held against the reading, and what it showed is kept for later ones.
  bool hold_against_memory() {
    const Memory& memory = request_.memory;
    if (auto other = another_directory(live_, desired_, memory)) return stop(*std::move(other));
    confirm_arrivals(client_, desired_.organization_id, memory, catalog_, live_);
    hold_strangers(live_, catalog_, desired_, memory);
    keep_known(live_, catalog_, desired_, memory);
    if (!request_.accept_shrink) doubt_shrunk(live_, memory);
    if (request_.clock) doubt_clock(live_, request_.clock(), memory);
    if (request_.clock && request_.steady)
      doubt_set_clock(live_, request_.clock(), request_.steady());
    out_.learned = learned_from(live_, catalog_, desired_, memory);
    return true;
  }

  bool compare() {
    PlanResult made =
        request_.undo != nullptr ? make_undo_plan(*request_.undo, input_) : make_plan(input_);
    if (request_.only != nullptr) out_.stale = errors_about(*request_.only, made.diagnostics);
    if (!take(made.diagnostics)) return false;
    Plan& plan = out_.plan.emplace(std::move(made.plan));
    const std::size_t protecting = protections_in(plan.refusals);
    if (request_.only != nullptr) {
      out_.stale = stale_reasons(*request_.only, plan);
      plan = narrow(plan, *request_.only);
      check_safety(input_, plan);
    }
    // What this plan leaves out was not held against the protections that the policy has dropped.
    const bool whole = plan.complete && request_.undo == nullptr;
    if (!whole || protections_in(plan.refusals) < protecting) {
      out_.keep_protections(request_.remembered);
    } else {
      out_.keep_protections(beyond_reach());
    }
    note_what_is_not_shown(plan);
    out_.losses = losses_of(input_, plan);
    if (request_.inspect) request_.inspect(input_, plan);
    if (request_.for_now && plan.changes.empty() && plan.complete && !plan.has_open_invitations() &&
        !is_doubtful(plan)) {
      out_.look = look_of(desired_, live_, catalog_, request_.at);
    }
    return true;
  }

  void tell_people() {
    if (!request_.for_people) return;
    // What an undo wants is no policy's, so there is nothing to hold it against.
    const std::optional<CleanRun> last =
        request_.undo == nullptr ? request_.last_clean : std::nullopt;
    add_insight({client_, request_.policy_path, out_.policy->files, policy(), workspaces_, last,
                 input_, catalog_},
                *out_.plan);
  }

 private:
  /// Somebody was not understood, or what a run did does not show: not what a later look may be
  /// compared with.
  [[nodiscard]] static bool is_doubtful(const Plan& plan) {
    return std::any_of(plan.notes.begin(), plan.notes.end(), [](const Note& note) {
      return note.kind == kNotShownYet || (leaves_out(note) && note.kind != "deactivated_account");
    });
  }

  /// Protections that the policy has dropped, of whom this reading shows as nothing can be done to:
  /// no plan on it could take anything from them and be refused.
  [[nodiscard]] std::vector<Store::Protection> beyond_reach() const {
    std::vector<Store::Protection> out;
    for (const std::string& address : remembered_users_) {
      const auto email = Email::parse(address);
      const auto ref = email ? catalog_.find_user(*email) : std::nullopt;
      if (!ref || live_.live.find(*ref) == nullptr) continue;
      const LiveUser& about = live_.about(*ref);
      if (!about.opaque.empty() || !about.account_active) out.push_back({"user", address});
    }
    for (const std::string& group : remembered_groups_) {
      const auto ref = catalog_.find_group(GroupName::from_server(group));
      if (ref && !live_.about(*ref).opaque.empty()) out.push_back({"group", group});
    }
    return out;
  }

  void note_what_is_not_shown(Plan& plan) const {
    for (const OwnWrite& write : not_shown(request_.own_writes, input_)) {
      plan.notes.push_back({std::string(kNotShownYet),
                            fmt::format("{} by run {} on {}", change_in_words(write.change),
                                        write.run, format_instant(write.at))});
    }
    if (request_.clock && !live_.server_date) {
      plan.notes.push_back({"server_tells_no_time", "answers without a Date"});
    }
    for (const std::string& admin : plan.org_admins_in_doubt) {
      plan.notes.push_back({std::string(kAdminInDoubt), admin});
    }
    std::sort(plan.notes.begin(), plan.notes.end());
  }

  [[nodiscard]] const Policy& policy() const { return *out_.policy->parsed.policy; }

  bool stop(Error error) {
    out_.error = std::move(error);
    return false;
  }

  /// Errors among them are the end.
  bool take(const Diagnostics& found) {
    out_.diagnostics.append(found);
    return !out_.diagnostics.has_errors();
  }

  ReadClient& client_;
  const PlanRequest& request_;
  Planned& out_;
  std::optional<std::vector<Workspace>> workspaces_;
  std::size_t first_calls_ = 0;
  Catalog catalog_;
  Desired desired_;
  Snapshot live_;
  const std::vector<std::string> remembered_users_ = keys_of(request_.remembered, "user");
  const std::vector<std::string> remembered_groups_ = keys_of(request_.remembered, "group");
  const PlanInput input_{desired_,           live_,
                         catalog_,           remembered_users_,
                         remembered_groups_, request_.memory.open_invitations,
                         &request_.history};
};

}  // namespace

// The product: what follows a plan is apply_plan in applier.h.
Planned plan_policy(ReadClient& client, const PlanRequest& request, const FetchProgress& progress) {
  Planned out;
  Planning planning(client, request, out);
  if (!planning.read_the_policy() || !planning.resolve()) return out;
  if (planning.seems_unchanged()) return out;
  if (!planning.read_the_organization(progress)) return out;
  if (planning.hold_against_memory() && planning.compare()) planning.tell_people();
  return out;
}

void Planned::keep_protections(const std::vector<Store::Protection>& remembered) {
  protections.insert(protections.end(), remembered.begin(), remembered.end());
  std::sort(protections.begin(), protections.end());
  protections.erase(std::unique(protections.begin(), protections.end()), protections.end());
}

int exit_code(const Plan& plan) {
  if (!plan.refusals.empty()) return 4;
  return plan.complete ? 0 : 6;
}

int exit_code(const Plan& plan, const ApplyReport& report) {
  using State = ChangeOutcome::State;
  if (!report.store_error.empty() || !report.broken.empty()) return 8;
  if (report.interrupted) return 130;
  if (report.halted) return 4;
  const std::size_t undone =
      report.count(State::failed) + report.count(State::in_doubt) + report.count(State::skipped);
  // What an earlier run seemed to have done, and had not, failed.
  const bool not_held = std::any_of(plan.notes.begin(), plan.notes.end(),
                                    [](const Note& note) { return note.kind == kNotHeld; });
  if (undone > 0 || !report.stopped_because.empty() || plan.has_open_invitations() || not_held) {
    return 3;
  }
  return plan.complete ? 0 : 6;
}

}  // namespace rolecall
