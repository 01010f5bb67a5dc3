#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "state/api/fetch.h"
#include "state/api/tokens.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::size_t kLongestQuote = 512;

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

bool is_foreign_error(const Response& response) {
  if (response.status < 400) return false;
  if (!is_json(response)) return true;
  const auto error = parse_json(response.body);
  return !error || !error->is_object();
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
    out = fmt::format("{} ({} bytes)",
                      response.content_type.empty()
                          ? "no content type"
                          : escape_terminal(without_tokens(response.content_type)),
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
