#include "state/api/base_url.h"

#include <fmt/format.h>

#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "state/model/text.h"

namespace rolecall {
namespace {

bool is_loopback(const boost::urls::url_view& url) {
  switch (url.host_type()) {
    case boost::urls::host_type::ipv4:
      return url.host_ipv4_address().is_loopback();
    case boost::urls::host_type::ipv6:
      return url.host_ipv6_address().is_loopback();
    case boost::urls::host_type::name:
      return to_lower_ascii(url.encoded_host()) == "localhost";
    default:
      return false;
  }
}

bool is_link_local(const boost::urls::url_view& url) {
  if (url.host_type() == boost::urls::host_type::ipv4) {
    const auto bytes = url.host_ipv4_address().to_bytes();
    return bytes[0] == 169 && bytes[1] == 254;
  }
  if (url.host_type() == boost::urls::host_type::ipv6) {
    const auto address = url.host_ipv6_address();
    const auto bytes = address.to_bytes();
    const bool mapped = address.is_v4_mapped() && bytes[12] == 169 && bytes[13] == 254;
    return mapped || (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80);
  }
  return false;
}

/// Names go into DNS, SNI and certificates: only what is lawful there.
bool is_host_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of(kAllowed) == std::string_view::npos && name.front() != '.' &&
         name.find("..") == std::string_view::npos;
}

Result<std::string> checked_path(const boost::urls::url_view& url, const std::string& shown) {
  std::string path(url.encoded_path());
  // Boost.URL 1.81 ends a host behind what looks like an IPv4 address: "127.0.0.1.example.com" is
  // "127.0.0.1" with the path ".example.com" to it.
  if (!path.empty() && path.front() != '/') {
    return fail(fmt::format("API address {} has no usable host name", shown));
  }
  while (path.ends_with('/')) path.pop_back();
  if (path.find("//") != std::string::npos || path.find("/.") != std::string::npos) {
    return fail(fmt::format("API address {} has an odd path", shown));
  }
  return path;
}

Result<std::uint16_t> checked_port(const boost::urls::url_view& url, const std::string& shown,
                                   bool tls) {
  if (!url.has_port() || url.port().empty()) return static_cast<std::uint16_t>(tls ? 443 : 80);
  if (url.port_number() == 0) {
    return fail(fmt::format("API address {}: port must be from 1 to 65535", shown));
  }
  return url.port_number();
}

}  // namespace

std::string BaseUrl::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  std::string text = ipv6 ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) text += fmt::format(":{}", port);
  return text;
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  // A password in the address must not be repeated in the message about it.
  const std::string shown =
      text.find('@') == std::string_view::npos ? quote(text, 200) : "(not shown)";
  const auto parsed = boost::urls::parse_uri(text);
  if (parsed.has_error()) {
    return fail(fmt::format("API address {} is not a URL", shown),
                fmt::format("for example {}", kDefaultApiUrl));
  }
  const auto& url = *parsed;
  const auto scheme = to_lower_ascii(url.scheme());
  if (scheme != "https" && scheme != "http") {
    return fail(fmt::format("API address {} must be https", shown));
  }
  if (url.has_userinfo() || url.has_query() || url.has_fragment()) {
    return fail(fmt::format("API address {}: user, query and fragment are not allowed", shown));
  }
  if (is_link_local(url)) return fail(fmt::format("API address {} is link-local", shown));
  const bool tls = scheme == "https";
  if (!tls && !is_loopback(url)) {
    return fail(fmt::format("API address {} must be https", shown),
                "plain http is for loopback addresses only (127.0.0.1, [::1], localhost)");
  }
  BaseUrl base;
  base.tls = tls;
  const bool name = url.host_type() == boost::urls::host_type::name;
  base.host = to_lower_ascii(name ? url.encoded_host() : url.encoded_host_address());
  if (name && !is_host_name(base.host)) {
    return fail(fmt::format("API address {} has no usable host name", shown));
  }
  if (url.host_type() == boost::urls::host_type::ipvfuture ||
      url.host_type() == boost::urls::host_type::none) {
    return fail(fmt::format("API address {} has no usable host", shown));
  }
  auto port = checked_port(url, shown, tls);
  if (!port) return tl::make_unexpected(port.error());
  base.port = *port;
  auto path = checked_path(url, shown);
  if (!path) return tl::make_unexpected(path.error());
  base.path = std::move(*path);
  return base;
}

}  // namespace rolecall
