#pragma once

#include <chrono>

#include "state/model/instant.h"

namespace rolecall {

/// The shell's only source of time, so that tests and the simulator can bring their own.
class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  /// Wall time: for records, dates and what servers say in UTC. May jump.
  [[nodiscard]] virtual Instant now() const = 0;
  /// For durations and waiting. Never jumps.
  [[nodiscard]] virtual Steady steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
  [[nodiscard]] Steady steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace rolecall
