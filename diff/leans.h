#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// For each role that the plan takes from a group, by revoking it or with the group: everybody
/// protected who may have an app to lose by it, also by being put into the group; of whoever is in
/// it, or is put there by the plan, the paths by which they have the role otherwise or are given
/// it.
[[nodiscard]] std::map<std::string, std::vector<Plan::Lean>> leans_of(
    const PlanInput& input, const Plan& plan, const std::set<std::string>& protected_users);

}  // namespace rolecall
