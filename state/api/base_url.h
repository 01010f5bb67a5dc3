#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

inline constexpr std::string_view kDefaultApiUrl = "https://api.atlassian.com/admin";

/// Where the API lives. `host` is a name or an address without brackets, in lower case;
/// `path` has no trailing slash ("" or "/admin").
struct BaseUrl {
  bool tls = true;
  std::string host;
  std::uint16_t port = 443;
  std::string path;

  /// What goes into the Host header: brackets around IPv6, the port only where it is not the
  /// scheme's own.
  [[nodiscard]] std::string authority() const;
  friend bool operator==(const BaseUrl&, const BaseUrl&) = default;
};

/// Checks an address for the API: https; plain http only to a loopback address (127.0.0.0/8, ::1,
/// localhost); no user, query or fragment; no link-local address (169.254.0.0/16, fe80::/10).
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

}  // namespace rolecall
