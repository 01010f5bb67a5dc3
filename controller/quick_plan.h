#pragma once

#include <optional>

#include "controller/quick_look.h"
#include "diff/plan.h"
#include "policies/desired.h"
#include "state/api/api_client.h"
#include "state/model/memory.h"
#include "state/model/snapshot.h"

namespace rolecall {

/// The empty plan of an organization that a few calls show to be as it was at `before`, for the
/// policy and the wanted state of then; it says in a note what was not looked at. Nothing where
/// somebody has to look at everything.
[[nodiscard]] std::optional<Plan> quick_plan(ReadClient& client, const QuickLook& before,
                                             const Desired& desired, const Catalog& catalog,
                                             const Memory& memory);

/// What the next quick look compares with, after a whole reading that left nothing to do.
[[nodiscard]] QuickLook look_of(const Desired& desired, const Snapshot& live,
                                const Catalog& catalog, Instant at);

}  // namespace rolecall
