#pragma once

#include <cstdint>
#include <vector>

#include "diff/safety.h"
#include "tests/support/random_world.h"

namespace rolecall::test {

/// What becomes of a call.
enum class Fate : std::uint8_t { done, failed, lost };  ///< lost: done, and nobody knows

/// How things stand between two calls of a plan: in the organization, and in what the applier knows
/// of it.
struct Standing {
  Standing(const Plan& plan, Holdings before);

  /// Makes the call as the applier does. Returns the fewest admins there were on the way.
  std::int64_t make(const Plan& plan, std::size_t call, Fate fate);

  Holdings world;
  AdminFloor floor;
  std::vector<bool> succeeded;  ///< by call
};

/// Whether what the call needs has succeeded.
[[nodiscard]] bool is_ready(const Standing& standing, const std::vector<std::size_t>& needs);

/// The fewest admins that there are at any moment of the plan, whatever becomes of each of its
/// calls. All sets of fates are followed at once: those that lead to the same standing are one.
struct EveryFate {
  std::int64_t fewest = 0;
  std::uint64_t calls = 0;  ///< that were made, from different standings or with different fates
  double sets = 1;          ///< of fates
};
[[nodiscard]] EveryFate follow_every_fate(const Plan& plan, const Holdings& before);

}  // namespace rolecall::test
