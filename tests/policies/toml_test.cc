// TOML 1.0, production by production: what the specification allows is read as it says, what it
// forbids is refused at a place. In the way of the public suite of test documents.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "policies/byte_scan.h"
#include "policies/toml_document.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

using namespace std::string_literals;

/// A document in one line, independent of how it was written.
std::string dump(const Value& value) {
  switch (value.kind()) {
    case ValueKind::string:
      return fmt::format("\"{}\"", value.string());
    case ValueKind::integer:
      return std::to_string(value.integer());
    case ValueKind::boolean:
      return value.boolean() ? "true" : "false";
    case ValueKind::date:
    case ValueKind::date_time:
      return value.moment().text;
    case ValueKind::real:
      return "real";
    case ValueKind::time:
      return "time";
    case ValueKind::array: {
      std::string out;
      for (std::size_t i = 0; i < value.size(); ++i) out += (i == 0 ? "" : ",") + dump(value[i]);
      return "[" + out + "]";
    }
    case ValueKind::table: {
      std::string out;
      for (const Entry& entry : value.entries()) {
        out += (out.empty() ? "" : ",") + std::string(entry.key) + "=" + dump(entry.value);
      }
      return "{" + out + "}";
    }
  }
  return {};
}

/// The document, or nothing and the messages.
std::optional<std::string> read(const std::string& bytes, Diagnostics& diagnostics) {
  const SourceFile file{"p.toml", bytes};
  const auto text = scan_bytes(file, diagnostics);
  if (!text) return std::nullopt;
  const auto document = Document::parse(file.path, *text, diagnostics);
  if (!document) return std::nullopt;
  return dump(document->root());
}

struct Valid {
  std::string name;
  std::string text;
  std::string means;
};
class TomlAccepts : public ::testing::TestWithParam<Valid> {};

TEST_P(TomlAccepts, WhatIsValid) {
  Diagnostics diagnostics;
  EXPECT_EQ(read(GetParam().text, diagnostics), GetParam().means) << render(diagnostics);
  EXPECT_FALSE(diagnostics.has_errors());
}

struct Invalid {
  std::string name;
  std::string text;
};
class TomlRefuses : public ::testing::TestWithParam<Invalid> {};

TEST_P(TomlRefuses, WhatIsNotAtAPlace) {
  Diagnostics diagnostics;
  const auto found = read(GetParam().text, diagnostics);
  EXPECT_EQ(found.value_or("refused"), "refused");
  ASSERT_TRUE(diagnostics.has_errors());
  for (const Diagnostic& item : diagnostics.sorted()) {
    EXPECT_EQ(item.place.file, "p.toml");
    EXPECT_GE(item.place.line, 1U);
    EXPECT_GE(item.place.column, 1U);
    EXPECT_LE(item.place.line,
              std::count(GetParam().text.begin(), GetParam().text.end(), '\n') + 1);
    EXPECT_FALSE(item.what.empty());
  }
}

constexpr auto kName = [](const auto& test) { return test.param.name; };

