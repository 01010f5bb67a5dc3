#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rolecall::test {

/// The time of a process: what its clocks say, how fast they go, and when it has called a server.
/// In memory that it shares with whoever has forked it.
struct OwnTime {
  /// Seconds by which its wall clock is off.
  std::atomic<std::int64_t> off{0};
  /// How many seconds it lives through in a true one: clocks, sleeps and timers alike. Set before
  /// begin_own_time.
  std::int64_t speed = 1;

  static constexpr std::size_t kMostCalls = 10'000;
  /// Connections that it has tried to open, and when: milliseconds of its own since it began.
  std::atomic<std::size_t> calls{0};
  std::array<std::int64_t, kMostCalls> called_at{};

  [[nodiscard]] static OwnTime* shared();
};

/// From here on this process goes by it. (The C library's functions of time are replaced in the
/// whole program; until then, and in every other process, they do as they always do.)
void begin_own_time(OwnTime& time);

}  // namespace rolecall::test
