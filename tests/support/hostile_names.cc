#include "tests/support/hostile_names.h"

#include <algorithm>
#include <vector>

namespace rolecall::test {
namespace {

std::string encode_utf8(unsigned long c) {
  std::string out;
  const auto push = [&](unsigned long bits) { out += static_cast<char>(bits); };
  if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xC0 | (c >> 6));
    push(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    push(0xE0 | (c >> 12));
    push(0x80 | ((c >> 6) & 0x3F));
    push(0x80 | (c & 0x3F));
  } else {
    push(0xF0 | (c >> 18));
    push(0x80 | ((c >> 12) & 0x3F));
    push(0x80 | ((c >> 6) & 0x3F));
    push(0x80 | (c & 0x3F));
  }
  return out;
}

}  // namespace

std::string HostileNames::next() {
  static const std::vector<std::string> kPieces = {"Ada",
                                                   "Zo\u00eb",
                                                   "\u4e2d\u6587",
                                                   "\U0001F600",
                                                   " ",
                                                   "  ",
                                                   "1",
                                                   ".",
                                                   "-",
                                                   "'",
                                                   "\x1b[2J",
                                                   "\x1b]0;t\x07",
                                                   "\x1b",
                                                   "\r",
                                                   "\n",
                                                   "\r\n",
                                                   "\t",
                                                   "\b",
                                                   "\x7f",
                                                   "\v",
                                                   "\u0085",
                                                   "\u009b",
                                                   "\u202e",
                                                   "\u2066",
                                                   "\u200b",
                                                   "\u200d",
                                                   "\ufeff",
                                                   "\u2028",
                                                   "\u00ad",
                                                   "\U000E0041",
                                                   "::set-output name=a::b",
                                                   "::",
                                                   "::add-mask::x",
                                                   "##vso[task.setvariable]v",
                                                   "##[error]",
                                                   "##teamcity[x]",
                                                   "#",
                                                   "##",
                                                   "###",
                                                   "@team",
                                                   "@acme/all",
                                                   "ada@acme.example",
                                                   "=HYPERLINK(\"https://evil.example\")",
                                                   "=1+1",
                                                   "+1",
                                                   "-1",
                                                   "`",
                                                   "```",
                                                   "|",
                                                   "||",
                                                   "\\",
                                                   "\\|",
                                                   "\\u{41}",
                                                   "\\x41",
                                                   "\\n",
                                                   "*",
                                                   "**",
                                                   "_",
                                                   "__",
                                                   "~~",
                                                   "[x](https://evil.example)",
                                                   "![x](y)",
                                                   "[",
                                                   "]",
                                                   "https://evil.example",
                                                   "www.evil.example",
                                                   "<b>",
                                                   "</details>",
                                                   "<script>alert(1)</script>",
                                                   "<!--",
                                                   "-->",
                                                   "&amp;",
                                                   "&",
                                                   "&#64;",
                                                   "<",
                                                   ">",
                                                   "> q",
                                                   "# h",
                                                   "- x",
                                                   "1. x",
                                                   "1) x",
                                                   "---",
                                                   "\"",
                                                   "\",\"x\":\"y",
                                                   "{",
                                                   "}",
                                                   "$x$",
                                                   "^",
                                                   "!",
                                                   "(",
                                                   ")",
                                                   "\xff",
                                                   "\xc0\xaf",
                                                   "\xed\xa0\x80",
                                                   "\xe2\x82",
                                                   std::string(1, '\0'),
                                                   std::string(200, 'x')};
  std::string out;
  const std::size_t count = 1 + below(5);
  for (std::size_t i = 0; i < count; ++i) {
    out += below(12) == 0 ? std::string(1, static_cast<char>(below(256)))
                          : kPieces.at(below(kPieces.size()));
  }
  return out;
}

std::string unescape(std::string_view text, bool slashes) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const std::size_t end = rest.find('}');
    if (rest.starts_with("\\u{") && end != std::string_view::npos && end > 3 && end < 10 &&
        rest.substr(3, end - 3).find_first_not_of("0123456789ABCDEF") == std::string_view::npos) {
      out += encode_utf8(std::stoul(std::string(rest.substr(3, end - 3)), nullptr, 16));
      i += end;
    } else if (rest.starts_with("\\x") && rest.size() >= 4 &&
               rest.substr(2, 2).find_first_not_of("0123456789ABCDEF") == std::string_view::npos) {
      out += static_cast<char>(std::stoul(std::string(rest.substr(2, 2)), nullptr, 16));
      i += 3;
    } else if (slashes && rest.size() >= 2 && rest[0] == '\\') {
      out += rest[1];
      i += 1;
    } else {
      out += rest[0];
    }
  }
  return out;
}

void expect_one_harmless_line(std::string_view line) {
  EXPECT_EQ(find_invalid_utf8(line), std::nullopt);
  for (const char c : line) {
    EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f) << line;
  }
  for (const char* hidden :
       {"\u0085", "\u009b", "\u00ad", "\u061c", "\u200b", "\u200c", "\u200d",    "\u200e",
        "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d",    "\u202e",
        "\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\ufeff", "\U000E0041"}) {
    EXPECT_EQ(line.find(hidden), std::string_view::npos) << line;
  }
  for (const char* command : {"##vso[", "##[", "##teamcity["}) {
    EXPECT_EQ(line.find(command), std::string_view::npos) << line;
  }
  const std::size_t begin = line.find_first_not_of(' ');
  EXPECT_FALSE(begin != std::string_view::npos && line.substr(begin).starts_with("::")) << line;
}

void expect_harmless_lines(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    expect_one_harmless_line(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

}  // namespace rolecall::test
