// A plan as a comment in a review: what must be in it at any size, and what must not.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "diff/plan_view.h"
#include "diff/render.h"
#include "state/model/text.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using ::testing::HasSubstr;

/// `n` changes, the kinds in equal parts, everything told of everybody, `filler` in every text.
Plan large_plan(std::size_t n, const std::string& filler) {
  Plan plan;
  plan.complete = false;
  plan.own_domains = {{"acme.example", "acme" + filler}, false};
  plan.since_run = 9'000'000'000;
  Seats seats{"jira" + filler, "", {}, n, false, false, 10, 5, {}};
  for (std::size_t i = 0; i < n; ++i) {
    Change change;
    change.kind = static_cast<ChangeKind>(i * kChangeKindCount / n);
    change.user = fmt::format("user{}@{}.example", i, i % 3 == 0 ? "vendor" : "acme");
    change.group = i % 2 == 0 ? "group" + std::to_string(i % 300) + filler : "";
    change.role = "org-admin";
    change.resource = "jira" + filler;
    change.cause = {{"rolecall.toml", 7, 1}, filler, filler};
    change.origin = static_cast<Origin>(i % kOriginNames.size());
    plan.names[change.user] = "Some Body " + filler;
    plan.effects.push_back(
        {change.user, {{"jira" + filler + std::to_string(i % 50), {}, {Role::user}}}, i % 2 == 0});
    seats.left_over.push_back(change.user);
    plan.changes.push_back(std::move(change));
    plan.notes.push_back({"kind" + std::to_string(i % 40), filler + std::to_string(i)});
    plan.gaps.push_back(filler + std::to_string(i));
    plan.refusals.push_back({"protected_users", 1, 2, "limit", filler + std::to_string(i)});
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(n, 60); ++i) plan.seats.push_back(seats);
  reschedule(plan);
  return plan;
}

