#pragma once

#include <string>
#include <string_view>

namespace rolecall {

/// Text as the pieces of TOML that this tool writes. What comes out reads back as the same text,
/// whatever it holds; bytes that are not UTF-8 are shown escaped instead.

/// A basic string, on one line. Characters that hide or reorder what a person reads are \uXXXX.
[[nodiscard]] std::string toml_string(std::string_view text);
/// Bare where TOML allows that, else as a string.
[[nodiscard]] std::string toml_key(std::string_view text);
/// For a comment: cannot end the line it stands on. Shown, not to be read back.
[[nodiscard]] std::string toml_comment(std::string_view text);

}  // namespace rolecall