const Valid kValid[] = {
    {"Nothing", "", "{}"},
    {"CommentAlone", "# x", "{}"},
    {"CommentAfterValue", "a = 1 # x\n#", "{a=1}"},
    {"CommentWithAnything", "# \t \xC3\xA9\xF0\x9F\x98\x80 [x] = \"\n", "{}"},
    {"WhiteSpaceAround", " \t a \t = \t 1 \t \n\n\t\n", "{a=1}"},
    {"NoLineEndAtTheEnd", "a=1", "{a=1}"},
    {"CrLf", "a = 1\r\n[b]\r\nc = 2\r\n", "{a=1,b={c=2}}"},
    {"HashInString", "a = \"#\" # b", "{a=\"#\"}"},
    {"BareKeys", "a-b_9 = 1\n-_ = 2\nA = 3", "{a-b_9=1,-_=2,A=3}"},
    {"DigitKeys", "1234 = 1\n3.14 = 2", "{1234=1,3={14=2}}"},
    {"KeysLikeValues", "true = 1\ninf = 2\n2026-12-01 = 3\n1e6 = 4",
     "{true=1,inf=2,2026-12-01=3,1e6=4}"},
    {"QuotedKeys", "\"a b\" = 1\n'c \"d\"' = 2\n\"\\u00e9\" = 3\n\"\" = 4",
     "{a b=1,c \"d\"=2,\xC3\xA9=3,=4}"},
    {"DottedKeys", "a.b.c = 1\na.d = 2\na . \"e f\" . g = 3", "{a={b={c=1},d=2,e f={g=3}}}"},
    {"DottedOutOfOrder", "a.x = 1\nb.x = 2\na.y = 3", "{a={x=1,y=3},b={x=2}}"},
    {"QuotedDot", "\"a.b\" = 1", "{a.b=1}"},
    {"KeyCase", "a = 1\nA = 2", "{a=1,A=2}"},
    {"BasicString", "a = \"x\"", "{a=\"x\"}"},
    {"EmptyString", "a = \"\"\nb = ''", "{a=\"\",b=\"\"}"},
    {"Escapes", "a = \"\\b\\t\\n\\f\\r\\\"\\\\\"", "{a=\"\x08\t\n\x0C\r\"\\\"}"},
    {"Unicode4", "a = \"\\u00E9\\u20ac\"", "{a=\"\xC3\xA9\xE2\x82\xAC\"}"},
    {"Unicode8", "a = \"\\U0001F600\\U0010ffff\"", "{a=\"\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\"}"},
    {"EscapedNul", "a = \"\\u0000\"", "{a=\"\x00\"}"s},
    {"LastBeforeSurrogates", "a = \"\\uD7FF\\uE000\"", "{a=\"\xED\x9F\xBF\xEE\x80\x80\"}"},
    {"TabInString", "a = \"x\ty\"\nb = 'x\ty'", "{a=\"x\ty\",b=\"x\ty\"}"},
    {"Literal", "a = 'C:\\n\\'", "{a=\"C:\\n\\\"}"},
    {"QuotesInTheOther", "a = \"it's\"\nb = '\"'", "{a=\"it's\",b=\"\"\"}"},
    {"MultiLine", "a = \"\"\"\nx\n y\"\"\"", "{a=\"x\n y\"}"},
    {"MultiLineNoFirstBreak", "a = \"\"\"x\n\ny\"\"\"", "{a=\"x\n\ny\"}"},
    {"MultiLineSecondBreakStays", "a = \"\"\"\n\nx\"\"\"", "{a=\"\nx\"}"},
    {"MultiLineEmpty", "a = \"\"\"\"\"\"\nb = ''''''", "{a=\"\",b=\"\"}"},
    {"MultiLineContinued", "a = \"\"\"x \\\n   \n  y\"\"\"", "{a=\"x y\"}"},
    {"MultiLineContinuedSpaces", "a = \"\"\"x\\  \n\n y\\\n\"\"\"", "{a=\"xy\"}"},
    {"MultiLineQuotes", "a = \"\"\"a\"b\"\"c\"\"\"", "{a=\"a\"b\"\"c\"}"},
    {"MultiLineEndsInQuotes", "a = \"\"\"x\"\"\"\"\"\nb = '''y''''", "{a=\"x\"\"\",b=\"y'\"}"},
    {"MultiLineStartsWithQuotes", "a = \"\"\"\"\"x\"\"\"", "{a=\"\"\"x\"}"},
    {"MultiLineEscapes", "a = \"\"\"\\u00e9\\t\\\"\\\"\\\"\"\"\"", "{a=\"\xC3\xA9\t\"\"\"\"}"},
    {"MultiLineCrLf", "a = \"\"\"\r\nx\r\ny\"\"\"", "{a=\"x\ny\"}"},
    {"MultiLineLiteral", "a = '''\nx\\\n'y' ''z'''", "{a=\"x\\\n'y' ''z\"}"},
    {"BackslashTwice", "a = \"\\\\u00e9\"", "{a=\"\\u00e9\"}"},
    {"Integers", "a = 0\nb = +1\nc = -17\nd = 1_000\ne = 5_349_221\nf = +0\ng = -0",
     "{a=0,b=1,c=-17,d=1000,e=5349221,f=0,g=0}"},
    {"Hex", "a = 0xDEADBEEF\nb = 0xdead_beef\nc = 0x00", "{a=3735928559,b=3735928559,c=0}"},
    {"OctalBinary", "a = 0o755\nb = 0b1101_0110\nc = 0o0_7", "{a=493,b=214,c=7}"},
    {"Widest", "a = 9223372036854775807\nb = -9223372036854775808\nc = 0x7FFFFFFFFFFFFFFF",
     "{a=9223372036854775807,b=-9223372036854775808,c=9223372036854775807}"},
    {"Floats",
     "a = 1.0\nb = +3.1415\nc = -0.01\nd = 5e+22\ne = 1e06\nf = -2E-2\ng = 6.626e-34\nh = "
     "224_617.445_991_228\ni = 0.0\nj = -0.0\nk = 0e0\nl = 1_0e1_0",
     "{a=real,b=real,c=real,d=real,e=real,f=real,g=real,h=real,i=real,j=real,k=real,l=real}"},
    {"SpecialFloats", "a = inf\nb = +inf\nc = -inf\nd = nan\ne = +nan\nf = -nan",
     "{a=real,b=real,c=real,d=real,e=real,f=real}"},
    {"Booleans", "a = true\nb = false", "{a=true,b=false}"},
    {"OffsetDateTimes",
     "a = 1979-05-27T07:32:00Z\nb = 1979-05-27T00:32:00-07:00\nc = 1979-05-27 07:32:00z\nd = "
     "1979-05-27t07:32:00.5+00:00",
     "{a=1979-05-27T07:32:00Z,b=1979-05-27T07:32:00Z,c=1979-05-27T07:32:00Z,d=1979-05-27T07:32:00."
     "500Z}"},
    {"LocalDateTimes", "a = 1979-05-27T07:32:00\nb = 1979-05-27 07:32:00.999999",
     "{a=1979-05-27T07:32:00Z,b=1979-05-27T07:32:00.999Z}"},
    {"LocalDates", "a = 1979-05-27\nb = 2024-02-29\nc = 2000-02-29\nd = 0001-01-01\ne = 9999-12-31",
     "{a=1979-05-27,b=2024-02-29,c=2000-02-29,d=0001-01-01,e=9999-12-31}"},
    {"LocalTimes", "a = 07:32:00\nb = 00:32:00.999999\nc = 23:59:59.1", "{a=time,b=time,c=time}"},
    {"DatesInArray", "a = [1979-05-27, 07:32:00,1979-05-27T07:32:00Z]",
     "{a=[1979-05-27,time,1979-05-27T07:32:00Z]}"},
    {"DateThenComment", "a = 1979-05-27 # x\nb = 1979-05-27 ", "{a=1979-05-27,b=1979-05-27}"},
    {"LongFraction", "a = 1979-05-27T07:32:00.123456789123Z", "{a=1979-05-27T07:32:00.123Z}"},
    {"Arrays",
     "a = []\nb = [1, 2]\nc = [1,2,]\nd = [[1], [\"x\"]]\ne = [1, \"x\", 1.5, true, {b = 1}]",
     "{a=[],b=[1,2],c=[1,2],d=[[1],[\"x\"]],e=[1,\"x\",real,true,{b=1}]}"},
    {"ArrayOverLines", "a = [ # x\n  1, # one\n\n  2 # two\n  , # three\n]", "{a=[1,2]}"},
    {"ArrayOfStrings", "a = [\"]\", '[', \"\"\",\n#\"\"\", '''#''']",
     "{a=[\"]\",\"[\",\",\n#\",\"#\"]}"},
    {"ArrayOfTablesInline", "a = [{b = 1}, {b = 2}, {}]", "{a=[{b=1},{b=2},{}]}"},
    {"ArrayNested", "a = [[[[[]]]]]", "{a=[[[[[]]]]]}"},
    {"ArrayCrLf", "a = [\r\n1,\r\n]", "{a=[1]}"},
    {"Tables", "[a]\n[b]\nc = 1\n[ d . \"e\" . 'f' ]\ng = 2", "{a={},b={c=1},d={e={f={g=2}}}}"},
    {"SuperTableAfter", "[a.b]\nc = 1\n[a]\nd = 2", "{a={b={c=1},d=2}}"},
    {"TablesOutOfOrder", "[a.b]\n[c]\n[a.d]", "{a={b={},d={}},c={}}"},
    {"EmptyTableName", "[\"\"]\na = 1\n[\"\".\"\"]", "{={a=1,={}}}"},
    {"DottedInTable", "[a]\nb.c = 1\n[a.d]\ne = 2", "{a={b={c=1},d={e=2}}}"},
    {"RootThenTable", "x = 1\n[a]\nx = 2", "{x=1,a={x=2}}"},
    {"TableNamedLikeValue", "[true]\n[1.2]\n[2026-12-01]", "{true={},1={2={}},2026-12-01={}}"},
    {"HeaderComment", "[a] # x\n[[b]]# y", "{a={},b=[{}]}"},
    {"SubtableOfDotted", "[a]\nb.c = 1\n[a.x.y]", "{a={b={c=1},x={y={}}}}"},
    {"ArrayTables", "[[a]]\nb = 1\n[[a]]\nb = 2\n[[a]]", "{a=[{b=1},{b=2},{}]}"},
    {"ArrayTablesNested", "[[a]]\n[[a.b]]\nc = 1\n[[a.b]]\n[[a]]\n[[a.b]]",
     "{a=[{b=[{c=1},{}]},{b=[{}]}]}"},
    {"ArrayTableSubtable", "[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2", "{a=[{b={c=1}},{b={c=2}}]}"},
    {"ArrayTableImplicit", "[[a.b]]\nc = 1\n[a]\nd = 2", "{a={b=[{c=1}],d=2}}"},
    {"ArrayTableSpaces", "[[ a . b ]]", "{a={b=[{}]}}"},
    {"ArrayTableInTable", "[a]\n[[a.b]]\n[[a.b]]", "{a={b=[{},{}]}}"},
    {"InlineTables", "a = {}\nb = { c = 1 }\nd = { e = 1, \"f\" = { g = [1] } }",
     "{a={},b={c=1},d={e=1,f={g=[1]}}}"},
    {"InlineDotted", "a = { b.c = 1, b.d = 2 }", "{a={b={c=1,d=2}}}"},
    {"InlineLongStrings", "a = { b = \"\"\"\nx\ny\"\"\", c = [\n1,\n] }", "{a={b=\"x\ny\",c=[1]}}"},
    {"InlineNoSpaces", "a={b=1,c={d=2}}", "{a={b=1,c={d=2}}}"},
    {"ByteOrderMark",
     "\xEF\xBB\xBF"
     "a = 1",
     "{a=1}"},
    {"AnyUnicode", "a = \"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\" # \xC3\xA9",
     "{a=\"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\"}"},
};
INSTANTIATE_TEST_SUITE_P(Toml, TomlAccepts, ::testing::ValuesIn(kValid), kName);

