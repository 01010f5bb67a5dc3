#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall {

// A TOML file as it was written, taken apart so that it can be put together again: keys and scalars
// letter by letter, every comment, the order. toml++ keeps none of that. All views point into the
// text.

struct WrittenPart;
struct WrittenEntry;

struct WrittenValue {
  enum class Kind : std::uint8_t { scalar, array, table };
  Kind kind = Kind::scalar;
  std::string_view scalar{};
  std::vector<WrittenPart> parts;     ///< of an array
  std::vector<WrittenEntry> entries;  ///< of an inline table
  bool ends_with_comma = false;       ///< after the last element of an array
};

/// What stands in an array: an element with the comment behind it, a comment on a line of its own,
/// or, with neither, a blank line.
struct WrittenPart {
  std::vector<WrittenValue> element{};  ///< one or none: an optional would want the type complete
  std::string_view comment{};           ///< with its "#", without the white space at its end
};

struct WrittenEntry {
  std::string key;  ///< its parts as written, joined by "."
  WrittenValue value;
};

struct WrittenStatement {
  enum class Kind : std::uint8_t { blank, comment, table, array_table, entry };
  Kind kind = Kind::blank;
  std::vector<std::string_view> name{};  ///< parts of a header
  WrittenEntry entry{};
  std::string_view comment{};  ///< the comment itself, or the one behind a header or an entry
};

/// `text` must be valid TOML (scan_bytes, Document); of anything else the result is nothing or
/// means nothing.
[[nodiscard]] std::optional<std::vector<WrittenStatement>> read_statements(std::string_view text);

/// Every comment in the order of the file.
[[nodiscard]] std::vector<std::string_view> comments_of(
    const std::vector<WrittenStatement>& statements);

}  // namespace rolecall
