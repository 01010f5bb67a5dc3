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
  Freshness(const Clock& clock, std::optional<Instant> read_at);

  /// Other calls are to be made now than those that were last looked at. `twice`: they are to be
  /// looked at again however fresh the plan is.
  void start_over(bool twice) {
    if (looked_ || twice) end_ = 0;
    if (is_single()) batch_ = std::max(batch_, former_batch_);
    fewest_ = kFewest;
  }
  /// Whether the `next`th call may leave on what is known.
  [[nodiscard]] bool covers(std::size_t next) const { return next < end_ && is_fresh(); }
  /// Whether those may still leave that were covered.
  [[nodiscard]] bool is_fresh() const { return age() <= kFreshFor; }
  /// Likewise of the reading that the plan was made on.
  [[nodiscard]] bool plan_is_fresh() const {
    return since(planned_at_, planned_steady_) <= kFreshFor;
  }
  /// The first call that has not been looked at.
  [[nodiscard]] std::size_t end() const { return end_; }

  /// The calls from the `next`th on are to be looked at, `of` in all. Returns the end of those that
  /// should be: fewer where reading or writing is slow, since they grow old meanwhile.
  [[nodiscard]] std::size_t begin_look(std::size_t next, std::size_t of);
  /// Of what was read slowly, that part is read once more which takes no time.
  void begin_quick_look();
  /// What is asked for takes so long that each call needs a look of its own, until looks are
  /// quicker.
  void look_singly() {
    if (!is_single()) former_batch_ = batch_;
    fewest_ = batch_ = 1;
  }
  /// That has been done, for all before `end`.
  void end_look(std::size_t end);

  /// To be called as calls leave.
  void note_departure() { oldest_ = std::max(oldest_, since(begun_at_, begun_steady_)); }
  /// How old, at most, what a call rested on was when it left: also where a part was newer.
  [[nodiscard]] std::chrono::milliseconds oldest() const { return oldest_; }

 private:
  static constexpr std::size_t kFewest = 4;

  /// By the clock that says more: either may stand still or jump, where a machine slept or somebody
  /// set the time.
  [[nodiscard]] std::chrono::milliseconds since(Instant at, Clock::Steady steady) const;
  [[nodiscard]] std::chrono::milliseconds age() const { return since(seen_at_, seen_steady_); }
  [[nodiscard]] bool is_single() const { return fewest_ == 1; }

  const Clock& clock_;
  Instant seen_at_;
  Clock::Steady seen_steady_;
  Instant begun_at_;  ///< the look that a quick one may have followed
  Clock::Steady begun_steady_;
  Instant planned_at_;
  Clock::Steady planned_steady_;
  std::size_t begin_ = 0;  ///< of what was looked at
  std::size_t end_ = std::numeric_limits<std::size_t>::max();
  std::size_t batch_ = 64;
  std::size_t former_batch_ = 0;  ///< before they were looked at one by one
  std::size_t fewest_ = kFewest;  ///< that are looked at together
  bool looked_ = false;           ///< since the plan was made
  std::chrono::milliseconds oldest_{0};
};

}  // namespace rolecall
