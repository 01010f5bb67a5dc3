// Edits that mean the same: the plan stays the same, to the byte where it does not say which line
// of the policy asked for something.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "controller/fetch_scope.h"
#include "diff/diff.h"
#include "diff/render.h"
#include "policies/policy.h"
#include "state/api/fetch.h"
#include "tests/support/cases.h"
#include "tests/support/rehearsal.h"

namespace rolecall {
namespace {

using test::Dice;

constexpr int kPeople = 12;
constexpr int kGroups = 4;
constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";

std::string person(int i) {
  return "p" + std::to_string(i) + "@acme.example";
}

boost::json::value seed() {
  std::string users;
  for (int i = 0; i < kPeople; i += 2) {
    users += std::string(i == 0 ? "" : ", ") + "{\"email\": \"" + person(i) + "\", \"roles\": [" +
             (i < 8 ? "\"org-admin\"" : "") + "]}";
  }
  return boost::json::parse(
      "{\"organization\": {\"id\": \"1b2c3d4e-0000-4000-8000-0000000000aa\"}, \"workspaces\": "
      "[{\"ari\": \"" +
      std::string(kJira) + "\"}], \"users\": [" + users +
      "], \"groups\": [{\"name\": \"g0\", \"members\": [\"" + person(0) + "\", \"" + person(2) +
      "\", \"" + person(4) + "\"]}, {\"name\": \"g1\", \"access\": {\"" + kJira +
      "\": [\"admin\"]}}]}");
}

/// One table or entry of a policy; `in` names the table it has to stand in.
struct Part {
  std::string in;
  std::string text;
};

std::string list(std::vector<std::string> items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() == 1 ? "" : ", ") + item;
  return out + "]";
}

/// The same policy each time for one `what`, written as `how` has it.
std::vector<Part> parts(std::uint64_t what, Dice& how, bool letters) {
  Dice dice(what);
  const auto spelled = [&](std::string name) {
    if (!letters) return name;
    for (char& c : name) {
      if (how.chance(3)) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
  };
  const auto shuffled = [&](std::vector<std::string> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[static_cast<std::size_t>(how.below(static_cast<int>(i)))]);
    }
    return items;
  };
  const auto keys = [&](std::vector<std::string> lines) {
    std::string out;
    for (const std::string& line : shuffled(std::move(lines))) {
      if (how.chance(4)) out += "# a comment\n\n";
      out += line + (how.chance(5) ? "   # why" : "") + '\n';
    }
    return out;
  };
  std::vector<Part> out;
  for (int i = 0; i < kPeople; ++i) {
    static const std::vector<std::string> kKinds = {"{}",
                                                    "{ state = \"suspended\", reason = \"leave\" }",
                                                    "{ state = \"removed\" }",
                                                    "{ roles = [\"org-admin\"] }",
                                                    "{ roles = [] }",
                                                    "{ access = { jira = [\"user\"] } }"};
    const std::string& kind = kKinds[static_cast<std::size_t>(i < 6 ? dice.below(6) : 0)];
    out.push_back({"[users]\n", "\"" + spelled(person(i)) + "\" = " + kind + "\n"});
  }
  for (int g = 0; g < kGroups; ++g) {
    std::vector<std::string> members;
    // Those who may be suspended or removed are listed nowhere.
    for (int i = 6; i < kPeople; ++i) {
      if (dice.chance(2)) members.push_back("\"" + spelled(person(i)) + "\"");
    }
    members.push_back("\"" + spelled(person(6)) + "\"");
    std::vector<std::string> unique;
    std::vector<std::string> seen;
    for (const std::string& member : members) {
      std::string lower = member;
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (std::find(seen.begin(), seen.end(), lower) != seen.end()) continue;
      seen.push_back(lower);
      unique.push_back(member);
    }
    std::vector<std::string> lines = {"members = " + list(shuffled(unique))};
    if (dice.chance(2)) lines.emplace_back("membership = \"additive\"");
    if (dice.chance(2)) lines.emplace_back("access = { jira = [\"user\"] }");
    out.push_back({"", "[groups.g" + std::to_string(g) + "]\n" + keys(lines)});
  }
  out.push_back({"", "[safety]\n" + keys({"min_org_admins = 1",
                                          "protected_users = [\"" + spelled(person(8)) + "\"]"})});
  out.push_back({"", std::string("[resources]\njira = \"") + kJira + "\"\n"});
  return out;
}