/// Every bullet and fold is whole: nothing was cut in the middle of a line.
void expect_whole(const std::string& out) {
  EXPECT_LT(out.size(), kMostMarkdown);
  EXPECT_EQ(out.back(), '\n');
  EXPECT_TRUE(out.starts_with("<!-- rolecall plan -->\n### Plan"));
  EXPECT_EQ(find_invalid_utf8(out), std::nullopt);
  const auto count = [&](std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = out.find(what); at != std::string::npos; at = out.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<details><summary>"), count("</details>\n"));
  EXPECT_LE(count("<details>"), 4U);
  EXPECT_THAT(out, HasSubstr("\nCost: "));
}

TEST(Markdown, StaysBelowTheBoundAtAnySize) {
  std::string wide;
  for (int i = 0; i < 300; ++i) wide += "\xe2\x80\xae";
  const std::vector<std::pair<std::size_t, std::string>> cases = {
      {1, wide},   {1, std::string(2000, '\xff')},   {500, std::string(400, '#')},
      {500, wide}, {500, std::string(2000, '\xff')}, {5000, "x"},
      {20'000, ""}};
  for (const auto& [n, filler] : cases) {
    SCOPED_TRACE(n);
    expect_whole(render_markdown(large_plan(n, filler)));
  }
}

/// Plans of random sizes, kinds, names, refusals and notes.
Plan random_plan(std::mt19937_64& random) {
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  static const std::vector<std::string> kPieces = {"a",
                                                   "@",
                                                   "#",
                                                   "\xff",
                                                   "</details>",
                                                   "\n",
                                                   "\xe2\x80\xae",
                                                   "`",
                                                   "x@y.example",
                                                   "\xf0\x9f\x98\x80",
                                                   "  ",
                                                   "long name "};
  const auto text = [&] {
    std::string out;
    for (std::size_t i = below(below(4) == 0 ? 400 : 6); i > 0; --i) {
      out += kPieces[below(kPieces.size())];
    }
    return out;
  };
  Plan plan;
  plan.complete = below(2) == 0;
  const std::size_t sizes[] = {0, 1, 30, 700, 6000};
  const std::size_t n = below(sizes[below(5)] + 1);
  const std::size_t only = below(kChangeKindCount * 2);  // often all of one kind
  for (std::size_t i = 0; i < n; ++i) {
    Change change;
    change.kind = static_cast<ChangeKind>(only < kChangeKindCount ? only : below(kChangeKindCount));
    change.user = fmt::format("{}{}@x.example", i, text());
    if (below(2) == 0) change.group = text();
    change.resource = text();
    change.role = text();
    change.cause = {{text(), 3, 1}, text(), text()};
    change.origin = static_cast<Origin>(below(kOriginNames.size()));
    if (below(2) == 0) plan.names[change.user] = text();
    if (below(3) == 0) plan.org_admins.push_back(change.user);
    if (below(2) == 0) plan.effects.push_back({change.user, {{text(), {}, {Role::admin}}}, true});
    plan.changes.push_back(std::move(change));
  }
  std::sort(plan.org_admins.begin(), plan.org_admins.end());
  std::sort(plan.changes.begin(), plan.changes.end(),
            [](const Change& a, const Change& b) { return a.order(b) < 0; });
  for (std::size_t i = below(200); i > 0; --i) {
    plan.notes.push_back({below(9) == 0 ? std::string(kStoppedNote) : text(), text()});
    plan.refusals.push_back({text(), 1, 2, text(), text()});
    plan.unfit_acknowledgements.push_back(text());
    plan.gaps.push_back(text());
    plan.own_domains.names.push_back(text());
    plan.seats.push_back({text(), "", {{0, text()}}, 3, false, true, 1, 1, {text(), text()}});
  }
  reschedule(plan);
  return plan;
}

TEST(Markdown, StaysBelowTheBoundWhateverIsInThePlan) {
  std::mt19937_64 random(20261127);
  for (int i = 0; i < 60 && !HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const Plan plan = random_plan(random);
    const std::string out = render_markdown(plan);
    expect_whole(out);
    const auto counts = plan.counts();
    for (std::size_t kind = 0; kind < counts.size(); ++kind) {
      const auto k = static_cast<ChangeKind>(kind);
      if (counts[kind] == 0 || !takes_away(k)) continue;
      EXPECT_THAT(
          out, HasSubstr(fmt::format("\n- `{}` {}\n", symbol(k), count_in_words(k, counts[kind]))));
    }
  }
}

/// Of 5,000 people all are touched: every kind of change, 400 of them an admin's.
TEST(Markdown, OfFiveThousandChangesShowsEveryAdminAndEveryClassOfRemoval) {
  PlanBuilder b;
  b.without_limits().resource("jira");
  std::vector<std::string> members;
  for (int i = 0; i < 5000; ++i) {
    const std::string one = fmt::format("user{}@acme.example", i);
    b.live_user(one, Presence::active, i % 25 == 0 || i == 1).user(one);
    if (i < 200) b.org_admin(one, i % 50 == 7);
    if (i % 25 == 0 && i >= 200) b.org_admin(one, false);
    if (i % 5 == 1 && i > 1000) members.push_back(one);
    if (i % 5 == 2) b.user(one, Presence::suspended);
    if (i % 5 == 3) b.user(one, Presence::absent);
  }
  b.live_group("everybody", members).live_grant("everybody", "jira", Role::user);
  b.group("everybody", {}).manage_access("everybody");
  b.live_group("old").no_group("old");
  b.live_user_grant("user4@acme.example", "jira", Role::user);
  b.manage_user_access("user4@acme.example");
  for (int i = 0; i < 2000; ++i) b.user(fmt::format("new{}@acme.example", i));
  const Plan plan = b.plan();
  ASSERT_GE(plan.changes.size(), 5000U);
  const std::string out = render_markdown(plan);
  expect_whole(out);
  const auto counts = plan.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto kind = static_cast<ChangeKind>(i);
    if (takes_away(kind)) {
      EXPECT_GT(counts[i], 0U) << name(kind);
      EXPECT_THAT(out, HasSubstr("\n- `" + std::string(1, symbol(kind)) + "` " +
                                 count_in_words(kind, counts[i])));
    }
  }
  const std::size_t risks = out.find("#### Risks");
  const std::size_t folds = out.find("<details>");
  ASSERT_LT(risks, folds);
  const std::string head = out.substr(risks, folds - risks);
  const std::vector<AdminChange> admins = admin_changes(plan);
  EXPECT_GT(admins.size(), 200U);
  for (const AdminChange& admin : admins) {
    EXPECT_THAT(head, HasSubstr(escape_markdown(admin.change->user)));
  }
  EXPECT_THAT(out, HasSubstr(" more changes*"));
}

/// As many admins as no list of them in full sentences has room for.
TEST(Markdown, NamesAdminsInFewerWordsBeforeItLeavesAnyOut) {
  PlanBuilder b;
  b.without_limits();
  for (int i = 0; i < 450; ++i) {
    const std::string one = fmt::format("user{}@acme.example", i);
    b.live_user(one, Presence::active, i % 2 == 0).user(one).org_admin(one, i % 2 == 1);
    b.about(one).name = fmt::format("Somebody With A Long Name The {}th", i);
  }
  const std::string out = render_markdown(b.plan());
  expect_whole(out);
  EXPECT_THAT(out, HasSubstr("\n- `-` 225 lose org-admin: user0@"));
  for (int i = 0; i < 450; ++i) {
    EXPECT_THAT(out, HasSubstr(fmt::format("user{}@<!-- -->acme.example", i)));
  }
}

TEST(Markdown, ThatIsCutShowsWhatTakesAwayAndCountsTheRest) {
  PlanBuilder b;
  b.without_limits();
  std::vector<std::string> everybody;
  for (int i = 0; i < 5000; ++i) {
    everybody.push_back(fmt::format("user{}@acme.example", i));
    b.live_user(everybody.back());
  }
  b.live_group("a-group").group("a-group", everybody);
  b.live_group("z-group", {"user1@acme.example"}).group("z-group", {});
  const std::string out = render_markdown(b.plan());
  expect_whole(out);
  EXPECT_THAT(out, HasSubstr("- `~` **z-group**\n  - `-` user1@<!-- -->acme.example"));
  std::size_t named = 0;
  for (std::size_t at = out.find("  - `+` user"); at != std::string::npos;
       at = out.find("  - `+` user", at + 1)) {
    ++named;
  }
  EXPECT_GT(named, 300U);
  EXPECT_THAT(out, HasSubstr("and " + std::to_string(5000 - named) + " more changes"));
}

TEST(Markdown, SaysACauseThatNeighboursShareOnce) {
  PlanBuilder b;
  b.without_limits();
  for (const char* who : {"a@acme.example", "b@acme.example", "c@acme.example"}) b.live_user(who);
  b.live_group("team", {"a@acme.example", "b@acme.example", "c@acme.example"}).group("team", {});
  const std::string out = render_markdown(b.plan());
  constexpr std::string_view kCause = "not among the wanted members";
  const std::size_t first = out.find(kCause, out.find("**team**"));
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(out.find(kCause, first + 1), std::string::npos);
  EXPECT_THAT(out, HasSubstr("b@<!-- -->acme.example (likewise)\n"));
  EXPECT_THAT(out, HasSubstr("c@<!-- -->acme.example (likewise)\n"));
}

}  // namespace
}  // namespace rolecall
