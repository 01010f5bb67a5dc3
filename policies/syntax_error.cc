#include "policies/syntax_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <vector>

#include "policies/misplaced_keys.h"
#include "policies/toml_text.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

using std::string_view;

/// What to do about an error of toml++, by its words, where nothing better is known.
string_view hint_for(string_view what) {
  struct Hint {
    string_view part;
    string_view hint;
  };
  constexpr std::array kHints = {
      Hint{"defined already", "a key or table stands once; keep one of the two"},
      Hint{"day between", "write a day that exists, as in 2026-12-01"},
      Hint{"month between", "write a day that exists, as in 2026-12-01"},
      Hint{"between", "write a time that exists, as in 08:00:00"},
      Hint{"64 bits", "write a smaller number, of at most 64 bits"},
      Hint{"table header", "close it with \"]\", or \"]]\" where it begins with \"[[\""},
      Hint{"end-of-file", "close what is open before the end of the file"},
      Hint{"escape sequence", "write \\\\ for a backslash, or put the text in single quotes"},
      Hint{"unicode scalar", "write \\\\ for a backslash, or put the text in single quotes"},
  };
  for (const Hint& hint : kHints) {
    if (what.find(hint.part) != string_view::npos) return hint.hint;
  }
  return "look for a quote, bracket, comma or \"=\" too many or too few";
}

/// Values of the language, which are no secret.
constexpr std::array<string_view, 17> kWords = {
    "active",   "suspended", "removed", "present",   "absent", "exclusive",
    "additive", "ignore",    "suspend", "remove",    "delete", "user",
    "admin",    "guest",     "viewer",  "org-admin", "error"};

bool contains(string_view text, string_view part) {
  return text.find(part) != string_view::npos;
}

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

/// At the end of the file toml++ counts on from the last line feed.
std::size_t offset_of(Position at, string_view text) {
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < at.line; ++line) begin = text.find('\n', begin) + 1;
  std::size_t out = begin;
  const std::size_t end = std::min(text.find('\n', begin), text.size());
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;
  };
  for (std::uint32_t column = 1; column < at.column && out < end; ++column) {
    do ++out;
    while (out < end && continues(out));
  }
  return out;
}

/// A day as people write it and TOML does not: 1.12.2026, 2026/12/1. Where month and day could be
/// either, none.
struct OddDate {
  std::optional<std::chrono::year_month_day> day;
};

std::optional<OddDate> read_odd_date(string_view token) {
  std::array<unsigned, 3> parts{};
  std::array<std::size_t, 3> lengths{};
  char sign = 0;
  const char* at = token.data();
  const char* const end = at + token.size();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [rest, error] = std::from_chars(at, end, parts[i]);
    lengths[i] = static_cast<std::size_t>(rest - at);
    if (error != std::errc() || lengths[i] > 4) return std::nullopt;
    at = rest;
    if (i == 2) break;
    if (at == end || !contains("./-", string_view(at, 1)) || (sign != 0 && *at != sign)) {
      return std::nullopt;
    }
    sign = *at++;
  }
  if (at != end) return std::nullopt;
  // As TOML has them: a day that does not exist.
  if (sign == '-' && lengths == std::array<std::size_t, 3>{4, 2, 2}) return std::nullopt;
  const auto date = [](unsigned y, unsigned m, unsigned d) {
    return std::chrono::year(static_cast<int>(y)) / std::chrono::month(m) / std::chrono::day(d);
  };
  OddDate out;
  if (lengths[0] == 4) {
    out.day = date(parts[0], parts[1], parts[2]);
  } else if (lengths[2] == 4 && (sign == '.' || parts[0] > 12)) {
    out.day = date(parts[2], parts[1], parts[0]);
  } else if (lengths[2] == 4 && parts[1] > 12) {
    out.day = date(parts[2], parts[0], parts[1]);
  }
  if (out.day && !out.day->ok()) out.day.reset();
  return out;
}

class Sleuth {
 public:
  Sleuth(string_view text, Position stopped, string_view words)
      : text_(text), words_(words), stop_(offset_of(stopped, text)) {
    walk();
  }

