#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace rolecall {

/// A spot in a policy file. Lines and columns count from 1; columns count code points. A line of 0
/// means the file as a whole, an empty file means the policy as a whole.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const Place&) const = default;
};

enum class Severity : std::uint8_t { error, warning };

/// One problem, in words for the person who wrote the file. `what` quotes what was found; `hint`
/// says what to do and may be empty. Texts are not yet escaped.
struct Diagnostic {
  Place place;
  Severity severity = Severity::error;
  std::string what;
  std::string hint;
  std::vector<Place> related{};  ///< e.g. where the same thing was declared first
  auto operator<=>(const Diagnostic&) const = default;
};

/// All problems of all files, so that one run shows them all.
class Diagnostics {
 public:
  void error(Place place, std::string what, std::string hint = {}, std::vector<Place> related = {});
  void warning(Place place, std::string what, std::string hint = {},
               std::vector<Place> related = {});
  void append(const Diagnostics& other);

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] std::size_t error_count() const { return errors_; }
  /// By file, line, column; duplicates removed.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> items_;
  std::size_t errors_ = 0;
};

/// "rolecall.toml:12:1: error: WHAT", then an indented "hint: ..." and a "see: FILE:LINE:COL" for
/// each related place, and a last line that counts ("20 errors in 3 files"). Everything escaped for
/// a terminal. Empty when there is nothing to say.
[[nodiscard]] std::string render(const Diagnostics& diagnostics);

}  // namespace rolecall
