#pragma once

#include <set>
#include <string>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// Fills in Plan::leans: who keeps an app only as long as what the plan gives, or, of somebody
/// protected, another path, is there. `seen` is what protected people have to lose: all of them as
/// if they were not suspended.
void remember_leans(const PlanInput& input, const PlanInput& seen,
                    const std::set<std::string>& protected_users, Plan& plan);

}  // namespace rolecall
