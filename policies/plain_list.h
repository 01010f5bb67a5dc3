#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall {

/// A string as it stands in the file, without its quotes, and where it begins (as in Place).
struct PlainString {
  std::string_view text;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A TOML array that needs no TOML parser: over several lines, and in it nothing but strings in
/// double quotes, of printable ASCII without a backslash, and comments of printable ASCII. Nearly
/// all of a large policy is such lists of members, and toml++ takes longest for them.
struct PlainList {
  std::size_t begin = 0;  ///< of its "[" in the text
  std::size_t end = 0;    ///< behind its "]"
  std::uint32_t line = 0;
  std::uint32_t column = 0;     ///< of its "["
  std::uint32_t last_line = 0;  ///< of its "]"
  std::size_t last_line_start = 0;
  std::vector<PlainString> strings;
};

/// The array that begins at `begin`, which is at this line and column; nothing where it is no plain
/// list. The strings are views into `text`. Linear; looks no further than to what is not plain.
[[nodiscard]] std::optional<PlainList> read_plain_list(std::string_view text, std::size_t begin,
                                                       std::uint32_t line, std::uint32_t column);

/// The text with every list empty, and all else at the line and column where it was. `lists` are in
/// the order of the text.
[[nodiscard]] std::string without_plain_lists(std::string_view text,
                                              const std::vector<PlainList>& lists);

}  // namespace rolecall
