#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "diff/plan_view.h"
#include "diff/render.h"
#include "diff/safety.h"
#include "policies/policy.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string person(int i) {
  return "user" + std::to_string(i) + "@acme.example";
}

/// `n` people of 100 are suspended, who hold neither a role nor a membership; limit: free 3.
PlanBuilder suspensions(int n) {
  PlanBuilder b;
  b.without_limits();
  b.limit(LimitClass::suspend_users) = {3, 0, 0};
  for (int i = 0; i < 100; ++i) {
    b.live_user(person(i)).user(person(i), i < n ? Presence::suspended : Presence::active);
  }
  return b;
}

Acknowledgement acknowledgement(const Plan& plan, LimitClass klass, std::int64_t count) {
  return {klass,        count,   plan.digest.substr(0, 12), plan.at + std::chrono::days(1),
          "2026-11-25", "CHG-1", {"ack.toml", 7, 1},        "id-1"};
}

struct Judged {
  Plan plan;
  std::string text;
};

Judged with(PlanBuilder& b, const Acknowledgement& ack) {
  b.desired.safety.acknowledgements = {ack};
  Judged out{b.plan(), ""};
  out.text = render_text(out.plan, {});
  return out;
}

TEST(AcknowledgeTest, AdmitsThePlanItNames) {
  PlanBuilder b = suspensions(12);
  const Plan refused = b.plan();
  ASSERT_EQ(refused.refusals.size(), 1U);
  const auto [plan, text] = with(b, acknowledgement(refused, LimitClass::suspend_users, 12));
  EXPECT_TRUE(plan.applyable());
  EXPECT_EQ(plan.digest, refused.digest);
  EXPECT_THAT(plan.admitted, ElementsAre(Admission{LimitClass::suspend_users, "id-1"}));
  EXPECT_THAT(plan.notes, testing::Contains(
                              Note{"acknowledged", "suspend_users, up to 12: CHG-1 (ack.toml:7)"}));
  EXPECT_THAT(text, HasSubstr("suspend_users, up to 12: CHG-1 (ack.toml:7)"));
}

TEST(AcknowledgeTest, CountIsAnUpperBound) {
  PlanBuilder b = suspensions(12);
  const Plan refused = b.plan();
  for (const std::int64_t count : {11, 12, 13, 1'000'000}) {
    const Judged judged = with(b, acknowledgement(refused, LimitClass::suspend_users, count));
    EXPECT_EQ(judged.plan.applyable(), count >= 12) << count;
    if (count < 12) {
      EXPECT_THAT(judged.text, HasSubstr("ack.toml:7: the acknowledgement of suspend_users admits "
                                         "11, the plan has 12"));
    }
  }
}

TEST(AcknowledgeTest, AnythingElseAdmitsNothingAndSaysWhy) {
  PlanBuilder b = suspensions(12);
  const Plan refused = b.plan();
  const Acknowledgement good = acknowledgement(refused, LimitClass::suspend_users, 12);
  SafetyHistory used;
  used.used["id-1"] = 7;
  struct Case {
    const char* what;
    void (*spoil)(Acknowledgement&);
    bool is_used;
    const char* says;
  };
  const std::vector<Case> cases = {
      {"class", [](Acknowledgement& a) { a.klass = LimitClass::remove_users; }, false, ""},
      {"plan", [](Acknowledgement& a) { a.plan = "000000000000"; }, false,
       "is for plan 000000000000, this is"},
      {"longer digest", [](Acknowledgement& a) { a.plan += a.plan; }, false, "is for plan"},
      {"expired", [](Acknowledgement& a) { a.until = *parse_instant("2026-11-24T08:00:00Z"); },
       false, "ended 2026-11-25"},
      {"used", [](Acknowledgement&) {}, true, "was used up by run 7"},
  };
  for (const Case& one : cases) {
    Acknowledgement ack = good;
    one.spoil(ack);
    b.history = one.is_used ? used : SafetyHistory();
    const Judged judged = with(b, ack);
    EXPECT_FALSE(judged.plan.applyable()) << one.what;
    EXPECT_THAT(judged.plan.admitted, IsEmpty()) << one.what;
    EXPECT_THAT(judged.text, HasSubstr(one.says)) << one.what;
  }
}

TEST(AcknowledgeTest, OneThatIsUnfitHidesNoOther) {
  PlanBuilder b = suspensions(12);
  const Plan refused = b.plan();
  const Acknowledgement good = acknowledgement(refused, LimitClass::suspend_users, 12);
  Acknowledgement small = good;
  small.count = 1;
  for (const auto& both : {std::vector{small, good}, std::vector{good, small}}) {
    b.desired.safety.acknowledgements = both;
    EXPECT_TRUE(b.plan().applyable());
    EXPECT_THAT(b.plan().admitted, testing::SizeIs(1));
  }
}

