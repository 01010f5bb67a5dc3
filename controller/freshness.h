#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>

#include "state/api/clock.h"

namespace rolecall {

/// How old what the calls of an apply rest on may be (guarantees.md D8). A plan that was made just
/// before is fresh; one that somebody looked at for an hour, or whose apply takes minutes, is not:
/// then the next changes are looked at again, as many as are made while that is fresh.
class Freshness {
 public:
  static constexpr std::chrono::seconds kFreshFor{30};

  /// `read_at`: when the reading that the plan was made on began; nothing: just now.
  Freshness(const Clock& clock, std::optional<Instant> read_at)
      : clock_(clock), seen_at_(read_at.value_or(clock.now())) {}

  /// Other calls are to be made now than those that were last looked at.
  void start_over() {
    if (looked_) end_ = 0;
  }
  /// Whether the `next`th call may leave on what is known. A clock that was set back proves
  /// nothing.
  [[nodiscard]] bool covers(std::size_t next) const {
    return next < end_ && age() >= age().zero() && age() <= kFreshFor;
  }
  /// How many calls to look at: fewer where reading is slow, since they grow old meanwhile.
  [[nodiscard]] std::size_t batch() const { return batch_; }
  /// The calls before `end` have been looked at, beginning at `since`.
  void looked(std::size_t end, Instant since);
  /// The first call that has not been looked at.
  [[nodiscard]] std::size_t end() const { return end_; }

  /// To be called as calls leave.
  void note_departure() { oldest_ = std::max(oldest_, age()); }
  /// How old, at most, what a call rested on was when it left.
  [[nodiscard]] std::chrono::milliseconds oldest() const { return oldest_; }

 private:
  [[nodiscard]] std::chrono::milliseconds age() const { return clock_.now() - seen_at_; }

  const Clock& clock_;
  Instant seen_at_;
  std::size_t end_ = std::numeric_limits<std::size_t>::max();
  std::size_t batch_ = 64;
  bool looked_ = false;  ///< since the plan was made
  std::chrono::milliseconds oldest_{0};
};

}  // namespace rolecall
