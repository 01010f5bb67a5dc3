#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "diff/plan.h"

namespace rolecall {

/// What the text and the Markdown of a plan share: the order in which people read it, and words.
/// No text in here is escaped yet.

/// Of whom a note or a cause names so many; the others are counted.
inline constexpr std::size_t kSubjectsPerNote = 5;

/// One group or person and what changes about it.
struct ChangedSubject {
  std::string key;               ///< group name or e-mail address
  const Change* self = nullptr;  ///< the group or person as a whole; null when only parts change
  std::vector<const Change*> parts;
};

struct PlanView {
  std::vector<ChangedSubject> groups;  ///< by name; memberships and grants of groups
  std::vector<ChangedSubject> people;  ///< by address; presence, roles and direct grants
};
[[nodiscard]] PlanView view(const Plan& plan);

/// Somebody who gains or loses org-admin, by their role, by suspension, removal or restoring.
struct AdminChange {
  const Change* change = nullptr;
  bool gains = false;
};
[[nodiscard]] std::vector<AdminChange> admin_changes(const Plan& plan);

[[nodiscard]] char symbol(ChangeKind kind);
/// "invited", "suspended": what happens to the subject itself.
[[nodiscard]] std::string_view deed(ChangeKind kind);
/// "2 people to invite", "1 member to remove".
[[nodiscard]] std::string count_in_words(ChangeKind kind, std::size_t n);
/// "1 group to create, 3 members to add", apply order; empty for no change.
[[nodiscard]] std::string counts_in_words(const Plan& plan);
/// "12 of 40 memberships (30 %) would go", for the class of a refusal.
[[nodiscard]] std::string refusal_in_words(const Refusal& refusal);
/// The [[acknowledge]] tables, as TOML to be pasted into the policy, that would lift every refusal
/// about a limit; empty where none is.
[[nodiscard]] std::string acknowledgements_for(const Plan& plan);
/// What leads over to them: what they do not lift is said too.
[[nodiscard]] std::string acknowledgements_lead(const Plan& plan);
/// The notes that writing is stopped: shown among the risks.
inline constexpr std::string_view kStoppedNote = "stopped";

/// Whether every refusal is one of a limit, which an acknowledgement lets through.
[[nodiscard]] bool only_limits_refuse(const Plan& plan);
/// The notes that somebody was suspended or removed lately and is there all the same.
inline constexpr std::string_view kSettling = "settling";
/// What a run did less than 120 s ago, and the reading contradicts.
inline constexpr std::string_view kNotShownYet = "not_shown_yet";
inline constexpr std::string_view kAdminInDoubt = "org_admin_in_doubt";
inline constexpr std::string_view kNotHeld = "not_effective";
/// "add_member of "ada@acme.example" for group "engineering"", names quoted.
[[nodiscard]] std::string change_in_words(const Change& change);
/// "rolecall.toml:31 listed in members; CHG-4411"; empty where nothing is known.
[[nodiscard]] std::string cause_in_words(const Cause& cause);
/// The note is about somebody who is left as they are although the policy wants them otherwise.
[[nodiscard]] bool leaves_out(const Note& note);
/// Whether there is any such note.
[[nodiscard]] bool leaves_some_out(const Plan& plan);
/// Of a plan that rests on a quick look: what it rests on, and what was not looked at.
[[nodiscard]] std::vector<Note> not_looked_at(std::string_view full_read_at);

/// "21 reads made (groups 1, people 20), 7 writes, about 2 s".
[[nodiscard]] std::string cost_in_words(const Plan& plan);
/// What a kind of note means, in a few words.
[[nodiscard]] std::string_view note_in_words(std::string_view kind);

struct NoteGroup {
  std::string kind;
  std::vector<std::string> subjects;
};
[[nodiscard]] std::vector<NoteGroup> group_notes(const Plan& plan);

[[nodiscard]] std::size_t estimated_seconds(const Plan& plan);
/// What is shown of a digest.
[[nodiscard]] std::string_view short_digest(const Plan& plan);

}  // namespace rolecall