// Of a plan that became another one, as part of it was taken out.
TEST(AcknowledgeTest, WhyOneIsUnfitIsSaidOfThePlanAsItIsNow) {
  PlanBuilder b = suspensions(12);
  Acknowledgement ack = acknowledgement(b.plan(), LimitClass::suspend_users, 12);
  ack.plan = "000000000000";
  b.desired.safety.acknowledgements = {ack};
  Plan plan = b.plan();
  plan.digest = std::string(64, 'e');
  check_safety({b.desired, b.live, b.catalog}, plan);
  EXPECT_THAT(plan.unfit_acknowledgements, ElementsAre(HasSubstr("this is eeeeeeeeeeee")));
}

TEST(AcknowledgeTest, UntilIsJudgedAtTheRunsInstant) {
  PlanBuilder b = suspensions(12);
  Acknowledgement ack = acknowledgement(b.plan(), LimitClass::suspend_users, 12);
  ack.until = b.desired.at + std::chrono::milliseconds(1);
  EXPECT_TRUE(with(b, ack).plan.applyable());
  ack.until = b.desired.at;
  EXPECT_FALSE(with(b, ack).plan.applyable());
}

TEST(AcknowledgeTest, OneThatIsNotNeededIsNotUsedUp) {
  PlanBuilder b = suspensions(3);
  const Judged judged = with(b, acknowledgement(b.plan(), LimitClass::suspend_users, 3));
  EXPECT_TRUE(judged.plan.applyable());
  EXPECT_THAT(judged.plan.admitted, IsEmpty());
}

TEST(AcknowledgeTest, LiftsNeitherTheFloorNorAProtection) {
  PlanBuilder b;
  b.without_limits();
  b.limit(LimitClass::suspend_users) = {0, 0, 0};
  b.live_user(person(0), Presence::active, true).user(person(0), Presence::suspended);
  b.protect_user(person(0)).desired.safety.min_org_admins = 1;
  const Plan refused = b.plan();
  EXPECT_EQ(refused.refusals.size(), 3U);
  const Judged judged = with(b, acknowledgement(refused, LimitClass::suspend_users, 1));
  ASSERT_EQ(judged.plan.refusals.size(), 2U);
  EXPECT_EQ(judged.plan.refusals[0].klass, "min_org_admins");
  EXPECT_EQ(judged.plan.refusals[1].klass, "protected_users");
  EXPECT_THAT(judged.text, Not(HasSubstr("[[acknowledge]]")));
}

TEST(AcknowledgeTest, OneOfAClassAdmitsEveryGroupUpToItsCount) {
  PlanBuilder b;
  b.without_limits();
  b.limit(LimitClass::remove_members_per_group) = {0, 0, 0};
  for (int i = 0; i < 4; ++i) b.live_user(person(i));
  b.live_group("three", {person(0), person(1), person(2)}).group("three", {});
  b.live_group("two", {person(0), person(1)}).group("two", {});
  const Plan refused = b.plan();
  EXPECT_EQ(refused.refusals.size(), 2U);
  EXPECT_THAT(acknowledgements_for(refused), HasSubstr("count  = 3\n"));
  const LimitClass klass = LimitClass::remove_members_per_group;
  const Plan all = with(b, acknowledgement(refused, klass, 3)).plan;
  EXPECT_TRUE(all.applyable());
  EXPECT_EQ(all.admitted.size(), 1U);
  EXPECT_EQ(std::count_if(all.notes.begin(), all.notes.end(),
                          [](const Note& note) { return note.kind == "acknowledged"; }),
            1);
  const Plan one = with(b, acknowledgement(refused, klass, 2)).plan;
  ASSERT_EQ(one.refusals.size(), 1U);
  EXPECT_EQ(one.refusals[0].subject, "three");
}

/// What the refusal prints, pasted into a policy, is what lets this very plan through.
TEST(AcknowledgeTest, ThePrintedStanzaAdmitsThePlan) {
  PlanBuilder b = suspensions(12);
  b.limit(LimitClass::revoke_admins) = {0, 0, 0};
  b.live.live.user(b.ref(person(0))).org_admin = true;
  const Plan refused = b.plan();
  ASSERT_EQ(refused.refusals.size(), 2U);
  const std::string stanza = acknowledgements_for(refused);
  for (const std::string& shown : {render_markdown(refused), render_text(refused, {})}) {
    EXPECT_THAT(shown, HasSubstr("[[acknowledge]]"));
    EXPECT_THAT(shown, HasSubstr("plan   = \"" + refused.digest.substr(0, 12) + "\""));
  }
  EXPECT_THAT(render_markdown(refused), HasSubstr("```toml\n" + stanza + "```\n"));
  const ParsedPolicy parsed = parse_policy(std::vector<SourceFile>{
      {"p.toml",
       "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n" + stanza}});
  ASSERT_FALSE(parsed.diagnostics.has_errors()) << render(parsed.diagnostics);
  Catalog other;
  const ResolvedPolicy resolved = resolve_policy(*parsed.policy, b.desired.at, nullptr, other);
  b.desired.safety.acknowledgements = resolved.desired.safety.acknowledgements;
  EXPECT_EQ(b.desired.safety.acknowledgements.size(), 2U);
  EXPECT_TRUE(b.plan().applyable());
}

