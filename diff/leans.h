#pragma once

#include <set>
#include <string>
#include <tuple>

#include "diff/diff.h"
#include "diff/plan.h"

namespace rolecall {

/// Fills in Plan::leans: who keeps an app only as long as what the plan gives, or, of somebody
/// protected, another path, is there. `seen` is what protected people have to lose: all of them as
/// if they were not suspended.
void remember_leans(const PlanInput& input, const PlanInput& seen,
                    const std::set<std::string>& protected_users, Plan& plan);

/// Gifts of a plan that did not come about, or are not to: what is taken from somebody who was to
/// keep an app by them has to stay.
class LostGifts {
 public:
  /// What takes away is no gift.
  void add(const Change& change);
  /// Somebody who would be without an app after this change of the plan, or nothing.
  [[nodiscard]] const Plan::Lean* cost(const Plan& plan, const Change& change) const;
  /// The plan does not hold them any more: nobody keeps anything by them.
  void leave_out_of(Plan& plan) const;

 private:
  [[nodiscard]] bool has(ChangeKind kind, const std::string& user, const std::string& group,
                         const std::string& ari, const std::string& role) const;
  [[nodiscard]] bool are_needed(const Plan::Lean& lean, const Plan::Lean::Path& path) const;

  /// Kind, person, group, ARI, role.
  std::set<std::tuple<ChangeKind, std::string, std::string, std::string, std::string>> gifts_;
};

}  // namespace rolecall
