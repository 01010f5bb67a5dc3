#include "policies/byte_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// Beyond this many problems the rest of the file is noise.
constexpr int kMostBadBytes = 20;

struct Lookalike {
  char32_t code_point;
  char ascii;
};

/// What a keyboard or an office program puts where ASCII was meant. Sorted by code point.
constexpr std::array kLookalikes = {
    Lookalike{0x00A0, ' '},  Lookalike{0x0131, 'i'},  Lookalike{0x0391, 'A'},
    Lookalike{0x0392, 'B'},  Lookalike{0x0395, 'E'},  Lookalike{0x039F, 'O'},
    Lookalike{0x03A1, 'P'},  Lookalike{0x03B1, 'a'},  Lookalike{0x03B9, 'i'},
    Lookalike{0x03BD, 'v'},  Lookalike{0x03BF, 'o'},  Lookalike{0x03C1, 'p'},
    Lookalike{0x0405, 'S'},  Lookalike{0x0406, 'I'},  Lookalike{0x0408, 'J'},
    Lookalike{0x0410, 'A'},  Lookalike{0x0412, 'B'},  Lookalike{0x0415, 'E'},
    Lookalike{0x041A, 'K'},  Lookalike{0x041C, 'M'},  Lookalike{0x041D, 'H'},
    Lookalike{0x041E, 'O'},  Lookalike{0x0420, 'P'},  Lookalike{0x0421, 'C'},
    Lookalike{0x0422, 'T'},  Lookalike{0x0425, 'X'},  Lookalike{0x0430, 'a'},
    Lookalike{0x0435, 'e'},  Lookalike{0x043E, 'o'},  Lookalike{0x0440, 'p'},
    Lookalike{0x0441, 'c'},  Lookalike{0x0443, 'y'},  Lookalike{0x0445, 'x'},
    Lookalike{0x0455, 's'},  Lookalike{0x0456, 'i'},  Lookalike{0x0458, 'j'},
    Lookalike{0x04BB, 'h'},  Lookalike{0x0501, 'd'},  Lookalike{0x051B, 'q'},
    Lookalike{0x051D, 'w'},  Lookalike{0x2010, '-'},  Lookalike{0x2011, '-'},
    Lookalike{0x2012, '-'},  Lookalike{0x2013, '-'},  Lookalike{0x2014, '-'},
    Lookalike{0x2018, '\''}, Lookalike{0x2019, '\''}, Lookalike{0x201C, '"'},
    Lookalike{0x201D, '"'},  Lookalike{0x201E, '"'},
};

