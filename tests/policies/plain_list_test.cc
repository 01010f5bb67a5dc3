#include "policies/plain_list.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/document_text.h"

namespace rolecall::testing {
namespace {

using test::document_text;

std::size_t lists_in(const std::string& bytes) {
  const SourceFile file{"p.toml", bytes};
  Diagnostics diagnostics;
  std::vector<PlainList> lists;
  EXPECT_TRUE(scan_bytes(file, diagnostics, &lists)) << render(diagnostics);
  return lists.size();
}

TEST(PlainListTest, HasEveryStringAtItsPlace) {
  const std::string text = "é = [ \"a\",\t\"\", # one, [two]\r\n\n  \"c d\"\n, \"#\" , \n ]";
  const std::size_t begin = text.find('[');
  const auto list = read_plain_list(text, begin, 7, 5);
  ASSERT_TRUE(list);
  std::string found;
  for (const PlainString& string : list->strings) {
    found += fmt::format("{}:{} <{}>\n", string.line, string.column, string.text);
  }
  EXPECT_EQ(found, "7:7 <a>\n7:12 <>\n9:3 <c d>\n10:3 <#>\n");
  EXPECT_EQ(list->last_line, 11U);
  EXPECT_EQ(list->end, text.size());
  EXPECT_EQ(without_plain_lists(text, {*list}), "é = [\n\n\n\n ]");
}

TEST(PlainListTest, LeavesEverythingElseToTheParser) {
  for (const std::string_view text : {"[\"a\"]",
                                      "[\n]",
                                      "[\n\"a\" \"b\"]",
                                      "[\n,\"a\"]",
                                      "[\n\"a\",,\"b\"]",
                                      "[\n\"a\"",
                                      "[\n\"a",
                                      "[\n\"a\n\"]",
                                      "[\n'a']",
                                      "[\n\"\"\"a\"\"\"]",
                                      "[\n\"a\\n\"]",
                                      "[\n\"\xC3\xA9\"]",
                                      "[\n\"a\x7F\"]",
                                      "[\n\"a\tb\"]",
                                      "[\n\"a\" #\x01\n]",
                                      "[\n\"a\" # \xC3\xA9\n]",
                                      "[\n\"a\" # end",
                                      "[\n\"a\"\r]",
                                      "[\n\"a\", 1]",
                                      "[\n\"a\", {}]",
                                      "[\n[\"a\"]]",
                                      "[\n\"a\"}",
                                      "[\n\"a\"="}) {
    EXPECT_FALSE(read_plain_list(text, 0, 1, 1)) << text;
  }
}

TEST(PlainListTest, IsFoundWhereverAnArrayMayStand) {
  EXPECT_EQ(lists_in("a = [\n\"x\"]\n[t]\nb.c = [ # one\n\"y\",\n]\n"), 2U);
  // Of the brackets that open on a line only the first is looked at.
  EXPECT_EQ(lists_in("a = [[\n\"x\"], [\n\"y\"]]\n"), 1U);
  EXPECT_EQ(lists_in("a = [\n[\n\"x\"],\n [\n\"y\"]]\n"), 2U);
  EXPECT_EQ(lists_in("a = \"[\\\"\" # [\nb = '''\n[\n\"x\"]'''\n"), 0U);
  EXPECT_EQ(lists_in("[[t]]\na = [\"x\"]\n"), 0U);
}

TEST(PlainListTest, ChangesNothingOfWhatTheFileSays) {
  for (const std::string text :
       {"a = [\n  \"x\",\n  \"y\" # why\n]\nb = 1\n", "a = [\n\"x\"], b = 2\n", "a = [\n\"x\"] b\n",
        "a = { b = [\n\"x\"], c = [\"z\"] }\nd = 3\n", "a = [\n\"x\"]\r\na = [\n\"y\"]\n", "é = 1",
        "\"é\" = [ \"x\",\r\n\"y\"\r\n] # end\n[t]\nz = nan", "x = [\n\"a\"\n] = 2\n",
        "[t]\nm = [\n\"a\"\n]\n[t.m]\n", "m = [\n\"a\"\n]\n[[m]]\n", "[\n\"a\"\n]\n",
        "a = 1 [\n\"b\"]", "a = [\n\"x\"\n]\n\n\n[", "a = [\n\"x\"\n  ]]", "=[\n\"x\"]",
        "a.[\n\"x\"]=1", "a = [\n\"x\"]\nb = \"\\q\""}) {
    EXPECT_EQ(document_text(text, true), document_text(text, false)) << text;
  }
}

/// Texts made of the pieces at whose seams two readers of TOML could disagree.
TEST(PlainListTest, AgreesWithTheParserOnTenThousandTexts) {
  constexpr std::string_view kPieces[] = {"[",      "[",
                                          "]",      "]",
                                          "{",      "}",
                                          "\"a\"",  "\"b c\"",
                                          "\"#[\"", "'a'",
                                          "\"\"",   "\"\\n\"",
                                          ",",      ",",
                                          ",",      "\n",
                                          "\n",     "\n",
                                          "\r\n",   " ",
                                          "\t",     "# x\n",
                                          "# [\n",  "1",
                                          "a = ",   "b = [",
                                          "[t]",    "\n]",
                                          "\n],",   "[[u]]\n",
                                          "c.d = ", "true",
                                          "\"é\"",  "k = [\n\"v\",\n\"w\"\n]\n"};
  std::mt19937 random(1);
  std::size_t valid = 0;
  std::size_t lifted = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string text = round % 2 == 0 ? "a = [\n\"x\"," : "k = [\n\"v\",\n\"w\"\n]\nz = ";
    for (std::size_t n = random() % 12; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    if (round % 3 == 0) text += "\n]\n";
    const std::string alone = document_text(text, false);
    ASSERT_EQ(document_text(text, true), alone) << text;
    if (!alone.starts_with("$")) continue;
    ++valid;
    lifted += lists_in(text) > 0 ? 1U : 0U;
  }
  EXPECT_GT(valid, 300U);
  EXPECT_GT(lifted, 200U);
}

}  // namespace
}  // namespace rolecall::testing
