#include "policies/source_excerpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "policies/policy.h"

namespace rolecall {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string excerpt(const std::string& text, std::uint32_t line, std::uint32_t column) {
  const std::vector<SourceFile> files{{"p.toml", text}};
  return SourceExcerpts(files).at({"p.toml", line, column}, false);
}

TEST(SourceExcerpt, ShowsTheLineAndTheColumn) {
  EXPECT_EQ(excerpt("a = 1\nbb = x\n", 2, 6), "    2 | bb = x\n      |      ^\n");
  EXPECT_EQ(excerpt("a = 1", 1, 1), "    1 | a = 1\n      | ^\n");
  EXPECT_EQ(excerpt("a = [1\r\n", 1, 7), "    1 | a = [1\n      |       ^\n");
  EXPECT_EQ(excerpt("\xEF\xBB\xBF"
                    "a = 1\n",
                    1, 5),
            "    1 | a = 1\n      |     ^\n");
}

TEST(SourceExcerpt, CountsAsATerminalDoes) {
  EXPECT_EQ(excerpt("\ta\t= x", 1, 5), "    1 |  a = x\n      |     ^\n") << "tabs";
  EXPECT_EQ(excerpt("\xE4\xB8\xAD = x", 1, 5), "    1 | \xE4\xB8\xAD = x\n      |      ^\n")
      << "two columns wide";
  EXPECT_EQ(excerpt("e\xCC\x81 = x", 1, 6), "    1 | e\xCC\x81 = x\n      |     ^\n")
      << "an accent of no width";
  EXPECT_EQ(excerpt("'\x1b[2J' = x", 1, 10), "    1 | '\\u{1B}[2J' = x\n      |               ^\n")
      << "escaped";
}

TEST(SourceExcerpt, CutsALongLineAroundThePlace) {
  const std::string line = "a = \"" + std::string(200, 'x') + "Y" + std::string(200, 'z') + "\"";
  EXPECT_EQ(excerpt(line, 1, 206), "    1 | ..." + std::string(40, 'x') + "Y" +
                                       std::string(59, 'z') + "...\n      | " +
                                       std::string(43, ' ') + "^\n");
  EXPECT_EQ(excerpt(line, 1, 1), "    1 | a = \"" + std::string(55, 'x') + "...\n      | ^\n");
}

TEST(SourceExcerpt, HasNothingToShowForSomePlaces) {
  EXPECT_EQ(excerpt("a = 1\n", 0, 0), "");
  EXPECT_EQ(excerpt("a = 1\n", 9, 1), "");
  EXPECT_EQ(excerpt("a = 1\n\n", 2, 1), "");
  EXPECT_EQ(SourceExcerpts({}).at({"p.toml", 1, 1}, false), "");
  const std::vector<SourceFile> roster{{"hr.csv", "Mail,Salary\n", true}};
  EXPECT_EQ(SourceExcerpts(roster).at({"hr.csv", 1, 1}, false), "");
}

TEST(SourceExcerpt, ShowsNoLineThatMayHoldASecret) {
  for (const char* line : {"api_key = \"s3cr3t\"", "x = { API-Token = \"s3cr3t\" }",
                           "password = \"s3cr3t\"", "client_secret = 's3cr3t'"}) {
    EXPECT_EQ(excerpt(line, 1, 1), "") << line;
  }
  const std::vector<SourceFile> files{
      {"p.toml", "version = 1\napi_token = \"s3cr3t\"\n[organization]\nid = 1\n"}};
  const std::string said = render(parse_policy(files).diagnostics, files, false);
  EXPECT_THAT(said, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(said, HasSubstr("    4 | id = 1\n      |      ^\n"));
}

TEST(SourceExcerpt, StandsBetweenTheFirstLineAndTheHint) {
  const std::vector<SourceFile> files{{"p.toml", "usr = 1\n"}};
  Diagnostics diagnostics;
  diagnostics.error({"p.toml", 1, 1}, "what", "hint");
  EXPECT_EQ(render(diagnostics, files, false),
            "p.toml:1:1: error: what\n"
            "    1 | usr = 1\n"
            "      | ^\n"
            "  hint: hint\n"
            "1 error in 1 file\n");
  const std::string colored = render(diagnostics, files, true);
  EXPECT_THAT(colored, HasSubstr("\x1b[1mp.toml:1:1:\x1b[0m \x1b[31merror:\x1b[0m what\n"));
  EXPECT_THAT(colored, HasSubstr("\x1b[31m^\x1b[0m"));
}

TEST(SourceExcerpt, ThousandsOfPlacesOnOneLongLineTakeNoLongerThanTheLine) {
  std::string text = "a = [";
  for (int i = 0; i < 200'000; ++i) text += "1, ";
  const std::vector<SourceFile> files{{"p.toml", text}};
  SourceExcerpts excerpts(files);
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint32_t column = 6; column < 600'000; column += 60) {
    ASSERT_NE(excerpts.at({"p.toml", 1, column}, false), "");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

}  // namespace
}  // namespace rolecall
