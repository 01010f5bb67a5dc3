#include "policies/diagnostics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/policies/policy_text.h"
#include "tests/support/cases.h"
#include "tests/support/places.h"

namespace rolecall::testing {
namespace {

/// Compares with tests/golden/diagnostics/NAME. With ROLECALL_ACCEPT=1 it writes the file instead,
/// and the test counts as skipped.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = test::source_dir() + "/tests/golden/diagnostics/" + name;
  if (std::getenv("ROLECALL_ACCEPT") != nullptr) {
    std::ofstream(path) << text;
    GTEST_SKIP() << "wrote " << path;
  }
  std::ifstream file(path);
  std::ostringstream wanted;
  wanted << file.rdbuf();
  EXPECT_EQ(text, wanted.str()) << "ROLECALL_ACCEPT=1 accepts this as " << path;
}

TEST(Diagnostics, NothingToSayIsEmpty) {
  EXPECT_EQ(render(Diagnostics()), "");
}

TEST(Diagnostics, AreSortedAndSaidOnce) {
  Diagnostics d;
  d.error({"b.toml", 1, 1}, "second");
  d.error({"a.toml", 2, 1}, "first");
  d.error({"b.toml", 1, 1}, "second");
  ASSERT_EQ(d.sorted().size(), 2U);
  EXPECT_EQ(d.sorted()[0].what, "first");
}

TEST(Diagnostics, WarningsAreNoErrors) {
  Diagnostics d;
  d.warning({"a.toml", 1, 1}, "hm");
  EXPECT_FALSE(d.has_errors());
  EXPECT_EQ(render(d), "a.toml:1:1: warning: hm\n1 warning in 1 file\n");
}

TEST(Diagnostics, AppendCountsErrors) {
  Diagnostics left;
  Diagnostics right;
  left.error({}, "one");
  right.error({}, "two");
  left.append(right);
  EXPECT_EQ(left.error_count(), 2U);
}

// guarantees.md I3 speaks of 50; policy-language.md promises all of them.
TEST(Diagnostics, EveryErrorOfEveryFileIsSaidHoweverManyThereAre) {
  const std::uint64_t each = test::cases(200);
  std::vector<SourceFile> files = {{"a.toml", std::string(kHead)}, {"b.toml", ""}, {"c.toml", ""}};
  std::vector<std::string> wanted;
  for (SourceFile& file : files) {
    file.bytes += "[users]\n";
    auto line = std::count(file.bytes.begin(), file.bytes.end(), '\n');
    for (std::uint64_t i = 0; i < each; ++i) {
      // Every other one with what it is about at another column.
      const std::string blank = i % 2 == 0 ? "" : "   ";
      file.bytes += fmt::format("{}\"{}{}@x.example\" = {{ stat = 1 }}\n", blank, file.path[0], i);
      const std::size_t column =
          file.bytes.rfind("stat") - file.bytes.rfind('\n', file.bytes.size() - 2);
      wanted.push_back(fmt::format("{}:{}:{}: error: ", file.path, ++line, column));
    }
  }
  const std::string text = report(files);
  std::vector<std::string> said;
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);) {
    const std::size_t end = one.find(": error: ");
    if (end != std::string::npos) said.push_back(one.substr(0, end + 9));
  }
  EXPECT_EQ(said, wanted);
  EXPECT_TRUE(text.ends_with(fmt::format("\n{} errors in 3 files\n", wanted.size())))
      << text.substr(text.size() - 99);
}

TEST(DiagnosticsGolden, EveryPartOfAMessage) {
  Diagnostics d;
  d.error({"users.toml", 12, 3}, "user \"ada@acme.example\" is declared twice",
          "keep one of the two", {{"admins.toml", 4, 1}});
  d.error({"users.toml", 0, 0}, "9.0 MiB is over the limit of 8 MiB", "split it");
  d.error({}, "there is no policy file");
  d.warning({"groups.toml", 7, 1}, "no user has an attribute \"team\"");
  expect_golden("parts.txt", render(d));
}

TEST(DiagnosticsGolden, NothingHostileReachesTheTerminal) {
  Diagnostics d;
  d.error({"a\nb\x1b[2J.toml", 1, 1}, "found \x1b[31m\xE2\x80\xAE and\nforged.toml:1:1: error",
          "\x9b hint\r", {{"c\t.toml", 1, 1}});
  expect_golden("hostile.txt", render(d));
}

TEST(DiagnosticsGolden, TwentyMistakesInThreeFiles) {
  const std::vector<SourceFile> files = {
      {"access/org.toml",
       "version = 9\n"
       "[organization]\n"
       "id = \"not an id\"\n"
       "unlisted_users = \"delete\"\n"
       "[resources]\n"
       "jira = \"jira-software\"\n"
       "wiki = { host = \"acme.atlassian.net\" }\n"
       "[usres]\n"},
      {"access/people.toml",
       "[users]\n"
       "\"ada@acme.example\" = { rolse = [] }\n"
       "\"ADA@acme.example\" = {}\n"
       "\"bob\" = {}\n"
       "\"grace@acme.example\" = { roles = [\"superadmin\"] }\n"
       "\"lin@acme.example\" = { state = \"suspended\", from = 2026-12-02, until = 2026-12-01 }\n"
       "\"old@acme.example\" = { state = \"removed\", roles = [] }\n"
       "\"sun@acme.example\" = { access = { jria = [\"user\"] } }\n"
       "\"wu@acme.example\" = { access = { jira = [\"viewer\"] } }\n"},
      {"access/teams.toml",
       "[groups.a]\n"
       "include = [\"b\"]\n"
       "[groups.b]\n"
       "include = [\"a\"]\n"
       "[groups.c]\n"
       "members = \"ada@acme.example\"\n"
       "[groups.d]\n"
       "members = []\n"
       "[groups.e]\n"
       "include = [\"engineering\"]\n"
       "[groups.f]\n"
       "members = [\"lin@acme.example\", \"wu@acme.example\"]\n"
       "[safety]\n"
       "min_org_admins = -1\n"},
  };
  const ParsedPolicy parsed = parse_policy(files);
  EXPECT_EQ(parsed.diagnostics.sorted().size(), 20U);
  expect_golden("twenty.txt", render(parsed.diagnostics));
}

}  // namespace
}  // namespace rolecall::testing
