#include "diff/render.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "state/model/json.h"
#include "state/model/text.h"
#include "tests/support/golden.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using test::expect_golden;
using test::PlanBuilder;
using test::sample_plan;

const TextOptions kPlain{.color = false, .apply_command = "rolecall apply change.plan.json"};

Plan refused_plan() {
  Plan plan = sample_plan();
  plan.refusals = {
      {"min_org_admins", 1, 2, "at least 2", ""},
      {"protected_users", 2, 1, "nothing may be taken from what is protected", "eve@acme.example"},
      {"remove_members_per_group", 12, 40, "free 5, percent 10, count 100", "developers"}};
  return plan;
}

Plan incomplete_plan() {
  PlanBuilder b;
  b.live_user("ada@acme.example").live_user("bob@acme.example");
  b.live_group("developers", {"bob@acme.example"});
  b.user("ada@acme.example").group("developers", {"ada@acme.example"});
  b.live.gaps = {"users/search: listed 263, count says 500"};
  return b.plan();
}

Plan empty_plan() {
  PlanBuilder b;
  b.live_user("ada@acme.example").user("ada@acme.example");
  return b.plan();
}

/// Every place where text from outside can stand holds the same hostile text.
Plan hostile_plan(const std::string& text) {
  Plan plan;
  plan.organization = plan.directory = plan.policy_digest = plan.live_digest = plan.digest = text;
  for (std::size_t i = 0; i < kChangeKindCount; ++i) {
    Change change;
    change.kind = static_cast<ChangeKind>(i);
    change.user = change.account_id = change.group = change.resource = change.role = text;
    change.cause = {{text, 3, 1}, text, text};
    plan.changes.push_back(change);
    change.group = "";
    plan.changes.push_back(change);
  }
  plan.names[text] = text;
  plan.org_admins = {text};
  plan.notes = {{text, text}};
  plan.gaps = {text};
  plan.complete = false;
  plan.refusals = {{text, 1, 2, text, text}, {"protected_users", 1, 2, text, text}};
  return plan;
}

const std::vector<std::string> kHostile = {
    "\x1b[2J\x1b[31mred",
    "a\r\nb\n::add-mask::x",
    "\xe2\x80\xae"
    "evil\xe2\x80\xac",
    "<script>alert(1)</script>",
    "</details><img src=x onerror=y>",
    "@acme/everyone [x](https://evil.example) ![y](z) `c` **b** | # h",
    "<!-- rolecall plan -->",
    "\xff\xfe\xc0\x80",
    std::string("nul\0nul", 7),
    "\"quoted\\\"",
    "Zo\xc3\xab \xf0\x9f\x98\x80",
};

TEST(RenderTest, SampleAsText) {
  expect_golden("plan/sample.txt", render_text(sample_plan(), kPlain));
}
TEST(RenderTest, SampleInColor) {
  TextOptions options = kPlain;
  options.color = true;
  expect_golden("plan/color.txt", render_text(sample_plan(), options));
}
TEST(RenderTest, SampleAsJson) {
  expect_golden("plan/sample.json", render_json(sample_plan(), "1.2.3"));
}
TEST(RenderTest, SampleAsMarkdown) {
  expect_golden("plan/sample.md", render_markdown(sample_plan()));
}
TEST(RenderTest, RefusedAsText) {
  expect_golden("plan/refused.txt", render_text(refused_plan(), kPlain));
}
TEST(RenderTest, RefusedAsJson) {
  expect_golden("plan/refused.json", render_json(refused_plan(), "1.2.3"));
}
TEST(RenderTest, RefusedAsMarkdown) {
  expect_golden("plan/refused.md", render_markdown(refused_plan()));
}
TEST(RenderTest, IncompleteAsText) {
  expect_golden("plan/incomplete.txt", render_text(incomplete_plan(), kPlain));
}
TEST(RenderTest, IncompleteAsMarkdown) {
  expect_golden("plan/incomplete.md", render_markdown(incomplete_plan()));
}
TEST(RenderTest, NothingToDoAsText) {
  expect_golden("plan/empty.txt", render_text(empty_plan(), kPlain));
}
TEST(RenderTest, NothingToDoAsMarkdown) {
  expect_golden("plan/empty.md", render_markdown(empty_plan()));
}

