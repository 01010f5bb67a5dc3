// g++ 12.2 miscompiles some expressions with co_await: a braced temporary, a capturing lambda or a
// conditional operator in the same full expression is destroyed twice or too early, without a
// warning. So an expression with co_await holds names, literals and calls.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include "tests/support/places.h"

namespace rolecall {
namespace {

/// The code with comments and literals blanked out.
std::string strip(const std::string& code) {
  std::string bare = code;
  for (std::size_t at = 0; at < bare.size(); ++at) {
    std::size_t end = at;
    if (bare.compare(at, 2, "//") == 0) {
      end = std::min(bare.find('\n', at), bare.size());
    } else if (bare[at] == '"' || (bare[at] == '\'' && at > 0 && std::isalnum(bare[at - 1]) == 0)) {
      const char quote = bare[at];
      for (end = at + 1; end < bare.size() && bare[end] != quote; ++end) {
        if (bare[end] == '\\') ++end;
      }
      end = std::min(end + 1, bare.size());
    } else {
      continue;
    }
    std::fill(bare.begin() + static_cast<std::ptrdiff_t>(at),
              bare.begin() + static_cast<std::ptrdiff_t>(end), ' ');
  }
  return bare;
}

bool is_offence(std::string statement, char ended_by) {
  if (statement.find("co_await") == std::string::npos) return false;
  statement.erase(0, statement.find_first_not_of(" \n"));
  statement.erase(statement.find_last_not_of(" \n") + 1);
  // A brace outside of parentheses: opens a block after `if (...)`, else it is a temporary; and
  // what goes on after one begins with an operator.
  const bool block = statement.back() == ')' &&
                     (statement.rfind("if", 0) == 0 || statement.rfind("while", 0) == 0 ||
                      statement.rfind("for", 0) == 0 || statement.rfind("switch", 0) == 0);
  if (ended_by == '{' && !block) return true;
  if (std::string(".+-,?:|&=<>)").find(statement.front()) != std::string::npos) return true;
  return statement.find_first_of("{[?") != std::string::npos;
}

/// Statements with co_await that hold what the compiler gets wrong.
std::vector<std::string> find_offences(const std::string& code) {
  std::vector<std::string> found;
  std::string statement;
  int depth = 0;
  for (const char c : strip(code)) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth > 0 || (c != ';' && c != '{' && c != '}')) {
      statement += c;
      continue;
    }
    if (is_offence(statement, c)) found.push_back(statement);
    statement.clear();
  }
  return found;
}

TEST(CoAwait, TheRuleIsUnderstood) {
  for (const char* good : {
           "void f() { co_await timer.async_wait(redirect(token, error)); }",
           "if (x) { y(); }\n  auto z = co_await f(\"{[?\", 'x', 1);",
           "if (!x) answer = co_await attempt(*call);  // why not {?",
           "if (co_await f()) { g(); } else { co_await h(); }",
           "for (;;) {\n  limit(x);\n  co_await f(a, b);\n}",
       }) {
    EXPECT_TRUE(find_offences(good).empty()) << good;
  }
  for (const char* bad : {
           "co_await f(Buffer{1});",
           "co_await f([x] { return x; });",
           "auto y = co_await f(x ? a : b);",
           "auto y = x ? co_await f() : 0;",
           "auto y = g(Buffer{1}, co_await f());",
           "auto y = Buffer{1} + co_await f();",
           "auto y = co_await Awaitable{1};",
       }) {
    EXPECT_EQ(find_offences(bad).size(), 1U) << bad;
  }
}

TEST(CoAwait, TheTreeKeepsToTheRule) {
  std::size_t seen = 0;
  for (const char* folder : {"state", "policies", "diff", "controller", "tests/support"}) {
    const auto root = std::filesystem::path(test::source_dir()) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      const auto extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      if (text.str().find("co_await") != std::string::npos) ++seen;
      for (const auto& offence : find_offences(text.str())) {
        ADD_FAILURE() << entry.path() << ": " << offence;
      }
    }
  }
  EXPECT_GT(seen, 0U) << "nothing was looked at";
}

}  // namespace
}  // namespace rolecall
