#include "controller/base_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "controller/fetch_scope.h"
#include "controller/git_policy.h"
#include "diff/diff.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

template <class T>
void add(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
  std::sort(to.begin(), to.end());
  to.erase(std::unique(to.begin(), to.end()), to.end());
}

std::vector<std::string> errors_of(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& one : diagnostics.sorted()) {
    if (one.severity != Severity::error) continue;
    out.push_back(fmt::format("{}:{}: {}", one.place.file, one.place.line, one.what));
  }
  return out;
}

}  // namespace

void BasePlan::attach(PlanRequest& request) {
  request.widen = [this](Catalog& catalog, FetchScope& scope) { return widen(catalog, scope); };
  request.inspect = [this](const PlanInput& input, const Plan& plan) { compare_with(input, plan); };
}

Wanted BasePlan::read(Catalog& catalog) {
  std::error_code ignored;
  if (std::filesystem::exists(base_, ignored)) return read_wanted(base_, at_, &client_, catalog);
  Wanted out;
  const auto commit = commit_named(policy_path_, base_);
  if (!commit) {
    out.error = Error{fmt::format("--base {} is no policy, and no commit", quote(base_)),
                      "name a file, a folder, or a branch or commit of the policy's repository; a "
                      "shallow clone may lack it"};
    return out;
  }
  auto files = policy_in_commit(policy_path_, *commit);
  if (files) return resolve_wanted(*std::move(files), at_, &client_, catalog);
  absent_ = fmt::format("{} is not in {}", policy_path_, base_);
  return out;
}

Result<void> BasePlan::widen(Catalog& catalog, FetchScope& scope) {
  wanted_ = read(catalog);
  if (!absent_.empty()) return {};
  if (wanted_.error) return tl::make_unexpected(*wanted_.error);
  if (!wanted_.usable()) return {};
  const FetchScope more = fetch_scope(wanted_.desired);
  // The pins stay those of the policy that is planned: see pinned_as.
  add(scope.group_access, more.group_access);
  add(scope.all_access, more.all_access);
  add(scope.user_access, more.user_access);
  add(scope.resources, more.resources);
  add(scope.group_roles, more.group_roles);
  scope.deletable_groups_from = std::min(scope.deletable_groups_from, more.deletable_groups_from);
  return {};
}

void BasePlan::compare_with(const PlanInput& input, const Plan& plan) {
  result_.in_base.assign(plan.changes.size(), false);
  if (!absent_.empty()) {
    result_.problems = {absent_};
    return;
  }
  result_.policy_digest = wanted_.desired.policy_digest;
  result_.problems = errors_of(wanted_.diagnostics);
  if (!wanted_.usable()) return;
  if (wanted_.desired.organization_id != input.desired.organization_id) {
    result_.problems.push_back(
        fmt::format("it is for another organization, {}", quote(wanted_.desired.organization_id)));
    return;
  }
  if (wanted_.desired.directory != input.desired.directory) {
    result_.problems.emplace_back("it names another directory");
    return;
  }
  const Snapshot live = pinned_as(input.live, wanted_.desired);
  const PlanResult base =
      make_plan({wanted_.desired, live, input.catalog, input.remembered_users,
                 input.remembered_groups, input.open_invitations, input.history});
  result_.problems = errors_of(base.diagnostics);
  if (!result_.problems.empty()) return;
  result_ = compare(plan, base.plan);
}

}  // namespace rolecall
