#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diff/diff.h"

namespace rolecall {

/// The kinds of notes about what an undo cannot bring back, or does not touch.
inline constexpr std::string_view kUndoMail = "undo_mail";
inline constexpr std::string_view kUndoInvites = "undo_invites";
inline constexpr std::string_view kUndoNewGroup = "undo_new_group";
inline constexpr std::string_view kUndoLeftAlone = "undo_left_alone";
inline constexpr std::string_view kUndoPolicy = "undo_policy";

/// What goes along with a removed person or a deleted group, as the change that would bring it
/// back. For each of them one that brings back the person or the group itself, with `whole` when
/// all that went along is known. For somebody who is suspended a suspend_user besides.
struct Loss {
  Change change;
  bool whole = false;
};

/// What the plan takes along without listing it, as far as it was read.
[[nodiscard]] std::vector<Loss> losses_of(const PlanInput& input, const Plan& plan);

/// A run as the log has it. Of resources it has the ARI, in both fields.
struct LoggedRun {
  std::int64_t run = 0;
  bool is_undo = false;
  std::vector<Change> made;
  std::vector<Change> unknown;  ///< nobody knows whether they were made
  std::vector<Loss> lost;
  struct Later {
    std::int64_t run = 0;
    Change change;
  };
  std::vector<Later> later;  ///< what runs after it changed, or may have changed
};

/// The plan that takes back what the run did: only what it really changed, no later run has
/// touched, and is still so in `live`. It needs the grants of every group that the run made or gave
/// or took grants of, and of every person it invited or gave or took direct grants of.
///
/// The policy counts for safety alone. Notes say what cannot be brought back, what is left alone
/// and why. What is deleted or removed is so only while it holds nothing that did not come from the
/// run.
[[nodiscard]] PlanResult make_undo_plan(const LoggedRun& run, const PlanInput& input);

}  // namespace rolecall
