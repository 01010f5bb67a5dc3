#include "policies/byte_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::string_literals;

std::string scan(std::string bytes) {
  const SourceFile file{"p.toml", std::move(bytes)};
  Diagnostics diagnostics;
  const auto text = scan_bytes(file, diagnostics);
  EXPECT_EQ(text.has_value(), !diagnostics.has_errors());
  return render(diagnostics);
}

std::string repeat(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

struct Refused {
  std::string name;
  std::string bytes;
  std::string message;  ///< how the first line begins
  std::string hint;     ///< part of the whole
};

class ScanRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(ScanRefuses, AtItsPlace) {
  const std::string report = scan(GetParam().bytes);
  EXPECT_THAT(report, StartsWith("p.toml" + GetParam().message));
  EXPECT_THAT(report, HasSubstr(GetParam().hint));
}

const Refused kRefused[] = {
    {"TooLarge", std::string(9U << 20U, '#'), ": error: 9.0 MiB is over the limit of 8 MiB",
     "split it"},
    {"Utf16LittleEndian", "\xFF\xFEv\0"s, ":1:1: error: file is UTF-16", "save the file as UTF-8"},
    {"Utf16BigEndian", "\xFE\xFF\0v"s, ":1:1: error: file is UTF-16", "save the file as UTF-8"},
    {"InvalidByte", "a = 1\nb = \"\xC3\xA9\xFF\"\n", ":2:7: error: invalid UTF-8 byte 0xFF", ""},
    {"Overlong", "a = \"\xC0\xAF\"", ":1:6: error: invalid UTF-8 byte 0xC0", ""},
    {"Surrogate", "# \xED\xA0\x80", ":1:3: error: invalid UTF-8 byte 0xED", ""},
    {"CutOff", "# \xE2\x82", ":1:3: error: invalid UTF-8 byte 0xE2", ""},
    {"Nul", "a = 1\nb\0 = 2"s, ":2:2: error: NUL byte", ""},
    {"NulInString", "a = \"\0\""s, ":1:6: error: NUL byte", ""},
    {"BareCr", "a = 1\rb = 2\r", ":1:6: error: carriage return without line feed", "LF"},
    {"BareCrInComment", "# a\rb = 2\n", ":1:4: error: carriage return without line feed", ""},
    {"ConflictOurs", "a = 1\n<<<<<<< HEAD\nb = 2\n", ":2:1: error: unresolved merge conflict",
     "finish the merge"},
    {"ConflictMiddle", "=======\n", ":1:1: error: unresolved merge conflict marker \"=======\"",
     ""},
    {"ConflictBase", "||||||| 1234\n", ":1:1: error: unresolved merge conflict marker", ""},
    {"ConflictTheirs", ">>>>>>> topic\r\n", ":1:1: error: unresolved merge conflict marker", ""},
    {"ConflictInMultiLine", "a = \"\"\"\n<<<<<<< HEAD\n\"\"\"", ":2:1: error: unresolved merge",
     ""},
    {"BareHeader", "a = 1\n [[\n", ":2:2: error: unfinished table header \"[[\"", "[[name]]"},
    {"BareHeaderAtEnd", "[[", ":1:1: error: unfinished table header", ""},
    {"BareHeaderSpaces", "[[ \t\r\n", ":1:1: error: unfinished table header", ""},
    {"LongKey", repeat("a.", 100'000) + "a = 1", ":1:32: error: key has more than 16 parts",
     "quotes"},
    {"LongHeader", "[" + repeat("\"a\" . ", 17) + "a]", ":1:96: error: key has more than 16 parts",
     ""},
    {"DeepArrays", "a = " + repeat("[", 300), ":1:37: error: brackets nested deeper than 32", ""},
    {"DeepTables", "a = " + repeat("{a=", 33), ":1:101: error: brackets nested deeper than 32", ""},
    {"DeepOverLines", "a = " + repeat("[\n", 33), ":33:1: error: brackets nested deeper than 32",
     ""},
    {"ManyDots", repeat("a.b=1\n", 50'001), ":50001:2: error: more than 50000 dots", "split"},
    {"CyrillicKey",
     "a = 1\n\xD0\xB0"
     "dmins = 1\n",
     ":2:1: error: character U+0430 \"\xD0\xB0\" outside of strings",
     "it looks like the Latin letter \"a\""},
    {"OtherKey", "\xE5\x90\x8D = 1", ":1:1: error: character U+540D", "double quotes"},
    {"CurlyQuotes", "a = \xE2\x80\x9Cx\xE2\x80\x9D", ":1:5: error: character U+201C",
     "it looks like \" but is not"},
    {"HardSpace", "a\xC2\xA0= 1", ":1:2: error: character U+00A0", "it looks like a space"},
    {"FullWidth", "\xEF\xBD\x81 = 1", ":1:1: error: character U+FF41", "Latin letter \"a\""},
    {"Emoji", "\xF0\x9F\x98\x80 = 1", ":1:1: error: character U+1F600", "double quotes"},
    {"OpenString", "a = 1\nb = \"x\nc = 2", ":2:5: error: string is not closed", "three quotes"},
    {"OpenStringAtEnd", "b = 'x", ":1:5: error: string is not closed", ""},
    {"EscapedQuote", "b = \"x\\\"\n", ":1:5: error: string is not closed", ""},
    {"OpenMultiLine", "b = \"\"\"x\n\"\"\n", ":1:5: error: multi-line string is never closed", ""},
    {"OpenMultiLineLiteral", "b = '''x\n''", ":1:5: error: multi-line string is never closed", ""},
};

INSTANTIATE_TEST_SUITE_P(ByteScan, ScanRefuses, ::testing::ValuesIn(kRefused),
                         [](const auto& test) { return test.param.name; });

struct Accepted {
  std::string name;
  std::string bytes;
};

class ScanAccepts : public ::testing::TestWithParam<Accepted> {};

TEST_P(ScanAccepts, Silently) {
  EXPECT_EQ(scan(GetParam().bytes), "");
}

const Accepted kAccepted[] = {
    {"Empty", ""},
    {"CrLf", "a = 1\r\nb = 2\r\n"},
    {"ForeignScriptInComment", "# \xD0\xB0\xD0\xB1\n"},
    {"ForeignScriptInStrings",
     "a = \"\xD0\xB0\"\nb = '\xD0\xB0'\nc = \"\"\"\xD0\xB0\n\xD0\xB0\"\"\"\n"},
    {"QuotedKey", "\"\xD0\xB0\" = 1\n"},
    {"HashInString", "a = \"# [[[[\"\nb = '#\xC3\xA9'\n"},
    {"QuoteInComment", "# it's \"\na = 1\n"},
    {"TitleUnderlined", "a = \"\"\"\nTitle\n=======\n\"\"\"\n"},
    {"LongRowOfArrows", "# x\n\"<<<<<<<<<<\" = 1\n"},
    {"QuotesBeforeClosing", "a = \"\"\"x\"\"\"\"\"\nb = '''y'''''\n"},
    {"EscapesInMultiLine", "a = \"\"\"x\\\"\"\"\\\\\"\"\"\nb = 1\n"},
    {"BackslashInLiteral", "a = 'C:\\'\nb = 1\n"},
    {"LineEndAfterBackslash", "a = \"\"\"x\\\n   y\"\"\"\n"},
    {"SixteenParts", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p = 1\n"},
    {"DotsInValues",
     "a = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]"},
    {"ThirtyTwoDeep", "a = " + repeat("[", 32) + repeat("]", 32)},
    {"ManyShallowHeaders", repeat("[a\n", 100)},
    {"ArrayOfArrays", "a = [[\n1], [2]]\n"},
};

INSTANTIATE_TEST_SUITE_P(ByteScan, ScanAccepts, ::testing::ValuesIn(kAccepted),
                         [](const auto& test) { return test.param.name; });

TEST(ByteScan, StripsTheByteOrderMark) {
  const SourceFile file{"p.toml", "\xEF\xBB\xBFversion = 1"};
  Diagnostics diagnostics;
  EXPECT_EQ(scan_bytes(file, diagnostics), "version = 1");
}

TEST(ByteScan, ReportsSeveralProblemsAndThenStops) {
  const std::string two = scan("\xD0\xB0 = 1\nb = 1\n\xD0\xB5 = 2\n");
  EXPECT_THAT(two, HasSubstr("p.toml:1:1"));
  EXPECT_THAT(two, HasSubstr("p.toml:3:1"));
  EXPECT_THAT(scan(repeat("\xD0\xB0 = 1\n", 1000)), HasSubstr("20 errors in 1 file"));
}

TEST(ByteScan, LooksThroughAMebibyteOfHostileBytes) {
  for (const std::string_view what :
       {"\"", "'", "[", "]", ".", "\\", "\n", "\"\"\"", "[\n", "a.b=1\n"}) {
    const SourceFile file{"p.toml", repeat(what, (1U << 20U) / what.size())};
    Diagnostics diagnostics;
    (void)scan_bytes(file, diagnostics);
    EXPECT_LE(diagnostics.error_count(), 20U);
  }
}

}  // namespace
}  // namespace rolecall::testing
