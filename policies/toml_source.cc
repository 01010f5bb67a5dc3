#include "policies/toml_source.h"

#include <utility>

#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::string_view kBlank = " \t";

/// "2026-12-01", which a time may follow after a space.
bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U}) {
    if (!is_digit(text[i])) return false;
  }
  return true;
}

/// Reads forward only. What does not fit leaves `fine_` false and ends the reading.
class SourceReader {
 public:
  explicit SourceReader(std::string_view text) : text_(text) {}

  std::optional<std::vector<WrittenStatement>> run() {
    std::vector<WrittenStatement> out;
    while (fine_ && pos_ < text_.size()) out.push_back(statement());
    if (!fine_) return std::nullopt;
    return out;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_line_end() const {
    return pos_ >= text_.size() || peek() == '\n' || (peek() == '\r' && peek(1) == '\n');
  }
  void skip_blanks() {
    while (pos_ < text_.size() && kBlank.find(peek()) != std::string_view::npos) ++pos_;
  }
  bool take(char wanted) {
    if (pos_ >= text_.size() || peek() != wanted) return false;
    ++pos_;
    return true;
  }
  void must_take(char wanted) {
    if (!take(wanted)) fine_ = false;
  }
  void take_line_end() {
    take('\r');
    if (pos_ < text_.size()) must_take('\n');
  }

  /// Nothing where there is no comment.
  std::string_view comment() {
    if (peek() != '#') return {};
    const std::size_t begin = pos_;
    while (!at_line_end()) ++pos_;
    std::string_view out = text_.substr(begin, pos_ - begin);
    return out.substr(0, out.find_last_not_of(kBlank) + 1);
  }

  WrittenStatement statement() {
    WrittenStatement out;
    skip_blanks();
    if (at_line_end()) {
      take_line_end();
      return out;
    }
    if (peek() == '#') {
      out.kind = WrittenStatement::Kind::comment;
    } else if (take('[')) {
      out.kind = take('[') ? WrittenStatement::Kind::array_table : WrittenStatement::Kind::table;
      out.name = key();
      must_take(']');
      if (out.kind == WrittenStatement::Kind::array_table) must_take(']');
    } else {
      out.kind = WrittenStatement::Kind::entry;
      out.entry = entry();
    }
    skip_blanks();
    out.comment = comment();
    if (!at_line_end()) fine_ = false;
    take_line_end();
    return out;
  }

  WrittenEntry entry() {
    WrittenEntry out;
    for (const std::string_view part : key()) {
      out.key.append(out.key.empty() ? "" : ".").append(part);
    }
    must_take('=');
    skip_blanks();
    out.value = value();
    return out;
  }

  /// Up to the character behind it.
  std::vector<std::string_view> key() {
    std::vector<std::string_view> parts;
    do {
      skip_blanks();
      parts.push_back(peek() == '"' || peek() == '\'' ? string() : bare(".=]# \t"));
      skip_blanks();
    } while (fine_ && take('.'));
    return parts;
  }

  std::string_view bare(std::string_view ends) {
    const std::size_t begin = pos_;
    while (!at_line_end() && ends.find(peek()) == std::string_view::npos) ++pos_;
    if (pos_ == begin) fine_ = false;
    return text_.substr(begin, pos_ - begin);
  }

  std::string_view string() {
    const std::size_t begin = pos_;
    const char quote = peek();
    const bool is_long = peek(1) == quote && peek(2) == quote;
    pos_ += is_long ? 3 : 1;
    while (fine_) {
      if (pos_ >= text_.size() || (!is_long && at_line_end())) {
        fine_ = false;
      } else if (quote == '"' && peek() == '\\') {
        pos_ += 2;
      } else if (peek() == quote && is_long && peek(1) == quote && peek(2) == quote) {
        // The last of up to five quotes end it; those before belong to it.
        pos_ += 3;
        for (int more = 0; more < 2 && peek() == quote; ++more) ++pos_;
        break;
      } else {
        const bool ends = peek() == quote && !is_long;
        ++pos_;
        if (ends) break;
      }
    }
    return fine_ ? text_.substr(begin, pos_ - begin) : std::string_view();
  }

  WrittenValue value() {
    WrittenValue out;
    if (peek() == '[') return array();
    if (peek() == '{') return inline_table();
    if (peek() == '"' || peek() == '\'') {
      out.scalar = string();
      return out;
    }
    const std::size_t begin = pos_;
    out.scalar = bare(",]}# \t");
    if (is_date(out.scalar) && peek() == ' ' && is_digit(peek(1))) {
      ++pos_;
      (void)bare(",]}# \t");
      out.scalar = text_.substr(begin, pos_ - begin);
    }
    return out;
  }

  WrittenValue inline_table() {
    WrittenValue out;
    out.kind = WrittenValue::Kind::table;
    must_take('{');
    skip_blanks();
    if (take('}')) return out;
    do {
      out.entries.push_back(entry());
      skip_blanks();
    } while (fine_ && take(','));
    must_take('}');
    return out;
  }

  WrittenValue array() {
    WrittenValue out;
    out.kind = WrittenValue::Kind::array;
    must_take('[');
    bool behind_element = false;  // on its line, so that a comment is about it
    int line_ends = 0;
    while (fine_) {
      skip_blanks();
      if (take(']')) return out;
      if (pos_ >= text_.size()) {
        fine_ = false;
      } else if (at_line_end()) {
        take_line_end();
        behind_element = false;
        if (++line_ends == 2 && !out.parts.empty()) out.parts.emplace_back();
      } else if (peek() == '#') {
        const std::string_view found = comment();
        if (behind_element) {
          out.parts.back().comment = found;
        } else {
          out.parts.push_back({{}, found});
        }
        behind_element = false;
        line_ends = 0;
      } else if (take(',')) {
        out.ends_with_comma = true;
      } else {
        out.parts.emplace_back().element.push_back(value());
        out.ends_with_comma = false;
        behind_element = true;
        line_ends = 0;
      }
    }
    return out;
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  bool fine_ = true;
};

void add_comments(const WrittenValue& value, std::vector<std::string_view>& out) {
  for (const WrittenEntry& entry : value.entries) add_comments(entry.value, out);
  for (const WrittenPart& part : value.parts) {
    if (!part.element.empty()) add_comments(part.element.front(), out);
    if (!part.comment.empty()) out.push_back(part.comment);
  }
}

}  // namespace

std::optional<std::vector<WrittenStatement>> read_statements(std::string_view text) {
  return SourceReader(text).run();
}

std::vector<std::string_view> comments_of(const std::vector<WrittenStatement>& statements) {
  std::vector<std::string_view> out;
  for (const WrittenStatement& statement : statements) {
    add_comments(statement.entry.value, out);
    if (!statement.comment.empty()) out.push_back(statement.comment);
  }
  return out;
}

}  // namespace rolecall
