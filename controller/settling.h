#pragma once

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "controller/apply_state.h"
#include "controller/grounds.h"
#include "controller/read_back.h"

namespace rolecall {

/// Reads back, during an apply, what the answers left open, before anything is sent again; and in
/// the end what locks somebody out, or cannot be brought back, whatever the answers were.
class Settling {
 public:
  explicit Settling(ApplyState& state) : state_(state) {}

  /// A change whose answer says neither that it is made nor that it is not.
  void add(Outcomes::Back back) { open_.push_back(std::move(back)); }
  /// Concludes what is open, all of one kind. Returns the calls that must be sent again, none after
  /// the last round.
  [[nodiscard]] std::vector<std::size_t> settle(ChangeKind kind, bool last_round);
  /// Findings about what was sent before and seemed not to have taken effect: it may have by now.
  void leave_or_find_done(const std::vector<Grounds::Finding>& findings);
  /// What is open stays so in the log: the next run looks.
  void give_up();

  /// Waits until the groups that were made show their ids; some seconds at most.
  void learn_group_ids();
  /// Whoever was to be locked out may not go on because an answer said that it was done.
  void see_effects();
  /// That has taken longer than a run that has done its work may be held up.
  [[nodiscard]] bool has_looked_enough() const { return env_.clock.steady() > looks_end_; }

 private:
  void conclude(const Outcomes::Back& open, Effect effect, bool last_round);

  ApplyState& state_;
  const Plan& plan_ = state_.plan;
  const ApplyEnvironment& env_ = state_.env;
  KnownIds& ids_ = state_.ids;
  Outcomes& outcomes_ = state_.outcomes;
  ApplyReport& report_ = state_.report;
  std::vector<Outcomes::Back> open_;
  Clock::Steady looks_end_ = Clock::Steady::max();
};

}  // namespace rolecall
