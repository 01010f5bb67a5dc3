#pragma once

#include <string>
#include <vector>

#include "tests/support/cases.h"

namespace rolecall::test {

/// A key of a TOML table with what it holds, apart from how that is written.
struct TomlEntry {
  enum class Kind : std::uint8_t { text, list, table, raw };
  Kind kind = Kind::raw;
  std::string key;
  std::string text;                ///< of a text; a raw value as it is written (number, date)
  std::vector<TomlEntry> entries;  ///< of a table in any order; of a list, without keys
};
[[nodiscard]] TomlEntry toml_text(std::string key, std::string text);
[[nodiscard]] TomlEntry toml_raw(std::string key, std::string value);
[[nodiscard]] TomlEntry toml_list(std::string key, std::vector<TomlEntry> items);
[[nodiscard]] TomlEntry toml_texts(std::string key, const std::vector<std::string>& items);
[[nodiscard]] TomlEntry toml_table(std::string key, std::vector<TomlEntry> entries);

/// Writes one document in any of the ways that mean the same: other quotes and escapes, blanks,
/// comments and blank lines, lists on one line or many, tables inline, dotted or under a header of
/// their own, keys and tables in any order, CRLF, a byte order mark.
class TomlPen {
 public:
  explicit TomlPen(Dice& how) : how_(how) {}

  /// The tables of a document's top level.
  [[nodiscard]] std::string document(std::vector<TomlEntry> entries);

 private:
  std::string quoted(const std::string& text);
  std::string key(const std::string& name);
  std::string value(const TomlEntry& entry, bool may_break);
  std::string list(const TomlEntry& entry, bool may_break);
  std::string inline_table(const TomlEntry& entry);
  std::string blanks();
  std::string line_end();
  /// The lines of a table; what gets a header of its own is put behind `later`.
  std::string lines(const std::string& path, const std::string& prefix,
                    std::vector<TomlEntry> entries, std::string& later);
  void shuffle(std::vector<TomlEntry>& entries);

  Dice& how_;
};

}  // namespace rolecall::test
