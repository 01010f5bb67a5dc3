#pragma once

#include <string>

#include "controller/reconciler.h"
#include "controller/wanted.h"
#include "diff/against_base.h"

namespace rolecall {

/// Plans the policy as it was before a change beside the one that is planned, from the same
/// reading.
class BasePlan {
 public:
  BasePlan(std::string policy_path, Instant at, ReadClient& client)
      : path_(std::move(policy_path)), at_(at), client_(client) {}

  /// Takes part in the making of the plan that is asked for; must outlive it. An error of the plan:
  /// the base cannot be read. A base that is not sound, or does not fit the organization, is none:
  /// a change may mend that.
  void attach(PlanRequest& request);

  [[nodiscard]] const AgainstBase& result() const { return result_; }

 private:
  Result<void> widen(Catalog& catalog, FetchScope& scope);
  void compare_with(const PlanInput& input, const Plan& plan);

  std::string path_;
  Instant at_;
  ReadClient& client_;
  Wanted wanted_;
  AgainstBase result_;
};

}  // namespace rolecall
