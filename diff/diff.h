#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "diff/plan.h"
#include "policies/desired.h"
#include "policies/diagnostics.h"
#include "state/model/memory.h"
#include "state/model/snapshot.h"

namespace rolecall {

/// What earlier runs mean for the safety of this one. Comes from the store; nothing where there is
/// none.
struct SafetyHistory {
  /// What was taken away in the last 24 hours on this organization, or may have been, by class;
  /// without what an acknowledgement of the class admitted.
  std::array<std::int64_t, kLimitClassCount> recent{};
  std::map<std::string, std::int64_t> recent_members;  ///< removed members by GroupName::key
  /// Addresses of those whom a run took out of the org admins, or may have, so lately that reads
  /// may still show them as such.
  std::set<std::string> admins_taken;
  std::map<std::string, std::int64_t> used;  ///< id of an acknowledgement -> run that used it up
};

struct PlanInput {
  const Desired& desired;
  const Snapshot& live;
  const Catalog& catalog;
  /// Objects that an earlier apply remembered as protected (natural keys).
  std::span<const std::string> remembered_users{};
  std::span<const std::string> remembered_groups{};
  /// Invitations whose fate is not known, by address: they are not sent again.
  std::span<const OpenInvitation> open_invitations{};
  const SafetyHistory* history = nullptr;
};

/// Notes in Plan::holdings what those have whom changes of this kind are about.
void remember_holdings(const PlanInput& input, Plan& plan, ChangeKind of);

struct PlanResult {
  Plan plan;
  /// Where policy and live organization contradict each other (unknown user, a synced group with
  /// members, a pinned account that is another): then the plan must not be used.
  Diagnostics diagnostics;
};

/// The smallest set of changes that makes `live` what `desired` says, within what is managed.
///
/// Pure: the same input gives the same plan, whatever the order in which names were met. Safety
/// rules have been checked (Plan::refusals), calls scheduled, digests made.
[[nodiscard]] PlanResult make_plan(const PlanInput& input);

/// The set arithmetic alone: changes, notes and problems; nothing sorted, counted or checked.
struct Differences {
  std::vector<Change> changes;
  std::vector<Note> notes;
  Diagnostics diagnostics;
  std::map<std::string, std::string> renamed;  ///< see Plan::renamed
  std::map<std::string, std::string> copied;   ///< likewise with those that stay meanwhile
};
[[nodiscard]] Differences diff(const PlanInput& input);

/// A plan of differences, however they were found: sorted, scheduled, what is not proved withheld,
/// safety checked.
[[nodiscard]] PlanResult plan_of(const PlanInput& input, Differences differences);

/// Why a group is deleted that lives on under this name.
[[nodiscard]] std::string renamed_in_words(const std::string& to);

}  // namespace rolecall
