#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "diff/diff.h"

namespace rolecall {

inline constexpr std::string_view kNearName = "near_name";

/// Pairs of `missing[first]` and `there[second]` that are one slip of a finger apart: a character
/// too many, one too few, another one, or two neighbours swapped. Names of which a digit tells one
/// from the other (ana1, ana2) are no slip, nor are short ones (fewer than five characters; of an
/// address, four before the @). In the order of `missing`, then of `there`. Takes time for the
/// length of all names, not for the number of pairs.
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> near_names(
    const std::vector<std::string_view>& missing, const std::vector<std::string_view>& there);

/// Whoever the policy declares and the organization has not, while it has somebody of nearly that
/// name of whom the policy does not speak: as likely as not it means that one. A misspelt
/// invitation is a stranger's mail, and a misspelt suspension locks nobody out. Groups likewise.
void note_near_names(const PlanInput& input, std::vector<Note>& notes);

}  // namespace rolecall
