// guarantees.md C14. Edits that mean the same: the plan stays the same, to the byte where it does
// not say which line of the policy asked for something. ROLECALL_CASES=1000 for the long run.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cctype>
#include <set>

#include "controller/fetch_scope.h"
#include "diff/diff.h"
#include "diff/render.h"
#include "policies/policy.h"
#include "state/api/fetch.h"
#include "state/simulator/fake_client.h"
#include "tests/support/cases.h"
#include "tests/support/toml_pen.h"

namespace rolecall {
namespace {

using test::Dice;
using test::toml_list;
using test::toml_raw;
using test::toml_table;
using test::toml_text;
using test::toml_texts;
using test::TomlEntry;

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

/// Any way to write the letters of an address.
std::string spelled(std::string name, Dice& how) {
  for (char& c : name) {
    if (how.chance(3)) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

TomlEntry jira_roles(const std::string& role) {
  return toml_table("access", {toml_texts("jira", {role})});
}

/// What the policy says of one of the people.
std::vector<TomlEntry> about(int i, Dice& dice) {
  std::vector<TomlEntry> out = {
      toml_table("attributes", {toml_text("team", dice.chance(2) ? "blue" : "red")})};
  switch (i < 6 ? dice.below(6) : 0) {
    case 1:
      return {toml_text("state", "suspended"), toml_text("reason", "on leave, until # spring")};
    case 2:
      return {toml_text("state", "removed")};
    case 3:
      out.push_back(toml_texts("roles", {"org-admin"}));
      return out;
    case 4:
      out.push_back(toml_texts("roles", {}));
      return out;
    case 5:
      out.push_back(jira_roles("user"));
      return out;
    default:
      return i < 6 ? std::vector<TomlEntry>{} : out;
  }
}

TomlEntry group(int g, Dice& dice, Dice& how) {
  std::vector<TomlEntry> members;
  // Those who may be suspended or removed are listed nowhere. Number six is in every group.
  for (int i = 6; i < kPeople; ++i) {
    if (i > 6 && !dice.chance(2)) continue;
    const std::string who = spelled(person(i), how);
    if (dice.chance(4)) {
      members.push_back(toml_table("", {toml_text("user", who), toml_raw("until", "2027-01-31"),
                                        toml_text("reason", "PROC-77")}));
    } else {
      members.push_back(toml_text("", who));
    }
  }
  for (std::size_t i = members.size(); i > 1; --i) {
    std::swap(members[i - 1], members[static_cast<std::size_t>(how.below(static_cast<int>(i)))]);
  }
  std::vector<TomlEntry> keys = {toml_list("members", members)};
  if (dice.chance(2)) keys.push_back(toml_text("membership", "additive"));
  if (dice.chance(2)) keys.push_back(jira_roles("user"));
  if (dice.chance(3)) keys.push_back(toml_text("description", "Who [is] # {here} = 1"));
  if (g > 0 && dice.chance(3)) keys.push_back(toml_texts("include", {"g" + std::to_string(g - 1)}));
  if (dice.chance(4)) keys.push_back(toml_table("match", {toml_text("team", "blue")}));
  return toml_table("g" + std::to_string(g), keys);
}

/// The same policy each time for one `what`, written as `how` has it: in any order, into as many
/// files, in any form of TOML.
std::vector<SourceFile> write(std::uint64_t what, Dice& how) {
  Dice dice(what);
  const auto count = static_cast<std::size_t>(1 + how.below(3));
  std::vector<std::vector<TomlEntry>> people(count);
  std::vector<std::vector<TomlEntry>> groups(count);
  std::vector<std::vector<TomlEntry>> tables(count);
  const auto any = [&] { return static_cast<std::size_t>(how.below(static_cast<int>(count))); };
  for (int i = 0; i < kPeople; ++i) {
    people[any()].push_back(toml_table(spelled(person(i), how), about(i, dice)));
  }
  for (int g = 0; g < kGroups; ++g) groups[any()].push_back(group(g, dice, how));
  tables[0] = {
      toml_raw("version", "1"),
      toml_table("organization", {toml_text("id", "1b2c3d4e-0000-4000-8000-0000000000aa")})};
  tables[any()].push_back(toml_table(
      "safety",
      {toml_raw("min_org_admins", "1"), toml_texts("protected_users", {spelled(person(8), how)})}));
  tables[any()].push_back(toml_table("resources", {toml_text("jira", kJira)}));
  std::vector<SourceFile> out;
  for (std::size_t f = 0; f < count; ++f) {
    if (!people[f].empty()) tables[f].push_back(toml_table("users", people[f]));
    if (!groups[f].empty()) tables[f].push_back(toml_table("groups", groups[f]));
    const auto letter = static_cast<char>('a' + how.below(8));
    out.push_back({fmt::format("{}{}.toml", letter, f), test::TomlPen(how).document(tables[f])});
  }
  return out;
}

std::string shown(const std::vector<SourceFile>& files) {
  std::string out;
  for (const SourceFile& file : files) out += file.path + ":\n" + file.bytes;
  return out;
}

/// The bytes of the plan, but for the places in the policy and its digest.
std::string plan_bytes(const std::vector<SourceFile>& files, simulator::FakeClient& client) {
  const ParsedPolicy parsed = parse_policy(files);
  EXPECT_FALSE(parsed.diagnostics.has_errors()) << render(parsed.diagnostics) << shown(files);
  if (!parsed.policy) return {};
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

TEST(Rewrites, DoNotChangeThePlan) {
  auto client = simulator::FakeClient::from_seed(seed());
  ASSERT_TRUE(client) << client.error().what;
  const std::uint64_t rewrites = test::cases(20);
  const std::uint64_t policies = rewrites > 20 ? 50 : 10;
  std::set<std::string> plans;
  for (std::uint64_t policy = 0; policy < policies; ++policy) {
    Dice first(policy);
    const auto original = write(policy, first);
    const std::string bytes = plan_bytes(original, **client);
    plans.insert(bytes);
    for (std::uint64_t rewrite = 0; rewrite < rewrites; ++rewrite) {
      Dice how(1'000'000 + policy * 100'000 + rewrite);
      const auto files = write(policy, how);
      ASSERT_EQ(bytes, plan_bytes(files, **client))
          << "policy " << policy << ", rewrite " << rewrite << "\n"
          << shown(original) << "\nrewritten as\n"
          << shown(files);
    }
  }
  EXPECT_EQ(plans.size(), policies) << "as many policies as it says";
}

TEST(Rewrites, LineEndsAndBlankLinesDoNotChangeThePolicysDigest) {
  const std::string text =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[users]\n\"ada@acme.example\" = {}\n[groups.g0]\nmembers = [\n  \"ada@acme.example\",\n]\n";
  const auto digest = [](const std::string& bytes) {
    Catalog catalog;
    const ParsedPolicy parsed = parse_policy(std::vector<SourceFile>{{"p.toml", bytes}});
    return resolve_policy(*parsed.policy, {}, nullptr, catalog).desired.policy_digest;
  };
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
