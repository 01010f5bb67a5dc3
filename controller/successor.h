#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/look_ups.h"
#include "controller/misread.h"
#include "controller/write_call.h"
#include "state/api/api_client.h"

namespace rolecall {

/// A renamed group goes only when a read shows that the new one has what was given to it, and what
/// the new one gets from it is given only where another reading shows the same: nothing in the
/// policy would tell later that it is wrong.
class Successors {
 public:
  using Grants = std::set<std::pair<std::string, std::string>>;  ///< ARI, role

  Successors(ReadClient& client, const Endpoints& endpoints, const Plan& plan, Misread& misread)
      : client_(client), endpoints_(endpoints), plan_(plan), misread_(misread) {}

  /// Reads again what renamed groups have. False: the key was refused.
  [[nodiscard]] bool confirm();
  /// Why nothing is done about either of the two groups, or nothing.
  [[nodiscard]] std::string doubt(const Change& change) const;

  /// Why the group may not be deleted, or nothing; waits up to 35 s for reads that lag behind, but
  /// for no other group once it has done so in vain. A group that has no successor may.
  [[nodiscard]] std::string why_it_stays(const Change& deletion, KnownIds& ids);
  /// Likewise of one that has just been found to live on, where that took long; three calls.
  [[nodiscard]] std::string why_it_stays_after_all(const Change& deletion);

 private:
  /// As the old one was let go.
  struct LetGo {
    Grants had, has;  ///< the old one and its successor
    ParsedGroup successor;
  };
  using Renamed = std::pair<const std::string, std::string>;  ///< from, to

  /// Reads both groups: whatever the plan thinks that the new one has, what the policy leaves to
  /// the groups must live on, and what others took from the old one must not.
  [[nodiscard]] std::string why_it_differs(const Renamed& renamed, std::chrono::milliseconds delay);
  [[nodiscard]] const std::vector<std::size_t>& given_to(const std::string& group);
  /// Less of the successor's roles than it showed is a loss, but for those that the plan takes.
  [[nodiscard]] bool has_lost(const std::string& successor, const Grants& before,
                              const Grants& now) const;
  [[nodiscard]] bool takes_people_from(const std::string& successor) const;

  ReadClient& client_;
  const Endpoints& endpoints_;
  const Plan& plan_;
  Misread& misread_;
  std::unordered_map<std::string, std::vector<std::size_t>> given_;  ///< by group; once asked
  std::unordered_map<std::string, std::string> doubts_;              ///< by group
  std::unordered_map<std::string, LetGo> let_go_;                    ///< by old group
  bool waited_in_vain_ = false;
};

}  // namespace rolecall
