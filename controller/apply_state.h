#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "controller/applier.h"
#include "controller/apply_log.h"
#include "controller/misread.h"
#include "controller/outcomes.h"
#include "controller/write_call.h"
#include "diff/safety.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// What locks somebody out, or cannot be brought back, does not rest on one reading alone: an
/// answer may be wrong in itself, and no proof of its completeness shows that.
[[nodiscard]] constexpr bool is_read_twice(ChangeKind kind) {
  return kind == ChangeKind::suspend_user || kind == ChangeKind::remove_user ||
         kind == ChangeKind::delete_group || kind == ChangeKind::revoke_org_role;
}

/// What the parts of one apply share: what is known by now, what became of each change, and whether
/// anything more may be done.
struct ApplyState {
  ApplyState(const Plan& plan, const ApplyEnvironment& environment);

  /// Asked before whatever is done next; what says so goes into the report.
  [[nodiscard]] bool must_stop();
  /// 401: nothing more is sent.
  void refuse_key();
  /// A change that is not to be made, or not to be sent again.
  void leave(std::size_t change, std::string because);
  /// Puts on disk what waits for it. False, from then on: nothing more may leave.
  [[nodiscard]] bool flush();
  void tell_progress() const;
  [[nodiscard]] ChangeKind call_kind(std::size_t change) const {
    return plan.calls[call_of[change]].kind;
  }

  const Plan& plan;
  const ApplyEnvironment& env;
  Endpoints endpoints;
  KnownIds ids;
  AdminFloor floor;
  Misread misread;
  ApplyLog log;
  Outcomes outcomes;
  ApplyReport report;
  std::vector<std::size_t> call_of;  ///< the call that carries a change
};

}  // namespace rolecall
