#include "controller/outcomes.h"

#include <fmt/format.h>

namespace rolecall {
namespace {

constexpr std::string_view kNextRunLooks = "the next run will look what became of it";

ChangeResult in_the_log(ChangeOutcome::State state) {
  switch (state) {
    case ChangeOutcome::State::applied:
      return ChangeResult::applied;
    case ChangeOutcome::State::already_so:
      return ChangeResult::already_so;
    case ChangeOutcome::State::in_doubt:
      return ChangeResult::in_doubt;
    default:
      return ChangeResult::failed;
  }
}

}  // namespace

std::vector<std::size_t> Outcomes::all_pending() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (pending(i)) out.push_back(i);
  }
  return out;
}

void Outcomes::set(std::size_t change, State state, std::string message) {
  if (pending(change) && state != State::pending) ++settled_;
  all_[change] = {state, std::move(message)};
}

void Outcomes::leave_open(std::size_t change, const std::string& because) {
  set(change, State::in_doubt,
      because.empty() ? std::string(kNextRunLooks) : fmt::format("{}; {}", because, kNextRunLooks));
}

void Outcomes::leave(std::size_t change, std::string because, bool goes_on) {
  if (attempts_[change] == 0) {
    close_unsent(change, ChangeResult::failed, because);
    return set(change, State::skipped, std::move(because));
  }
  std::string message = fmt::format("not sent again: {}", because);
  if (!goes_on) return leave_open(change, message);
  log_.add_outcome(change, ChangeResult::in_doubt, 0, attempts_[change], 0, message);
  set(change, State::in_doubt, std::move(message));
}

void Outcomes::find_done(std::size_t change, std::string because) {
  floor_.find(plan_.changes[change]);
  close_unsent(change, ChangeResult::already_so, because);
  set(change, State::already_so, std::move(because));
}

void Outcomes::close_unsent(std::size_t change, ChangeResult result, const std::string& because) {
  if (log_.intent(change) == 0) return;
  log_.add_outcome(change, result, 0, 0, 0, fmt::format("not sent: {}", because));
}

void Outcomes::close(const Back& back, State state, std::string message) {
  if (state == State::applied || state == State::already_so) {
    floor_.give(plan_.changes[back.change]);
  }
  log_.add_outcome(back.change, in_the_log(state), back.status, attempts_[back.change],
                   back.duration.count(), message);
  set(back.change, state, std::move(message));
}

void Outcomes::close_failed(const Back& back, const std::string& message) {
  const bool never_left = back.verdict == Verdict::not_sent && attempts_[back.change] == 0;
  if (!lost_an_answer_[back.change]) {
    return close(back, never_left ? State::skipped : State::failed, message);
  }
  close(back, State::in_doubt,
        back.status == 0 ? message : fmt::format("the answer was {}", message));
}

}  // namespace rolecall
