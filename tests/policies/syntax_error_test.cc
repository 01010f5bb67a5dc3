// Mistakes that people make in TOML: told where they were made, and what to write instead.
#include "policies/syntax_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;

struct Mistake {
  std::string name;
  std::string body;     ///< below kHead: begins on line 4
  std::string message;  ///< "LINE:COLUMN: error: ..."
  std::string hint;
};

class SyntaxMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(SyntaxMistake, IsToldWhereItWasMade) {
  const std::string found = report(with_head(GetParam().body));
  EXPECT_THAT(found, HasSubstr("policy.toml:" + GetParam().message));
  EXPECT_THAT(found, HasSubstr("  hint: " + GetParam().hint));
  EXPECT_THAT(found, HasSubstr("\n1 error in 1 file\n"));
}

const std::string kList = "[groups.eng]\nmembers = [\n  \"ada@x.example\"";

const Mistake kMistakes[] = {
    {"CommaInList", kList + "\n  \"lin@x.example\",\n]\n", "6:18: error: a comma is missing",
     "write \",\" between two entries"},
    {"CommaBehindComment", kList + "  # she\n  \"lin@x.example\",\n]\n",
     "6:18: error: a comma is missing", "write \",\""},
    {"CommaInBraces", "[users]\n\"a@x.example\" = { roles = [] reason = \"x\" }\n",
     "5:29: error: a comma is missing", "write \",\""},
    {"ListBeforeKey", kList + ",\naccess = {}\n", "5:11: error: this list is not closed",
     "close it with \"]\""},
    {"ListBeforeKeyWithoutComma", kList + "\naccess = {}\n", "5:11: error: this list is not closed",
     "close it with \"]\""},
    {"ListBeforeTable", kList + ",\n\n[groups.two]\n", "5:11: error: this list is not closed",
     "close it with \"]\""},
    {"ListBeforeTableInQuotes", kList + ",\n\n[groups.\"R&D\"]\n",
     "5:11: error: this list is not closed", "close it with \"]\""},
    {"ListBeforeEntry", "[safety]\nprotected_users = [\n[users]\n\"a@x.example\" = {}\n",
     "5:19: error: this list is not closed", "close it with \"]\""},
    {"ListAtTheEnd", kList + ",\n", "5:11: error: this list is not closed", "close it with \"]\""},
    {"BracesOverLines", "[users]\n\"a@x.example\" = {\n  roles = []\n}\n",
     "5:17: error: what begins here with \"{\" does not end on its line", "close it with \"}\""},
    {"BracesOpen", "[users]\n\"a@x.example\" = { roles = []\n\"b@x.example\" = {}\n",
     "5:17: error: what begins here with \"{\" does not end on its line", "close it with \"}\""},
    {"CommaTooMany", "[users]\n\"a@x.example\" = { roles = [], }\n",
     "5:29: error: a comma before the closing \"}\"", "take it away"},
    {"BareAddress", "[users]\nada@x.example = {}\n",
     "5:1: error: a name that has to stand in quotes", "write \"ada@x.example\" = …"},
    {"BareAddressAsTable", "[users.ada@x.example]\n",
     "4:8: error: a name that has to stand in quotes", "write [users.\"ada@x.example\"]"},
    {"BareAddressInList", "[groups.eng]\nmembers = [ada@x.example]\n",
     "5:12: error: text without quotes", "write \"ada@x.example\""},
    {"BareAddressOfTim", "[groups.eng]\nmembers = [\"a@x.example\", tim@x.example]\n",
     "5:27: error: text without quotes", "write \"tim@x.example\""},
    {"BareAddressOfInes", "[groups.eng]\nmembers = [ines@x.example]\n",
     "5:12: error: text without quotes", "write \"ines@x.example\""},
    {"BareAddressWithDigits", "[groups.eng]\nmembers = [4you@x.example]\n",
     "5:12: error: text without quotes", "write \"4you@x.example\""},
    {"BareGroup", "[groups.R&D team]\n", "4:9: error: a name that has to stand in quotes",
     "write [groups.\"R&D team\"]"},
    {"BareWord", "[users]\n\"a@x.example\" = { state = suspended }\n",
     "5:27: error: text without quotes", "write \"suspended\""},
    {"True", "[groups.eng]\nempty = True\n", "5:9: error: \"True\" is no value",
     "write true, in small letters"},
    {"Colon", "[users]\n\"a@x.example\": {}\n", "5:14: error: \":\" after a key",
     "write \"=\" instead"},
    {"NoValue", "[users]\n\"a@x.example\" =\n", "5:16: error: nothing stands after \"=\"",
     "write its value"},
    {"KeyAlone", "[users]\n\"a@x.example\"\n", "5:14: error: a key without a value",
     "write key = value"},
    {"DayFirst", "[users]\n\"a@x.example\" = { until = 01.12.2026 }\n",
     "5:27: error: not a date as TOML has them", "write 2026-12-01"},
    {"MonthOrDayFirst", "[users]\n\"a@x.example\" = { until = 12/01/2026 }\n",
     "5:27: error: not a date as TOML has them", "write year, month and day, as in 2026-12-01"},
    {"MonthFirst", "[users]\n\"a@x.example\" = { until = 12/31/2026 }\n",
     "5:27: error: not a date as TOML has them", "write 2026-12-31"},
    {"OneDigit", "[users]\n\"a@x.example\" = { until = 2026-12-1 }\n",
     "5:27: error: not a date as TOML has them", "write 2026-12-01"},
    {"NoSuchOddDay", "[users]\n\"a@x.example\" = { until = 31.2.2026 }\n",
     "5:27: error: not a date as TOML has them", "write year, month and day"},
    {"Slashes", "// people\n", "4:1: error: not a comment as TOML has them",
     "begin comments with \"#\""},
    {"QuoteMissingBefore", "[groups.eng]\nmembers = [\"a@x.example, \"b@x.example\"]\n",
     "5:38: error: string is not closed before the end of its line",
     "close it; or a quote is missing earlier on this line"},
    {"QuoteMissing", "[users]\n\"a@x.example = {}\n",
     "5:1: error: string is not closed before the end of its line", "close it, or write"},
    {"Backslash", "[groups.\"ACME\\Users\"]\n", "4:", "write \\\\ for a backslash"},
    {"SomethingBehind", "[users]\n\"a@x.example\" = { roles = [] }}\n",
     "5:31: error: something stands behind the value", "take it away"},
    {"ListInBracesOpen", "[users]\n\"a@x.example\" = { access = { jira = [\"user\" } }\n",
     "5:44: error: \"]\" is missing", "close what begins with \"[\""},
    {"QuotesBeforeTheEnd", "x = [\"\"\"a\"\"\"\"]\ny = [1,\nz = 2\n",
     "5:5: error: this list is not closed", "close it"},
    {"HeaderAtTheEnd", "[a", "4:3: error: not TOML: ", "close it with \"]\""},
    {"HeaderOpen", "[groups.eng\n", "4:12: error: not TOML: ", "close it with \"]\""},
};

