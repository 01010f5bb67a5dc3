#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// For each role that the plan takes from a group, by revoking it or with the group: the paths by
/// which everybody protected has it otherwise, also those that the plan gives or has a part in.
/// Whoever is in the group has to have one when that is done.
[[nodiscard]] std::map<std::string, std::vector<Plan::Lean>> leans_of(
    const PlanInput& input, const Plan& plan, const std::set<std::string>& protected_users);

}  // namespace rolecall
