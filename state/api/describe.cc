#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <cctype>

#include "state/api/fetch.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::size_t kLongestQuote = 512;

bool is_token_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-._~+/").find(c) != std::string_view::npos;
}

/// No word of a language: has digits, or capitals after its first letter.
bool is_made_up(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [&](const char& c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && &c != word.data());
  });
}

/// What looks like somebody's key: it follows the name of a scheme (RFC 9110, 11.4), or begins as
/// Atlassian's tokens or JSON Web Tokens do.
bool is_token(std::string_view word, std::string_view before) {
  if (before == "bearer" || before == "basic") return word.size() >= 8 && is_made_up(word);
  return word.size() >= 16 &&
         (word.starts_with("ATATT") || word.starts_with("ATCTT") || word.starts_with("eyJ"));
}

/// A server that repeats a key in an error, be it another's, is not quoted in that.
std::string without_tokens(std::string_view text) {
  std::string out, before;
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_token_character);
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (word.empty()) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    out += is_token(word, before) ? "[key]" : word;
    before = to_lower_ascii(word);
    text.remove_prefix(word.size());
  }
  return out;
}

std::string error_text(const boost::json::value& error) {
  std::string out;
  for (const char* key : {"code", "title", "detail", "message"}) {
    const boost::json::string* text = string_member(error, key);
    if (text == nullptr || text->empty()) continue;
    if (!out.empty()) out += ' ';
    out += escape_terminal(without_tokens(*text));
  }
  return out;
}

}  // namespace

std::string_view advice_on(int status) {
  switch (status) {
    case 401:
      return "the API key is wrong or has expired (keys last at most a year)";
    case 402:
      return "the organization has no paid subscription";
    case 403:
      return "the API key lacks the permission, or the object may not be changed";
    case 404:
      return "not found, or not visible to this API key";
    case 429:
      return "rate limit";
    default:
      return {};
  }
}

bool is_json(const Response& response) {
  const std::string type = to_lower_ascii(response.content_type);
  std::string_view rest = type;
  const std::string_view name = trim_ascii(rest.substr(0, rest.find(';')));
  if (name != "application/json") return false;
  while (rest.find(';') != std::string_view::npos) {
    rest.remove_prefix(rest.find(';') + 1);
    const std::string_view parameter = trim_ascii(rest.substr(0, rest.find(';')));
    const bool other = parameter.starts_with("charset") && parameter != "charset=utf-8" &&
                       parameter != "charset=\"utf-8\"";
    if (other) return false;
  }
  return true;
}

std::string describe_error_body(const Response& response) {
  std::string out;
  if (is_json(response) && !response.body.empty()) {
    if (const auto value = parse_json(response.body)) {
      if (const boost::json::array* errors = array_member(*value, "errors")) {
        for (const boost::json::value& error : *errors) {
          if (!out.empty()) out += "; ";
          out += error_text(error);
        }
      } else {
        out = error_text(*value);
      }
    }
  } else if (!response.body.empty()) {
    out = fmt::format(
        "{} ({} bytes)",
        response.content_type.empty() ? "no content type" : escape_terminal(response.content_type),
        response.body.size());
  }
  if (out.size() > kLongestQuote) {
    out.resize(kLongestQuote);
    while (find_invalid_utf8(out)) out.pop_back();
    out += "...";
  }
  return out;
}

std::string describe_failure(const ReadRequest& request, const Answer& answer) {
  const std::string_view target = request.request().target;
  const std::string where =
      fmt::format("{} {}", name(request.request().method), target.substr(0, target.find('?')));
  if (!answer) return fmt::format("{}: {}", where, answer.error().what);
  std::string out = fmt::format("{}: {}", where, answer->status);
  const std::string_view hint = advice_on(answer->status);
  if (!hint.empty()) out += fmt::format(", {}", hint);
  if (answer->status >= 300 && answer->status < 400) out += ", unexpected redirect; not followed";
  const std::string body = describe_error_body(*answer);
  if (!body.empty()) out += fmt::format(" ({})", body);
  return out;
}

}  // namespace rolecall
