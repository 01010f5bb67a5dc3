#pragma once

#include <string>
#include <string_view>

#include "policies/toml_document.h"

namespace rolecall {

/// A file that is not TOML, told to the person who wrote it.
struct SyntaxError {
  Position at;       ///< where to mend it: often before the place where the parser gave up
  std::string what;  ///< "a comma is missing"
  std::string hint;  ///< what to write instead
};

/// Finds the mistake behind what toml++ says of `text`: `stopped` and `words` are the place and the
/// description of its parse_error. A guess by the mistakes that people make; where it has none,
/// what toml++ said. `text` has passed scan_bytes. Linear.
[[nodiscard]] SyntaxError explain_syntax(std::string_view text, Position stopped,
                                         std::string_view words);

}  // namespace rolecall
