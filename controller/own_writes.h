#pragma once

#include <set>
#include <string>
#include <vector>

#include "diff/diff.h"
#include "state/store/store.h"

namespace rolecall {

/// A change that a run made, as the log has it.
struct OwnWrite {
  Change change;
  RunId run = 0;
  Instant at;
};

/// What runs did to an organization so lately that reads may not show it yet.
struct OwnWrites {
  std::vector<OwnWrite> made;  ///< newest first, one of each matter
  /// Addresses of those whom the newest such write that is about it took, or may have taken, out of
  /// the org admins.
  std::set<std::string> admins_taken;
};

/// Those since then. Reads that fall behind would else show an admin who is none any more, and let
/// the next run do without the others (guarantees.md C3).
[[nodiscard]] Result<OwnWrites> own_writes(const Store& store, const std::string& organization,
                                           Instant since);

/// Which of them the reading contradicts, as far as the policy has it look: it falls behind, or
/// somebody has undone them.
[[nodiscard]] std::vector<OwnWrite> not_shown(const std::vector<OwnWrite>& made,
                                              const PlanInput& input);

}  // namespace rolecall
