#pragma once

#include <vector>

#include "diff/plan.h"
#include "state/store/store.h"

namespace rolecall {

/// So often in 24 hours the service corrects one membership or grant, or brings one person back.
/// Whoever undoes it each time wants it otherwise: people have to settle that, not two programs.
inline constexpr int kMostCorrections = 3;

/// Takes out of a plan that is not refused the memberships and grants that runs up to `now`
/// corrected that often, invitations and restorings likewise, and what rests on them. What the runs
/// took back themselves, as an edited policy has them do, does not count. Returns what it took out.
[[nodiscard]] Result<std::vector<Change>> leave_to_people(Plan& plan, const Store& store,
                                                          Instant now);

}  // namespace rolecall
