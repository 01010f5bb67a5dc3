#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "state/model/instant.h"
#include "state/simulator/options.h"

namespace rolecall::simulator {

/// Fixed windows per key and operation, and per key over all operations.
class RateLimiter {
 public:
  struct Verdict {
    bool allowed = true;
    std::int64_t limit = 0, remaining = 0;
    Instant reset{};  ///< when the next window begins
  };
  /// Counts the request when it is allowed.
  [[nodiscard]] Verdict take(const RateLimits& limits, std::string_view key,
                             std::string_view operation, Instant now);
  void forget() { windows_.clear(); }

 private:
  struct Window {
    std::int64_t number = 0, used = 0;
  };
  Window& window(std::string_view key, std::string_view operation, const RateLimit& limit,
                 Instant now);

  std::map<std::pair<std::string, std::string>, Window> windows_;
};

}  // namespace rolecall::simulator
