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
  /// Addresses of those whose role as org admin, or place in the directory, was taken from them, or
  /// may have been, and has not certainly been given back since.
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
