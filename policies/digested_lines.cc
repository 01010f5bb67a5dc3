#include "policies/digested_lines.h"

#include <algorithm>
#include <array>

namespace rolecall {
namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::string_view kName = "acknowledge";

std::string_view without_leading(std::string_view text, std::string_view characters) {
  const std::size_t first = text.find_first_not_of(characters);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

/// Whether a key or the name in a header is `acknowledge`, bare or in quotes.
bool names_acknowledge(std::string_view text) {
  const bool quoted = !text.empty() && (text.front() == '"' || text.front() == '\'');
  if (quoted) text.remove_prefix(1);
  if (!text.starts_with(kName)) return false;
  text.remove_prefix(kName.size() + (quoted ? 1 : 0));
  text = without_leading(text, kBlank);
  return !text.empty() && (text.front() == ']' || text.front() == '=' || text.front() == '.');
}

bool has_three(std::string_view line, std::size_t i, char quote) {
  return i + 2 < line.size() && line[i] == quote && line[i + 1] == quote && line[i + 2] == quote;
}

/// What may change whether the next line goes on with this one.
constexpr std::array<bool, 256> kStructure = [] {
  std::array<bool, 256> structure{};
  for (const char c : {'#', '[', ']', '{', '}', '"', '\''})
    structure[static_cast<unsigned char>(c)] = true;
  return structure;
}();

class Lines {
 public:
  std::string run(std::string_view text) {
    out_.reserve(text.size() + 1);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      take(line);
    }
    if (!skips_) out_ += comments_;
    return std::move(out_);
  }

 private:
  void take(std::string_view line) {
    const std::string_view begins = without_leading(line, kBlank);
    const bool in_text = string_end_ != '\0';
    if (!in_text && begins.empty()) return;
    if (!in_text && begins.front() == '#') {
      comments_.append(line).append("\n");
      return;
    }
    if (!in_text && depth_ == 0) {
      if (begins.front() == '[') {
        in_root_ = false;
        skips_ = names_acknowledge(without_leading(begins, " \t["));
        keep_or_skip(line);
        return;
      }
      if (in_root_) skips_ = names_acknowledge(begins);
    }
    keep_or_skip(line);
    follow(line);
  }

  /// Comments go with the line they stand above.
  void keep_or_skip(std::string_view line) {
    if (!skips_) {
      if (!comments_.empty()) out_ += comments_;
      out_ += line;
      out_ += '\n';
    }
    comments_.clear();
  }

  /// Where the line leaves off: in a string over several lines, in an array.
  void follow(std::string_view line) {
    std::size_t i = 0;
    while (i < line.size()) {
      if (string_end_ != '\0') {
        i = end_of_long_string(line, i);
        continue;
      }
      const char c = line[i];
      if (!kStructure[static_cast<unsigned char>(c)]) {
        ++i;
        continue;
      }
      if (c == '#') return;
      if (c == '[' || c == '{') ++depth_;
      if (c == ']' || c == '}') --depth_;
      if (c != '"' && c != '\'') {
        ++i;
      } else if (has_three(line, i, c)) {
        string_end_ = c;
        i += 3;
      } else {
        i = end_of_string(line, i + 1, c);
      }
    }
  }

  static std::size_t end_of_string(std::string_view line, std::size_t i, char quote) {
    const std::size_t end = std::min(line.find(quote, i), line.size());
    if (quote == '\'' || line.substr(i, end - i).find('\\') == std::string_view::npos)
      return end + 1;
    for (; i < line.size() && line[i] != quote; ++i) {
      if (line[i] == '\\') ++i;
    }
    return i + 1;
  }

  std::size_t end_of_long_string(std::string_view line, std::size_t i) {
    for (; i < line.size(); ++i) {
      if (string_end_ == '"' && line[i] == '\\') {
        ++i;
      } else if (has_three(line, i, string_end_)) {
        // The last of up to five quotes end it; those before belong to it.
        i += 3;
        for (int more = 0; more < 2 && i < line.size() && line[i] == string_end_; ++more) ++i;
        string_end_ = '\0';
        return i;
      }
    }
    return line.size();
  }

  std::string out_;
  std::string comments_;    ///< not yet known to what they belong
  bool in_root_ = true;     ///< above the first header
  bool skips_ = false;      ///< this statement, or this table, is an acknowledgement
  int depth_ = 0;           ///< of open brackets
  char string_end_ = '\0';  ///< the quote of the open string over several lines
};

}  // namespace

std::string digested_lines(std::string_view text) {
  return Lines().run(text);
}

}  // namespace rolecall
