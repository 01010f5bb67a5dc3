// Whatever people and groups are called, no output says anything but their names: 10,000 generated
// names, each read back by a reader that knows nothing of the escaping code.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <random>

#include "controller/log.h"
#include "controller/output.h"
#include "controller/text_table.h"
#include "diff/plan_json.h"
#include "diff/render.h"
#include "state/model/json.h"
#include "state/model/text.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kNames = 10'000;

/// Names of pieces that mean something to a terminal, a log, a build server, Markdown, HTML, a
/// spreadsheet or JSON.
class Names {
 public:
  std::string next() {
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

 private:
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  std::mt19937 random_{20261201};
};

template <class Check>
void for_each_name(int count, Check check) {
  Names names;
  for (int i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    const std::string name = names.next();
    SCOPED_TRACE(quote(name, 1'000));
    check(name);
  }
}

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

/// \u{..} and \x.. become what they stand for; with `slashes`, \" and \\ too.
std::string unescape(std::string_view text, bool slashes = false) {
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

/// One line, valid, visible, and no command to a build server. Written out here, not asked of the
/// product.
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

TEST(HostileNames, OnATerminal) {
  for_each_name(kNames, [](const std::string& name) {
    const std::string shown = escape_terminal(name);
    expect_one_harmless_line(shown);
    EXPECT_EQ(unescape(shown), unescape(name));
  });
}

TEST(HostileNames, InQuotes) {
  for_each_name(kNames, [](const std::string& name) {
    const std::string shown = quote(name, 10'000);
    expect_one_harmless_line(shown);
    ASSERT_GE(shown.size(), 2U);
    EXPECT_EQ(unescape(std::string_view(shown).substr(1, shown.size() - 2), true), name);
  });
}

/// What a reader sees of a Markdown text without markup; fails where there is markup.
std::string read_markdown(std::string_view text) {
  constexpr std::string_view kActive = "`*_{}[]()#+!|~$^=<>&:";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const auto is = [&](std::string_view what) {
      if (!rest.starts_with(what)) return false;
      i += what.size() - 1;
      return true;
    };
    if (is("<!-- -->")) continue;
    if (rest.starts_with("\\u{")) {  // no markup, and not of the name
      out += rest.substr(0, rest.find('}') + 1);
      i += rest.find('}');
      continue;
    }
    if (is("&amp;")) {
      out += '&';
    } else if (is("&lt;")) {
      out += '<';
    } else if (is("&gt;")) {
      out += '>';
    } else if (is("&#32;")) {
      out += ' ';
    } else if (is("&#58;")) {
      out += ':';
    } else if (rest[0] == '\\' && rest.size() >= 2 && std::ispunct(rest[1]) != 0) {
      out += rest[1];
      ++i;
    } else {
      EXPECT_EQ(kActive.find(rest[0]), std::string_view::npos) << text;
      out += rest[0];
    }
  }
  return out;
}

TEST(HostileNames, InMarkdown) {
  for_each_name(kNames, [](const std::string& name) {
    const std::string shown = escape_markdown(name);
    expect_one_harmless_line(shown);
    EXPECT_EQ(unescape(read_markdown(shown)), unescape(name));
    // What is looked for in rendered text: mentions, references, addresses.
    EXPECT_THAT(shown, Not(::testing::ContainsRegex("@[A-Za-z0-9]|[^&]#[A-Za-z0-9]")));
    EXPECT_THAT(to_lower_ascii(shown), Not(HasSubstr("www.")));
    EXPECT_THAT(shown, Not(::testing::ContainsRegex("^([-+=>]| |[0-9]+[.)])")));
  });
}

TEST(HostileNames, InJson) {
  for_each_name(kNames, [](const std::string& name) {
    const boost::json::value value(json_text(name));
    const std::string line = print_line(boost::json::object{{"name", value}});
    expect_one_harmless_line(line);
    const auto again = parse_json(line);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->at("name"), value);
    const std::string said(again->at("name").as_string());
    EXPECT_EQ(find_invalid_utf8(name) ? unescape(said) : said,
              find_invalid_utf8(name) ? unescape(name) : name);
  });
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    out.emplace_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), out.back().size() + 1));
  }
  return out;
}

