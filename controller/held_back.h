#pragma once

#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "diff/plan.h"

namespace rolecall {

/// What did not succeed, so that what rests on it is held back.
class Broken {
 public:
  explicit Broken(const Plan& plan) : plan_(plan) {}

  /// Change `i` of the plan did not succeed, and others rest on it.
  void add(std::size_t i);
  /// Why the change cannot be made, or nothing.
  [[nodiscard]] std::string holds_back(const Change& change) const;

 private:
  [[nodiscard]] bool has_failed(const Plan::Lean& lean, const Plan::Lean::Path& path) const;
  /// Why somebody protected would be without an app after it, or nothing.
  [[nodiscard]] std::string costs_an_app(const Change& change) const;

  const Plan& plan_;
  std::unordered_set<std::size_t> seen_;
  std::unordered_set<std::string> not_created_;               ///< groups
  std::unordered_map<std::string, ChangeKind> not_present_;   ///< people, by what failed for them
  std::unordered_map<std::string, std::string> not_removed_;  ///< people, by account id
  std::unordered_set<std::string> incomplete_;                ///< groups that lack something
  /// Kind, person, group, ARI, role.
  std::set<std::tuple<ChangeKind, std::string, std::string, std::string, std::string>>
      failed_gifts_;
};

}  // namespace rolecall
