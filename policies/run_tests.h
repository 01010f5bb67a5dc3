#pragma once

#include "policies/diagnostics.h"
#include "policies/policy_data.h"

namespace rolecall {

/// What of [[tests]] does not hold; those that name no instant are asked at `at`.
void run_tests(const Policy& policy, Instant at, Diagnostics& diagnostics);

}  // namespace rolecall
