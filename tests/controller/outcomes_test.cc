#include "controller/outcomes.h"

#include <gtest/gtest.h>

#include "controller/apply_log.h"
#include "diff/safety.h"
#include "state/simulator/fake_client.h"
#include "tests/support/no_log.h"
#include "tests/support/plan_builder.h"

namespace rolecall::test {
namespace {

using State = ChangeOutcome::State;

// What never left was not tried; what left in vain has failed, unless an earlier try may have done
// it.
TEST(Outcomes, OfWhatWasNotSentTellWhetherItEverLeft) {
  const Plan plan = sample_plan();
  struct Row {
    int attempts;
    bool lost_an_answer;
    State state;
  };
  for (const auto& [attempts, lost, state] :
       {Row{0, false, State::skipped}, Row{2, false, State::failed},
        Row{2, true, State::in_doubt}}) {
    simulator::VirtualClock clock;
    NoLog none;
    ApplyLog log(none, clock, plan);
    AdminFloor floor(plan);
    Outcomes outcomes(plan, log, floor);
    outcomes.add_attempts(0, attempts);
    if (lost) outcomes.lose_an_answer(0);
    outcomes.close_failed({0, Verdict::not_sent, "no way", 0, {}}, "no way");
    EXPECT_EQ(outcomes.state(0), state) << attempts << lost;
  }
}

}  // namespace
}  // namespace rolecall::test
