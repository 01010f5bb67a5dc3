#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// Of what the plan takes from a group with somebody protected in it who keeps it by other paths
/// that were there before: those must be there still when that is done. Where the plan itself gives
/// such a path, Plan::protected_lean_on_gifts speaks of it. (No group of theirs is deleted but one
/// that is renamed: see Plan::Copied.)
[[nodiscard]] std::map<std::string, std::vector<Plan::Lean>> leans_of(
    const PlanInput& input, const Plan& plan, const std::set<std::string>& protected_users);

}  // namespace rolecall
