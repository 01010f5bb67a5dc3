#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "policies/byte_scan.h"
#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

std::string repeat(std::string_view what, std::size_t times) {
  std::string out;
  out.reserve(what.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

/// Every message points into the file, and what parsed without errors resolves.
void survive(const std::string& bytes) {
  Resolved r;
  const ParsedPolicy parsed = parse_policy(one_file(bytes));
  const auto lines = std::count(bytes.begin(), bytes.end(), '\n') + 1;
  for (const Diagnostic& item : parsed.diagnostics.sorted()) {
    EXPECT_LE(item.place.line, lines) << item.what;
  }
  if (parsed.diagnostics.has_errors()) return;
  (void)resolve_policy(*parsed.policy, Instant{}, nullptr, r.catalog);
}

const std::string kSeed = std::string(kHead) + R"(unlisted_users = "suspend"
[resources]
j = "ari:cloud:j"
c = { app = "confluence", host = "x.example" }
[users]
"a@x.example" = { roles = ["org-admin"], access = { j = ["user"] }, from = 2026-12-01 }
"b@x.example" = { state = "suspended", reason = 'x', attributes = { d = "e" } }
"c@x.example" = { until = 2026-12-01T10:00:00+02:00 }
[groups.a]
members = ["a@x.example", { user = "c@x.example", until = 2027-01-01 }]
include = ["b"]
exclude = ["b@x.example"]
access = { j = ["viewer"] }
[groups.b]
match = { d = ["e", "f"] }
previous_names = ["old"]
[groups."""]
[safety]
min_org_admins = 2
[safety.limits.remove_members]
free = 3
)";

TEST(HostilePolicy, MutationsOfAPolicyNeverCrash) {
  std::mt19937 random(20261201);
  const std::vector<std::string> tokens = {"[",   "]",      "[[",    "]]",           "{",
                                           "}",   "\"",     "'",     "\"\"\"",       "'''",
                                           ".",   "=",      ",",     "\n",           "\r",
                                           "#",   "\\",     "\\u",   "\xFF",         "\0",
                                           "1",   "-",      "nan",   "2026-12-01",   "true",
                                           "a.b", "groups", "users", "organization", "\xD0\xB0",
                                           "inf", "0x",     "1e400", "T10:00:00Z"};
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  for (int i = 0; i < 3000; ++i) {
    std::string text = kSeed;
    const std::size_t edits = 1 + below(4);
    for (std::size_t edit = 0; edit < edits; ++edit) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.insert(at, tokens[below(tokens.size())]);
          break;
        case 2:
          text.erase(at, 1 + below(30));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(60)));
          break;
      }
      if (text.empty()) text = "\n";
    }
    survive(text);
  }
}

TEST(HostilePolicy, RandomBytesNeverCrash) {
  std::mt19937 random(7);
  constexpr std::string_view kAlphabet = "[]{}\"'\\.=,#\n\r\t ab1-:TZ\xC3\xA9_+";
  for (int i = 0; i < 3000; ++i) {
    std::string text(std::uniform_int_distribution<std::size_t>(0, 60)(random), ' ');
    for (char& c : text) {
      c = kAlphabet[std::uniform_int_distribution<std::size_t>(0, kAlphabet.size() - 1)(random)];
    }
    survive(text);
  }
}

struct Hostile {
  std::string name;
  std::string bytes;
};
class HostilePolicies : public ::testing::TestWithParam<Hostile> {};

// The bound is a second a megabyte on an idle machine; sanitizers and neighbours get the rest.
TEST_P(HostilePolicies, EndInTime) {
  const auto start = std::chrono::steady_clock::now();
  survive(GetParam().bytes);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

std::string numbered(std::string_view before, std::string_view after, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += std::string(before) + std::to_string(i) + std::string(after);
  }
  return out;
}

std::string chain_of_groups(int count) {
  std::string out = std::string(kHead) + "[groups.g0]\nmembers = [\"a@x.example\"]\n";
  for (int i = 1; i < count; ++i) {
    out += "[groups.g" + std::to_string(i) + "]\ninclude = [\"g" + std::to_string(i - 1) + "\"]\n";
  }
  return out;
}

const Hostile kHostile[] = {
    {"ManyUnknownTables", numbered("[a", "]\n", 50'000)},
    {"ManyUnknownUsers", std::string(kHead) +
                             "unlisted_users = \"remove\"\n[groups.a]\nmembers = [" +
                             numbered("\"u", "@x.example\",", 20'000) + "]\n"},
    {"ManyUnknownGroups",
     std::string(kHead) + "[groups.a]\ninclude = [" + numbered("\"g", "\",", 20'000) + "]\n"},
    {"ManyDottedKeys", numbered("k", ".b = 1\n", 49'000)},
    {"ImplicitTables", numbered("[k", ".b]\n", 25'000) + numbered("[k", "]\n", 25'000)},
    {"ChainOfGroups", chain_of_groups(20'000)},
    {"ManyCycles",
     chain_of_groups(2'000) + "[groups.x]\ninclude = [" + numbered("\"g", "\",", 2'000) + "]\n"},
    {"LongUnknownKey", std::string(kHead) + "[groups.a]\n" + repeat("x", 1'000'000) + " = 1\n"},
    {"LongString", std::string(kHead) + "[users]\n\"" + repeat("x", 1'000'000) + "\" = {}\n"},
    {"LongAlias", std::string(kHead) + "[resources]\n" + repeat("x", 100'000) +
                      " = \"ari:cloud:x\"\n[users]\n\"a@x.example\" = { access = { " +
                      repeat("y", 100'000) + " = [] } }\n"},
    {"NestedTables", "a = " + repeat("{a.b.c.d.e.f.g.h=", 31) + "1" + repeat("}", 31)},
    {"NestedArrays", "a = " + repeat("[", 32) + repeat("]", 32)},
    {"OneLongLine", std::string(kHead) + "[groups.a]\nmembers = [" +
                        numbered("'u", "@x.example',", 50'000) + "]\n"},
    {"EmptyStrings", "a = [" + repeat("\"\",", 100'000) + "]\n"},
};
INSTANTIATE_TEST_SUITE_P(All, HostilePolicies, ::testing::ValuesIn(kHostile),
                         [](const auto& test) { return test.param.name; });

TEST(HostilePolicy, AChainThatMultipliesMembersIsRefused) {
  std::string text = std::string(kHead) + "[groups.g0]\nmembers = [" +
                     numbered("\"u", "@x.example\",", 11'000) + "]\n";
  for (int i = 1; i < 1'000; ++i) {
    text += "[groups.g" + std::to_string(i) + "]\ninclude = [\"g" + std::to_string(i - 1) + "\"]\n";
  }
  EXPECT_NE(report(one_file(text)).find("more than 10000000 members"), std::string::npos);
}

}  // namespace
}  // namespace rolecall::testing
