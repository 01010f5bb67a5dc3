#include "state/simulator/cursor.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <vector>

namespace rolecall::simulator {
namespace {

// The alphabet with "+" and "/": clients have to encode what they put into a URL.
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t chunk = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      chunk = chunk << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kAlphabet[chunk >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t chunk = 0;
    std::size_t digits = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t value = kAlphabet.find(text[i + k]);
      chunk <<= 6;
      if (value == std::string_view::npos) {
        if (text[i + k] != '=' || k < 2 || i + 4 != text.size()) return std::nullopt;
        continue;
      }
      if (digits != k) return std::nullopt;
      chunk |= static_cast<std::uint32_t>(value);
      ++digits;
    }
    for (std::size_t k = 0; k + 1 < digits; ++k) {
      out += static_cast<char>(chunk >> (16 - 8 * k) & 0xffU);
    }
  }
  return out;
}

std::uint64_t fnv(std::string_view bytes, std::uint64_t hash = 0xcbf29ce484222325U) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash ^ hash >> 29;
}

std::optional<std::uint64_t> take_number(std::string_view& rest) {
  const std::size_t end = rest.find('.');
  if (end == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto [stop, ec] = std::from_chars(rest.data(), rest.data() + end, value, 16);
  if (ec != std::errc() || stop != rest.data() + end) return std::nullopt;
  rest.remove_prefix(end + 1);
  return value;
}

}  // namespace

std::string write_cursor(const Cursor& cursor) {
  const std::string body = fmt::format("{:x}.{:x}.{:x}.{}", cursor.listing, cursor.position,
                                       cursor.nonce, cursor.carried);
  return to_base64(fmt::format("{:x}.{}", fnv(body), body));
}

std::optional<Cursor> read_cursor(std::string_view text) {
  const auto bytes = from_base64(text);
  if (!bytes) return std::nullopt;
  std::string_view rest = *bytes;
  const auto sum = take_number(rest);
  if (!sum || *sum != fnv(rest)) return std::nullopt;
  const auto listing = take_number(rest);
  const auto position = listing ? take_number(rest) : std::nullopt;
  const auto nonce = position ? take_number(rest) : std::nullopt;
  if (!nonce) return std::nullopt;
  return Cursor{*listing, *position, *nonce, std::string(rest)};
}

std::uint64_t hash_listing(std::string_view path, std::string_view filters) {
  return fnv(filters, fnv(path));
}

}  // namespace rolecall::simulator
