#include "policies/plain_list.h"

#include <array>
#include <utility>

namespace rolecall {
namespace {

constexpr bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

/// What a string of a plain list may hold.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (char c = ' '; c <= '~'; ++c) {
    plain[static_cast<unsigned char>(c)] = c != '"' && c != '\\';
  }
  return plain;
}();

class ListReader {
 public:
  ListReader(std::string_view text, std::size_t begin, std::uint32_t line, std::uint32_t column)
      : text_(text), at_(begin + 1), line_(line) {
    list_.begin = begin;
    list_.line = line;
    list_.column = column;
    // Of the first line only the columns from the bracket on are asked for.
    shift_ = column - static_cast<std::ptrdiff_t>(begin);
  }

  std::optional<PlainList> run() {
    bool wants_string = true;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t') continue;
      if (c == '"' && wants_string) {
        if (!string()) return std::nullopt;
        wants_string = false;
      } else if (c == ',' && !wants_string) {
        wants_string = true;
      } else if (c == '\n' || (c == '\r' && is_line_feed(at_ + 1))) {
        if (c == '\r') ++at_;
        next_line();
      } else if (c == '#') {
        if (!comment()) return std::nullopt;
      } else if (c == ']') {
        return finish();
      } else {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] bool is_line_feed(std::size_t at) const {
    return at < text_.size() && text_[at] == '\n';
  }

  void next_line() {
    ++line_;
    list_.last_line_start = at_ + 1;
    shift_ = -static_cast<std::ptrdiff_t>(at_);
  }

  /// Leaves at_ on the closing quote.
  bool string() {
    const std::size_t begin = at_ + 1;
    std::size_t end = begin;
    while (end < text_.size() && kPlain[static_cast<unsigned char>(text_[end])]) ++end;
    if (end == text_.size() || text_[end] != '"') return false;
    const auto column = static_cast<std::uint32_t>(static_cast<std::ptrdiff_t>(at_) + shift_);
    list_.strings.push_back({text_.substr(begin, end - begin), line_, column});
    at_ = end;
    return true;
  }

  /// Leaves at_ before the line break.
  bool comment() {
    while (at_ + 1 < text_.size() && (is_printable(text_[at_ + 1]) || text_[at_ + 1] == '\t')) {
      ++at_;
    }
    return is_line_feed(at_ + 1) || (is_line_feed(at_ + 2) && text_[at_ + 1] == '\r');
  }

  std::optional<PlainList> finish() {
    if (list_.strings.empty() || line_ == list_.line) return std::nullopt;
    list_.end = at_ + 1;
    list_.last_line = line_;
    return std::move(list_);
  }

  std::string_view text_;
  std::size_t at_;
  std::uint32_t line_;
  std::ptrdiff_t shift_ = 0;  ///< from a place in the text to its column
  PlainList list_;
};

}  // namespace

std::optional<PlainList> read_plain_list(std::string_view text, std::size_t begin,
                                         std::uint32_t line, std::uint32_t column) {
  return ListReader(text, begin, line, column).run();
}

std::string without_plain_lists(std::string_view text, const std::vector<PlainList>& lists) {
  std::string out;
  std::size_t done = 0;
  for (const PlainList& list : lists) {
    out += text.substr(done, list.begin + 1 - done);
    out.append(list.last_line - list.line, '\n');
    out.append(list.end - 1 - list.last_line_start, ' ');
    done = list.end - 1;
  }
  out += text.substr(done);
  return out;
}

}  // namespace rolecall
