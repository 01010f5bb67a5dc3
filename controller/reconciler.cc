#include "controller/reconciler.h"

#include <fmt/format.h>

#include <algorithm>

#include "controller/insight.h"
#include "controller/logged_run.h"
#include "controller/policy_files.h"
#include "controller/read_policy.h"
#include "diff/plan_view.h"
#include "diff/safety.h"
#include "diff/trust.h"
#include "diff/wanted_digest.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

Result<std::shared_ptr<const ReadPolicy>> policy_of(const PlanRequest& request) {
  if (request.policy) return request.policy;
  auto read = read_policy(request.policy_path);
  if (!read) return tl::make_unexpected(read.error());
  return std::make_shared<const ReadPolicy>(*std::move(read));
}

/// Read only where the policy says by app and host which resource it means.
Result<std::optional<std::vector<Workspace>>> workspaces_for(const Policy& policy,
                                                             ReadClient& client,
                                                             std::size_t& calls) {
  if (!needs_workspaces(policy)) return std::optional<std::vector<Workspace>>();
  auto found = fetch_workspaces(client, organization_id(policy), &calls);
  if (!found) return tl::make_unexpected(found.error());
  return std::optional(std::move(*found));
}

std::vector<std::string> keys_of(const std::vector<Store::Protection>& all, std::string_view kind) {
  std::vector<std::string> out;
  for (const Store::Protection& protection : all) {
    if (protection.kind == kind) out.push_back(protection.key);
  }
  return out;
}

std::vector<Store::Protection> protections_of(const Safety& safety, const Catalog& catalog) {
  std::vector<Store::Protection> out;
  for (const UserRef ref : safety.protected_users) out.push_back({"user", catalog.name(ref)});
  for (const GroupRef ref : safety.protected_groups) {
    out.push_back({"group", catalog.name(ref).key()});
  }
  std::sort(out.begin(), out.end());
  return out;
}

void hold_against(Snapshot& live, const Catalog& catalog, const Desired& desired,
                  const PlanRequest& request) {
  hold_strangers(live, catalog, desired, request.memory);
  keep_known(live, catalog, desired, request.memory);
  if (!request.accept_shrink) doubt_shrunk(live, request.memory);
  if (request.clock) doubt_clock(live, request.clock(), request.memory);
}

Store::Remembered learned_from(const Snapshot& live, const Catalog& catalog, const Desired& desired,
                               const Memory& memory) {
  Store::Remembered out;
  out.identities = new_identities(live, catalog, desired, memory);
  for (const OpenInvitation& open : memory.open_invitations) {
    const auto email = Email::parse(open.email);
    const auto ref = email ? catalog.find_user(*email) : std::nullopt;
    // Of an account that is not understood nobody knows that it is theirs.
    const bool there = ref && live.live.find(*ref) != nullptr && live.about(*ref).opaque.empty();
    if (there) out.arrived.push_back(open.email);
  }
  if (live.complete()) {
    out.sighting = size_of(live);
    out.counts = counts_of(live);
  }
  return out;
}

/// Nothing where somebody has to look at everything.
std::optional<Plan> quick_plan(ReadClient& client, const PlanRequest& request,
                               const Desired& desired, const Catalog& catalog) {
  const QuickLook* before = request.quick;
  if (before == nullptr || before->policy_digest != desired.policy_digest ||
      !request.memory.open_invitations.empty() ||
      before->wanted_digest != wanted_digest(desired, catalog)) {
    return std::nullopt;
  }
  const auto now = glance(client, fetch_scope(desired));
  if (!now || now->seen != before->seen) return std::nullopt;
  Plan plan;
  plan.organization = desired.organization_id;
  plan.directory = now->seen.directory_id;
  plan.at = desired.at;
  plan.policy_digest = desired.policy_digest;
  plan.min_org_admins = desired.safety.min_org_admins;
  plan.reads = now->calls;
  plan.notes = not_looked_at(format_instant(before->at));
  reschedule(plan);
  return plan;
}

QuickLook look_of(const Desired& desired, const Snapshot& live, const Catalog& catalog,
                  Instant at) {
  return {desired.organization_id, desired.policy_digest, wanted_digest(desired, catalog),
          glance_of(live, catalog), at};
}

}  // namespace