  SyntaxError find() {
    if (contains(words_, "defined already")) {
      if (auto found = twice()) return *found;
    }
    if (contains(words_, "comment or whitespace")) {
      return error(stop_, "something stands behind the value",
                   "take it away, or write it on a line of its own");
    }
    if (auto found = open_list()) return *found;
    if (auto found = separator()) return *found;
    if (contains(words_, "table header")) {
      if (auto found = header()) return *found;
    } else if (contains(words_, "key-value pair") && !contains(words_, "dangling")) {
      if (auto found = key()) return *found;
    } else if (auto found = value()) {
      return *found;
    }
    return error(stop_, fmt::format("not TOML: {}", words_), std::string(hint_for(words_)));
  }

 private:
  struct Open {
    char bracket;
    std::size_t at;
  };

  [[nodiscard]] SyntaxError error(std::size_t at, std::string what, std::string hint) const {
    const string_view before = text_.substr(0, at);
    const std::size_t line = before.rfind('\n') + 1;  // npos + 1 is 0
    const auto lines = std::count(before.begin(), before.end(), '\n');
    return {{static_cast<std::uint32_t>(lines + 1),
             static_cast<std::uint32_t>(count_code_points(before.substr(line)) + 1)},
            std::move(what),
            std::move(hint)};
  }

