#pragma once

#include <vector>

#include "diff/plan.h"
#include "state/store/store.h"

namespace rolecall {

/// Notes about people whom a run of the last 24 hours suspended or removed, as it was answered, and
/// whom the plan is to suspend or remove once more (guarantees.md R43): kSettling while reads may
/// not show it yet, from then on kNotHeld - the answer was not true, or somebody has undone it.
///
/// The plan does it all the same: nothing is lost by that.
[[nodiscard]] Result<std::vector<Note>> what_did_not_hold(const Plan& plan, const Store& store,
                                                          Instant now);

}  // namespace rolecall
