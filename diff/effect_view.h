#pragma once

#include <string>
#include <vector>

#include "diff/plan.h"

namespace rolecall {

/// The words for what a plan means for people, shared by text and Markdown. No text in here is
/// escaped yet.

/// People for whom a plan means the same.
struct EffectGroup {
  std::vector<std::string> deeds;   ///< "gains jira (user)", one for each app
  std::vector<std::string> people;  ///< addresses, sorted
  bool takes = false;               ///< somebody loses a role on an app
};
/// Those who lose something first.
[[nodiscard]] std::vector<EffectGroup> group_effects(const Plan& plan);

/// What "may" means in the deeds of an effect; empty where none of them has it.
[[nodiscard]] std::string_view uncertainty_in_words(const Plan& plan);

/// "jira: 97 of 100 seats taken, 99 after (takes 3, frees 1)".
[[nodiscard]] std::string seats_in_words(const Seats& seats);
/// "jira: 2 seats left for 3 people", to be followed by who is left over. Only where somebody is.
[[nodiscard]] std::string shortage_in_words(const Seats& seats);

/// "3 people from outside acme.example are given something".
[[nodiscard]] std::string outsiders_in_words(const Plan& plan, std::size_t n);
/// "invited, added to engineering": what one of them is given.
[[nodiscard]] std::string gifts_in_words(const std::vector<const Change*>& gifts);

/// "2 edit, 1 drift since run 12 of 2026-11-26T08:00:00Z"; empty where nothing is known.
[[nodiscard]] std::string origins_in_words(const Plan& plan);
/// The cause, led by where the change comes from where that is known: "drift, rolecall.toml:31
/// listed in members".
[[nodiscard]] std::string cause_in_words(const Change& change);

}  // namespace rolecall