std::optional<char> lookalike(char32_t code_point) {
  if (code_point >= 0xFF01 && code_point <= 0xFF5E) {  // full-width forms
    return static_cast<char>(code_point - 0xFF01 + '!');
  }
  const auto* found = std::lower_bound(
      kLookalikes.begin(), kLookalikes.end(), code_point,
      [](const Lookalike& entry, char32_t wanted) { return entry.code_point < wanted; });
  if (found == kLookalikes.end() || found->code_point != code_point) return std::nullopt;
  return found->ascii;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

std::string retype_hint(char32_t code_point) {
  const std::optional<char> ascii = lookalike(code_point);
  if (!ascii) return "only strings and comments may hold it; put a key in double quotes";
  const bool letter = (*ascii >= 'a' && *ascii <= 'z') || (*ascii >= 'A' && *ascii <= 'Z');
  if (letter) return fmt::format("it looks like the Latin letter \"{}\"; retype it", *ascii);
  if (*ascii == ' ') return "it looks like a space; retype it";
  return fmt::format("it looks like {} but is not; retype it", *ascii);
}

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

char32_t decode(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  constexpr std::array<unsigned, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code_point = lead & kLeadBits[sequence.size()];
  for (const char byte : sequence.substr(1)) {
    code_point = (code_point << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  return code_point;
}

/// Follows just enough of TOML to know what is a string, a comment, a key: where it disagrees with
/// toml++, the text is not TOML and toml++ stops there too.
class Scanner {
 public:
  Scanner(const std::string& path, std::string_view text, Diagnostics& diagnostics,
          std::vector<PlainList>* lists)
      : path_(path), text_(text), diagnostics_(diagnostics), lists_(lists) {}

  bool run() {
    start_line();
    while (pos_ < text_.size() && !stopped_) step();
    if (!stopped_ && (mode_ == Mode::ml_basic || mode_ == Mode::ml_literal)) {
      stop(place(string_start_), "multi-line string is never closed", "close it with three quotes");
    }
    if (!stopped_ && (mode_ == Mode::basic || mode_ == Mode::literal)) unfinished_string();
    return problems_ == 0;
  }

 private:
  enum class Mode : std::uint8_t { text, comment, basic, literal, ml_basic, ml_literal };

  [[nodiscard]] bool starts_with(std::string_view what) const {
    return text_.substr(pos_, what.size()) == what;
  }

  /// Where a byte is. Its place is worked out only for a message: counting the columns of each
  /// string on a long line would take quadratic time.
  struct Spot {
    std::size_t pos = 0;
    std::size_t line_start = 0;
    std::uint32_t line = 1;
  };

  [[nodiscard]] Spot spot() const { return {pos_, line_start_, line_}; }
  [[nodiscard]] Place place(const Spot& spot) const {
    const std::string_view before = text_.substr(spot.line_start, spot.pos - spot.line_start);
    return {path_, spot.line, static_cast<std::uint32_t>(count_code_points(before) + 1)};
  }
  [[nodiscard]] Place here() const { return place(spot()); }

  void problem(Place place, std::string what, std::string hint) {
    diagnostics_.error(std::move(place), std::move(what), std::move(hint));
    if (++problems_ >= kMostBadBytes) stopped_ = true;
  }
  void stop(Place place, std::string what, std::string hint) {
    problem(std::move(place), std::move(what), std::move(hint));
    stopped_ = true;
  }
  void unfinished_string() {
    const bool first =
        text_.substr(string_start_.line_start, string_start_.pos - string_start_.line_start)
            .find_first_of("\"'") == std::string_view::npos;
    stop(place(string_start_), "string is not closed before the end of its line",
         first ? "close it, or write a multi-line string with three quotes"
               : "close it; or a quote is missing earlier on this line");
  }

  void start_line() {
    line_start_ = pos_;
    at_line_start_ = true;
    key_parts_ = 1;
    if (header_) depth_ = 0;
    header_ = false;
    // A row of "=" may underline a title inside a multi-line string; the arrows mean a merge
    // anywhere.
    for (const std::string_view marker : {"<<<<<<<", ">>>>>>>", "=======", "|||||||"}) {
      if (mode_ != Mode::text && (marker[0] == '=' || marker[0] == '|')) continue;
      if (!starts_with(marker)) continue;
      const std::size_t end = pos_ + marker.size();
      if (end < text_.size() && text_[end] != ' ' && text_[end] != '\n' && text_[end] != '\r') {
        continue;
      }
      problem(here(), fmt::format("unresolved merge conflict marker \"{}\"", marker),
              "finish the merge");
      skip_to_line_end();
    }
  }

  void skip_to_line_end() {
    const std::size_t end = text_.find('\n', pos_);
    pos_ = end == std::string_view::npos ? text_.size() : end;
  }

  void step() {
    const auto byte = static_cast<unsigned char>(text_[pos_]);
    if (byte == '\n') return end_line();
    if (byte == '\r' && !starts_with("\r\n")) {
      return stop(here(), "carriage return without line feed",
                  "end lines with LF or CR LF, not with CR alone");
    }
    if (byte == 0) return stop(here(), "NUL byte in file", "policy files are text");
    switch (mode_) {
      case Mode::text:
        return in_text(byte);
      case Mode::comment:
        return in_comment(byte);
      case Mode::basic:
      case Mode::literal:
        return in_string(byte);
      case Mode::ml_basic:
      case Mode::ml_literal:
        return in_multi_line_string(byte);
    }
  }

  void end_line() {
    if (mode_ == Mode::basic || mode_ == Mode::literal) return unfinished_string();
    if (mode_ == Mode::comment) mode_ = Mode::text;
    ++pos_;
    ++line_;
    start_line();
  }

  void in_text(unsigned char byte) {
    if (byte >= 0x80) return non_ascii();
    switch (byte) {
      case '#':
        mode_ = Mode::comment;
        break;
      case '"':
      case '\'':
        return open_string(static_cast<char>(byte));
      case '[':
      case '{':
        return open_bracket(byte);
      case ']':
      case '}':
        if (depth_ > 0) --depth_;
        key_parts_ = 1;
        break;
      case '=':
      case ',':
        key_parts_ = 1;
        break;
      case '.':
        return next_key_part();
      default:
        break;
    }
    if (byte != ' ' && byte != '\t') at_line_start_ = false;
    ++pos_;
  }

  /// What is invisible does no harm here (emoji and Persian hold some), but what turns the
  /// direction of reading makes text look like a comment, or a comment like text.
  void in_comment(unsigned char byte) {
    const std::size_t length = sequence_length(byte);
    const char32_t c = decode(text_.substr(pos_, length));
    if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) {
      problem(here(),
              fmt::format("comment holds the character U+{:04X}, which turns the direction of "
                          "reading",
                          static_cast<std::uint32_t>(c)),
              "take it away: people see another line than rolecall does");
      return skip_to_line_end();
    }
    pos_ += length;
  }

  void next_key_part() {
    if (++key_parts_ > kMaxKeyParts) {
      return stop(here(), fmt::format("key has more than {} parts", kMaxKeyParts),
                  "put a name that holds dots in quotes");
    }
    if (++dots_ > kMaxDots) {
      return stop(here(), fmt::format("more than {} dots in keys of one file", kMaxDots),
                  "split the file, or write keys below a [table] header");
    }
    at_line_start_ = false;
    ++pos_;
  }

  void open_bracket(unsigned char byte) {
    key_parts_ = 1;
    if (byte == '[' && depth_ == 0 && at_line_start_) {
      header_ = true;
      const std::size_t after = text_.find_first_not_of(" \t\r", pos_ + 2);
      if (starts_with("[[") && (after == std::string_view::npos || text_[after] == '\n')) {
        return stop(here(), "unfinished table header \"[[\"", "write [[name]]");
      }
    }
    if (++depth_ > kMaxBracketDepth) {
      return stop(here(), fmt::format("brackets nested deeper than {}", kMaxBracketDepth),
                  "close them sooner: a policy needs no more than a few");
    }
    at_line_start_ = false;
    if (byte == '[' && !header_ && lists_ != nullptr && skip_plain_list()) return;
    ++pos_;
  }

  /// To its closing bracket. No more than one begins on a line, so that counting the columns of all
  /// takes linear time.
  bool skip_plain_list() {
    if (line_ == line_without_list_) return false;
    std::optional<PlainList> list = read_plain_list(text_, pos_, line_, here().column);
    if (!list) {
      line_without_list_ = line_;
      return false;
    }
    pos_ = list->end - 1;
    line_ = list->last_line;
    line_start_ = list->last_line_start;
    lists_->push_back(*std::move(list));
    return true;
  }

  void open_string(char quote_mark) {
    string_start_ = spot();
    at_line_start_ = false;
    const std::string three(3, quote_mark);
    if (starts_with(three)) {
      mode_ = quote_mark == '"' ? Mode::ml_basic : Mode::ml_literal;
      pos_ += 3;
    } else {
      mode_ = quote_mark == '"' ? Mode::basic : Mode::literal;
      pos_ += 1;
    }
  }

  void in_string(unsigned char byte) {
    if (mode_ == Mode::basic && byte == '\\') return skip_escape();
    const unsigned char quote = mode_ == Mode::basic ? '"' : '\'';
    if (byte == quote) mode_ = Mode::text;
    ++pos_;
    while (mode_ != Mode::text && pos_ < text_.size() && is_letter_or_digit(text_[pos_])) ++pos_;
  }

  void in_multi_line_string(unsigned char byte) {
    if (mode_ == Mode::ml_basic && byte == '\\') return skip_escape();
    const char quote_mark = mode_ == Mode::ml_basic ? '"' : '\'';
    if (byte != static_cast<unsigned char>(quote_mark)) {
      ++pos_;
      return;
    }
    std::size_t run = 0;
    while (run < 5 && pos_ + run < text_.size() && text_[pos_ + run] == quote_mark) ++run;
    if (run >= 3) mode_ = Mode::text;  // one or two quotes may stand right before the closing ones
    pos_ += run;
  }

  /// A line end after the backslash is left to step(), which counts lines.
  void skip_escape() {
    ++pos_;
    if (starts_with("\"") || starts_with("\\")) ++pos_;
  }

  void non_ascii() {
    const std::size_t length = sequence_length(static_cast<unsigned char>(text_[pos_]));
    const std::string_view sequence = text_.substr(pos_, length);
    const char32_t code_point = decode(sequence);
    problem(here(),
            fmt::format("character U+{:04X} {} outside of strings",
                        static_cast<std::uint32_t>(code_point), quote(sequence)),
            retype_hint(code_point));
    // One message a run: the second letter of a Cyrillic word says nothing new.
    while (pos_ < text_.size() && static_cast<unsigned char>(text_[pos_]) >= 0x80) ++pos_;
    at_line_start_ = false;
  }

  const std::string& path_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::vector<PlainList>* lists_;
  std::uint32_t line_without_list_ = 0;
  std::size_t pos_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  Mode mode_ = Mode::text;
  bool at_line_start_ = true;
  bool header_ = false;
  bool stopped_ = false;
  int problems_ = 0;
  std::size_t depth_ = 0;
  std::size_t key_parts_ = 1;
  std::size_t dots_ = 0;
  Spot string_start_{};
};

void report_invalid_utf8(const std::string& path, std::string_view text, std::size_t offset,
                         Diagnostics& diagnostics) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = std::count(before.begin(), before.end(), '\n');
  diagnostics.error({path, static_cast<std::uint32_t>(lines + 1),
                     static_cast<std::uint32_t>(count_code_points(before.substr(line_start)) + 1)},
                    fmt::format("invalid UTF-8 byte 0x{:02X}",
                                static_cast<unsigned>(static_cast<unsigned char>(text[offset]))),
                    "save the file as UTF-8");
}

}  // namespace

