#pragma once

#include <span>
#include <vector>

#include "diff/diff.h"
#include "diff/plan.h"
#include "state/model/workspace.h"

namespace rolecall {

/// Writes what the plan means for people: Plan::effects, and Plan::seats without the numbers that
/// only workspaces tell.
///
/// Worked out from the plan's changes, not from the wanted state, so that it holds for plans that
/// are cut short too. Looks at the resources that the policy declares and those the plan speaks of.
/// Whoever is not active in the directory has nothing; an invitation not yet accepted counts as
/// active, as it takes a seat.
void tell_effects(const PlanInput& input, Plan& plan);

/// Whether whoever has it needs a seat of the app; the others are free (facts.md section 7).
[[nodiscard]] bool takes_seat(Role role);

/// Whether the plan gives anybody a seat, so that it is worth asking how many there are.
[[nodiscard]] bool takes_seats(const Plan& plan);

/// Fills in capacity and usage, and who would be left over. Calls are played through in the order
/// of apply: one that gives a group's members, or several invited, more seats than are left fails
/// for all of them. That is a warning, no refusal: the API decides, and what takes less may pass.
void count_seats(std::span<const Workspace> workspaces, Plan& plan);

/// The domain that more than half of the directory's people have; nothing else is known where the
/// organization's verified domains cannot be read. Empty where no domain has so many.
[[nodiscard]] OwnDomains majority_domain(const Snapshot& live, const Catalog& catalog);

/// Somebody whose address is in none of the organization's own domains, and what they are given:
/// `gifts` are invitations, restorings, memberships, grants and roles in the order of the plan.
struct Outsider {
  std::string user;
  std::vector<const Change*> gifts;
};
/// By address.
[[nodiscard]] std::vector<Outsider> outsiders(const Plan& plan);

/// Whether the plan gives anything to a person, so that it is worth asking whose domains are own.
[[nodiscard]] bool gives_to_people(const Plan& plan);

}  // namespace rolecall
