#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "controller/misread.h"
#include "controller/write_call.h"
#include "diff/plan.h"
#include "state/api/api_client.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// Of `changes`, those after which somebody protected would be without an app, since none of
/// the paths that they were to keep it by (Plan::leans) shows, or could be read again, or since
/// they are in the group by now: why, in words for people. Costs a call for each other group that
/// gives it, for each who has it directly, for each ten of these people and most of them; waits a
/// few seconds for what the plan itself has given.
[[nodiscard]] std::map<std::size_t, std::string> lost_paths(ReadClient& client,
                                                            const Endpoints& endpoints,
                                                            const Plan& plan,
                                                            const std::vector<std::size_t>& changes,
                                                            const KnownIds& ids, Misread& misread);

}  // namespace rolecall
