#pragma once

#include <functional>
#include <string>
#include <vector>

#include "controller/applier.h"
#include "controller/misread.h"
#include "controller/write_call.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// Something that was answered as done and does not show.
struct LateEffect {
  std::size_t change = 0;
  std::string because;  ///< it is in doubt, in words for people
};

/// Those of `changes`, all answered as done, that no reading shows done until the settle window is
/// over (facts.md section 9). Ends early once `must_stop` says so, with those that were shown
/// undone; where that is since nobody answers (`unreached`, by then), with all that were not seen.
[[nodiscard]] std::vector<LateEffect> not_shown_done(const ApplyEnvironment& environment,
                                                     const Endpoints& endpoints, const Plan& plan,
                                                     const std::vector<std::size_t>& changes,
                                                     KnownIds& ids, Misread& misread,
                                                     const std::function<bool()>& must_stop,
                                                     const bool& unreached);

}  // namespace rolecall
