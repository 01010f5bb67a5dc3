#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "diff/diff.h"
#include "diff/lean.h"
#include "diff/plan.h"

namespace rolecall {

using GroupGrant = std::pair<GroupRef, Grant>;

/// What the plan does to the paths of anybody.
struct PathMoves {
  std::set<GroupRef> deleted{};
  std::set<GroupGrant> given{}, revoked{};
  struct Person {
    std::set<GroupRef> joins{}, leaves{};
    std::set<Grant> given{}, revoked{};
    bool restored = false;
  };
  std::map<UserRef, Person> people{};

  [[nodiscard]] bool gives() const {
    return !given.empty() || std::any_of(people.begin(), people.end(), [](const auto& one) {
      return !one.second.joins.empty() || !one.second.given.empty();
    });
  }
};

[[nodiscard]] PathMoves moves_of(const Plan& plan, const Catalog& catalog);

using Memberships = std::unordered_map<UserRef, std::vector<GroupRef>>;

[[nodiscard]] Memberships memberships_of(const std::unordered_set<UserRef>& people,
                                         const Snapshot& live);

/// Of one person, what the plan leaves them and gives them.
class Paths {
 public:
  using Path = Lean::Path;

  /// All of them must outlive it.
  Paths(const PlanInput& input, const PathMoves& done, const Memberships& memberships, UserRef who)
      : live_(input.live), catalog_(input.catalog), done_(done), who_(who) {
    const auto groups = memberships.find(who);
    if (groups != memberships.end()) groups_.insert(groups->second.begin(), groups->second.end());
    const auto own = done.people.find(who);
    if (own != done.people.end()) own_ = &own->second;
  }

  [[nodiscard]] const std::set<GroupRef>& groups() const { return groups_; }
  [[nodiscard]] bool is_in(GroupRef group) const { return groups_.contains(group); }
  [[nodiscard]] bool joins(GroupRef group) const { return own().joins.contains(group); }
  [[nodiscard]] const std::set<GroupRef>& joined() const { return own().joins; }
  [[nodiscard]] bool leaves(GroupRef group) const { return own().leaves.contains(group); }
  [[nodiscard]] bool is_restored() const { return own().restored; }
  /// What is taken from them directly.
  [[nodiscard]] const std::set<Grant>& revoked() const { return own().revoked; }
  [[nodiscard]] const std::set<Grant>& given() const { return own().given; }

  [[nodiscard]] std::vector<Path> to(const Grant& grant) const {
    std::vector<Path> out;
    collect(grant, out);
    return out;
  }
  /// Likewise by any role that does as well. Nothing: the plan leaves one of them as it is.
  [[nodiscard]] std::optional<std::vector<Path>> given_instead(const Grant& grant) const;
  /// Whether the plan leaves or gives them this role, or one that is more.
  [[nodiscard]] bool lead_to(const Grant& grant) const;
  [[nodiscard]] bool stays_in(GroupRef group) const {
    return is_in(group) && !done_.deleted.contains(group) && !leaves(group);
  }

 private:
  [[nodiscard]] const PathMoves::Person& own() const { return *own_; }

  [[nodiscard]] bool keeps(const Grant& grant) const;

  void collect(const Grant& grant, std::vector<Path>& out) const;

  const Snapshot& live_;
  const Catalog& catalog_;
  const PathMoves& done_;
  UserRef who_;
  std::set<GroupRef> groups_;
  static inline const PathMoves::Person kNothing{};
  const PathMoves::Person* own_ = &kNothing;
};

}  // namespace rolecall
