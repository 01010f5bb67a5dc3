#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "controller/applier.h"
#include "controller/apply_log.h"
#include "controller/write_call.h"
#include "diff/safety.h"

namespace rolecall {

/// What became of each change of an apply so far: in its report, in its log, and for the floor of
/// admins. A change is pending until something is known, and has one outcome in the log at most for
/// each of its intents.
class Outcomes {
 public:
  using State = ChangeOutcome::State;

  /// A change of a call that came back.
  struct Back {
    std::size_t change = 0;
    Verdict verdict{};
    std::string message;
    int status = 0;
    std::chrono::milliseconds duration{0};
  };

  Outcomes(const Plan& plan, ApplyLog& log, AdminFloor& floor)
      : plan_(plan),
        log_(log),
        floor_(floor),
        all_(plan.changes.size()),
        attempts_(plan.changes.size()),
        lost_an_answer_(plan.changes.size()) {}

  [[nodiscard]] State state(std::size_t change) const { return all_[change].state; }
  [[nodiscard]] bool pending(std::size_t change) const { return state(change) == State::pending; }
  [[nodiscard]] bool succeeded(std::size_t change) const {
    return state(change) == State::applied || state(change) == State::already_so;
  }
  [[nodiscard]] std::vector<std::size_t> all_pending() const;
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  [[nodiscard]] std::size_t settled() const { return settled_; }  ///< no longer pending

  /// Requests sent for it so far.
  [[nodiscard]] int attempts(std::size_t change) const { return attempts_[change]; }
  void add_attempts(std::size_t change, int more) { attempts_[change] += more; }
  /// A try may have taken effect, and reads do not show it.
  [[nodiscard]] bool lost_an_answer(std::size_t change) const { return lost_an_answer_[change]; }
  void lose_an_answer(std::size_t change) { lost_an_answer_[change] = true; }

  /// In the report alone.
  void set(std::size_t change, State state, std::string message);
  /// Its intent stays without an outcome, and the next run looks before it does anything.
  void leave_open(std::size_t change, const std::string& because = {});
  /// A change that is not to be made, or not to be sent again. `goes_on`: this run does.
  void leave(std::size_t change, std::string because, bool goes_on);
  /// Done before it was sent.
  void find_done(std::size_t change, std::string because);
  void close(const Back& back, State state, std::string message);
  /// What this try did not do an earlier one may have done.
  void close_failed(const Back& back, const std::string& message);

  [[nodiscard]] std::vector<ChangeOutcome> take() { return std::move(all_); }

 private:
  /// Of what was about to leave, and had to wait for too long, there is an intent already.
  void close_unsent(std::size_t change, ChangeResult result, const std::string& because);

  const Plan& plan_;
  ApplyLog& log_;
  AdminFloor& floor_;
  std::vector<ChangeOutcome> all_;
  std::vector<int> attempts_;
  std::vector<bool> lost_an_answer_;
  std::size_t settled_ = 0;
};

}  // namespace rolecall
