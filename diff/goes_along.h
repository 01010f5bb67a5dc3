#pragma once

#include <string>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// How somebody is whom a change is about, where they are not simply active.
inline constexpr std::string_view kSuspended = "suspended";
inline constexpr std::string_view kDeactivated = "deactivated";

/// Fills in Change::goes_along. The changes must be sorted, admins and holdings of the plan known.
void tell_what_goes_along(const PlanInput& input, Plan& plan);

/// What the reviewed plan says goes along with the change against what does now, in words for
/// people; nothing where it is the same.
[[nodiscard]] std::string different_company(const Change& then, const Change& now);

/// Whether the change was planned of somebody who was suspended, or deactivated, then.
[[nodiscard]] bool planned_for(const Change& change, std::string_view standing);

}  // namespace rolecall