/// One record, one line, in either format.
std::vector<std::string> logged(LogFormat format) {
  const auto before = spdlog::default_logger();
  GlobalOptions options;
  options.log_format = format;
  ::testing::internal::CaptureStderr();
  set_up_log(options);
  Names names;
  for (int i = 0; i < kNames; ++i) spdlog::info("{}", names.next());
  spdlog::set_default_logger(before);
  return lines_of(::testing::internal::GetCapturedStderr());
}

TEST(HostileNames, InALog) {
  const std::vector<std::string> lines = logged(LogFormat::text);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kNames));
  Names names;
  for (const std::string& line : lines) {
    if (HasFailure()) break;
    expect_one_harmless_line(line);
    const std::size_t at = line.find("Z info: ");
    ASSERT_NE(at, std::string::npos) << line;
    EXPECT_EQ(unescape(line.substr(at + 8)), unescape(names.next()));
  }
}

TEST(HostileNames, InALogOfJson) {
  const std::vector<std::string> lines = logged(LogFormat::json);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kNames));
  Names names;
  for (const std::string& line : lines) {
    if (HasFailure()) break;
    expect_one_harmless_line(line);
    const auto record = parse_json(line);
    ASSERT_TRUE(record.has_value()) << line;
    EXPECT_EQ(unescape(record->at("message").as_string()), unescape(names.next()));
  }
}

TEST(HostileNames, InATable) {
  for_each_name(kNames, [](const std::string& name) {
    const std::string table = text_table({"NAME", "ID"}, {{name, "1"}, {"plain", "2"}});
    EXPECT_EQ(lines_of(table).size(), 3U);
    expect_harmless_lines(table);
  });
}

TEST(HostileNames, InMessages) {
  for_each_name(kNames, [](const std::string& name) {
    Diagnostics diagnostics;
    diagnostics.error({name, 1, 1}, name, name, {{name, 2, 2}});
    const std::string text = render(diagnostics);
    EXPECT_EQ(lines_of(text).size(), 4U);
    expect_harmless_lines(text);
    ::testing::internal::CaptureStderr();
    (void)print_error({name, name});
    expect_harmless_lines(::testing::internal::GetCapturedStderr());
  });
}

Plan plan_with(const std::string& name) {
  Plan plan = test::sample_plan();
  for (Change& change : plan.changes) {
    if (!change.group.empty()) change.group = name;
    if (!change.user.empty()) change.user = name;
    change.cause = {{name, 1, 1}, name, name};
  }
  plan.org_admins.clear();
  plan.suspended_org_admins.clear();
  plan.names = {{name, name}};
  plan.notes = {{"unmanaged_group", name}};
  plan.refusals = {{"protected_groups", 1, 1, name, name}};
  plan.gaps = {name};
  plan.complete = false;
  return plan;
}

TEST(HostileNames, InAPlan) {
  const auto height = [](const std::string& text) { return lines_of(text).size(); };
  const Plan plain = plan_with("plain");
  for_each_name(500, [&](const std::string& name) {
    const Plan plan = plan_with(name);
    const std::string text = render_text(plan, {});
    EXPECT_EQ(height(text), height(render_text(plain, {}))) << text;
    expect_harmless_lines(text);
    const std::string markdown = render_markdown(plan);
    EXPECT_EQ(height(markdown), height(render_markdown(plain))) << markdown;
    expect_harmless_lines(markdown);
    const std::string json = render_json(plan, "1");
    EXPECT_EQ(height(json), height(render_json(plain, "1"))) << json;
    expect_harmless_lines(json);
    EXPECT_TRUE(parse_json(json).has_value());
  });
}

}  // namespace
}  // namespace rolecall
