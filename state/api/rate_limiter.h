#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "state/api/api_client.h"
#include "state/api/clock.h"

namespace rolecall {

/// Decides when a call of an operation may leave. Never sleeps and asks no clock.
///
/// - Each operation has the server's window: once the answers say that nothing (or no more than
///   what is already under way) is left of it, calls wait for the reset; no more are let go for the
///   next window than it will hold. While plenty is left, nothing is held back.
/// - Whether operations share one window is found out from the headers: they do once a window has
///   lost more than its operation took, until two operations are told the same count of it.
/// - The reset is told by the server's clock, and that in whole seconds: the difference from ours
/// is
///   narrowed down from answer to answer, and never taken for more than is certain.
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
  /// It left at `at` and came back; with what the headers of its answer say, if there is one.
  void ended(Operation operation, Steady at, const Response* response, Steady now, Instant wall);
  /// No call of the operation leaves before `until`.
  void hold(Operation operation, Steady until);

 private:
  struct Window {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> left;
    Instant reset{};            ///< by the server's clock: tells one window from the next
    Steady reset_at{};          ///< the same by ours
    std::int64_t answered = 0;  ///< answers that told of it
    Steady held_until{};
    std::multiset<Steady> leave;  ///< moments at which calls left, or will, that have not come back
  };
  /// What one operation may use, alone or with the others.
  struct Budget {
    std::optional<std::int64_t> limit, left;
    Steady reset_at{};
    std::int64_t before = 0;  ///< calls under way that leave before the reset
    std::int64_t after = 0;   ///< and after it
  };
  enum class Sharing : std::uint8_t { not_seen, seen, disproved };

  [[nodiscard]] Window& window(Operation operation);
  [[nodiscard]] const Window& window(Operation operation) const;
  [[nodiscard]] Budget budget(Operation operation) const;
  [[nodiscard]] Steady free_slot(Steady from) const;
  void learn_clock(const Response& response, Steady at, Steady now);
  /// Nothing where an instant is out of all reason.
  [[nodiscard]] std::optional<Steady> to_ours(Instant servers, Steady now, Instant wall) const;
  void learn_sharing(Operation operation, std::int64_t limit, std::int64_t left);

  static constexpr std::size_t kOperations =
      static_cast<std::size_t>(Operation::revokeGroupAccess) + 1;
  std::array<Window, kOperations> windows_{};
  Sharing sharing_ = Sharing::not_seen;
  std::optional<std::int64_t> lowest_limit_;  ///< of any operation: a guess for the others
  Instant told_of_{};                         ///< the window that `told_` is about
  std::map<std::pair<std::int64_t, std::int64_t>, Operation>
      told_;  ///< who was told which limit and count of it
  std::optional<std::chrono::nanoseconds>
      ahead_;  ///< the server's clock, at least, of our steady one
  std::chrono::nanoseconds spacing_{0};
  std::multiset<Steady> slots_;  ///< moments calls leave at, as far as they still matter
};

}  // namespace rolecall
