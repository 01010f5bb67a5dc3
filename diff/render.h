#pragma once

#include <string>
#include <string_view>

#include "diff/against_base.h"
#include "diff/plan.h"

namespace rolecall {

struct TextOptions {
  bool color = false;
  std::size_t columns = 0;            ///< of the terminal: longer lines are wrapped; 0: none is
  const AgainstBase* base = nullptr;  ///< tells what was to be done before apart
  std::string apply_command;  ///< what applies this very plan; left out where it may not be applied
};

/// For a terminal, in the order of command-line.md, "Text plan". Everything that came from outside
/// is escaped; without `color` there is no control character but the line feed.
[[nodiscard]] std::string render_text(const Plan& plan, const TextOptions& options);

/// The object of command-line.md, "plan --format json": keys in that order, one list item a line,
/// the same bytes for the same plan. With `base` each change has a member "in_base", and there is
/// an object "base". Text that is not UTF-8 is escaped rather than refused.
[[nodiscard]] std::string render_json(const Plan& plan, std::string_view tool_version,
                                      const AgainstBase* base = nullptr);

/// No Markdown of ours is longer, so that it fits a review comment with what its author adds.
inline constexpr std::size_t kMostMarkdown = 60'000;

/// The first line of every plan in Markdown, the same for ever: by it a bot finds its own comment
/// again, to replace it.
inline constexpr std::string_view kMarkdownMarker = "<!-- rolecall plan -->";

/// For a comment in a review: verdict, refusals, risks (admins, sums of what is taken away, people
/// from outside, seats that run out), seats, then folded the apps people gain and lose, changes by
/// group and by person (with `base` this change's own, then what was to be done before), notes;
/// cost last. Fewer than kMostMarkdown bytes, so characters too: what does not fit is counted, from
/// the end of the folds up. Admins are shown one and all for as long as some hundreds of them fit.
/// `apply_command` is as in TextOptions.
[[nodiscard]] std::string render_markdown(const Plan& plan, const AgainstBase* base = nullptr,
                                          const std::string& apply_command = {});

}  // namespace rolecall
