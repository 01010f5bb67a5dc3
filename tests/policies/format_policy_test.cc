#include "policies/format_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/cases.h"

namespace rolecall {
namespace {

std::string formatted(const std::string& text) {
  Diagnostics diagnostics;
  const auto out = format_policy({"policy.toml", text}, diagnostics);
  EXPECT_EQ(render(diagnostics), "");
  return out.value_or("");
}

struct FormatCase {
  const char* name;
  std::string before;
  std::string after;
};

class Format : public testing::TestWithParam<FormatCase> {};

TEST_P(Format, IsCanonicalAndStaysSo) {
  const FormatCase& one = GetParam();
  EXPECT_EQ(formatted(one.before), one.after);
  EXPECT_EQ(formatted(one.after), one.after);
}

std::string name_of(const testing::TestParamInfo<FormatCase>& info) {
  return info.param.name;
}

std::string people(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "\"u" + std::to_string(i) + "@x.example\" = {} # c\n";
  return out;
}

/// 24 people: ten with one digit, fourteen with two.
std::string aligned_people() {
  std::string out;
  for (int i = 0; i < 24; ++i) {
    const std::string number = std::to_string(i);
    out += "\"u" + number + "@x.example\"" + (i < 10 ? " " : "") + " = {}  # c\n";
  }
  return out;
}

std::string spread_people() {
  std::string out;
  for (int i = 0; i < 25; ++i) out += "\"u" + std::to_string(i) + "@x.example\" = {}  # c\n";
  return out;
}

const std::string kLong(60, 'x');

INSTANTIATE_TEST_SUITE_P(
    Files, Format,
    testing::Values(FormatCase{"Empty", "", ""}, FormatCase{"OnlyBlanks", "\n \n\t\n", ""},
                    FormatCase{"OnlyAComment", "\n\n  # why  \n\n", "# why\n"},
                    FormatCase{"SchemaLineStays", "#:schema ./s.json\nversion=1",
                               "#:schema ./s.json\nversion = 1\n"},
                    FormatCase{"ByteOrderMarkAndReturns", "\xEF\xBB\xBFversion = 1\r\n[users]\r\n",
                               "version = 1\n\n[users]\n"},
                    FormatCase{"BlankLines", "\n\na = 1\n\n\n\nb = 2\n[t]\n\n\nc = 3\n\n\n",
                               "a = 1\n\nb = 2\n\n[t]\nc = 3\n"},
                    FormatCase{"CommentsGoWithTheirTable",
                               "a = 1\n# about t\n# more\n[t]\nb = 2\n# end\n",
                               "a = 1\n\n# about t\n# more\n[t]\nb = 2\n# end\n"},
                    FormatCase{"CommentsAboveABlankStay", "a = 1\n# about a\n\n[t]\n",
                               "a = 1\n# about a\n\n[t]\n"},
                    FormatCase{"TableBelowTheOneBefore",
                               "[safety]\na = 1\n[safety.limits.x]\nb = 1\n[other]\n",
                               "[safety]\na = 1\n[safety.limits.x]\nb = 1\n\n[other]\n"},
                    FormatCase{"NotBelowBySpelling", "[a]\n[ab]\n", "[a]\n\n[ab]\n"},
                    FormatCase{"Headers", "[ a . \"b c\" ]#x\n[[ rules ]]\n[[rules]]\n",
                               "[a.\"b c\"]  #x\n\n[[rules]]\n\n[[rules]]\n"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Entries, Format,
    testing::Values(
        FormatCase{"Aligned", "id=1\ndirectory =2\n  x=3\n",
                   "id        = 1\ndirectory = 2\nx         = 3\n"},
        FormatCase{"AcrossComments", "id = 1\n# why\ndirectory = 2\n",
                   "id        = 1\n# why\ndirectory = 2\n"},
        FormatCase{"NotAcrossBlankLines", "id = 1\n\ndirectory = 2\n", "id = 1\n\ndirectory = 2\n"},
        FormatCase{"NotToLongKeys", "a = 1\n" + kLong + " = 2\nbb = 3\n",
                   "a  = 1\n" + kLong + " = 2\nbb = 3\n"},
        FormatCase{"TwentyFourAligned", people(24), aligned_people()},
        FormatCase{"TwentyFiveNot", people(25), spread_people()},
        FormatCase{"DottedAndQuoted", "a . b = 1\n\"x y\" = 2\n'z' . \"q\"=3\n",
                   "a.b     = 1\n\"x y\"   = 2\n'z'.\"q\" = 3\n"},
        FormatCase{"CommentsBehind", "a = 1 # one\nbb = 22#two\n\nc = 3      # three\n",
                   "a  = 1   # one\nbb = 22  #two\n\nc = 3  # three\n"},
        FormatCase{"CommentBehindAWideLine", "a = '" + kLong + kLong + "' # wide\nb = 1 # near\n",
                   "a = '" + kLong + kLong + "'  # wide\nb = 1  # near\n"},
        FormatCase{"Scalars",
                   "a = 2026-12-01 08:00:00Z # t\nb = 2026-12-01\nc=+1_0\nd=0xFF\ne=true\nf=-inf\n"
                   "g=08:00:00\nh=1e3\ni=1979-05-27T07:32:00.999-07:00\n",
                   "a = 2026-12-01 08:00:00Z  # t\nb = 2026-12-01\nc = +1_0\nd = 0xFF\ne = true\n"
                   "f = -inf\ng = 08:00:00\nh = 1e3\ni = 1979-05-27T07:32:00.999-07:00\n"},
        FormatCase{"StringsThatLookLikeMore",
                   "a = \"# no \\\" comment\" # yes\nb = ']'\nc = \"=\"\n",
                   "a = \"# no \\\" comment\"  # yes\nb = ']'\nc = \"=\"\n"},
        FormatCase{"LongStrings",
                   "a=\"\"\"\r\n  # text \r\n[no]  \r\n\"\"\"\"  # c\r\nb='''x\n'''''\ncc=1\n",
                   "a  = \"\"\"\n  # text \n[no]  \n\"\"\"\"  # c\nb  = '''x\n'''''\ncc = 1\n"},
        FormatCase{"InlineTables", "a={}\nb={ }\nc={x=1,y={z=[ 1,2 , ]}}\n",
                   "a = {}\nb = {}\nc = { x = 1, y = { z = [1, 2] } }\n"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Arrays, Format,
    testing::Values(
        FormatCase{"Short", "a = [\n  1,\n  2\n]\n", "a = [1, 2]\n"},
        FormatCase{"EmptyOne", "a = [ \n ]\n", "a = []\n"},
        FormatCase{"CommaAtTheEndKeepsLines", "a = [1,2,]\n", "a = [\n  1,\n  2,\n]\n"},
        FormatCase{"Wide", "a = ['" + kLong + "', '" + kLong + "'] # c\n",
                   "a = [\n  '" + kLong + "',\n  '" + kLong + "',\n]  # c\n"},
        FormatCase{"JustFits", "a = ['" + kLong + "', '" + std::string(28, 'y') + "']\n",
                   "a = ['" + kLong + "', '" + std::string(28, 'y') + "']\n"},
        FormatCase{"JustNot", "a = ['" + kLong + "', '" + std::string(29, 'y') + "']\n",
                   "a = [\n  '" + kLong + "',\n  '" + std::string(29, 'y') + "',\n]\n"},
        FormatCase{"CountsCharactersNotBytes",
                   "a = ['" + kLong + "', '\xC3\xA9" + std::string(27, 'y') + "']\n",
                   "a = ['" + kLong + "', '\xC3\xA9" + std::string(27, 'y') + "']\n"},
        FormatCase{"Comments",
                   "members = [ # people\n# first\n\"a\" # A\n, # odd\n\n\n\"bb\",  # B\n# "
                   "end\n\n] # all\n",
                   "members = [\n  # people\n  # first\n  \"a\",  # A\n  # odd\n\n  \"bb\",  # B\n"
                   "  # end\n]  # all\n"},
        FormatCase{"OnlyACommentInside", "a = [ # none\n]\n", "a = [\n  # none\n]\n"},
        FormatCase{"Nested", "a = [[1,2],[3,],[]]\n", "a = [[1, 2], [3], []]\n"},
        FormatCase{"NestedWithComma", "a = [[1,2],[3,],[],]\n",
                   "a = [\n  [1, 2],\n  [\n    3,\n  ],\n  [],\n]\n"},
        FormatCase{"TablesInside", "a = [\"x\",{user=\"y\",until=2026-12-01},]\n",
                   "a = [\n  \"x\",\n  { user = \"y\", until = 2026-12-01 },\n]\n"},
        FormatCase{"CommentsInsideAnInlineTable", "a = { r = [1, # one\n2], s = 3 } # c\n",
                   "a = { r = [\n  1,  # one\n  2,\n], s = 3 }  # c\n"},
        FormatCase{"LongStringInside", "a = [\"\"\"\nx\"\"\", 1]\n",
                   "a = [\n  \"\"\"\nx\"\"\",\n  1,\n]\n"}),
    name_of);

TEST(FormatPolicy, LeavesTheExampleOfTheLanguageAsItIs) {
  const std::string example =
      "#:schema ./rolecall.schema.json\n"
      "version = 1\n"
      "\n"
      "[organization]\n"
      "id              = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "unlisted_users  = \"ignore\"  # or \"suspend\", \"remove\"\n"
      "unlisted_groups = \"ignore\"  # or \"delete\"\n"
      "\n"
      "[groups.engineering]\n"
      "members = [\n"
      "  \"ada@acme.example\",\n"
      "  { user = \"temp@vendor.example\", until = 2027-01-15, reason = \"PROC-77\" },\n"
      "]\n"
      "access  = { jira = [\"user\"], confluence = [\"user\"] }\n"
      "\n"
      "[safety]\n"
      "min_org_admins = 2\n"
      "[safety.limits.remove_members]\n"
      "free    = 3\n"
      "percent = 10\n";
  EXPECT_EQ(formatted(example), example);
}

TEST(FormatPolicy, ReportsWhatIsNoToml) {
  for (const char* text :
       {"a = \n", "[a", "a = [1\n", "\xFF", "<<<<<<< mine\n", "a = 1\na = 2\n"}) {
    Diagnostics diagnostics;
    EXPECT_EQ(format_policy({"policy.toml", text}, diagnostics), std::nullopt) << text;
    EXPECT_TRUE(diagnostics.has_errors()) << text;
  }
}

TEST(FormatPolicy, DoesNotMindWhatThePolicyWouldNotAllow) {
  EXPECT_EQ(formatted("colour=\"red\"\n[usres]\n"), "colour = \"red\"\n\n[usres]\n");
}

}  // namespace
}  // namespace rolecall
