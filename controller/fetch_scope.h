#pragma once

#include "policies/desired.h"
#include "state/api/fetch.h"

namespace rolecall {

/// What must be read for a policy, and no more.
[[nodiscard]] FetchScope fetch_scope(const Desired& desired);

}  // namespace rolecall
