#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// The last run that brought the organization to what a policy said: it applied a policy (no saved
/// plan, which may leave changes out) as of its own time, ended with exit code 0, and no run has
/// written since.
struct CleanRun {
  std::int64_t run = 0;
  Instant at;
  std::string policy_digest;
  std::string git_commit;  ///< see RunStart::git_commit
};

/// What was wanted when that run ended: its policy at its instant.
struct WantedThen {
  const CleanRun& run;
  const Desired& then;           ///< by the policy as it was then
  const Desired& by_new_policy;  ///< by today's policy, at that instant; the same where unchanged
};

/// Tells where each change comes from. The rule: after a clean run the organization was as wanted,
/// so a change that what was wanted then would ask for today too is drift: nobody wanted anything
/// else since, so somebody changed the organization. One that it would not ask for is wanted since:
/// by an edit (or a line of a roster) where today's policy would have asked for it at that instant,
/// by date where it would not.
///
/// `live` and the catalog are those that the plan was made with; both desired states name objects
/// of that catalog. Files of rosters are told by `rosters` (Place::file).
///
/// Without such a run, or without the policy it applied, nothing is known, and nothing is told.
/// What a run did shows in the API's answers after up to half a minute: a plan made sooner than
/// that may take it for drift.
void tell_origins(const WantedThen& before, const PlanInput& input,
                  std::span<const std::string> rosters, Plan& plan);

}  // namespace rolecall