const Invalid kInvalid[] = {
    {"ControlInComment", "# \x01\n"},
    {"DeleteInComment", "# \x7F\n"},
    {"UnitSeparatorInComment", "a = 1 # \x1F\n"},
    {"FormFeed", "a = 1\x0C\n"},
    {"VerticalTab",
     "\x0B"
     "a = 1\n"},
    {"TwoOnALine", "a = 1 b = 2"},
    {"ValueAlone", "1"},
    {"TextAfterValue", "a = \"x\" y"},
    {"TextAfterHeader", "[a] b = 1"},
    {"OnlyEquals", "="},
    {"BackspaceBetween", "a\x08= 1"},
    {"EmptyBareKey", "= 1"},
    {"KeyWithoutValue", "a ="},
    {"KeyWithoutEquals", "a"},
    {"KeyThenLineEnd", "a = \n1"},
    {"KeyOnNextLine", "a\n= 1"},
    {"EqualsTwice", "a == 1"},
    {"SpaceInKey", "a b = 1"},
    {"BareKeyPlus", "a+b = 1"},
    {"BareKeyBang", "a! = 1"},
    {"BareKeyColon", "a: 1"},
    {"BareKeyNonAscii", "\xC3\xA9 = 1"},
    {"KeyStartsWithDot", ".a = 1"},
    {"KeyEndsWithDot", "a. = 1"},
    {"TwoDots", "a..b = 1"},
    {"MultiLineKey", "\"\"\"a\"\"\" = 1"},
    {"MultiLineLiteralKey", "'''a''' = 1"},
    {"LineEndInKey", "\"a\nb\" = 1"},
    {"OpenKey", "\"a = 1"},
    {"BadEscapeInKey", "\"\\q\" = 1"},
    {"BracketInKey", "a] = 1"},
    {"KeyAfterArray", "a = [1]b = 2"},
    {"KeyAfterTable", "a = {}b = 2"},
    {"Twice", "a = 1\na = 2"},
    {"TwiceQuoted", "a = 1\n\"a\" = 2"},
    {"TwiceLiteral", "a = 1\n'a' = 2"},
    {"TwiceDotted", "a.b = 1\na.b = 2"},
    {"DottedThroughValue", "a = 1\na.b = 2"},
    {"DottedThroughString", "a.b = \"x\"\na.b.c = 2"},
    {"ValueOverDotted", "a.b = 1\na = 2"},
    {"DottedThroughArray", "a = []\na.b = 1"},
    {"DottedIntoInline", "a = { b = 1 }\na.c = 2"},
    {"EscapeA", "a = \"\\a\""},
    {"EscapeX", "a = \"\\x41\""},
    {"EscapeE", "a = \"\\e\""},
    {"EscapeSpace", "a = \"\\ \""},
    {"EscapeQuote", "a = \"\\'\""},
    {"EscapeSlash", "a = \"\\/\""},
    {"EscapeDigit", "a = \"\\0\""},
    {"ShortU", "a = \"\\u00e\""},
    {"ShortU8", "a = \"\\U0001F60\""},
    {"BadHex", "a = \"\\u00zz\""},
    {"Surrogate", "a = \"\\uD800\""},
    {"SurrogateLow", "a = \"\\uDFFF\""},
    {"Surrogate8", "a = \"\\U0000D800\""},
    {"TooBig", "a = \"\\U00110000\""},
    {"WayTooBig", "a = \"\\UFFFFFFFF\""},
    {"EscapeV", "a = \"\\v\""},
    {"BadEscapeInMultiLine", "a = \"\"\"\\q\"\"\""},
    {"EscapeAtEnd", "a = \"\\\""},
    {"SpaceContinuation", "a = \"\"\"x \\ y\"\"\""},
    {"BareWord", "a = x"},
    {"OpenBasic", "a = \"x"},
    {"OpenLiteral", "a = 'x"},
    {"OpenMultiLine", "a = \"\"\"x\"\""},
    {"LineEndInString", "a = \"x\ny\""},
    {"LineEndInLiteral", "a = 'x\ny'"},
    {"FourQuotes", "a = \"\"\"\""},
    {"SixQuotesAfter", "a = \"\"\"x\"\"\"\"\"\""},
    {"LiteralSixQuotes", "a = '''x''''''"},
    {"MixedQuotes", "a = \"x'"},
    {"QuoteInLiteral", "a = 'it's'"},
    {"BellInBasic", "a = \"\x07\""},
    {"BellInLiteral", "a = '\x07'"},
    {"BellInMultiLine", "a = \"\"\"\x07\"\"\""},
    {"BellInMultiLineLiteral", "a = '''\x07'''"},
    {"UnitSeparatorInBasic", "a = \"\x1F\""},
    {"UnitSeparatorInLiteral", "a = '\x1F'"},
    {"UnitSeparatorInMultiLine", "a = \"\"\"\x1F\"\"\""},
    {"UnitSeparatorInMultiLineLiteral", "a = '''\x1F'''"},
    {"DeleteInBasic", "a = \"\x7F\""},
    {"DeleteInLiteral", "a = '\x7F'"},
    {"DeleteInMultiLine", "a = \"\"\"\x7F\"\"\""},
    {"DeleteInMultiLineLiteral", "a = '''\x7F'''"},
    {"EscapeInBasic", "a = \"\x1B\""},
    {"EscapeInLiteral", "a = '\x1B'"},
    {"EscapeInMultiLine", "a = \"\"\"\x1B\"\"\""},
    {"EscapeInMultiLineLiteral", "a = '''\x1B'''"},
    {"StartInBasic", "a = \"\x01\""},
    {"StartInLiteral", "a = '\x01'"},
    {"StartInMultiLine", "a = \"\"\"\x01\"\"\""},
    {"StartInMultiLineLiteral", "a = '''\x01'''"},
    {"BareCrInString", "a = \"x\ry\""},
    {"BareCrInMultiLine", "a = \"\"\"x\ry\"\"\""},
    {"StringsAfterAnother", "a = \"x\" \"y\""},
    {"LeadingZero", "a = 01"},
    {"LeadingZeros", "a = 00"},
    {"NegativeLeadingZero", "a = -01"},
    {"PlusLeadingZero", "a = +01"},
    {"ZeroUnderscore", "a = 0_1"},
    {"UnderscoreLast", "a = 1_"},
    {"UnderscoreFirst", "a = _1"},
    {"UnderscoreTwice", "a = 1__2"},
    {"SignAlone", "a = -"},
    {"PlusAlone", "a = +"},
    {"TwoSigns", "a = --1"},
    {"PlusMinus", "a = +-1"},
    {"Letters", "a = 12a"},
    {"TooBigInteger", "a = 9223372036854775808"},
    {"TooSmallInteger", "a = -9223372036854775809"},
    {"TooBigHex", "a = 0x8000000000000000"},
    {"HexAlone", "a = 0x"},
    {"HexUnderscoreFirst", "a = 0x_1"},
    {"HexUnderscoreLast", "a = 0x1_"},
    {"HexSign", "a = -0x1"},
    {"HexPlus", "a = +0x1"},
    {"HexCapital", "a = 0X1"},
    {"HexLetter", "a = 0xg"},
    {"OctalDigit", "a = 0o8"},
    {"OctalCapital", "a = 0O7"},
    {"OctalSign", "a = -0o7"},
    {"OctalAlone", "a = 0o"},
    {"BinaryDigit", "a = 0b2"},
    {"BinaryCapital", "a = 0B1"},
    {"BinarySign", "a = +0b1"},
    {"BinaryAlone", "a = 0b"},
    {"BinaryUnderscore", "a = 0b_1"},
    {"SpaceInNumber", "a = 1 2"},
    {"IntegerComma", "a = 1,000"},
    {"Percent", "a = 1%"},
    {"FloatLeadingDot", "a = .7"},
    {"FloatTrailingDot", "a = 7."},
    {"DotExponent", "a = 3.e+20"},
    {"FloatLeadingZero", "a = 03.14"},
    {"FloatNegativeLeadingZero", "a = -03.14"},
    {"FloatUnderscoreBeforeDot", "a = 1_.2"},
    {"FloatUnderscoreAfterDot", "a = 1._2"},
    {"FloatUnderscoreLast", "a = 1.2_"},
    {"FloatUnderscoreTwice", "a = 1.2__3"},
    {"FloatTwoDots", "a = 1.2.3"},
    {"ExponentAlone", "a = 1e"},
    {"ExponentSignAlone", "a = 1e+"},
    {"ExponentTwice", "a = 1e2e3"},
    {"ExponentDot", "a = 1e2.3"},
    {"ExponentUnderscoreFirst", "a = 1e_2"},
    {"ExponentUnderscoreLast", "a = 1e2_"},
    {"UnderscoreBeforeExponent", "a = 1_e2"},
    {"InfCapital", "a = Inf"},
    {"NanCapital", "a = NaN"},
    {"InfUnderscore", "a = in_f"},
    {"InfLong", "a = infinity"},
    {"NanSigned", "a = +-nan"},
    {"HexFloat", "a = 0x1.8p1"},
    {"DotAlone", "a = ."},
    {"TrueCapital", "a = True"},
    {"TrueUpper", "a = TRUE"},
    {"TrueLong", "a = truee"},
    {"TrueShort", "a = tru"},
    {"FalseShort", "a = fals"},
    {"FalseTwice", "a = falsefalse"},
    {"One", "a = t"},
    {"Null", "a = null"},
    {"Nil", "a = nil"},
    {"Yes", "a = yes"},
    {"MonthZero", "a = 2026-00-01"},
    {"MonthThirteen", "a = 2026-13-01"},
    {"DayZero", "a = 2026-01-00"},
    {"DayThirtyTwo", "a = 2026-01-32"},
    {"FebruaryThirty", "a = 2026-02-30"},
    {"FebruaryTwentyNine", "a = 2026-02-29"},
    {"CenturyLeapDay", "a = 2100-02-29"},
    {"AprilThirtyOne", "a = 2026-04-31"},
    {"ShortYear", "a = 226-01-01"},
    {"LongYear", "a = 12026-01-01"},
    {"ShortMonth", "a = 2026-1-01"},
    {"ShortDay", "a = 2026-01-1"},
    {"DateSlash", "a = 2026/01/01"},
    {"DateDots", "a = 2026.01.01"},
    {"DateNoDashes", "a = 20260101T00:00:00Z"},
    {"NegativeYear", "a = -2026-01-01"},
    {"PlusYear", "a = +2026-01-01"},
    {"DateLetter", "a = 2026-01-01x"},
    {"HourTwentyFour", "a = 2026-01-01T24:00:00Z"},
    {"MinuteSixty", "a = 2026-01-01T00:60:00Z"},
    {"SecondSixtyOne", "a = 2026-01-01T00:00:61Z"},
    {"NoSeconds", "a = 2026-01-01T00:00Z"},
    {"NoMinutes", "a = 2026-01-01T00Z"},
    {"ShortHour", "a = 2026-01-01T0:00:00Z"},
    {"TrailingT", "a = 2026-01-01T"},
    {"TwoSpaces", "a = 2026-01-01  00:00:00Z"},
    {"EmptyFraction", "a = 2026-01-01T00:00:00.Z"},
    {"CommaFraction", "a = 2026-01-01T00:00:00,5Z"},
    {"OffsetHour", "a = 2026-01-01T00:00:00+24:00"},
    {"OffsetMinute", "a = 2026-01-01T00:00:00+00:60"},
    {"OffsetShort", "a = 2026-01-01T00:00:00+1:00"},
    {"OffsetNoColon", "a = 2026-01-01T00:00:00+0100"},
    {"OffsetHoursOnly", "a = 2026-01-01T00:00:00+01"},
    {"OffsetTwice", "a = 2026-01-01T00:00:00Z+01:00"},
    {"DateOffset", "a = 2026-01-01Z"},
    {"TimeHour", "a = 25:00:00"},
    {"TimeMinute", "a = 00:60:00"},
    {"TimeSecond", "a = 00:00:61"},
    {"TimeNoSeconds", "a = 07:32"},
    {"TimeShort", "a = 7:32:00"},
    {"TimeOffset", "a = 07:32:00Z"},
    {"TimeFraction", "a = 07:32:00."},
    {"MonthName", "a = 2026-Jan-01"},
    {"UnderscoreInDate", "a = 20_26-01-01"},
    {"DateTimeWordAfter", "a = 2026-01-01 x"},
    {"ArrayOpen", "a = [1"},
    {"ArrayOpenComma", "a = [1,"},
    {"ArrayCommaOnly", "a = [,]"},
    {"ArrayTwoCommas", "a = [1,,2]"},
    {"ArrayTrailingCommas", "a = [1,,]"},
    {"ArrayLeadingComma", "a = [,1]"},
    {"ArrayNoComma", "a = [1 2]"},
    {"ArrayWrongBracket", "a = [1}"},
    {"ArrayExtraBracket", "a = [1]]"},
    {"ArrayOfKey", "a = [a = 1]"},
    {"ArrayText", "a = [x]"},
    {"ArrayOpenString", "a = [\"x]"},
    {"ArrayTextAfter", "a = [1] x"},
    {"ArrayCommentUnclosed", "a = [1 # ]"},
    {"ArraySemicolon", "a = [1; 2]"},
    {"TableTwice", "[a]\n[a]"},
    {"TableTwiceQuoted", "[a]\n[\"a\"]"},
    {"TableTwiceApart", "[a]\n[b]\n[a]"},
    {"TableTwiceNested", "[a.b]\n[a.b]"},
    {"TableOverValue", "a = 1\n[a]"},
    {"TableThroughValue", "a = 1\n[a.b]"},
    {"TableOverInline", "a = {}\n[a]"},
    {"TableThroughInline", "a = { b = {} }\n[a.b.c]"},
    {"TableIntoInline", "a = { b = 1 }\n[a.c]"},
    {"TableOverDotted", "a.b = 1\n[a]"},
    {"TableOverDottedDeep", "[a]\nb.c.d = 1\n[a.b]"},
    {"TableOverDottedDeeper", "[a]\nb.c.d = 1\n[a.b.c]"},
    {"DottedIntoTable", "[a.b.c]\nx = 1\n[a]\nb.c.y = 2"},
    {"DottedIntoTableShort", "[a.b]\n[a]\nb.x = 1"},
    {"KeyOverTable", "[a.b]\n[a]\nb = 1"},
    {"EmptyHeader", "[]"},
    {"EmptyHeaderSpace", "[ ]"},
    {"HeaderOpen", "[a"},
    {"HeaderOpenDot", "[a."},
    {"HeaderDot", "[.]"},
    {"HeaderLeadingDot", "[.a]"},
    {"HeaderTwoDots", "[a..b]"},
    {"HeaderTrailingDot", "[a.]"},
    {"HeaderTwoNames", "[a b]"},
    {"HeaderEquals", "[a=b]"},
    {"HeaderOverLines", "[a\n]"},
    {"HeaderNested", "[a[b]]"},
    {"HeaderTwoBracketsEnd", "[a]]"},
    {"HeaderKeyAfter", "[a]b = 1"},
    {"HeaderBang", "[a!]"},
    {"HeaderNonAscii", "[\xC3\xA9]"},
    {"HeaderMultiLine", "[\"\"\"a\"\"\"]"},
    {"HeaderBadEscape", "[\"\\q\"]"},
    {"CommentInHeader", "[a # x\n]"},
    {"ArrayTableOverTable", "[a]\n[[a]]"},
    {"TableOverArrayTable", "[[a]]\n[a]"},
    {"ArrayTableOverStatic", "a = []\n[[a]]"},
    {"ArrayTableOverStaticTables", "a = [{ b = 1 }]\n[[a]]"},
    {"TableIntoStatic", "a = [{ b = 1 }]\n[a.c]"},
    {"ArrayTableOverValue", "a = 1\n[[a]]"},
    {"ArrayTableOverInline", "a = {}\n[[a]]"},
    {"ArrayTableOverImplicit", "[a.b]\n[[a]]"},
    {"ArrayTableOverDotted", "a.b = 1\n[[a]]"},
    {"KeyOverArrayTable", "[[a.b]]\n[a]\nb = 1"},
    {"DottedIntoArrayTable", "[[a.b]]\n[a]\nb.c = 1"},
    {"ArrayTableEmpty", "[[]]"},
    {"ArrayTableOpen", "[[a]"},
    {"ArrayTableSpaceBetween", "[ [a] ]"},
    {"ArrayTableSpaceEnd", "[[a] ]"},
    {"ArrayTableThree", "[[[a]]]"},
    {"ArrayTableOverSub", "[[a]]\n[a.b]\n[[a.b]]"},
    {"InlineTrailingComma", "a = { b = 1, }"},
    {"InlineLeadingComma", "a = { , b = 1 }"},
    {"InlineTwoCommas", "a = { b = 1,, c = 2 }"},
    {"InlineCommaOnly", "a = {,}"},
    {"InlineNoComma", "a = { b = 1 c = 2 }"},
    {"InlineLineEnd", "a = {\nb = 1 }"},
    {"InlineLineEndAfter", "a = { b = 1\n}"},
    {"InlineLineEndBetween", "a = { b = 1,\nc = 2 }"},
    {"InlineComment", "a = { b = 1 # x\n}"},
    {"InlineOpen", "a = { b = 1"},
    {"InlineTwice", "a = { b = 1, b = 2 }"},
    {"InlineTwiceDotted", "a = { b.c = 1, b.c = 2 }"},
    {"InlineDottedThrough", "a = { b = 1, b.c = 2 }"},
    {"InlineOverDotted", "a = { b.c = 1, b = 2 }"},
    {"InlineIntoInner", "a = { b = { c = 1 }, b.d = 2 }"},
    {"InlineNoValue", "a = { b = }"},
    {"InlineNoKey", "a = { = 1 }"},
    {"InlineValueOnly", "a = { 1 }"},
    {"InlineWrongBracket", "a = { b = 1 ]"},
    {"InlineTextAfter", "a = { b = 1 } x"},
    {"InlineTableTwice", "a = { b = 1 }\na = { c = 2 }"},
    {"InlineExtendedInTable", "[x]\na = {}\n[x.a.b]"},
    {"InlineArrayExtended", "a = [{}]\n[[a.b]]"},
    {"ByteOrderMarkLater",
     "a = 1\n\xEF\xBB\xBF"
     "b = 2"},
    {"InvalidUtf8", "a = \"\xFF\""},
    {"InvalidUtf8InComment", "# \xC3"},
    {"OverlongUtf8", "a = \"\xC0\xAF\""},
    {"EncodedSurrogate", "a = \"\xED\xA0\x80\""},
    {"BeyondUnicode", "a = \"\xF4\x90\x80\x80\""},
    {"Utf16",
     "\xFF\xFE"
     "a\x00"s},
    {"NulByte", "a = 1\x00"s},
    {"NulInString", "a = \"\x00\""s},
};
INSTANTIATE_TEST_SUITE_P(Toml, TomlRefuses, ::testing::ValuesIn(kInvalid), kName);

}  // namespace
}  // namespace rolecall
