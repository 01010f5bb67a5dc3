#pragma once

#include <functional>
#include <vector>

#include "controller/applier.h"
#include "controller/write_call.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// Those of `changes`, all answered as done, that reads show undone until the settle window is over
/// (facts.md section 9). Ends early, with none, once `must_stop` says so. What cannot be read
/// counts as it was answered.
[[nodiscard]] std::vector<std::size_t> still_undone(const ApplyEnvironment& environment,
                                                    const Endpoints& endpoints, const Plan& plan,
                                                    std::vector<std::size_t> changes, KnownIds& ids,
                                                    const std::function<bool()>& must_stop);

}  // namespace rolecall
