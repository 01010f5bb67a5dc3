#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// Of what the plan takes from a group with somebody protected in it: the paths by which they keep
/// it, also those that the plan gives or has a part in. One has to be there when that is done. (No
/// group of theirs is deleted but one that is renamed: see Plan::Copied.)
[[nodiscard]] std::map<std::string, std::vector<Plan::Lean>> leans_of(
    const PlanInput& input, const Plan& plan, const std::set<std::string>& protected_users);

}  // namespace rolecall
