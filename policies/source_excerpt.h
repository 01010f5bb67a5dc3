#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "policies/diagnostics.h"
#include "policies/policy.h"

namespace rolecall {

/// Shows the lines of policy files that places are about. Places must be asked for in their order:
/// each file is walked through once, however many there are.
class SourceExcerpts {
 public:
  explicit SourceExcerpts(std::span<const SourceFile> files);

  /// The line, with a caret below the column; both end in a line feed. Escaped for a terminal, cut
  /// around the place where it is long, a tab as one space. Nothing for a place that is in none of
  /// the files or means one as a whole, for a line that may hold a secret, and for rosters, whose
  /// rows may say more about people than a build's log should.
  [[nodiscard]] std::string at(const Place& place, bool color);

 private:
  /// How far a file has been walked.
  struct Cursor {
    std::string_view text{};
    std::size_t line_start = 0;
    std::size_t line_end = std::string_view::npos;  ///< once it has been looked for
    std::uint32_t line = 1;
    std::size_t pos = 0;  ///< of `column` in that line
    std::uint32_t column = 1;
  };

  std::map<std::string_view, Cursor> files_;
};

/// As render(diagnostics), for people: below the first line of each, the line of the file that it
/// is about, and colors where they are wanted.
[[nodiscard]] std::string render(const Diagnostics& diagnostics, std::span<const SourceFile> files,
                                 bool color);

}  // namespace rolecall
