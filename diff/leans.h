#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <unordered_set>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// Fills in Plan::leans: who keeps an app only as long as what the plan gives, or, of somebody
/// protected, another path, is there. `seen` is what protected people have to lose: all of them as
/// if they were not suspended.
void remember_leans(const PlanInput& input, const PlanInput& seen,
                    const std::set<std::string>& protected_users, Plan& plan);

/// Whether `role` on an app does for whoever loses `lost` there: who had a seat needs one, and who
/// may only say who has access has none.
[[nodiscard]] bool stands_in(Role role, Role lost);

/// Whether whoever has `role` on an app has all that `other` gives there.
[[nodiscard]] bool includes(Role role, Role other);

/// Changes that give a group less on an app than the plan takes from it there. As long as one did
/// not come about, whoever joins the group would have what it is to lose.
[[nodiscard]] std::unordered_set<std::size_t> lesser_gifts(const Plan& plan);

}  // namespace rolecall
