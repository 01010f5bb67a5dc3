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
  /// Of what takes away only who is not taken out of a group matters. Whoever is not restored has
  /// no app to lose. `in_doubt`: it may have come about.
  void add(const Change& change, bool in_doubt = false);
  [[nodiscard]] bool empty() const { return gifts_.empty(); }
  /// Somebody who would be without an app after this change of the plan, or nothing. Groups of
  /// which it was not read what they give count as giving nobody what is lost, and whoever is in
  /// one as having what they need.
  [[nodiscard]] const Lean* cost(const Plan& plan, const Change& change) const;
  /// Likewise, where it helps them that the change is held back, and gives nobody what nobody said.
  /// `read` tells what such groups give; of one that it lacks, anything is possible. Nothing: as
  /// above.
  [[nodiscard]] const Lean* cost_if_made(const Plan& plan, const Change& change,
                                         const RolesRead* read) const;
  /// The ids of the groups that `read` has to tell of.
  [[nodiscard]] std::set<std::string> unread(const Plan& plan, const Change& change) const;

 private:
  [[nodiscard]] bool has(ChangeKind kind, const std::string& user, const std::string& group,
                         const std::string& ari, const std::string& role) const;
  [[nodiscard]] bool are_needed(const Lean& lean, const Lean::Path& path) const;
  [[nodiscard]] bool concern(const Lean& lean) const;
  /// Whether what they were to have the app by is lost, and nothing else gives it.
  [[nodiscard]] bool cost_app(const Lean& lean, const std::string& ari, const std::string& role,
                              const RolesRead* read) const;

  /// Whether, held back, it would give somebody what nobody said (Plan::lets_in). What is in doubt
  /// locks nobody out for that.
  [[nodiscard]] bool would_let_in(const Plan& plan, const TakenKey& held_back) const;
  [[nodiscard]] bool costs(const Change& change, const Lean& lean, const RolesRead* read) const;

  /// Kind, person, group, ARI, role.
  using Gift = std::tuple<ChangeKind, std::string, std::string, std::string, std::string>;
  std::set<Gift> gifts_;
  std::set<std::string> not_restored_, maybe_restored_;        ///< people
  std::set<std::pair<std::string, std::string>> not_removed_;  ///< person, group
};

}  // namespace rolecall