/// Written in any order, into as many files, with those line ends.
std::vector<SourceFile> write(std::vector<Part> all, Dice& how, bool split) {
  for (std::size_t i = all.size(); i > 1; --i) {
    std::swap(all[i - 1], all[static_cast<std::size_t>(how.below(static_cast<int>(i)))]);
  }
  const std::size_t count = split ? static_cast<std::size_t>(1 + how.below(3)) : 1;
  std::vector<std::string> tables(count);
  std::vector<std::string> people(count);
  for (const Part& part : all) {
    const auto to = static_cast<std::size_t>(how.below(static_cast<int>(count)));
    (part.in.empty() ? tables : people)[to] += part.text;
  }
  std::vector<SourceFile> out;
  for (std::size_t f = 0; f < count; ++f) {
    std::string text;
    if (f == 0) {
      text = "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n";
    }
    const std::string users = people[f].empty() ? "" : "[users]\n" + people[f];
    text += how.chance(2) ? users + tables[f] : tables[f] + users;
    if (how.chance(3)) {
      for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
        text.insert(at, "\r");
      }
    }
    if (how.chance(3)) text.insert(0, "\xEF\xBB\xBF");
    out.push_back(
        {std::string(1, static_cast<char>('a' + how.below(8))) + std::to_string(f) + ".toml",
         text});
  }
  return out;
}

/// The bytes of the plan, but for the places in the policy and its digest.
std::string plan_bytes(const std::vector<SourceFile>& files, simulator::FakeClient& client) {
  const ParsedPolicy parsed = parse_policy(files);
  EXPECT_FALSE(parsed.diagnostics.has_errors()) << render(parsed.diagnostics);
  Catalog catalog;
  const ResolvedPolicy resolved =
      resolve_policy(*parsed.policy, *parse_instant("2026-12-01"), nullptr, catalog);
  auto snapshot = fetch(client, fetch_scope(resolved.desired), catalog, {});
  EXPECT_TRUE(snapshot);
  PlanResult made = make_plan({resolved.desired, *snapshot, catalog});
  EXPECT_FALSE(made.diagnostics.has_errors()) << render(made.diagnostics);
  EXPECT_FALSE(made.plan.changes.empty());
  made.plan.policy_digest.clear();
  for (Change& change : made.plan.changes) change.cause.place = {};
  return render_json(made.plan, "x") + render_text(made.plan, {}) + render_markdown(made.plan);
}

TEST(Rewrites, OrderFilesCaseAndLineEndsDoNotChangeThePlan) {
  auto client = simulator::FakeClient::from_seed(seed());
  ASSERT_TRUE(client) << client.error().what;
  const std::uint64_t rewrites = test::cases(20);
  for (std::uint64_t policy = 0; policy < 10; ++policy) {
    Dice plain(0);
    const std::string bytes =
        plan_bytes(write(parts(policy, plain, false), plain, false), **client);
    for (std::uint64_t rewrite = 0; rewrite < rewrites; ++rewrite) {
      Dice how(1 + policy * 100'000 + rewrite);
      const auto files = write(parts(policy, how, true), how, true);
      ASSERT_EQ(bytes, plan_bytes(files, **client))
          << "policy " << policy << ", rewrite " << rewrite;
    }
  }
}

TEST(Rewrites, LineEndsAndBlankLinesDoNotChangeThePolicysDigest) {
  Dice dice(1);
  std::string text = write(parts(1, dice, false), dice, false).front().bytes;
  const auto digest = [](const std::string& bytes) {
    Catalog catalog;
    const ParsedPolicy parsed = parse_policy(std::vector<SourceFile>{{"p.toml", bytes}});
    return resolve_policy(*parsed.policy, {}, nullptr, catalog).desired.policy_digest;
  };
  std::erase(text, '\r');
  if (text.starts_with("\xEF")) text.erase(0, 3);
  const std::string before = digest(text);
  std::string crlf = text;
  for (std::size_t at = 0; (at = crlf.find('\n', at)) != std::string::npos; at += 2) {
    crlf.insert(at, "\r");
  }
  EXPECT_EQ(before, digest(crlf));
  EXPECT_EQ(before, digest("\xEF\xBB\xBF\n\n" + text + "\n\n"));
  EXPECT_NE(before, digest(text + "[groups.another]\n"));
}

}  // namespace
}  // namespace rolecall
