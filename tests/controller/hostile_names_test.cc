// Whatever people and groups are called, no output says anything but their names: 10,000 generated
// names, each read back by a reader that knows nothing of the escaping code.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "controller/log.h"
#include "controller/output.h"
#include "controller/text_table.h"
#include "diff/plan_json.h"
#include "diff/render.h"
#include "state/model/json.h"
#include "state/model/text.h"
#include "tests/support/cases.h"
#include "tests/support/hostile_names.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::cases;
using test::expect_harmless_lines;
using test::expect_one_harmless_line;
using test::for_each_hostile_name;
using test::kHostileNames;
using test::unescape;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(HostileNames, OnATerminal) {
  for_each_hostile_name(kHostileNames, [](const std::string& name) {
    const std::string shown = escape_terminal(name);
    expect_one_harmless_line(shown);
    EXPECT_EQ(unescape(shown), unescape(name));
  });
}

TEST(HostileNames, InQuotes) {
  for_each_hostile_name(kHostileNames, [](const std::string& name) {
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
  for_each_hostile_name(kHostileNames, [](const std::string& name) {
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
  for_each_hostile_name(kHostileNames, [](const std::string& name) {
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
  test::HostileNames names;
  for (int i = 0; i < kHostileNames; ++i) spdlog::info("{}", names.next());
  spdlog::set_default_logger(before);
  return lines_of(::testing::internal::GetCapturedStderr());
}

TEST(HostileNames, InALog) {
  const std::vector<std::string> lines = logged(LogFormat::text);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kHostileNames));
  test::HostileNames names;
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
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kHostileNames));
  test::HostileNames names;
  for (const std::string& line : lines) {
    if (HasFailure()) break;
    expect_one_harmless_line(line);
    const auto record = parse_json(line);
    ASSERT_TRUE(record.has_value()) << line;
    EXPECT_EQ(unescape(record->at("message").as_string()), unescape(names.next()));
  }
}

TEST(HostileNames, InATable) {
  for_each_hostile_name(kHostileNames, [](const std::string& name) {
    const std::string table = text_table({"NAME", "ID"}, {{name, "1"}, {"plain", "2"}});
    EXPECT_EQ(lines_of(table).size(), 3U);
    expect_harmless_lines(table);
  });
}

TEST(HostileNames, InMessages) {
  for_each_hostile_name(kHostileNames, [](const std::string& name) {
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
  plan.org_role_holders.clear();
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
  for_each_hostile_name(cases(500), [&](const std::string& name) {
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
