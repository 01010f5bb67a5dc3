#include "state/model/text.h"

#include <gtest/gtest.h>

#include <array>

namespace rolecall {
namespace {

TEST(Utf8Test, FindsTheFirstBadByte) {
  EXPECT_FALSE(find_invalid_utf8("plain, caf\u00e9, \U0001F600"));
  for (std::size_t at = 0; at < 40; ++at) {
    EXPECT_EQ(find_invalid_utf8(std::string(at, 'a') + "\xFF" + std::string(20, 'b')), at);
    EXPECT_EQ(find_invalid_utf8("caf\u00e9" + std::string(at, 'a') + "\x80"), at + 5);
    EXPECT_FALSE(find_invalid_utf8(std::string(at, 'a') + "\u00e9" + std::string(at, 'b')));
  }
  EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2U);
  EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0U);          // overlong
  EXPECT_EQ(find_invalid_utf8("a\xED\xA0\x80"), 1U);     // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // over U+10FFFF
  EXPECT_EQ(find_invalid_utf8("ab\xE2\x82"), 2U);        // cut
}

TEST(EscapeTest, NothingFromOutsideCanSteerATerminal) {
  EXPECT_EQ(escape_terminal("caf\u00e9 \U0001F600"), "caf\u00e9 \U0001F600");
  EXPECT_EQ(escape_terminal("a\x1b[31mb\n"), "a\\u{1B}[31mb\\u{A}");
  EXPECT_EQ(escape_terminal("\u202Eabc\u200B"), "\\u{202E}abc\\u{200B}");
  EXPECT_EQ(escape_terminal("\u009B"), "\\u{9B}");
  EXPECT_EQ(escape_terminal("x\xFF"), "x\\xFF");
}

TEST(EscapeTest, QuotesAreCutAndClosed) {
  EXPECT_EQ(quote("a\"b\\"), "\"a\\\"b\\\\\"");
  EXPECT_EQ(quote("abcdef", 3), "\"abc...\"");
}

TEST(EscapeTest, MarkdownHoldsNoMarkup) {
  EXPECT_EQ(escape_markdown("[x](http://e)<b>|`"), "\\[x\\]\\(http&#58;//e\\)&lt;b&gt;\\|\\`");
  EXPECT_EQ(escape_markdown("@team #12 www.evil.example"),
            "@<!-- -->team \\#<!-- -->12 www\\.evil.example");
  EXPECT_EQ(escape_markdown("- x"), "\\- x");
  EXPECT_EQ(escape_markdown("1. x-y"), "1\\. x-y");
  EXPECT_EQ(escape_markdown("  - x"), "&#32;&#32;\\- x");
}

TEST(EscapeTest, NothingFromOutsideCommandsABuildServer) {
  EXPECT_EQ(escape_terminal("::add-mask::x"), "\\u{3A}:add-mask::x");
  EXPECT_EQ(escape_terminal("  ::x"), "  \\u{3A}:x");
  EXPECT_EQ(escape_terminal("a::b"), "a::b");
  EXPECT_EQ(escape_terminal("x ##vso[y]"), "x #\\u{23}vso[y]");
  EXPECT_EQ(quote("##[error]"), "\"#\\u{23}[error]\"");
}

TEST(ScriptsTest, AreFoundWhereTheyMeetInAWord) {
  const struct {
    const char* text;
    const char* found;
  } cases[] = {
      {"admin", ""},
      {"\u0430\u0434\u043c\u0438\u043d", ""},
      {"\u0430dmin", "Cyrillic and Latin"},
      {"p\u03bfp", "Latin and Greek"},
      {"ad\u043c1n", "Latin and Cyrillic"},
      {"\u041e\u0442\u0434\u0435\u043b-IT", ""},
      {"\u041e\u0442\u0434\u0435\u043b IT 2", ""},
      {"\u0438\u0432\u0430\u043d@example.com", ""},
      {"caf\u00e9 cafe\u0301", ""},
      {"IT\u90e8\u9580\u30c6\u30b9\u30c8", ""},
      {"\u0430\u90e8b", "Cyrillic and Latin"},
      {"\xff\xfe", ""},
  };
  for (const auto& [text, found] : cases) {
    EXPECT_EQ(find_mixed_scripts(text).value_or(""), found) << text;
  }
}

TEST(ClosestTest, SuggestsWithinTwoEdits) {
  constexpr std::array<std::string_view, 3> kKeys = {"members", "include", "access"};
  EXPECT_EQ(closest("membres", kKeys), "members");
  EXPECT_EQ(closest("acess", kKeys), "access");
  EXPECT_FALSE(closest("colour", kKeys));
}

TEST(FoldCaseTest, IsUnicodeWithoutALocale) {
  EXPECT_EQ(fold_case("\u00c9COLE I"), "\u00e9cole i");
  EXPECT_EQ(fold_case("Stra\u00dfe"), fold_case("STRASSE"));
}

}  // namespace
}  // namespace rolecall
