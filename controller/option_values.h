#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rolecall {

/// A whole number in ASCII digits from `least` to `most`; no sign, no spaces.
[[nodiscard]] std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t least,
                                                       std::uint64_t most);

/// "15m", "90s", "2h", "1d": one whole number with a unit. Nothing for anything else or for more
/// than ten years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// Calls a second: "20", "20/s", "0.5/s". More than 0, at most 10,000.
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);

/// How the digest of a plan begins, in lower case: 12 to 64 hexadecimal digits.
[[nodiscard]] std::optional<std::string> parse_digest(std::string_view text);

}  // namespace rolecall