TEST(AcknowledgeTest, WhatIsStoppedIsSaidAmongTheRisks) {
  Plan plan = suspensions(2).plan();
  plan.notes.push_back({std::string(kStoppedNote), "stopped by ada@desk: INC-12"});
  const std::string text = render_text(plan, {});
  EXPECT_LT(text.find("stopped by ada@desk: INC-12"), text.find("People"));
  EXPECT_THAT(text, HasSubstr("nothing is written until rolecall resume"));
  const std::string markdown = render_markdown(plan);
  EXPECT_LT(markdown.find("stopped by ada@<!-- -->desk"), markdown.find("<details>"));
}

// --- the window of 24 hours ---------------------------------------------------------------------

TEST(WindowTest, WhatWasDoneCountsBesidesThePlan) {
  for (int n = 0; n <= 5; ++n) {
    for (std::int64_t before = 0; before <= 5; ++before) {
      PlanBuilder b = suspensions(n);
      b.history.recent[static_cast<std::size_t>(LimitClass::suspend_users)] = before;
      const Plan plan = b.plan();
      EXPECT_EQ(!plan.applyable(), n > 0 && n + before > 3) << n << " after " << before;
      if (plan.applyable()) continue;
      const std::string rule = "free 3, percent 0, count 0";
      EXPECT_EQ(plan.refusals[0],
                (Refusal{"suspend_users", n, 100,
                         before == 0 ? rule
                                     : rule + "; " + std::to_string(before) +
                                           " already in the last 24 hours, which count too",
                         ""}));
    }
  }
}

TEST(WindowTest, PercentAndCountTooAreOfTheSum) {
  for (std::int64_t before = 0; before <= 12; ++before) {
    PlanBuilder b = suspensions(4);
    b.history.recent[static_cast<std::size_t>(LimitClass::suspend_users)] = before;
    b.limit(LimitClass::suspend_users) = {0, 10, 1000};
    EXPECT_EQ(b.plan().applyable(), before + 4 <= 10) << before;
    b.limit(LimitClass::suspend_users) = {0, 100, 9};
    EXPECT_EQ(b.plan().applyable(), before + 4 <= 9) << before;
  }
}

TEST(WindowTest, OfAGroupCountsForThatGroupHoweverSpelled) {
  PlanBuilder b;
  b.without_limits();
  b.limit(LimitClass::remove_members_per_group) = {2, 0, 0};
  for (int i = 0; i < 2; ++i) b.live_user(person(i));
  b.live_group("Team", {person(0), person(1)}).group("Team", {});
  b.live_group("crew", {person(0), person(1)}).group("crew", {});
  b.history.recent_members["team"] = 1;
  const Plan plan = b.plan();
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].subject, "Team");
}

TEST(WindowTest, AnAcknowledgementAdmitsThePlanWhateverWasBefore) {
  PlanBuilder b = suspensions(2);
  b.history.recent[static_cast<std::size_t>(LimitClass::suspend_users)] = 50;
  const Plan refused = b.plan();
  EXPECT_THAT(acknowledgements_for(refused), HasSubstr("count  = 2\n"));
  EXPECT_TRUE(with(b, acknowledgement(refused, LimitClass::suspend_users, 2)).plan.applyable());
}

// --- what a deleted group gave somebody protected -----------------------------------------------

TEST(ProtectedTest, ADeletedGroupTakesFromItsProtectedMembers) {
  for (const bool unlisted : {false, true}) {
    PlanBuilder b;
    b.without_limits().live_user(person(0)).live_group("team", {person(0)});
    if (unlisted) {
      b.desired.unlisted_groups = UnlistedGroups::remove;
    } else {
      b.no_group("team");
    }
    EXPECT_TRUE(b.plan().applyable());
    b.protect_user(person(0));
    const Plan plan = b.plan();
    ASSERT_EQ(plan.refusals.size(), 1U);
    EXPECT_EQ(plan.refusals[0].subject, person(0));
  }
}

TEST(ProtectedTest, ARenamedGroupTakesOnlyFromWhoIsLeftBehind) {
  for (const bool listed : {false, true}) {
    PlanBuilder b;
    b.without_limits().live_user(person(0)).live_user(person(1));
    b.live_group("old", {person(0), person(1)});
    b.user(person(0)).user(person(1)).protect_user(person(0));
    b.group("new", listed ? std::vector{person(0)} : std::vector{person(1)}).previous("new", "old");
    EXPECT_EQ(b.plan().applyable(), listed);
  }
}

}  // namespace
}  // namespace rolecall
