#include "policies/toml_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// Of a character in valid UTF-8, by its first byte.
std::size_t length_of(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

std::string toml_string(std::string_view text) {
  if (find_invalid_utf8(text)) return toml_string(escape_terminal(text));
  std::string out = "\"";
  while (!text.empty()) {
    const std::string_view character = text.substr(0, length_of(text.front()));
    text.remove_prefix(character.size());
    if (const auto hidden = find_hidden_character(character)) {
      const auto code = static_cast<std::uint32_t>(*hidden);
      out += code < 0x10000 ? fmt::format("\\u{:04X}", code) : fmt::format("\\U{:08X}", code);
    } else {
      if (character == "\"" || character == "\\") out += '\\';
      out += character;
    }
  }
  return out + '"';
}

std::string toml_key(std::string_view text) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  return bare ? std::string(text) : toml_string(text);
}

std::string toml_comment(std::string_view text) {
  return escape_terminal(text);
}

}  // namespace rolecall
