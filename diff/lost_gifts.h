#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "diff/plan.h"

namespace rolecall {

/// What groups give of which that was not read before; by id, ARI and role.
using RolesRead = std::map<std::string, std::set<std::pair<std::string, std::string>>>;

/// Gifts of a plan that did not come about, or are not to: what is taken from somebody who was to
/// keep an app by them has to stay.
class LostGifts {
 public:
  /// What takes away is no gift. Whoever is not restored has no app to lose.
  void add(const Change& change);
  [[nodiscard]] bool empty() const { return gifts_.empty(); }
  /// Somebody who would be without an app after this change of the plan, or nothing. Where it was
  /// not read what a group gives, `read` tells; of one that it lacks, anything is possible. Without
  /// it, such groups give nobody what is lost, and whoever is in one has what they need.
  [[nodiscard]] const Plan::Lean* cost(const Plan& plan, const Change& change,
                                       const RolesRead* read = nullptr) const;
  /// The ids of the groups that `read` has to tell of.
  [[nodiscard]] std::set<std::string> unread(const Plan& plan, const Change& change) const;

 private:
  [[nodiscard]] bool has(ChangeKind kind, const std::string& user, const std::string& group,
                         const std::string& ari, const std::string& role) const;
  [[nodiscard]] bool are_needed(const Plan::Lean& lean, const Plan::Lean::Path& path) const;
  [[nodiscard]] bool concern(const Plan::Lean& lean) const;
  /// Whether what they were to have the app by is lost, and nothing else gives it.
  [[nodiscard]] bool cost_app(const Plan::Lean& lean, const std::string& ari,
                              const std::string& role, const RolesRead* read) const;

  /// Kind, person, group, ARI, role.
  std::set<std::tuple<ChangeKind, std::string, std::string, std::string, std::string>> gifts_;
  std::set<std::string> not_restored_;  ///< people
};

}  // namespace rolecall
