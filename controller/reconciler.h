#pragma once

#include <functional>
#include <optional>
#include <string>

#include "controller/applier.h"
#include "controller/own_writes.h"
#include "controller/quick_look.h"
#include "controller/read_policy.h"
#include "diff/diff.h"
#include "diff/origin.h"
#include "diff/plan_file.h"
#include "diff/undo.h"
#include "policies/policy.h"
#include "state/api/fetch.h"
#include "state/store/store.h"

namespace rolecall {

/// What a run is about: a policy, an instant, what the last apply protected.
struct PlanRequest {
  std::string policy_path;
  Instant at;
  std::vector<Store::Protection> remembered;
  std::string organization{};  ///< asked for on the command line; must be the policy's, where given
  /// The policy there, where it has been read already; else it is read.
  std::shared_ptr<const ReadPolicy> policy{};
  std::string policy_organization{};  ///< that of the policy; empty where it does not parse
  const LoggedRun* undo = nullptr;  ///< plan to take back this run, instead of what the policy says
  const SavedPlan* only = nullptr;  ///< keep to these changes, and say where they no longer hold
  SafetyHistory history{};          ///< what earlier runs mean for this one's safety
  Memory memory{};                  ///< what else they know
  std::vector<OwnWrite> own_writes{};  ///< what they did a moment ago
  std::string store{};                 ///< id of the store that remembers; empty: there is none yet
  std::string audit_head{};            ///< the last row of its log, "12:9f86d0..."
  std::optional<CleanRun> last_clean{};  ///< what the origins of changes are told against
  bool for_people = true;      ///< somebody reads the plan: effects, seats and origins are told
  bool accept_shrink = false;  ///< a person says that the organization has become this small
  /// Asked after the reading, to compare clocks.
  std::function<Instant()> clock{};
  /// What that clock must say then, had nobody set it since `at` was decided.
  std::function<Instant()> steady{};
  bool for_now = false;  ///< the instant was not given: a later run may repeat this one by a look
  /// Asked before the organization is read: may have more of it read, and name more.
  std::function<Result<void>(Catalog&, FetchScope&)> widen{};
  /// Shown the plan and what it was made of.
  std::function<void(const PlanInput&, const Plan&)> inspect{};
  /// Where policy and wanted state are still those, look only whether the organization seems to be.
  const QuickLook* quick = nullptr;
};

/// A plan, or why there is none.
struct Planned {
  std::optional<Plan> plan;
  std::shared_ptr<const ReadPolicy> policy{};  ///< to show what diagnostics are about
  Diagnostics diagnostics;  ///< of the policy, alone and against the live organization
  std::optional<Error> error;
  bool store_failed = false;                   ///< the error is the store's
  std::vector<std::string> stale;              ///< why the saved plan does not hold any more
  std::vector<Store::Protection> protections;  ///< what the policy protects: to be remembered
  Store::Remembered learned{};                 ///< what the reading showed: likewise
  std::vector<Loss> losses;                    ///< what the plan takes along: likewise
  std::optional<Instant> read_at{};            ///< when the reading began, by our own clock
  std::optional<Instant> server_date{};        ///< what the server's clock said at the end
  std::optional<QuickLook> look{};             ///< likewise, where all is as it should be
  bool quick = false;  ///< the plan is empty as far as a quick look can tell

  /// Remembers these protections on: the policy may have dropped them, and they have not refused
  /// anything yet.
  void keep_protections(const std::vector<Store::Protection>& remembered);
};

/// Parse the policy, fetch the organization, make the plan. The client has no way to write.
[[nodiscard]] Planned plan_policy(ReadClient& client, const PlanRequest& request,
                                  const FetchProgress& progress);

/// The exit code that a plan alone means: 4 refused, 6 not proved complete, else 0.
[[nodiscard]] int exit_code(const Plan& plan);

/// The exit code of an apply (command-line.md, "Exit codes").
[[nodiscard]] int exit_code(const Plan& plan, const ApplyReport& report);

}  // namespace rolecall