  [[nodiscard]] string_view line_of(std::size_t at) const {
    const std::size_t begin = text_.substr(0, at).rfind('\n') + 1;
    string_view line = text_.substr(begin, text_.find('\n', begin) - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  [[nodiscard]] std::size_t line_start(std::size_t at) const {
    return static_cast<std::size_t>(line_of(at).data() - text_.data());
  }

  void skip_string(std::size_t& i) const {
    const char quote = text_[i];
    const std::string three(3, quote);
    const bool multi = text_.substr(i, 3) == three;
    i += multi ? 3 : 1;
    while (i < text_.size() && (multi ? text_.substr(i, 3) != three : text_[i] != quote)) {
      i += quote == '"' && text_[i] == '\\' ? 2U : 1U;
    }
    i += multi ? 3 : 1;
    // Two quotes more may stand before the closing three.
    for (int more = 0; multi && more < 2 && i < text_.size() && text_[i] == quote; ++more) ++i;
  }

  /// What is open where the parser stopped, and where the last thing before that ended.
  void walk() {
    for (std::size_t i = 0; i < stop_;) {
      const char c = text_[i];
      if (c == '#') {
        i = std::min(text_.find('\n', i), text_.size());
      } else if (c == '"' || c == '\'') {
        skip_string(i);
        behind_ = std::min(i, stop_);
      } else {
        if (c == '[' || c == '{') open_.push_back({c, i});
        if ((c == ']' || c == '}') && !open_.empty()) open_.pop_back();
        ++i;
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') behind_ = i;
      }
    }
  }

  /// The line before that says the same header or, in the same table, the same key.
  [[nodiscard]] std::optional<SyntaxError> twice() const {
    const auto said = [](string_view line) {
      line = trim_ascii(line);
      return line.starts_with('[') ? line : trim_ascii(line.substr(0, line.find('=')));
    };
    const string_view wanted = said(line_of(stop_));
    if (wanted.empty()) return std::nullopt;
    for (std::size_t at = line_start(stop_); at > 0;) {
      at = line_start(at - 1);
      const string_view line = line_of(at);
      if (said(line) == wanted) {
        return error(stop_, fmt::format("not TOML: {}", words_),
                     fmt::format("a key or table stands once; keep one of the two: line {} has it "
                                 "too",
                                 error(at, {}, {}).at.line));
      }
      if (!wanted.starts_with('[') && trim_ascii(line).starts_with('[')) break;
    }
    return std::nullopt;
  }

  /// A line that begins a key or a table of its own.
  [[nodiscard]] static bool begins_statement(string_view line) {
    line = trim_ascii(line.substr(0, line.find('#')));
    if (line.starts_with('[')) return line.size() > 2 && line.ends_with(']');
    std::size_t i = 0;
    while (i < line.size() && (is_bare(line[i]) || line[i] == '.')) ++i;
    if (i == 0 && (line.starts_with('"') || line.starts_with('\''))) {
      i = std::min(line.find(line[0], 1), line.size() - 1) + 1;
    }
    const string_view rest = trim_ascii(line.substr(i));
    return i > 0 && rest.starts_with('=');
  }

  /// A list that nobody closed: another key or table begins in it, or the file ends.
  std::optional<SyntaxError> open_list() const {
    std::vector<Open> open = open_;
    const string_view line = line_of(stop_);
    const std::size_t start = line_start(stop_);
    // [groups.two] looks like a list in the list.
    if (!open.empty() && open.back().at >= start && begins_statement(line) &&
        trim_ascii(line).starts_with('[')) {
      open.pop_back();
    }
    if (open.empty() || open.back().at >= start) {
      const bool ends = contains(words_, "end-of-file") || stop_ == text_.size();
      if (open.empty() || !ends) return std::nullopt;
    } else if (!contains(words_, "end-of-file") && !begins_statement(line)) {
      return std::nullopt;
    }
    const Open& last = open.back();
    if (last.bracket == '{') return std::nullopt;
    if (trim_ascii(line_of(last.at).substr(0, last.at - line_start(last.at))).empty() &&
        (open.size() == 1 || contains(words_, "table header"))) {
      return std::nullopt;  // a header
    }
    return error(last.at, "this list is not closed", "close it with \"]\" after its last entry");
  }

  /// What should stand between two entries, or after the last.
  std::optional<SyntaxError> separator() const {
    if (contains(words_, "dangling comma")) {
      return error(behind_ - (behind_ > 0 ? 1 : 0), "a comma before the closing \"}\"",
                   "take it away: after the last entry in braces stands none");
    }
    const bool in_braces = !open_.empty() && open_.back().bracket == '{';
    const bool at_line_end = stop_ >= text_.size() || text_[stop_] == '\n' || text_[stop_] == '\r';
    if (in_braces && at_line_end && (contains(words_, "closing") || contains(words_, "end-of-"))) {
      return error(open_.back().at, "what begins here with \"{\" does not end on its line",
                   "close it with \"}\" on the same line, or write a table of its own, as in "
                   "[users.\"ada@example.com\"], with a line for each key");
    }
    const char saw = stop_ < text_.size() ? text_[stop_] : '\n';
    if (!open_.empty() && ((saw == '}' && !in_braces) || (saw == ']' && in_braces))) {
      return error(behind_, in_braces ? "\"}\" is missing" : "\"]\" is missing",
                   fmt::format("close what begins with \"{}\" before this \"{}\"",
                               open_.back().bracket, saw));
    }
    if (contains(words_, "expected comma")) {
      return error(behind_, "a comma is missing", "write \",\" between two entries");
    }
    return std::nullopt;
  }

  std::optional<SyntaxError> header() const {
    const string_view line = line_of(stop_);
    const std::size_t brackets = line.starts_with("[[") ? 2 : 1;
    const std::size_t dot = line.find('.');
    const std::size_t close = line.rfind(']');
    if (!line.starts_with('[') || close == string_view::npos || dot == string_view::npos ||
        close < dot) {
      return std::nullopt;
    }
    string_view name = line.substr(dot + 1, close - dot - 1);
    while (name.ends_with(']')) name.remove_suffix(1);
    name = trim_ascii(name);
    if (name.empty() || contains(name, "\"") || contains(name, "'") || contains(name, "]")) {
      return std::nullopt;
    }
    const string_view section = trim_ascii(line.substr(brackets, dot - brackets));
    return error(static_cast<std::size_t>(name.data() - text_.data()),
                 "a name that has to stand in quotes",
                 may_be_repeated(name) ? fmt::format("write [{}.{}]", section, toml_string(name))
                                       : "put it in quotes, as in [groups.\"a name\"]");
  }

  /// The words of a line where a key and its value were expected.
  std::optional<SyntaxError> key() const {
    if (contains(words_, "expected value")) {
      return error(behind_, "nothing stands after \"=\"",
                   "write its value; {} for a person or a group of whom no more is to be said");
    }
    const std::size_t begin = key_start();
    const string_view line = line_of(begin);
    const string_view rest = text_.substr(begin, line_start(begin) + line.size() - begin);
    const char saw = stop_ < text_.size() ? text_[stop_] : '\n';
    if (saw == ':') return error(stop_, "\":\" after a key", "write \"=\" instead");
    const std::size_t equals = rest.find('=');
    if (equals == string_view::npos) {
      return error(behind_, "a key without a value", "write key = value, each on its line");
    }
    const string_view name = trim_ascii(rest.substr(0, equals));
    if (name.empty() || contains(name, "\"") || contains(name, "'") || contains(name, ",")) {
      return std::nullopt;
    }
    return error(begin, "a name that has to stand in quotes",
                 may_be_repeated(name) ? fmt::format("write {} = …", toml_string(name))
                                       : "put it in quotes, as in \"a name\" = …");
  }

  /// A hint shows no line that may hold a key of the API, as no excerpt does, and nothing endless.
  [[nodiscard]] bool may_be_repeated(string_view name) const {
    constexpr std::size_t kLongest = 80;
    return name.size() <= kLongest && !names_a_secret(line_of(std::min(stop_, text_.size()))) &&
           !names_a_secret(name);
  }

  [[nodiscard]] std::size_t key_start() const {
    std::size_t begin = std::min(stop_, text_.size());
    const std::size_t first = line_start(stop_);
    while (begin > first && !contains("{,", text_.substr(begin - 1, 1))) --begin;
    while (begin < stop_ && contains(" \t", text_.substr(begin, 1))) ++begin;
    return begin;
  }

  /// A value that is none.
  std::optional<SyntaxError> value() const {
    constexpr string_view kEnds = ",=[]{}\"'# \t\r\n";
    std::size_t begin = stop_;
    while (begin > 0 && !contains(kEnds, text_.substr(begin - 1, 1))) --begin;
    if (begin == stop_ && stop_ < text_.size() && contains(kEnds, text_.substr(begin, 1))) ++begin;
    const std::size_t end = std::min(text_.find_first_of(kEnds, begin), text_.size());
    if (begin >= end) return comment(begin);
    const string_view token = text_.substr(begin, end - begin);
    if (const auto date = read_odd_date(token)) {
      return error(begin, "not a date as TOML has them",
                   date->day ? fmt::format("write {:04}-{:02}-{:02}", int{date->day->year()},
                                           unsigned{date->day->month()}, unsigned{date->day->day()})
                             : "write year, month and day, as in 2026-12-01");
    }
    const std::string lower = to_lower_ascii(token);
    if (lower == "true" || lower == "false") {
      return error(begin, fmt::format("{} is no value", quote(token)),
                   fmt::format("write {}, in small letters", lower));
    }
    const bool letters = std::any_of(token.begin(), token.end(),
                                     [](char c) { return is_bare(c) && !is_digit(c) && c != '-'; });
    if (letters &&
        (contains(words_, "value type") || contains(token, "@") || contains(words_, "boolean") ||
         contains(words_, "expected 'inf'") || contains(words_, "expected 'nan'"))) {
      // Not repeated: it may be a key that stands in the wrong place.
      const bool word = std::find(kWords.begin(), kWords.end(), token) != kWords.end();
      return error(begin, "text without quotes",
                   word || (contains(token, "@") && may_be_repeated(token))
                       ? fmt::format("write {}", toml_string(token))
                       : "put it in quotes, as in \"ada@acme.example\"");
    }
    return comment(begin);
  }

  std::optional<SyntaxError> comment(std::size_t at) const {
    const string_view rest = text_.substr(std::min(at, text_.size()));
    if (!contains(words_, "root table")) return std::nullopt;
    if (!rest.starts_with("//") && !rest.starts_with(";") && !rest.starts_with("/*")) {
      return std::nullopt;
    }
    return error(at, "not a comment as TOML has them", "begin comments with \"#\"");
  }

  string_view text_;
  string_view words_;
  std::size_t stop_;
  std::vector<Open> open_;
  std::size_t behind_ = 0;
};

}  // namespace

SyntaxError explain_syntax(string_view text, Position stopped, string_view words) {
  return Sleuth(text, stopped, words).find();
}

}  // namespace rolecall
