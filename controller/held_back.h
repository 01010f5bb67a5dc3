#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "controller/misread.h"
#include "diff/lost_gifts.h"
#include "diff/plan.h"
#include "state/api/api_client.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// What did not succeed, so that what rests on it is held back.
class Broken {
 public:
  explicit Broken(const Plan& plan);

  /// Change `i` of the plan did not succeed, and others rest on it. `in_doubt`: it may have.
  void add(std::size_t i, bool in_doubt = false);
  /// Reads what groups give of which the plan does not know it, where something that failed makes
  /// that matter. False: the key was refused.
  [[nodiscard]] bool read_groups(ReadClient& client, const Endpoints& endpoints, Misread& misread);
  /// Why the change cannot be made, or nothing.
  [[nodiscard]] std::string holds_back(const Change& change) const;

 private:
  const Plan& plan_;
  std::unordered_set<std::size_t> seen_;
  std::unordered_set<std::string> not_created_;                ///< groups
  std::unordered_map<std::string, ChangeKind> not_present_;    ///< people, by what failed for them
  std::unordered_map<std::string, std::string> not_removed_;   ///< people, by account id
  std::unordered_set<std::string> incomplete_;                 ///< groups that lack something
  std::unordered_set<std::size_t> lesser_;                     ///< changes of the plan
  std::unordered_map<std::string, std::string> not_lessened_;  ///< groups, by what they are to get
  LostGifts lost_;
  RolesRead read_;
  bool has_read_ = false;  ///< else it goes by what the plan knows
};

}  // namespace rolecall
