#pragma once

#include <cstddef>
#include <unordered_set>
#include <vector>

#include "diff/plan.h"

namespace rolecall {

/// Most addresses that one invitation call takes (facts.md section 2).
inline constexpr std::size_t kMostInvitees = 25;

/// The calls that carry out sorted changes, in apply order, as few as the API allows: people who
/// are to be invited with the same groups and roles share a call that brings their memberships and
/// grants along; everything else is one call a change (facts.md section 12). Splitting by equal
/// bundles is never beaten by inviting with a common part first: whoever shares a call that lacks
/// something of theirs costs at least one call more.
[[nodiscard]] std::vector<Call> schedule(const std::vector<Change>& changes);

/// Whether an invitation can bring the change along.
[[nodiscard]] bool rides_on_invitation(const Change& change);

/// Changes that give a group less on an app than the plan takes from it there. As long as one did
/// not come about, whoever joins the group would have what it is to lose.
[[nodiscard]] std::unordered_set<std::size_t> lesser_gifts(const Plan& plan);

/// For each call, the calls that must have succeeded before it may start (indices into `calls`,
/// sorted). Only what a change truly rests on: a failed call holds back these alone. (Besides, the
/// applier starts no call that takes away before every call that gives has ended.)
[[nodiscard]] std::vector<std::vector<std::size_t>> prerequisites(const Plan& plan);

}  // namespace rolecall
