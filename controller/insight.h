#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diff/diff.h"
#include "diff/origin.h"
#include "policies/policy.h"
#include "state/api/api_client.h"
#include "state/model/workspace.h"

namespace rolecall {

/// What was at hand when a plan was made.
struct InsightInput {
  ReadClient& client;
  const std::string& policy_path;
  const std::vector<SourceFile>& files;
  const Policy& policy;
  /// Empty where the policy did not need them.
  const std::optional<std::vector<Workspace>>& workspaces;
  const std::optional<CleanRun>& last;
  const PlanInput& plan_input;
  Catalog& catalog;
};

/// Tells beside a plan what people want to know who review it: what it means for whom, seats, who
/// is from outside, where each change comes from. Decides nothing, and is never the reason for a
/// failure: what cannot be read is left out, with a note where that matters.
///
/// Reads workspaces only where the plan gives somebody a seat, verified domains only where it gives
/// people something: at most ceil(W/100) and (for up to a page of domains) one call.
void add_insight(const InsightInput& input, Plan& plan);

}  // namespace rolecall