TEST(RenderTest, TextNamesNoCommandForAPlanThatMayNotBeApplied) {
  EXPECT_NE(render_text(sample_plan(), kPlain).find(kPlain.apply_command), std::string::npos);
  EXPECT_EQ(render_text(refused_plan(), kPlain).find(kPlain.apply_command), std::string::npos);
}

TEST(RenderTest, TextHoldsNoControlCharacterWhateverTheNames) {
  for (const std::string& text : kHostile) {
    const std::string out = render_text(hostile_plan(text), {});
    std::string_view left = out;
    while (!left.empty()) {
      const std::string_view line = left.substr(0, left.find('\n'));
      EXPECT_EQ(escape_terminal(line), line);
      left.remove_prefix(std::min(left.size(), line.size() + 1));
    }
  }
}

TEST(RenderTest, MarkdownHoldsNoMarkupOfOthers) {
  for (const std::string& text : kHostile) {
    const std::string out = render_markdown(hostile_plan(text));
    EXPECT_EQ(find_invalid_utf8(out), std::nullopt);
    for (const std::string_view bad : {"<script", "<img", "](", "::add", "@acme", "\x1b", "\r"}) {
      EXPECT_EQ(out.find(bad), std::string::npos) << bad << " in:\n" << out;
    }
    // Every tag is one of ours.
    for (std::size_t at = out.find('<'); at != std::string::npos; at = out.find('<', at + 1)) {
      const std::string_view tag = std::string_view(out).substr(at);
      EXPECT_TRUE(tag.starts_with("<details>") || tag.starts_with("</details>") ||
                  tag.starts_with("<summary>") || tag.starts_with("</summary>") ||
                  tag.starts_with("<!-- -->") ||
                  (at == 0 && tag.starts_with("<!-- rolecall plan -->\n")))
          << tag.substr(0, 40);
    }
  }
}

TEST(RenderTest, JsonIsValidWhateverTheNames) {
  for (const std::string& text : kHostile) {
    const auto document = parse_json(render_json(hostile_plan(text), text));
    ASSERT_TRUE(document) << document.error().what;
    const json::string& user = document->at("changes").at(0).at("user").as_string();
    if (!find_invalid_utf8(text)) {
      EXPECT_EQ(user, text);
    }
  }
}

std::vector<std::string> keys(const json::value& object) {
  std::vector<std::string> out;
  for (const auto& member : object.as_object()) out.emplace_back(member.key());
  return out;
}

TEST(RenderTest, JsonHasTheKeysOfTheContractInItsOrder) {
  using Keys = std::vector<std::string>;
  const auto document = parse_json(render_json(refused_plan(), "1.2.3"));
  ASSERT_TRUE(document);
  EXPECT_EQ(keys(*document),
            (Keys{"format_version", "tool_version", "at", "organization", "directory", "digest",
                  "policy_digest", "live_digest", "complete", "applyable", "summary", "changes",
                  "calls", "notes", "refusals"}));
  EXPECT_EQ(keys(document->at("summary")),
            (Keys{"invite_user", "suspend_user", "restore_user", "remove_user", "create_group",
                  "delete_group", "add_member", "remove_member", "grant_group_access",
                  "revoke_group_access", "grant_user_access", "revoke_user_access",
                  "grant_org_role", "revoke_org_role"}));
  EXPECT_EQ(keys(document->at("changes").at(0)),
            (Keys{"kind", "user", "account_id", "group", "resource", "role", "cause"}));
  EXPECT_EQ(keys(document->at("changes").at(0).at("cause")),
            (Keys{"file", "line", "why", "reason"}));
  EXPECT_EQ(keys(document->at("calls")), (Keys{"reads", "writes", "estimated_seconds"}));
  EXPECT_EQ(keys(document->at("notes").at(0)), (Keys{"kind", "subject"}));
  EXPECT_EQ(keys(document->at("refusals").at(0)), (Keys{"class", "n", "of", "limit", "subject"}));
  EXPECT_TRUE(document->at("refusals").at(0).at("subject").is_null());
  EXPECT_FALSE(document->at("applyable").as_bool());
}

