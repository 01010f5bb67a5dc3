#include "state/model/text.h"

#include <gtest/gtest.h>

#include <array>

namespace rolecall {
namespace {

TEST(Utf8Test, FindsTheFirstBadByte) {
  EXPECT_FALSE(find_invalid_utf8("plain, caf\u00e9, \U0001F600"));
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
  EXPECT_EQ(escape_markdown("[x](http://e)<b>@team|`"),
            "\\[x\\]\\(http&#58;//e\\)&lt;b&gt;&#64;team\\|\\`");
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