INSTANTIATE_TEST_SUITE_P(Syntax, SyntaxMistake, ::testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.name; });

// An excerpt shows no line that may hold a key, and neither does a hint; nor anything endless.
TEST(SyntaxErrorTest, NoSecretIsRepeated) {
  for (const std::string line : {"api_key ATATT3xFfGN0=1A2B", "api_key = ATATT3xFfGN0@foo=1A2B",
                                 "[api_token.ATATT3xFfGN0/ab=1A2B]", "password = ATATT3xFfGN0@corp",
                                 "password ATATT3xFfGN0 = x", "password = ATATT3xFfGN0"}) {
    EXPECT_THAT(report(with_head(line + "\n")), ::testing::Not(HasSubstr("ATATT3x"))) << line;
  }
  EXPECT_LT(report(with_head("[groups." + std::string(100'000, '+') + "]\n")).size(), 1'000U);
}

// Where the parser stopped and what it said come from outside this project: no place and no words
// may lead astray.
TEST(SyntaxErrorTest, AnyPlaceAndAnyWordsAreFine) {
  const std::string text = "a = [\n\"é\", '\n{ b = \"\"\"\\\n [x.\"y\" \r\n# \"";
  for (const char* words : {"", "expected comma", "table header", "key-value pair: expected value",
                            "key-value pair", "could not determine value type", "dangling comma",
                            "encountered end-of-file", "closing", "boolean", "root table"}) {
    for (std::uint32_t line = 1; line <= 6; ++line) {
      for (std::uint32_t column = 1; column <= 20; ++column) {
        for (std::size_t length = 0; length <= text.size(); ++length) {
          const std::string_view part = std::string_view(text).substr(0, length);
          if (std::count(part.begin(), part.end(), '\n') + 1 < line) continue;
          const SyntaxError found = explain_syntax(part, {line, column}, words);
          EXPECT_GE(found.at.line, 1U);
          EXPECT_FALSE(found.what.empty());
          EXPECT_FALSE(found.hint.empty());
        }
      }
    }
  }
}

}  // namespace
}  // namespace rolecall::testing
