#pragma once

#include <set>
#include <string>

#include "diff/diff.h"

namespace rolecall {

/// Every rule of policy-language.md, "Safety limits", that the plan breaks: limits per class, the
/// floor of org admins after each call, protected people and groups. Writes the plan's refusals,
/// what acknowledgements admit (with a note for each), and why others do not.
///
/// A plan with refusals is never applied, not even in part.
///
/// Limits hold for 24 hours, not for a plan: what was done since, or may have been, counts besides
/// what the plan holds, against the population as it is now. A plan that takes nothing of a class
/// passes its limit whatever happened before. An acknowledgement admits up to `count` removals of
/// the plan itself, however many there were before. What it admitted does not count in the window
/// of later plans: it was reviewed on its own, and would otherwise stop all drift correction for a
/// day. Only limits can be acknowledged; the admin floor and what is protected cannot.
///
/// Somebody protected also loses what a deleted group gave them, unless it lives on under a new
/// name with them in it. What a group may do is the group's: to keep that, protect the group.
void check_safety(const PlanInput& input, Plan& plan);

/// The floor of org admins, followed call by call. Also used while applying, where calls may fail.
class AdminFloor {
 public:
  /// Starts from the organization that the plan was made on.
  explicit AdminFloor(const Plan& plan)
      : admins_(plan.org_admins.begin(), plan.org_admins.end()),
        ever_(admins_),
        suspended_admins_(plan.suspended_org_admins.begin(), plan.suspended_org_admins.end()),
        invited_(plan.pending_org_admins.begin(), plan.pending_org_admins.end()),
        floor_(plan.min_org_admins) {
    for (const std::string& admin : plan.org_admins_in_doubt) admins_.erase(admin);
  }

  /// It has not happened after all: somebody who was taken out is still an admin.
  void keep(const std::string& admin) {
    taken_.erase(admin);
    count_in(admin);
  }
  /// Whether this run has taken the role from them, or them out, or may have.
  [[nodiscard]] bool was_taken(const std::string& admin) const { return taken_.contains(admin); }
  /// Whether the change would take an active org admin away and leave fewer than the floor. Whoever
  /// was taken out, or is in doubt, may be one still: they are not let go either while those who
  /// count are fewer than the floor.
  [[nodiscard]] bool forbids(const Change& change) const;
  /// The change has happened, or may have: counts what it takes.
  void take(const Change& change);
  /// The change has certainly happened: counts what it gives too.
  void give(const Change& change);
  /// The change was found to have happened, without this run.
  void find(const Change& change);

  [[nodiscard]] static bool locks_out(const Change& change) {
    return change.kind == ChangeKind::suspend_user || change.kind == ChangeKind::remove_user;
  }
  /// Whether so few admins count that it matters whether somebody who is locked out was one, though
  /// nothing has shown it: an answer may leave that out.
  [[nodiscard]] bool leans_on_no_role_of(const Change& change) const;

  /// Was read to be an active admin, whether or not they count.
  void is_one(const std::string& admin) { ever_.insert(admin); }

  /// Somebody else has taken the role from an admin, or the admin out.
  void lose(const std::string& admin) { admins_.erase(admin); }

  /// Whether the change would take away an active org admin who counts.
  [[nodiscard]] bool takes_admin(const Change& change) const;
  /// Whether it may take one away: also somebody who counted once and was taken out.
  [[nodiscard]] bool may_take_admin(const Change& change) const;

  /// Whether somebody counts because of what was found.
  [[nodiscard]] bool was_found(const std::string& admin) const { return found_.contains(admin); }
  [[nodiscard]] const std::set<std::string>& admins() const { return admins_; }
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(admins_.size()); }

 private:
  void count_in(const std::string& admin);

  std::set<std::string> admins_;
  std::set<std::string> ever_;              ///< and who was one of them, or was in doubt
  std::set<std::string> suspended_admins_;  ///< count again once restored
  std::set<std::string> invited_;           ///< not active until they accept
  std::set<std::string> found_;             ///< see was_found
  std::set<std::string> taken_;             ///< by this run, or may be
  std::int64_t floor_;
};

}  // namespace rolecall
