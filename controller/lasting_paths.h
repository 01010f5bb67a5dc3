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

/// Whether somebody protected is to keep an app after `change` only by what the plan itself gives.
[[nodiscard]] bool rests_on_gifts(const Plan& plan, const Change& change);

struct LostPaths {
  /// By change: why, in words for people.
  std::map<std::size_t, std::string> why{};
  /// It was waited for what the plan has given, as long as that may take to show, and that did not.
  bool waited_in_vain = false;
};

/// Of `changes`, those after which somebody protected would be without an app, since none of
/// the paths that they were to keep it by (Plan::leans) shows, or could be read again, or since
/// they are in the group by now. Where the plan is fresh, only those that rest on its own gifts.
/// Costs a call for each other group that gives it, for each who has it directly, for each ten of
/// these people and most of them; with `may_wait` it waits up to 35 s for what the plan itself has
/// given.
[[nodiscard]] LostPaths lost_paths(ReadClient& client, const Endpoints& endpoints, const Plan& plan,
                                   const std::vector<std::size_t>& changes, const KnownIds& ids,
                                   Misread& misread, bool plan_is_fresh, bool may_wait);

}  // namespace rolecall
