#pragma once

#include <set>
#include <string>

#include "diff/plan.h"
#include "state/api/parse.h"

namespace rolecall {

/// What a change that is still to be made rests on, as it is now.
struct Premise {
  bool done = false;      ///< the organization is as the change wants it already
  std::string because{};  ///< else why it must not be made any more; empty: it may be
  bool gone = false;      ///< because the account, or the group, is not to be seen
  bool counts = false;    ///< it takes the role from somebody who is an active admin now
};

/// What one reading of an account or of a group says of changes about it: whether it is still the
/// one that was planned for, under its address or name, as active as it was, to be changed here,
/// and no new org admin where it is to go. Nothing of what it holds.
class Standing {
 public:
  explicit Standing(const Plan& plan);

  [[nodiscard]] Premise of(const Change& change, const ParsedUser& user) const;
  [[nodiscard]] static Premise of(const Change& change, const ParsedGroup& group);

  /// In the directory, and able to act.
  [[nodiscard]] static bool is_active(const ParsedUser& user);

 private:
  [[nodiscard]] Premise if_active(const Change& change, const ParsedUser& user) const;
  [[nodiscard]] std::string planned_address(const Change& change) const;
  [[nodiscard]] bool made_admin(const Change& change, const ParsedUser& user) const;

  const Plan& plan_;
  std::set<std::string> restored_;  ///< by this run, in time
};

}  // namespace rolecall
