#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

#include "state/api/api_client.h"
#include "state/api/clock.h"

namespace rolecall {

/// Decides when a call of an operation may leave. Never sleeps and asks no clock.
///
/// - Each operation has the server's window: once the answers say that nothing (or no more than
/// what
///   is already under way) is left of it, calls wait for the reset. While plenty is left, nothing
///   is held back.
/// - An operation that was told to wait (429) is held until then, all of it.
/// - All operations together keep to `max_rate` calls a second, evenly spaced, when that is given.
class RateLimiter {
 public:
  using Steady = Clock::Steady;

  explicit RateLimiter(std::optional<double> max_rate = std::nullopt);

  /// The first moment at or after `from` at which a call may leave. Nothing: as many calls are
  /// under way as are left in the window; ask again when one of them has come back.
  [[nodiscard]] std::optional<Steady> earliest(Operation operation, Steady from) const;
  /// The same without regard to `max_rate`.
  [[nodiscard]] std::optional<Steady> window_opens(Operation operation, Steady from) const;
  /// A call will leave at `at`.
  void reserve(Operation operation, Steady at);
  /// It did not leave after all.
  void release(Operation operation, Steady at);
  /// It came back; with what the headers of its answer say, if there is one.
  void ended(Operation operation, const Response* response, Steady now, Instant wall);
  /// No call of the operation leaves before `until`.
  void hold(Operation operation, Steady until);

 private:
  struct Window {
    std::optional<std::int64_t> left;
    Instant reset{};    ///< by the server's clock: tells one window from the next
    Steady reset_at{};  ///< the same by ours
    Steady held_until{};
    std::int64_t under_way = 0;
  };
  [[nodiscard]] Window& window(Operation operation);
  [[nodiscard]] const Window& window(Operation operation) const;
  [[nodiscard]] Steady free_slot(Steady from) const;

  static constexpr std::size_t kOperations =
      static_cast<std::size_t>(Operation::revokeGroupAccess) + 1;
  std::array<Window, kOperations> windows_{};
  std::chrono::nanoseconds spacing_{0};
  std::multiset<Steady> slots_;  ///< moments calls leave at, as far as they still matter
};

}  // namespace rolecall