// The product in one screen: parse, fetch, plan. What follows a plan is apply_plan in applier.h.
Planned plan_policy(ReadClient& client, const PlanRequest& request, const FetchProgress& progress) {
  Planned out;
  const auto stop = [&](Error error) {
    out.error = std::move(error);
    return std::move(out);
  };

  const auto read = policy_of(request);
  if (!read) return stop(read.error());
  out.policy = *read;
  const ParsedPolicy& parsed = out.policy->parsed;
  out.diagnostics = parsed.diagnostics;
  if (out.diagnostics.has_errors()) return out;
  const Policy& policy = *parsed.policy;
  const std::string& organization = organization_id(policy);
  if (!request.organization.empty() && request.organization != organization) {
    return stop({fmt::format("the policy is for organization {}, --org says {}",
                             quote(organization), quote(request.organization)),
                 {}});
  }

  // Before the first call: a policy that breaks its own rules is not for any organization. An undo
  // takes nothing from it but its safety.
  if (request.undo == nullptr) {
    out.diagnostics.append(check_rules(policy, request.at).diagnostics);
  }
  if (out.diagnostics.has_errors()) return out;

  std::size_t first_calls = 0;
  const auto workspaces = workspaces_for(policy, client, first_calls);
  if (!workspaces) return stop(workspaces.error());
  Catalog catalog;
  ResolvedPolicy resolved =
      resolve_policy(policy, request.at, *workspaces ? &**workspaces : nullptr, catalog);
  out.diagnostics.append(resolved.diagnostics);
  if (out.diagnostics.has_errors()) return out;
  Desired& desired = resolved.desired;
  out.protections = protections_of(desired.safety, catalog);

  if (auto plan = quick_plan(client, request, desired, catalog)) {
    plan->reads += first_calls;
    out.plan = std::move(*plan);
    out.quick = true;
    return out;
  }

  FetchScope scope = fetch_scope(desired);
  if (request.undo != nullptr) widen(*request.undo, catalog, desired, scope);
  if (request.widen) {
    if (const auto widened = request.widen(catalog, scope); !widened) return stop(widened.error());
  }
  auto snapshot = fetch(client, scope, catalog, progress);
  if (!snapshot) return stop(snapshot.error());
  snapshot->read_calls += first_calls;
  out.server_date = snapshot->server_date;
  hold_against(*snapshot, catalog, desired, request);
  out.learned = learned_from(*snapshot, catalog, desired, request.memory);

  const std::vector<std::string> users = keys_of(request.remembered, "user");
  const std::vector<std::string> groups = keys_of(request.remembered, "group");
  const PlanInput input{desired,         *snapshot, catalog,
                        users,           groups,    request.memory.open_invitations,
                        &request.history};
  PlanResult planned =
      request.undo != nullptr ? make_undo_plan(*request.undo, input) : make_plan(input);
  out.diagnostics.append(planned.diagnostics);
  if (out.diagnostics.has_errors()) return out;
  if (request.only != nullptr) {
    out.stale = stale_reasons(*request.only, planned.plan);
    planned.plan = narrow(planned.plan, *request.only);
    check_safety(input, planned.plan);
  }
  out.losses = losses_of(input, planned.plan);
  if (request.inspect) request.inspect(input, planned.plan);
  if (request.for_people) {
    // What an undo wants is no policy's, so there is nothing to hold it against.
    const std::optional<CleanRun> last =
        request.undo == nullptr ? request.last_clean : std::nullopt;
    add_insight(
        {client, request.policy_path, out.policy->files, policy, *workspaces, last, input, catalog},
        planned.plan);
  }
  out.plan = std::move(planned.plan);
  if (request.clock && out.plan->changes.empty() && out.plan->complete &&
      !out.plan->has_open_invitations()) {
    out.look = look_of(desired, *snapshot, catalog, request.at);
  }
  return out;
}

Result<std::string> policy_path_or_default(const std::string& asked) {
  return asked.empty() ? default_policy_path() : Result<std::string>(asked);
}

FetchScope fetch_scope(const Desired& desired) {
  FetchScope scope;
  scope.organization = desired.organization_id;
  scope.directory = desired.directory;
  for (std::size_t i = 0; i < desired.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    const UserScope& user = desired.users[i];
    if (!user.account_id.empty()) scope.pins.emplace(user.account_id, ref);
    if (user.access_managed) scope.user_access.push_back(ref);
  }
  for (std::size_t i = 0; i < desired.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    const GroupScope& group = desired.groups[i];
    const Group* wanted = desired.state.find(ref);
    if (wanted == nullptr) {
      // What goes along with a deleted group is kept in the log, for an undo.
      if (group.declared) scope.all_access.push_back(ref);
      continue;
    }
    bool viewer = false;
    for (const Grant& grant : wanted->grants) {
      scope.group_roles.push_back(grant.role);
      viewer = viewer || grant.role == Role::viewer;
    }
    const bool renamed = !group.previous.empty();
    scope.all_access.insert(scope.all_access.end(), group.previous.begin(), group.previous.end());
    // The searches' filters do not know `viewer`; what a rename copies has to be known in full.
    if (renamed || (group.access_managed && viewer)) {
      scope.all_access.push_back(ref);
    } else if (group.access_managed) {
      scope.group_access.push_back(ref);
    }
  }
  std::sort(scope.group_roles.begin(), scope.group_roles.end());
  scope.group_roles.erase(std::unique(scope.group_roles.begin(), scope.group_roles.end()),
                          scope.group_roles.end());
  for (const Resource& resource : desired.resources) scope.resources.push_back(resource.ref);
  return scope;
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
