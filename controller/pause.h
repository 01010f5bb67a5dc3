#pragma once

#include <chrono>
#include <random>

namespace rolecall {

/// From the end of a cycle of `run` to the next one: the interval; longer after failures (doubled
/// each time, up to an hour, or to the interval where that is longer), give or take a tenth, so
/// that many controllers do not come at once. `failures`: cycles that failed, one after the other.
[[nodiscard]] std::chrono::milliseconds pause_after(std::chrono::seconds interval, int failures,
                                                    std::mt19937_64& random);

}  // namespace rolecall
