#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rolecall {

/// A moment in UTC, to the millisecond. Always an argument; only the shell asks a clock.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-12-01" (midnight UTC), "2026-12-01T08:00:00Z", with fractions, with "+02:00", or without
/// an offset, which means UTC. Nothing for anything else, such as 2026-02-30.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text);

/// "2026-12-01T08:00:00Z"; milliseconds only when there are any.
[[nodiscard]] std::string format_instant(Instant instant);

/// IMF-fixdate of HTTP ("Sun, 06 Nov 1994 08:49:37 GMT"), as in Date and Retry-After (RFC 9110).
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);
[[nodiscard]] std::string format_http_date(Instant instant);

}  // namespace rolecall
