#include "diff/render.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "diff/effects.h"
#include "diff/plan_view.h"
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

std::string in_markdown(const Plan& plan) {
  return render_markdown(plan, nullptr,
                         fmt::format("rolecall apply --expect-digest {}", short_digest(plan)));
}

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

/// With all that is told beside the changes: apps gained and lost, seats that run out, somebody
/// from outside, where each change comes from.
Plan told_plan() {
  PlanBuilder b;
  b.without_limits().resource("confluence").resource("jira");
  b.live_user("ada@acme.example").live_user("bob@acme.example").live_user("carl@acme.example");
  b.about("ada@acme.example").name = "Ada Lovelace";
  b.about("carl@acme.example").name = "Carl Gauss";
  b.user("ada@acme.example").manage_user_access("ada@acme.example");
  b.user("temp@vendor.example").user("tina@vendor.example");
  b.live_group("developers", {"bob@acme.example", "carl@acme.example"})
      .live_grant("developers", "jira", Role::user);
  b.group("developers",
          {"ada@acme.example", "carl@acme.example", "temp@vendor.example", "tina@vendor.example"})
      .grant("developers", "jira", Role::user)
      .grant("developers", "confluence", Role::admin);
  Plan plan = b.plan();
  tell_effects({b.desired, b.live, b.catalog}, plan);
  const std::vector<Workspace> workspaces = {
      {"ari:cloud:jira::site/1", "jira", "Jira", "acme.atlassian.net", 20, 18}};
  count_seats(workspaces, plan);
  plan.own_domains = {{"acme.example"}, true};
  plan.since_run = 12;
  plan.since = parse_instant("2026-11-20T08:00:00Z").value();
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    plan.changes[i].origin = static_cast<Origin>(i % kOriginNames.size());
  }
  return plan;
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
  plan.effects = {{text, {{text, {}, {Role::user}}}, false}};
  plan.seats = {{text, text, {{0, text}}, 1, false, false, 1, 1, {text}}};
  plan.own_domains = {{text}, false};
  plan.since_run = 12;
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
  expect_golden("plan/sample.md", in_markdown(sample_plan()));
}
TEST(RenderTest, RefusedAsText) {
  expect_golden("plan/refused.txt", render_text(refused_plan(), kPlain));
}
TEST(RenderTest, RefusedAsJson) {
  expect_golden("plan/refused.json", render_json(refused_plan(), "1.2.3"));
}
TEST(RenderTest, RefusedAsMarkdown) {
  expect_golden("plan/refused.md", in_markdown(refused_plan()));
}
TEST(RenderTest, IncompleteAsText) {
  expect_golden("plan/incomplete.txt", render_text(incomplete_plan(), kPlain));
}
TEST(RenderTest, IncompleteAsMarkdown) {
  expect_golden("plan/incomplete.md", in_markdown(incomplete_plan()));
}
TEST(RenderTest, ToldAsText) {
  expect_golden("plan/told.txt", render_text(told_plan(), kPlain));
}
TEST(RenderTest, ToldAsJson) {
  expect_golden("plan/told.json", render_json(told_plan(), "1.2.3"));
}
TEST(RenderTest, ToldAsMarkdown) {
  expect_golden("plan/told.md", in_markdown(told_plan()));
}
TEST(RenderTest, ToldAsTextOnANarrowTerminal) {
  TextOptions options = kPlain;
  options.columns = 60;
  expect_golden("plan/told_narrow.txt", render_text(told_plan(), options));
}
TEST(RenderTest, NothingToDoAsText) {
  expect_golden("plan/empty.txt", render_text(empty_plan(), kPlain));
}
TEST(RenderTest, NothingToDoAsMarkdown) {
  expect_golden("plan/empty.md", in_markdown(empty_plan()));
}

TEST(RenderTest, TextNamesNoCommandForAPlanThatMayNotBeApplied) {
  EXPECT_NE(render_text(sample_plan(), kPlain).find(kPlain.apply_command), std::string::npos);
  EXPECT_EQ(render_text(refused_plan(), kPlain).find(kPlain.apply_command), std::string::npos);
}

/// Without its line breaks, and blanks next to each other as one.
std::string unwrapped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const char next = c == '\n' ? ' ' : c;
    if (next != ' ' || (!out.empty() && out.back() != ' ')) out += next;
  }
  return out;
}

TEST(RenderTest, ANarrowTerminalIsToldTheSame) {
  for (const Plan& plan : {sample_plan(), refused_plan(), incomplete_plan(), told_plan()}) {
    const std::string wide = render_text(plan, kPlain);
    for (const std::size_t columns : {1U, 40U, 80U, 200U}) {
      TextOptions options = kPlain;
      options.columns = columns;
      EXPECT_EQ(unwrapped(render_text(plan, options)), unwrapped(wide)) << columns;
    }
    TextOptions options = kPlain;
    options.columns = 1000;
    EXPECT_EQ(render_text(plan, options), wide);
  }
}

TEST(RenderTest, WhatIsToBeCopiedIsNotWrapped) {
  TextOptions options = kPlain;
  options.columns = 20;
  EXPECT_NE(render_text(sample_plan(), options).find("\nApply:  " + kPlain.apply_command + "\n"),
            std::string::npos);
}

/// A name that looks like another line of the plan where it is wrapped.
TEST(RenderTest, NoNameForgesALineOfItsOwn) {
  PlanBuilder b;
  const std::string forged = "x" + std::string(200, ' ') + "+ mallory@evil.example";
  b.live_group("developers").group(forged, {}).group("developers", {});
  TextOptions options;
  for (options.columns = 20; options.columns < 240; ++options.columns) {
    const std::string text = render_text(b.plan(), options);
    EXPECT_EQ(text.find("\n  + mallory"), std::string::npos) << text;
    EXPECT_EQ(text.find("\n    + mallory"), std::string::npos) << text;
  }
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
                  "calls", "notes", "refusals", "effects", "seats", "outside", "since_run"}));
  EXPECT_EQ(keys(document->at("summary")),
            (Keys{"invite_user", "suspend_user", "restore_user", "remove_user", "create_group",
                  "delete_group", "add_member", "remove_member", "grant_group_access",
                  "revoke_group_access", "grant_user_access", "revoke_user_access",
                  "grant_org_role", "revoke_org_role"}));
  EXPECT_EQ(keys(document->at("changes").at(0)),
            (Keys{"kind", "user", "account_id", "group", "resource", "role", "cause", "origin"}));
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

}  // namespace
}  // namespace rolecall
