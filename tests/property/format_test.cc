// Formatting policies that people could have written in any way: what they mean stays.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "policies/format_policy.h"
#include "tests/support/cases.h"
#include "tests/support/random_case.h"
#include "tests/support/rehearsal.h"

namespace rolecall {
namespace {

/// Writes the same policy in another way: white space, line ends, commas, blank lines, and a
/// numbered comment wherever TOML allows one.
class Untidy {
 public:
  explicit Untidy(std::uint64_t seed) : dice_(seed) {}

  std::string run(const std::string& policy) {
    if (dice_.chance(4)) out_ = "\xEF\xBB\xBF";
    const std::string line_end = dice_.chance(3) ? "\r\n" : "\n";
    for (std::size_t begin = 0; begin < policy.size();) {
      const std::size_t end = policy.find('\n', begin);
      above(line_end);
      line(policy.substr(begin, end - begin), line_end);
      begin = end + 1;
    }
    if (dice_.chance(2)) out_ += "  # " + next_comment();
    return out_;
  }

  [[nodiscard]] int comments() const { return comments_; }

 private:
  void above(const std::string& line_end) {
    while (dice_.chance(6)) out_ += std::string(dice_.chance(2) ? "  \t" : "") + line_end;
    if (dice_.chance(6)) out_ += "\t# " + next_comment() + line_end;
  }

  void line(const std::string& line, const std::string& line_end) {
    const bool header = line.starts_with('[');
    bool in_string = false;
    bool behind_equals = false;
    int tables = 0;
    out_ += std::string(static_cast<std::size_t>(dice_.below(3)), ' ');
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (c == '"') in_string = !in_string;
      if (in_string || c == '"' || header) {
        out_ += c;
        continue;
      }
      if (c == '{') ++tables;
      if (c == '}') --tables;
      const bool in_array = behind_equals && tables == 0;
      if (c == '=') behind_equals = true;
      if (c == ']' && dice_.chance(3) && line[i - 1] != '[') out_ += dice_.chance(2) ? "," : " ,";
      if (in_array && c == ']') space(line_end);
      if (c == ' ') {
        out_ += dice_.chance(3) ? "   " : " ";
      } else {
        out_ += c;
      }
      if (in_array && (c == '[' || c == ',')) space(line_end);
    }
    if (dice_.chance(5)) out_ += "# " + next_comment();
    out_ += line_end;
  }

  /// What may stand between two elements of an array.
  void space(const std::string& line_end) {
    if (dice_.chance(6)) out_ += " # " + next_comment() + line_end;
    while (dice_.chance(4)) out_ += line_end + "  ";
  }

  std::string next_comment() { return fmt::format("comment {} # \"x\" [", comments_++); }

  test::Dice dice_;
  std::string out_;
  int comments_ = 0;
};

TEST(FormatProperty, KeepsMeaningAndCommentsAndIsStable) {
  const std::uint64_t cases = test::cases(150);
  int comments = 0;
  for (std::uint64_t seed = 0; seed < cases; ++seed) {
    const test::RandomCase one = test::make_random_case(seed);
    Untidy untidy(seed);
    const std::string written = untidy.run(one.policy);
    SCOPED_TRACE(fmt::format("case {}\n{}", seed, written));

    Diagnostics diagnostics;
    const auto formatted = format_policy({"rolecall.toml", written}, diagnostics);
    ASSERT_TRUE(formatted) << render(diagnostics);
    EXPECT_EQ(format_policy({"rolecall.toml", *formatted}, diagnostics), formatted);

    std::size_t at = 0;
    for (int i = 0; i < untidy.comments(); ++i) {
      at = formatted->find(fmt::format("# comment {} # \"x\" [\n", i), at);
      ASSERT_NE(at, std::string::npos) << "comment " << i << " of\n" << *formatted;
    }
    comments += untidy.comments();

    if (seed % 3 != 0) continue;  // a plan takes most of the time
    test::Rehearsal rehearsal(one.seed);
    rehearsal.policy(written);
    const Planned before = rehearsal.plan();
    rehearsal.policy(*formatted);
    const Planned after = rehearsal.plan();
    ASSERT_TRUE(before.plan) << render(before.diagnostics);
    ASSERT_TRUE(after.plan) << render(after.diagnostics);
    EXPECT_EQ(before.plan->digest, after.plan->digest);
  }
  EXPECT_GT(comments, static_cast<int>(cases) * 5);
}

}  // namespace
}  // namespace rolecall
