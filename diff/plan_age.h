#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "diff/plan_file.h"

namespace rolecall {

/// For how long a saved plan may be applied.
inline constexpr std::chrono::hours kPlanLifetime{24};

/// What each of those that know the time says it is, when a saved plan is about to be applied.
struct Clocks {
  Instant local;
  std::optional<Instant> server{};  ///< of its last answer's Date
  /// The latest row of the log that was written after the plan was made.
  std::optional<Instant> log{};
};

/// Why the plan is not to be applied for its age alone; empty when it may be. The longest time that
/// any clock then and any clock now allow counts, so that a clock which is set back, here or there,
/// makes no plan younger; and one dated after now is not believed at all.
[[nodiscard]] std::string age_problem(const SavedPlanInfo& info, const Clocks& now);

}  // namespace rolecall
