#include "controller/option_values.h"

#include <charconv>

#include "state/model/text.h"

namespace rolecall {

std::optional<std::uint64_t> parse_whole(std::string_view text, std::uint64_t least,
                                         std::uint64_t most) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end || value < least || value > most) return std::nullopt;
  return value;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      return std::nullopt;
  }
  constexpr std::uint64_t kLongest = 3'650ULL * 86'400;
  const auto number = parse_whole(text.substr(0, text.size() - 1), 0, kLongest / unit);
  if (!number) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(*number * unit));
}

std::optional<double> parse_rate(std::string_view text) {
  if (text.ends_with("/s")) text.remove_suffix(2);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  // Written so that what is no number at all is refused too.
  if (problem != std::errc() || stop != end || !(value > 0 && value <= 10'000)) return std::nullopt;
  return value;
}

std::optional<std::string> parse_digest(std::string_view text) {
  constexpr std::size_t kShortest = 12;
  constexpr std::size_t kWhole = 64;
  std::string digest = to_lower_ascii(text);
  const bool hexadecimal = digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hexadecimal || digest.size() < kShortest || digest.size() > kWhole) return std::nullopt;
  return digest;
}

}  // namespace rolecall
