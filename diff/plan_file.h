#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/plan.h"
#include "state/model/result.h"

namespace rolecall {

/// How a saved plan was made.
struct SavedPlanInfo {
  std::string tool_version;
  Instant created;
  std::string policy_path;
  bool at_given = false;     ///< the instant was asked for with --at, so it is used again
  std::string store{};       ///< id of the store it was made with; empty: there was none
  std::string audit_head{};  ///< last row of that store's log then, "12:9f86d0..."; empty: none
  std::optional<Instant> server_date{};  ///< what the server's clock said then, where it did
  bool operator==(const SavedPlanInfo&) const = default;
};

struct SavedPlan {
  SavedPlanInfo info;
  /// Without what only the live organization tells: gaps, names, org admins, renames.
  Plan plan;
  std::string checksum{};  ///< of the file; tells it from every other saved plan
};

/// The bytes of a plan file: the object of render_json with what is needed to prove later that it
/// still means the same (ids behind names, descriptions), and a checksum over all of it.
[[nodiscard]] std::string save_plan(const Plan& plan, const SavedPlanInfo& info);

/// Reads a plan file back. Refuses whatever save_plan of this version does not write, to the byte:
/// other formats, other versions of the tool, unknown or missing members, wrong types (naming the
/// member, "$.plan.changes[7].kind"), anything that does not fit the digests.
///
/// The checksum guards against damage, not against malice: whoever can write the file can make it
/// anew. What keeps a forged file harmless is that only changes of a fresh plan are ever applied.
[[nodiscard]] Result<SavedPlan> parse_saved_plan(std::string_view bytes,
                                                 std::string_view tool_version = ROLECALL_VERSION);

/// Why the saved plan is not to be applied any more: one sentence for each thing that moved. Empty
/// when it still holds: same organization, directory and policy (an undo holds whatever the policy
/// says), and each of its changes is in
/// `fresh` with the same objects behind it. What `fresh` has besides does not matter, save what a
/// renamed group has yet to hand over before the plan deletes it.
[[nodiscard]] std::vector<std::string> stale_reasons(const SavedPlan& saved, const Plan& fresh);

/// `fresh` without the changes that were not saved; calls and digest made anew.
///
/// Its refusals are those of `fresh`, about changes that may be gone; its safety is not known until
/// check_safety has seen the narrowed plan (leaving changes out can also break the admin floor).
[[nodiscard]] Plan narrow(const Plan& fresh, const SavedPlan& saved);

}  // namespace rolecall
