#pragma once

#include <string>

#include "controller/options.h"
#include "controller/reconciler.h"
#include "controller/safety_history.h"
#include "diff/against_base.h"

namespace rolecall {

/// What plan, apply and run share on their way to a plan and in showing it.

/// What the store remembers becomes part of the request.
void bring_to_mind(PlanRequest& request, Remembered before);

/// Why a command has no plan, and the exit code that means.
struct NoPlan {
  Error error;
  int exit_code = 1;
};
/// Prints the error. Returns the exit code.
int print(const NoPlan& why);

/// The request for a policy: instant (now unless --at), organization, what the store remembers.
[[nodiscard]] tl::expected<PlanRequest, NoPlan> plan_request(const GlobalOptions& global,
                                                             const std::string& policy_path);

[[nodiscard]] Planned plan_with_progress(const GlobalOptions& global, ReadClient& client,
                                         const PlanRequest& request);

/// Prints diagnostics and errors to stderr. 0 when there is a plan to go on with, else the exit
/// code.
[[nodiscard]] int show_problems(const GlobalOptions& global, const Planned& planned);

/// The plan in the format that was asked for; with `base`, what was to be done before is told
/// apart.
[[nodiscard]] std::string view(const GlobalOptions& global, const Plan& plan,
                               const std::string& apply_command, const AgainstBase* base = nullptr);

}  // namespace rolecall
