#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rolecall {

/// The color theme: what is good is green, what takes away or fails red, what wants attention
/// yellow.
enum class Tone : std::uint8_t { plain, bold, dim, red, green, yellow };

/// `text`, which is escaped already, in a tone for a terminal; as it is where `color` is not
/// wanted.
[[nodiscard]] inline std::string paint(bool color, Tone tone, std::string_view text) {
  constexpr std::array<std::string_view, 6> kCodes = {"", "1", "2", "31", "32", "33"};
  if (!color || tone == Tone::plain || text.empty()) return std::string(text);
  return std::string("\x1b[")
      .append(kCodes[static_cast<std::size_t>(tone)])
      .append("m")
      .append(text)
      .append("\x1b[0m");
}

}  // namespace rolecall