TEST(RenderTest, SecondsAreRoundedUpAndCountLookUps) {
  for (const auto& [calls, look_ups, seconds] :
       {std::tuple{0, 0, 0}, {1, 0, 1}, {5, 0, 1}, {6, 0, 2}, {5, 1, 2}, {10, 0, 2}}) {
    Plan plan;
    plan.calls.resize(static_cast<std::size_t>(calls));
    plan.look_ups = static_cast<std::size_t>(look_ups);
    const auto document = parse_json(render_json(plan, "1"));
    ASSERT_TRUE(document);
    EXPECT_EQ(document->at("calls").at("estimated_seconds"), seconds);
  }
}

Plan large_plan(std::size_t n, const std::string& filler) {
  Plan plan;
  plan.complete = false;
  for (std::size_t i = 0; i < n; ++i) {
    Change change;
    change.kind = static_cast<ChangeKind>(i * kChangeKindCount / n);
    change.user = "user" + std::to_string(i) + "@acme.example";
    change.group = i % 2 == 0 ? "group" + std::to_string(i % 300) + filler : "";
    change.role = "org-admin";
    change.resource = "jira" + filler;
    change.cause = {{"rolecall.toml", 7, 1}, filler, filler};
    plan.names[change.user] = "Some Body " + filler;
    plan.changes.push_back(std::move(change));
    plan.notes.push_back({"kind" + std::to_string(i % 40), filler + std::to_string(i)});
    plan.gaps.push_back(filler + std::to_string(i));
    plan.refusals.push_back({"protected_users", 1, 2, "limit", filler + std::to_string(i)});
  }
  reschedule(plan);
  return plan;
}

TEST(RenderTest, MarkdownStaysBelowTheBoundAtAnySize) {
  std::string wide;
  for (int i = 0; i < 300; ++i) wide += "\xe2\x80\xae";
  const std::vector<std::pair<std::size_t, std::string>> cases = {
      {1, wide},   {1, std::string(2000, '\xff')},   {500, std::string(400, '#')},
      {500, wide}, {500, std::string(2000, '\xff')}, {5000, "x"}};
  for (const auto& [n, filler] : cases) {
    const std::string out = render_markdown(large_plan(n, filler));
    EXPECT_LT(out.size(), kMostMarkdown) << n;
    EXPECT_TRUE(out.starts_with("<!-- rolecall plan -->\n"));
  }
}

TEST(RenderTest, MarkdownThatIsCutKeepsAdminsAndSumsAndCountsTheRest) {
  PlanBuilder b;
  b.without_limits();
  std::vector<std::string> nobody;
  std::vector<std::string> everybody;
  for (int i = 0; i < 5000; ++i) {
    everybody.push_back("user" + std::to_string(i) + "@acme.example");
    b.live_user(everybody.back());
  }
  b.live_user("zoe@acme.example", Presence::active, true);
  b.live_group("everybody", everybody).group("everybody", {});
  b.user("zoe@acme.example").org_admin("zoe@acme.example", false);
  const std::string out = render_markdown(b.plan());
  EXPECT_LT(out.size(), kMostMarkdown);
  EXPECT_NE(out.find("zoe@<!-- -->acme.example loses org-admin"), std::string::npos);
  EXPECT_NE(out.find("- `-` 5000 members to remove\n"), std::string::npos);
  EXPECT_NE(out.find("- `-` 1 org admin to demote\n"), std::string::npos);
  std::size_t named = 0;
  for (std::size_t at = out.find("  - `-` user"); at != std::string::npos;
       at = out.find("  - `-` user", at + 1)) {
    ++named;
  }
  EXPECT_GT(named, 300U);
  EXPECT_NE(out.find("and " + std::to_string(5000 - named) + " more changes"), std::string::npos);
}

}  // namespace
}  // namespace rolecall
