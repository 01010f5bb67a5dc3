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
  /// `base`: a policy file or folder; where there is none of that name, the commit whose policy at
  /// the same path is meant.
  BasePlan(std::string base, std::string policy_path, Instant at, ReadClient& client)
      : base_(std::move(base)), policy_path_(std::move(policy_path)), at_(at), client_(client) {}

  /// Takes part in the making of the plan that is asked for; must outlive it. An error of the plan:
  /// the base cannot be read. A base that is not sound, that does not fit the organization, or that
  /// had no policy yet, is none: a change may mend that.
  void attach(PlanRequest& request);

  [[nodiscard]] const AgainstBase& result() const { return result_; }

 private:
  Wanted read(Catalog& catalog);
  Result<void> widen(Catalog& catalog, FetchScope& scope);
  void compare_with(const PlanInput& input, const Plan& plan);

  std::string base_, policy_path_;
  std::string absent_;  ///< why there is no policy before
  Instant at_;
  ReadClient& client_;
  Wanted wanted_;
  AgainstBase result_;
};

}  // namespace rolecall
