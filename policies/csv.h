#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/toml_document.h"

namespace rolecall {

/// What is not CSV, and where: a byte offset into the text.
struct CsvProblem {
  std::size_t offset = 0;
  std::string what;
  std::string hint;
};

struct CsvField {
  std::string_view text;   ///< without its quotes, a doubled quote made one
  std::size_t offset = 0;  ///< of its first byte, the opening quote where it has one
};

/// Reads CSV (RFC 4180) record by record, and nothing looser: a quote stands around a whole field
/// or doubled within one, lines end with CR LF or LF. Blank lines at the end are none; any other is
/// a record of one empty field. How many fields a record must have is for the caller to say.
class CsvReader {
 public:
  /// `text` is valid UTF-8 without a byte-order mark, and outlives the reader. The delimiter is the
  /// comma or the semicolon, whichever stands more often in the first line outside quotes.
  explicit CsvReader(std::string_view text);

  /// The next record, valid until the one after; null at the end and after a problem.
  [[nodiscard]] const std::vector<CsvField>* next();
  [[nodiscard]] const std::optional<CsvProblem>& problem() const { return problem_; }
  /// Of an offset into the record that was read last.
  [[nodiscard]] Position position(std::size_t offset) const;

 private:
  bool read_quoted(CsvField& field);
  bool read_plain(CsvField& field);
  [[nodiscard]] std::size_t line_end_here() const;
  bool fail(std::size_t offset, std::string what, std::string hint);

  std::string_view text_;
  char delimiter_;
  std::size_t pos_ = 0;
  std::size_t record_begin_ = 0;
  std::uint32_t record_line_ = 1;
  std::vector<CsvField> fields_;
  std::deque<std::string> unquoted_;  ///< fields of this record that held doubled quotes
  std::optional<CsvProblem> problem_;
};

}  // namespace rolecall
