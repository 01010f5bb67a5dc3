#include "controller/pause.h"

#include <algorithm>

namespace rolecall {
namespace {

constexpr std::chrono::seconds kLongestPause{3600};
constexpr int kMostDoublings = 6;  ///< from the shortest interval, a minute, to more than an hour

}  // namespace

std::chrono::milliseconds pause_after(std::chrono::seconds interval, int failures,
                                      std::mt19937_64& random) {
  const int doublings = std::clamp(failures - 1, 0, kMostDoublings);
  const std::chrono::seconds longest = std::max(interval, kLongestPause);
  const std::chrono::milliseconds base = std::min(interval * (1 << doublings), longest);
  std::uniform_real_distribution<double> jitter(0.9, 1.1);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(base.count()) * jitter(random)));
}

}  // namespace rolecall
