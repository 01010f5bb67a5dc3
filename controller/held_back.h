#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "diff/leans.h"
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
  const Plan& plan_;
  std::unordered_set<std::size_t> seen_;
  std::unordered_set<std::string> not_created_;               ///< groups
  std::unordered_map<std::string, ChangeKind> not_present_;   ///< people, by what failed for them
  std::unordered_map<std::string, std::string> not_removed_;  ///< people, by account id
  std::unordered_set<std::string> incomplete_;                ///< groups that lack something
  LostGifts lost_;
};

}  // namespace rolecall
