#pragma once

#include <set>
#include <string>

#include "diff/diff.h"

namespace rolecall {

/// Every rule of policy-language.md, "Safety limits", that the plan breaks: limits per class, the
/// floor of org admins after each call, protected people and groups. Sorted.
///
/// A plan with refusals is never applied, not even in part.
[[nodiscard]] std::vector<Refusal> check_safety(const PlanInput& input, const Plan& plan);

/// The floor of org admins, followed call by call. Also used while applying, where calls may fail.
class AdminFloor {
 public:
  /// Starts from the organization that the plan was made on.
  explicit AdminFloor(const Plan& plan)
      : admins_(plan.org_admins.begin(), plan.org_admins.end()),
        suspended_admins_(plan.suspended_org_admins.begin(), plan.suspended_org_admins.end()),
        floor_(plan.min_org_admins) {}

  /// Whether the change would take an active org admin away and leave fewer than the floor.
  [[nodiscard]] bool forbids(const Change& change) const;
  /// The change has happened, or may have: counts what it takes.
  void take(const Change& change);
  /// The change has certainly happened: counts what it gives too.
  void give(const Change& change);

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(admins_.size()); }

 private:
  [[nodiscard]] bool takes_admin(const Change& change) const;

  std::set<std::string> admins_;
  std::set<std::string> suspended_admins_;  ///< count again once restored
  std::set<std::string> invited_;           ///< not active until they accept
  std::int64_t floor_;
};

}  // namespace rolecall
