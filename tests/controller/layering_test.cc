// House rules that the compiler does not check, proved over the sources themselves.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>
#include "tests/support/places.h"

namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;  // from the root, with slashes
  std::string text;
};

std::vector<Source> sources() {
  const fs::path root = rolecall::test::source_dir();
  std::vector<Source> found;
  for (const char* folder : {"state", "policies", "diff", "controller"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      found.push_back({fs::relative(entry.path(), root).generic_string(),
                       std::string(std::istreambuf_iterator<char>(in), {})});
    }
  }
  return found;
}

/// The same text with comments and the insides of literals blanked out.
std::string without_comments_and_literals(std::string_view text) {
  std::string out(text);
  std::size_t i = 0;
  const auto blank_until = [&](std::size_t end) {
    for (end = std::min(end, out.size()); i < end; ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
  };
  while (i < text.size()) {
    if (text.substr(i, 2) == "//") {
      blank_until(text.find('\n', i));
    } else if (text.substr(i, 2) == "/*") {
      blank_until(text.find("*/", i + 2) + 2);
    } else if (text.substr(i, 2) == "R\"") {
      const auto open = text.find('(', i);
      const std::string close = ")" + std::string(text.substr(i + 2, open - i - 2)) + "\"";
      blank_until(text.find(close, open) + close.size());
    } else if (text[i] == '"' ||
               (text[i] == '\'' &&
                (i == 0 || !std::isalnum(static_cast<unsigned char>(text[i - 1]))))) {
      std::size_t end = i + 1;
      while (end < text.size() && text[end] != text[i]) end += text[end] == '\\' ? 2U : 1U;
      blank_until(end + 1);
    } else {
      ++i;
    }
  }
  return out;
}

struct Include {
  bool quoted = false;
  std::string path;
};

std::vector<Include> includes(std::string_view text) {
  std::vector<Include> found;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#include ")) continue;
    const auto open = line.find_first_of("\"<");
    const auto close = line.find_first_of("\">", open + 1);
    found.push_back({line[open] == '"', line.substr(open + 1, close - open - 1)});
  }
  return found;
}

/// Which layer a path belongs to; a layer may use itself and those below. Within state/ the API,
/// the store and the simulator stand side by side on the model.
std::optional<int> layer(std::string_view path) {
  constexpr std::array<std::string_view, 5> kLayers = {"state/model/", "state/", "policies/",
                                                       "diff/", "controller/"};
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    if (path.starts_with(kLayers[i])) return static_cast<int>(i);
  }
  return std::nullopt;
}

bool may_include(std::string_view from, std::string_view to) {
  const auto above = layer(from);
  const auto below = layer(to);
  return above && below && *below <= *above;
}

/// The full expressions with co_await in them, as far as one can tell without a compiler: from the
/// start of the statement to its semicolon, or to the block it heads.
std::vector<std::string> awaiting_expressions(std::string_view text) {
  constexpr std::string_view kAwait = "co_await";
  std::vector<std::string> found;
  std::size_t begin = 0;
  for (auto at = text.find(kAwait); at != text.npos; at = text.find(kAwait, at + 1)) {
    begin = text.find_last_of(";{}", at);
    begin = begin == text.npos ? 0 : begin + 1;
    // A brace right after a name opens no block: it builds a value that the expression belongs to.
    const auto before = begin < 2 ? text.npos : text.find_last_not_of(" \n", begin - 2);
    const bool in_braced_value =
        begin > 0 && text[begin - 1] == '{' && before != text.npos &&
        (std::isalnum(static_cast<unsigned char>(text[before])) != 0 || text[before] == '(' ||
         text[before] == ',' || text[before] == '=');
    const auto word = text.substr(0, before == text.npos ? 0 : before + 1);
    const bool heads_block = word.ends_with("else") || word.ends_with("do") ||
                             word.ends_with("try") || word.ends_with("noexcept") ||
                             word.ends_with("mutable") || word.ends_with("const");
    if (in_braced_value && !heads_block) begin -= 1;
    int depth = 0;
    std::size_t end = at;
    for (; end < text.size(); ++end) {
      const char c = text[end];
      if (c == ';') break;
      if (c == '(') ++depth;
      if (c == ')') --depth;
      if (c == '{' && depth < 0) break;  // the block of an if, while or switch
    }
    found.emplace_back(text.substr(begin, end - begin));
  }
  return found;
}

/// g++ 12.2 miscompiles some of these (double free, use after free) without a word: braced
/// temporaries, capturing lambdas and conditional operators beside a co_await.
bool is_dangerous(std::string expression) {
  const auto binding = expression.find_first_not_of(" \n");
  for (std::string_view head : {"auto [", "auto& [", "const auto [", "const auto& ["}) {
    if (binding != expression.npos &&
        std::string_view(expression).substr(binding).starts_with(head)) {
      expression.erase(0, binding + head.size());  // structured bindings are names
    }
  }
  return expression.find_first_of("{[?") != expression.npos;
}

