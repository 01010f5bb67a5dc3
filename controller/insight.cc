#include "controller/insight.h"

#include <algorithm>
#include <utility>

#include "controller/git_policy.h"
#include "diff/effects.h"
#include "state/api/fetch.h"

namespace rolecall {
namespace {

void add_note(std::string kind, std::string subject, Plan& plan) {
  plan.notes.push_back({std::move(kind), std::move(subject)});
  std::sort(plan.notes.begin(), plan.notes.end());
}

/// What reads were made for, besides their number; of a quick plan that is not told.
void note_reads(std::size_t before, const char* what, Plan& plan) {
  if (plan.reads > before && !plan.reads_for.empty()) plan.reads_for[what] += plan.reads - before;
}

void add_seats(const InsightInput& input, Plan& plan) {
  if (!takes_seats(plan)) return;
  if (input.workspaces) return count_seats(*input.workspaces, plan);
  const std::size_t before = plan.reads;
  const auto found =
      fetch_workspaces(input.client, input.plan_input.desired.organization_id, &plan.reads);
  note_reads(before, "apps", plan);
  if (!found) return add_note(std::string(kSeatsUnknown), found.error().what, plan);
  count_seats(*found, plan);
}

void add_domains(const InsightInput& input, Plan& plan) {
  if (!gives_to_people(plan)) return;
  const std::size_t before = plan.reads;
  auto found =
      fetch_verified_domains(input.client, input.plan_input.desired.organization_id, &plan.reads);
  note_reads(before, "domains", plan);
  plan.own_domains = found && !found->empty()
                         ? OwnDomains{std::move(*found), true}
                         : majority_domain(input.plan_input.live, input.plan_input.catalog);
}

/// The policy that the run applied: today's where it is the same, else as git has it.
PolicyPtr policy_of(const CleanRun& run, const std::string& path) {
  const auto files = policy_in_commit(path, run.git_commit);
  if (!files) return nullptr;
  ParsedPolicy parsed = parse_policy(*files);
  return parsed.diagnostics.has_errors() ? nullptr : std::move(parsed.policy);
}

void add_origins(const InsightInput& input, Plan& plan) {
  if (!input.last || plan.changes.empty()) return;
  const auto resolve = [&](const Policy& policy) -> std::optional<Desired> {
    if (needs_workspaces(policy) && !input.workspaces) return std::nullopt;
    ResolvedPolicy resolved = resolve_policy(
        policy, input.last->at, input.workspaces ? &*input.workspaces : nullptr, input.catalog);
    if (resolved.diagnostics.has_errors()) return std::nullopt;
    return std::move(resolved.desired);
  };
  const auto by_new_policy = resolve(input.policy);
  if (!by_new_policy) return;
  std::vector<std::string> rosters;
  for (const SourceFile& file : input.files) {
    if (file.roster) rosters.push_back(file.path);
  }
  if (by_new_policy->policy_digest == input.last->policy_digest) {
    return tell_origins({*input.last, *by_new_policy, *by_new_policy}, input.plan_input, rosters,
                        plan);
  }
  const PolicyPtr old = policy_of(*input.last, input.policy_path);
  const auto then = old == nullptr ? std::nullopt : resolve(*old);
  if (!then || then->policy_digest != input.last->policy_digest) return;
  tell_origins({*input.last, *then, *by_new_policy}, input.plan_input, rosters, plan);
}

}  // namespace

void add_insight(const InsightInput& input, Plan& plan) {
  tell_effects(input.plan_input, plan);
  add_seats(input, plan);
  add_domains(input, plan);
  add_origins(input, plan);
}

}  // namespace rolecall
