#pragma once

#include <string>
#include <vector>

#include "diff/change.h"
#include "state/store/store.h"

namespace rolecall {

/// A change that a run made, as the log has it.
struct Done {
  ChangeKind kind{};
  CallRecord call;
};

/// What runs have done to an organization within the 24 hours up to `now`: what was answered or
/// found done, also by the run after one that was cut off. Those of one run stand in their order.
[[nodiscard]] Result<std::vector<Done>> done_lately(const Store& store,
                                                    const std::string& organization, Instant now);

}  // namespace rolecall