TEST(Layering, FoldersDependInOneLine) {
  const auto all = sources();
  ASSERT_GT(all.size(), 20U);
  for (const Source& source : all) {
    for (const Include& include : includes(source.text)) {
      if (!include.quoted) continue;
      EXPECT_TRUE(may_include(source.path, include.path))
          << source.path << " includes " << include.path;
    }
  }
}

TEST(Layering, TellsUpFromDown) {
  EXPECT_TRUE(may_include("state/api/fetch.cc", "state/model/keys.h"));
  EXPECT_TRUE(may_include("controller/main.cc", "state/store/store.h"));
  EXPECT_FALSE(may_include("state/model/keys.cc", "state/api/fetch.h"));
  EXPECT_FALSE(may_include("state/api/fetch.cc", "policies/policy.h"));
  EXPECT_FALSE(may_include("policies/policy.cc", "diff/plan.h"));
  EXPECT_FALSE(may_include("diff/plan.cc", "tests/support/temp_dir.h"));
}

TEST(Layering, PureFoldersMeetNoOutsideWorld) {
  constexpr std::array<std::string_view, 14> kWorld = {
      "boost/asio", "boost/beast", "openssl/ssl", "sqlite3.h", "spdlog/", "unistd.h", "sys/",
      "fstream",    "iostream",    "filesystem",  "thread",    "mutex",   "future",   "random"};
  for (const Source& source : sources()) {
    if (!source.path.starts_with("state/model/") && !source.path.starts_with("policies/") &&
        !source.path.starts_with("diff/")) {
      continue;
    }
    for (const Include& include : includes(source.text)) {
      for (std::string_view world : kWorld) {
        EXPECT_FALSE(include.path.starts_with(world))
            << source.path << " includes " << include.path;
      }
    }
  }
}

TEST(Layering, CostlyHeadersStayWhereTheyAreUsed) {
  for (const Source& source : sources()) {
    const bool header = source.path.ends_with(".h");
    for (const Include& include : includes(source.text)) {
      const bool network =
          include.path.starts_with("boost/asio") || include.path.starts_with("boost/beast");
      EXPECT_FALSE(header && network) << source.path << " includes " << include.path;
      const bool log = include.path.starts_with("spdlog/");
      EXPECT_FALSE(log && !source.path.starts_with("controller/"))
          << source.path << " includes " << include.path;
      EXPECT_NE(include.path, "boost/json/src.hpp") << source.path;
    }
  }
}

TEST(Layering, OnlyTheWrapperSpeaksSqlite) {
  for (const Source& source : sources()) {
    if (source.path == "state/store/sqlite.h" || source.path == "state/store/sqlite.cc") continue;
    EXPECT_EQ(without_comments_and_literals(source.text).find("sqlite3_"), std::string::npos)
        << source.path;
  }
}

TEST(Layering, AwaitingExpressionsHoldNothingTheCompilerBreaks) {
  for (const Source& source : sources()) {
    for (const std::string& expression :
         awaiting_expressions(without_comments_and_literals(source.text))) {
      EXPECT_FALSE(is_dangerous(expression)) << source.path << ": " << expression;
    }
  }
}

struct AwaitCase {
  const char* code;
  bool dangerous;
};

TEST(Layering, KnowsDangerousAwaits) {
  constexpr std::array<AwaitCase, 12> kCases = {{
      {"void f() { co_await g(Value{1}); }", true},
      {"void f() { g(Value{co_await h()}); }", true},
      {"void f() { co_await g([&] { return 1; }); }", true},
      {"void f() { x = ok ? co_await g() : 0; }", true},
      {"void f() { x = co_await g() ? 1 : 0; }", true},
      {"void f() { if (co_await g(list[0])) { h(); } }", true},
      {"void f() { co_await g(name, 1); }", false},
      {"void f() { if (a) { b(); } else { co_await g(); } }", false},
      {"void f() { if (co_await g()) { h(); } }", false},
      {"void f() { spawn(io, []() -> Task<void> { co_await g(); }); }", false},
      {"void f() { auto [error, size] = co_await g(); h(size ? 1 : 0); }", false},
      {"void f() { co_await g(\"{?[\"); /* ? */ }  // co_await {", false},
  }};
  for (const AwaitCase& c : kCases) {
    const auto expressions = awaiting_expressions(without_comments_and_literals(c.code));
    ASSERT_FALSE(expressions.empty()) << c.code;
    EXPECT_EQ(std::any_of(expressions.begin(), expressions.end(), is_dangerous), c.dangerous)
        << c.code;
  }
}

}  // namespace
