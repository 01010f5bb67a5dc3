// A plan in Markdown as GitHub's own renderer shows it: whatever people and groups are called,
// there is no element in it but ours, and no link.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "controller/child.h"
#include "diff/effects.h"
#include "diff/render.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

const std::vector<std::string> kHostile = {
    "</details><img src=x onerror=alert(1)>",
    "@acme/all [x](https://evil.example) ![y](z)",
    "<!-- rolecall plan --> **b** `c` # h",
    "a\n\n# forged\n- `-` 9 people",
    "</summary></li></ul></details>",
    "www.evil.example https://evil.example ada@evil.example mailto:x@evil.example",
    "```\ncode",
    "~~~",
    "<script>alert(1)</script>",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "/merge\n/close",
    "\\",
    "\\<b>",
    "&lt;b&gt; &#60;b&#62;",
    "[ ] task",
    "[x]: https://evil.example",
    "1. one",
    "    code",
    "***",
    "___",
    "<https://evil.example>",
    "\xff\xfe",
    "\xe2\x80\xae"
    "evil",
};

Plan plan_of(const std::string& text) {
  Plan plan = test::sample_plan();
  for (Change& change : plan.changes) {
    if (!change.group.empty()) change.group = text;
    if (!change.user.empty()) change.user = text;
    if (!change.resource.empty()) change.resource = text;
    if (!change.role.empty()) change.role = text;
    change.cause = {{text, 1, 1}, text, text};
  }
  plan.names = {{text, text}};
  plan.notes = {{"unmanaged_group", text}, {"stopped", text}, {text, text}};
  plan.refusals = {{"protected_groups", 1, 1, text, text}, {text, 1, 1, text, text}};
  plan.unfit_acknowledgements = {text};
  plan.gaps = {text};
  plan.complete = false;
  plan.effects = {{text, {{text, {Role::user}, {Role::admin}}}, false}};
  plan.seats = {{text, text, {{0, text}}, 1, false, false, 1, 1, {text}}};
  plan.own_domains = {{text}, false};
  return plan;
}

std::multiset<std::string> elements(std::string_view html) {
  std::multiset<std::string> out;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string_view::npos;) {
    const std::string_view rest = html.substr(at);
    const bool comment = rest.starts_with("<!--");
    const std::size_t end = comment ? rest.find("-->") : rest.find('>');
    if (end == std::string_view::npos) return {"<unfinished>"};
    out.emplace(rest.substr(0, end + (comment ? 3 : 1)));
    at += end + 1;
  }
  return out;
}

TEST(RenderedMarkdown, HoldsNoElementOfOthers) {
  const auto rendered = [](const Plan& plan) {
    const auto done = run_child({"cmark-gfm", "--unsafe", "-e", "autolink", "-e", "table", "-e",
                                 "strikethrough", "-e", "tasklist"},
                                render_markdown(plan));
    EXPECT_TRUE(done.has_value() && done->exit_code == 0) << "cmark-gfm is needed";
    return done ? done->out : std::string();
  };
  // Signs apart, all that differs between a plan with plain names and one with others is text.
  std::multiset<std::string> plain = elements(rendered(plan_of("plain")));
  EXPECT_EQ(plain.count("<details>"), 4U);
  EXPECT_EQ(plain.count("<!-- rolecall plan -->"), 1U);
  for (const std::string& text : kHostile) {
    std::multiset<std::string> found = elements(rendered(plan_of(text)));
    found.erase("<!-- -->");  // what keeps mentions apart
    EXPECT_EQ(found, plain) << text;
  }
}

}  // namespace
}  // namespace rolecall
