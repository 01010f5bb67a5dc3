#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rolecall {

/// Offset of the first byte that is not part of valid UTF-8, or nothing. Overlong forms,
/// surrogates and code points over U+10FFFF are invalid (RFC 3629).
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view bytes);

/// Text from outside made safe for a terminal or a log line: control characters (C0, DEL, C1),
/// line breaks, bidirectional and zero-width characters become \u{..}, invalid UTF-8 becomes
/// \x... So does what a build server would take for a command to it: "::" in front, "##" anywhere.
/// Everything else stays as it is. (guarantees.md I5)
[[nodiscard]] std::string escape_terminal(std::string_view text);

/// The same in double quotes, with quotes and backslashes escaped, cut after `limit` characters.
[[nodiscard]] std::string quote(std::string_view text, std::size_t limit = 80);

/// The same for one Markdown table cell or list item: nothing in it can become markup, a mention,
/// a link or HTML.
[[nodiscard]] std::string escape_markdown(std::string_view text);

/// JSON, already serialized, with \uXXXX for what escape_terminal would not let through.
[[nodiscard]] std::string escape_json(std::string json);

/// First code point that has no place in a name people review: control, bidirectional, zero-width.
[[nodiscard]] std::optional<char32_t> find_hidden_character(std::string_view text);

/// Two scripts within one word, as when one letter is not the Latin one it looks like: "Latin and
/// Cyrillic". East Asian scripts go together with each other and with any other one.
[[nodiscard]] std::optional<std::string> find_mixed_scripts(std::string_view text);

/// Lower case by Unicode rules without a locale (Turkish i stays out of it), then NFC.
[[nodiscard]] std::string fold_case(std::string_view text);

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

[[nodiscard]] bool is_ascii(std::string_view text);

/// ASCII letters to lower case, nothing else.
[[nodiscard]] std::string to_lower_ascii(std::string_view text);

/// White space of ASCII taken off both ends.
[[nodiscard]] std::string_view trim_ascii(std::string_view text);

/// As a POSIX shell reads it: in quotes where it has anything but letters, digits and ./:@%+=,_-
[[nodiscard]] std::string shell_word(std::string_view text);

/// Number of code points in valid UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

/// The candidate nearest to `word` for a "did you mean": at most two edits away, else the only one
/// that `word` is the beginning of (three characters at least).
[[nodiscard]] std::optional<std::string> closest(std::string_view word,
                                                 std::span<const std::string_view> candidates);

}  // namespace rolecall
