#include "controller/apply_state.h"

#include <utility>

namespace rolecall {

ApplyState::ApplyState(const Plan& the_plan, const ApplyEnvironment& environment)
    : plan(the_plan),
      env(environment),
      endpoints(the_plan.organization),
      ids(the_plan),
      floor(the_plan),
      log(environment.log, environment.clock, the_plan),
      outcomes(the_plan, log, floor),
      call_of(the_plan.changes.size()) {
  for (std::size_t c = 0; c < plan.calls.size(); ++c) {
    for (const std::size_t i : plan.calls[c].changes) call_of[i] = c;
  }
}

bool ApplyState::must_stop() {
  if (env.stop_requested && env.stop_requested()) report.interrupted = true;
  if (env.may_still_write && !env.may_still_write() && report.stopped_because.empty()) {
    report.stopped_because = "the lock was taken over";
  }
  if (env.client.out_of_reach() && report.stopped_because.empty()) {
    report.stopped_because = "the API does not answer any more: try again later";
    report.unreached = true;
  }
  if (env.stop_order && report.stopped_because.empty()) {
    report.stopped_because = env.stop_order();
    report.halted = !report.stopped_because.empty();
  }
  return report.interrupted || !report.store_error.empty() || !report.stopped_because.empty();
}

void ApplyState::refuse_key() {
  if (report.stopped_because.empty()) report.stopped_because = "401: the API key was refused";
}

void ApplyState::leave(std::size_t change, std::string because) {
  const bool goes_on = outcomes.attempts(change) != 0 && report.broken.empty() && !must_stop();
  outcomes.leave(change, std::move(because), goes_on);
}

bool ApplyState::flush() {
  const auto done = log.record();
  if (!done && report.store_error.empty()) report.store_error = done.error().what;
  return done.has_value();
}

void ApplyState::tell_progress() const {
  if (env.progress) env.progress(outcomes.settled(), outcomes.count());
}

}  // namespace rolecall
