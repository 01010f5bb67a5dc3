#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rolecall::simulator {

/// Where a listing goes on. Opaque to clients: signed, so that one that was altered, or made for
/// another listing, is refused.
struct Cursor {
  std::uint64_t listing = 0;   ///< which path and, for searches, which filters
  std::uint64_t position = 0;  ///< of the next item
  std::uint64_t nonce = 0;     ///< 0, but where a fault wants cursors that differ
  std::string carried;         ///< the request it goes on with, where a cursor stands alone
};

[[nodiscard]] std::string write_cursor(const Cursor& cursor);
[[nodiscard]] std::optional<Cursor> read_cursor(std::string_view text);

[[nodiscard]] std::uint64_t hash_listing(std::string_view path, std::string_view filters);

}  // namespace rolecall::simulator
