#pragma once

#include <string>
#include <vector>

#include "policies/diagnostics.h"
#include "policies/policy_data.h"
#include "state/model/workspace.h"

namespace rolecall {

/// The ARI of each declared resource, parallel to Policy::resources; lookups go through
/// `workspaces`, and get a made-up ARI when that is null or they fail. Two aliases that turn out to
/// be one instance are an error.
[[nodiscard]] std::vector<std::string> resolve_resources(const Policy& policy,
                                                         const std::vector<Workspace>* workspaces,
                                                         Diagnostics& diagnostics);

}  // namespace rolecall
