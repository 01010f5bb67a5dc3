#pragma once

#include <map>
#include <string>
#include <vector>

#include "diff/plan.h"

namespace rolecall {

/// How the plan of a changed policy differs from that of the policy before (its base), both against
/// the same live state: what the change itself does, apart from drift that was there before it.
struct AgainstBase {
  std::string policy_digest;                 ///< of the base
  std::vector<bool> in_base;                 ///< parallel to Plan::changes: the base plans it too
  std::vector<Change> dropped;               ///< planned by the base and not any more
  std::map<std::string, std::string> names;  ///< of the people in `dropped`, as in Plan::names
  /// Why the base has no plan of its own; then nothing counts as planned by it.
  std::vector<std::string> problems;
};

/// Two changes are the same when they do the same to the same objects, whatever line says so and
/// whatever the resource is called.
[[nodiscard]] AgainstBase compare(const Plan& plan, const Plan& base);

/// The changes of a plan that are in the base's plan as well, or that are not; for showing.
[[nodiscard]] Plan part_of(const Plan& plan, const AgainstBase& base, bool in_base);
/// What is not done any more, likewise.
[[nodiscard]] Plan dropped_part(const Plan& plan, const AgainstBase& base);

/// The snapshot as it would have been read for another policy, which pins accounts to other
/// addresses: their people are moved there, where nobody else is.
[[nodiscard]] Snapshot pinned_as(const Snapshot& live, const Desired& other);

}  // namespace rolecall
