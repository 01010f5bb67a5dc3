#include "policies/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace rolecall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Rows = std::vector<std::vector<std::string>>;

/// The rows, and last "LINE:COLUMN what" of a problem.
Rows read(std::string_view text) {
  CsvReader csv(text);
  Rows rows;
  while (const std::vector<CsvField>* row = csv.next()) {
    std::vector<std::string>& out = rows.emplace_back();
    for (const CsvField& field : *row) out.emplace_back(field.text);
  }
  if (const auto& problem = csv.problem()) {
    EXPECT_FALSE(problem->hint.empty());
    const Position at = csv.position(problem->offset);
    rows.push_back(
        {std::to_string(at.line) + ":" + std::to_string(at.column) + " " + problem->what});
  }
  EXPECT_EQ(csv.next(), nullptr);
  return rows;
}

using Row = std::vector<std::string>;

TEST(Csv, ReadsFieldsAndLines) {
  const Rows expected = {{"a", "b"}, {"1", ""}, {"", "2"}};
  EXPECT_EQ(read("a,b\n1,\n,2\n"), expected);
  EXPECT_EQ(read("a,b\r\n1,\r\n,2"), expected);
  EXPECT_EQ(read("a;b\n1;\n;2\n\n\r\n"), expected) << "blank lines at the end";
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("\n\n"), IsEmpty());
}

TEST(Csv, ABlankLineBetweenIsARecordOfOneEmptyField) {
  EXPECT_EQ(read("a,b\n\n1,2\n"), (Rows{{"a", "b"}, {""}, {"1", "2"}}));
}

TEST(Csv, QuotesKeepDelimitersLinesAndQuotes) {
  EXPECT_EQ(read("a,b\n\"1,2\",\"x\ny\"\n\"say \"\"hi\"\"\",\"\"\n\"\"\"\",\"\"\"a\"\n"),
            (Rows{{"a", "b"}, {"1,2", "x\ny"}, {"say \"hi\"", ""}, {"\"", "\"a"}}));
}

TEST(Csv, SpacesBelongToTheField) {
  EXPECT_EQ(read("a, b \n"), (Rows{{"a", " b "}}));
}

TEST(Csv, TheHeaderTellsTheDelimiter) {
  EXPECT_EQ(read("a;b;c,d\n1;2;3,4\n"), (Rows{{"a", "b", "c,d"}, {"1", "2", "3,4"}}));
  EXPECT_EQ(read("\"a,b,c\";d\n1,5;2\n"), (Rows{{"a,b,c", "d"}, {"1,5", "2"}}));
  EXPECT_EQ(read("a,b;c\n"), (Rows{{"a", "b;c"}})) << "the comma where both stand as often";
  EXPECT_EQ(read("a\n1;2\n"), (Rows{{"a"}, {"1;2"}}));
  EXPECT_EQ(read("a,b\n1;2;3,4\n"), (Rows{{"a", "b"}, {"1;2;3", "4"}}))
      << "what follows the first line does not count";
}

TEST(Csv, ProblemsHaveTheirPlace) {
  EXPECT_THAT(read("a,b\n1,x\"y\n").back(), ElementsAre("2:4 quote inside a field that does not "
                                                        "begin with one"));
  EXPECT_THAT(read("a,b\n1, \"y\"\n").back(), ElementsAre(HasSubstr("2:4 quote inside")));
  EXPECT_THAT(read("a,b\n\"x\ny\"z,1\n").back(),
              ElementsAre("3:3 text after the closing quote of a field"));
  EXPECT_THAT(read("a,b\n\xC3\xA9,\"y\n\nz").back(),
              ElementsAre("2:3 quoted field is never closed"));
  EXPECT_THAT(read("a,b\r1,2\r").back(), ElementsAre("1:4 carriage return without line feed"));
  EXPECT_THAT(read("a,b\n1,\"2\"\r").back(), ElementsAre("1", "2")) << "blank at the end";
  EXPECT_THAT(read("a,b\n1,\"2\"\rx").back(), ElementsAre(HasSubstr("2:6 text after")));
}

TEST(Csv, PlacesCountCodePoints) {
  CsvReader csv("a,b\n\xC3\xA9\xC3\xA9,x\n\"p\nq\",y\n");
  (void)csv.next();
  const auto* row = csv.next();
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(csv.position((*row)[1].offset).line, 2U);
  EXPECT_EQ(csv.position((*row)[1].offset).column, 4U);
  row = csv.next();
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(csv.position((*row)[0].offset).line, 3U);
  EXPECT_EQ(csv.position((*row)[1].offset).line, 4U);
  EXPECT_EQ(csv.position((*row)[1].offset).column, 4U);
}

std::string written(const Rows& rows, char delimiter, std::string_view line_end,
                    std::mt19937& random) {
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += delimiter;
      const bool must = row[i].find_first_of(",;\"\r\n") != std::string::npos;
      if (!must && random() % 2 == 0) {
        out += row[i];
        continue;
      }
      out += '"';
      for (const char c : row[i]) out += c == '"' ? std::string("\"\"") : std::string(1, c);
      out += '"';
    }
    out += line_end;
  }
  return out;
}

TEST(Csv, ReadsWhatWasWritten) {
  std::mt19937 random(20261201);
  constexpr std::string_view kAlphabet = "ab\",;\r\n x";
  for (int i = 0; i < 2000; ++i) {
    Rows rows{{"first", "second", "third"}};
    for (std::size_t n = 1 + random() % 5; n > 0; --n) {
      Row& row = rows.emplace_back(3);
      for (std::string& field : row) {
        for (std::size_t length = random() % 5; length > 0; --length) {
          field += kAlphabet[random() % kAlphabet.size()];
        }
      }
      row[0].insert(0, "x");  // no row that is blank
    }
    const char delimiter = random() % 2 == 0 ? ',' : ';';
    const std::string text = written(rows, delimiter, random() % 2 == 0 ? "\n" : "\r\n", random);
    ASSERT_EQ(read(text), rows) << text;
  }
}

}  // namespace
}  // namespace rolecall
