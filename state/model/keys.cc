#include "state/model/keys.h"

#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "state/model/text.h"

namespace rolecall {
namespace {

// RFC 5321 section 4.5.3.1, in octets.
constexpr std::size_t kLongestAddress = 254;
constexpr std::size_t kLongestLocalPart = 64;
constexpr std::size_t kLongestGroupName = 255;

constexpr std::array<bool, 256> kNotInAddress = [] {
  std::array<bool, 256> out{};
  for (const char c : std::string_view(" \t,;<>()\"\\[]"))
    out[static_cast<unsigned char>(c)] = true;
  return out;
}();

Result<std::string> domain_to_ascii(std::string_view domain) {
  char* out = nullptr;
  const int code =
      idn2_to_ascii_8z(std::string(domain).c_str(), &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  const std::unique_ptr<char, decltype(&idn2_free)> owned(out, &idn2_free);
  if (code != IDN2_OK) {
    return fail(fmt::format("has an invalid domain: {}", idn2_strerror(code)));
  }
  return std::string(owned.get());
}

Result<void> check_domain(std::string_view domain) {
  if (domain.find('.') == std::string_view::npos) return fail("has a domain without a dot");
  std::size_t label = 0;
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0) return fail("has an empty part in its domain");
      label = 0;
      continue;
    }
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!fine) return fail(fmt::format("has {} in its domain", quote(std::string_view(&c, 1))));
    if (++label > 63) return fail("has a part of its domain longer than 63 characters");
  }
  if (label == 0) return fail("ends in a dot");
  return {};
}

}  // namespace

Result<Email> Email::parse(std::string_view text) {
  text = trim_ascii(text);
  if (text.empty()) return fail("is empty");
  if (find_invalid_utf8(text)) return fail("is not valid UTF-8");
  if (const auto hidden = find_hidden_character(text)) {
    return fail(
        fmt::format("holds the invisible character U+{:04X}", static_cast<std::uint32_t>(*hidden)),
        "remove it: reviewers cannot see it");
  }
  if (text.starts_with("mailto:")) {
    return fail("is not an e-mail address: it begins with \"mailto:\"", "leave that out");
  }
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return fail("is not an e-mail address: no \"@\"");
  if (text.find('@', at + 1) != std::string_view::npos) {
    return fail("is not an e-mail address: second \"@\"");
  }
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return kNotInAddress[static_cast<unsigned char>(c)]; })) {
    return fail("is not an e-mail address: space, comma, quote or bracket in it");
  }
  const std::string local = to_lower_ascii(text.substr(0, at));
  if (local.empty()) return fail("is not an e-mail address: nothing before \"@\"");
  if (local.size() > kLongestLocalPart)
    return fail("is not an e-mail address: too long before \"@\"");
  std::string domain = to_lower_ascii(text.substr(at + 1));
  if (domain.empty()) return fail("is not an e-mail address: nothing after \"@\"");
  if (!is_ascii(domain)) {
    Result<std::string> ascii = domain_to_ascii(domain);
    if (!ascii) return tl::make_unexpected(ascii.error());
    domain = to_lower_ascii(*ascii);
  }
  if (const Result<void> fine = check_domain(domain); !fine) {
    return tl::make_unexpected(fine.error());
  }
  std::string address = local + '@' + domain;
  if (address.size() > kLongestAddress) return fail("is longer than an e-mail address can be");
  return Email(std::move(address));
}

std::string_view Email::domain() const {
  return std::string_view(text_).substr(text_.find('@') + 1);
}

Result<GroupName> GroupName::parse(std::string_view text) {
  if (text.empty()) return fail("is empty", "write the group's name");
  if (find_invalid_utf8(text)) return fail("is not valid UTF-8");
  if (const auto hidden = find_hidden_character(text)) {
    return fail(
        fmt::format("holds the invisible character U+{:04X}", static_cast<std::uint32_t>(*hidden)),
        "remove it: reviewers cannot see it");
  }
  if (trim_ascii(text).size() != text.size())
    return fail("starts or ends with a space", "remove it");
  if (const std::size_t length = count_code_points(text); length > kLongestGroupName) {
    return fail(fmt::format("has {} characters, limit {}", length, kLongestGroupName),
                "shorten it");
  }
  return from_server(text);
}

GroupName GroupName::from_server(std::string_view text) {
  return GroupName(std::string(text), fold_case(text));
}

}  // namespace rolecall