std::optional<std::string_view> decode_text(const SourceFile& file, std::string_view format,
                                            Diagnostics& diagnostics) {
  std::string_view text = file.bytes;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    diagnostics.error({file.path, 1, 1}, fmt::format("file is UTF-16, {} must be UTF-8", format),
                      "save the file as UTF-8");
    return std::nullopt;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const std::optional<std::size_t> offset = find_invalid_utf8(text)) {
    report_invalid_utf8(file.path, text, *offset, diagnostics);
    return std::nullopt;
  }
  return text;
}

std::optional<std::string_view> scan_bytes(const SourceFile& file, Diagnostics& diagnostics,
                                           std::vector<PlainList>* lists) {
  const std::size_t size = file.bytes.size();
  if (size > kMaxFileBytes) {
    diagnostics.error({file.path, 0, 0},
                      fmt::format("{:.1f} MiB is over the limit of {} MiB",
                                  static_cast<double>(size) / (1 << 20), kMaxFileBytes >> 20U),
                      "split it into several files of one folder");
    return std::nullopt;
  }
  const std::optional<std::string_view> decoded = decode_text(file, "TOML", diagnostics);
  if (!decoded || !Scanner(file.path, *decoded, diagnostics, lists).run()) return std::nullopt;
  return decoded;
}

}  // namespace rolecall
