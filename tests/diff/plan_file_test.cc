#include "diff/plan_file.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <numeric>
#include <optional>

#include "diff/render.h"
#include "state/model/json.h"
#include "tests/support/cases.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using test::PlanBuilder;
using test::sample_plan;
using test::words;

SavedPlanInfo info() {
  return {ROLECALL_VERSION,
          parse_instant("2026-11-24T09:30:00Z").value(),
          "rolecall.toml",
          true,
          "5f0e",
          "12:9f86d0",
          parse_instant("2026-11-24T09:29:59Z").value()};
}

std::string problem(std::string_view bytes) {
  const auto parsed = parse_saved_plan(bytes);
  return parsed ? "none" : parsed.error().what;
}

/// A plan file after `edit`, which gets the document.
template <class Edit>
std::string edited(Edit edit) {
  json::value document = parse_json(save_plan(sample_plan(), info())).value();
  edit(document.as_object());
  return json::serialize(document);
}

TEST(PlanFileTest, WhatWasSavedIsReadBack) {
  const Plan plan = sample_plan();
  const auto parsed = parse_saved_plan(save_plan(plan, info()));
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(parsed->info, info());
  EXPECT_EQ(parsed->plan.digest, plan.digest);
  EXPECT_EQ(render_json(parsed->plan, "1"), render_json(plan, "1"));
  ASSERT_EQ(parsed->plan.changes.size(), plan.changes.size());
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    EXPECT_EQ(parsed->plan.changes[i].group_id, plan.changes[i].group_id);
    EXPECT_EQ(parsed->plan.changes[i].ari, plan.changes[i].ari);
    EXPECT_EQ(parsed->plan.changes[i].description, plan.changes[i].description);
  }
  EXPECT_EQ(save_plan(parsed->plan, parsed->info), save_plan(plan, info()));
}

TEST(PlanFileTest, RefusalsAndGapsOfAPlanAreReadBack) {
  Plan plan = sample_plan();
  plan.complete = false;
  plan.refusals = {{"remove_users", 4, 9, "free 3, percent 10, count 100", ""}};
  const auto parsed = parse_saved_plan(save_plan(plan, info()));
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(parsed->plan.refusals, plan.refusals);
  EXPECT_FALSE(parsed->plan.complete);
}

/// A few flips of each byte; with ROLECALL_CASES=10000 all of them.
TEST(PlanFileTest, AnyFlippedByteIsRefused) {
  PlanBuilder b;
  b.without_limits().resource("jira").live_user("ada@acme.example").live_group("testers");
  b.user("ada@acme.example").group("testers", {"ada@acme.example"});
  b.grant("testers", "jira", Role::user).group("new", {});
  const std::string bytes = save_plan(b.plan(), info());
  ASSERT_TRUE(parse_saved_plan(bytes));
  // 0x2a makes a line feed of a space, 0x20 another case of a letter.
  std::vector<unsigned> masks = {0x01U, 0x20U, 0x2aU, 0x80U};
  if (test::cases(0) >= 10'000) {
    masks.resize(255);
    std::iota(masks.begin(), masks.end(), 1U);
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned mask : masks) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(static_cast<unsigned char>(flipped[i]) ^ mask);
      ASSERT_FALSE(parse_saved_plan(flipped)) << "byte " << i << ", mask " << mask;
    }
  }
}

TEST(PlanFileTest, AnyCutIsRefused) {
  const std::string bytes = save_plan(sample_plan(), info());
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 7) {
    EXPECT_FALSE(parse_saved_plan(bytes.substr(0, i))) << i;
  }
}

TEST(PlanFileTest, AnotherSpellingOfTheSameIsRefused) {
  const std::string expected = "plan is not byte for byte as rolecall wrote it - make a new plan";
  const std::string bytes = save_plan(sample_plan(), info());
  EXPECT_EQ(problem(bytes + "\n"), expected);
  EXPECT_EQ(problem(" " + bytes), expected);
  EXPECT_EQ(problem(json::serialize(parse_json(bytes).value())), expected);
  std::string escaped = bytes;
  escaped.replace(escaped.find("add_member\""), 1, "\\u0061");
  EXPECT_EQ(problem(escaped), expected);
  std::string reordered = bytes;
  const std::size_t policy = reordered.find("\"policy_path\"");
  const std::size_t at = reordered.find("\"at_given\"");
  const std::string first = reordered.substr(policy, at - policy);
  const std::string second = reordered.substr(at, reordered.find("\"plan\": {") - at);
  EXPECT_EQ(problem(reordered.replace(policy, first.size() + second.size(), second + first)),
            expected);
}

TEST(PlanFileTest, WhatIsNoPlanIsRefusedInWords) {
  const std::string bytes = save_plan(sample_plan(), info());
  EXPECT_EQ(problem(""), "empty body, expected JSON");
  EXPECT_EQ(problem("{\"format_version\":\"1.2\",\"terraform_version\":\"1.9\"}"),
            "not a plan of this tool: $.rolecall_plan is missing");
  EXPECT_EQ(problem("[]"), "not a plan of this tool: $.rolecall_plan is missing");
  EXPECT_NE(problem(bytes + "x").find("1 unexpected bytes after the JSON"), std::string::npos);
  EXPECT_NE(problem("{\"rolecall_plan\":1,\"rolecall_plan\":1}").find("duplicate member"),
            std::string::npos);
}

TEST(PlanFileTest, EditedMembersAreNamed) {
  EXPECT_EQ(problem(edited([](json::object& o) { o["rolecall_plan"] = 4; })),
            "plan has format 4, this tool knows format 3");
  EXPECT_EQ(problem(edited([](json::object& o) { o["store"] = 7; })), "$.store: expected text");
  EXPECT_EQ(problem(edited([](json::object& o) { o["server_date"] = "noon"; })),
            "$.server_date: \"noon\" is not a moment in time");
  EXPECT_EQ(problem(edited([](json::object& o) { o["tool_version"] = "9.9.9"; })),
            "plan was made by rolecall \"9.9.9\", this is " ROLECALL_VERSION);
  EXPECT_EQ(problem(edited([](json::object& o) { o["extra"] = 1; })), "$.extra: is not known");
  EXPECT_EQ(problem(edited([](json::object& o) { o.erase("created"); })), "$.created: is missing");
  EXPECT_EQ(problem(edited([](json::object& o) { o["at_given"] = 1; })),
            "$.at_given: expected true or false");
  EXPECT_EQ(
      problem(edited([](json::object& o) { o["plan"].at("changes").at(7).as_object()["x"] = 1; })),
      "$.plan.changes[7].x: is not known");
  EXPECT_EQ(problem(edited([](json::object& o) {
              o["plan"].at("changes").at(2).as_object()["kind"] = "drop";
            })),
            "$.plan.changes[2].kind: \"drop\" is not a kind of change");
  EXPECT_EQ(problem(edited([](json::object& o) {
              o["plan"].at("changes").at(2).at("cause").as_object()["x"] = 1;
            })),
            "$.plan.changes[2].cause.x: is not known");
  EXPECT_EQ(problem(edited(
                [](json::object& o) { o["plan"].at("changes").at(2).as_object()["user"] = 7; })),
            "$.plan.changes[2].user: expected text");
  EXPECT_EQ(
      problem(edited([](json::object& o) { o["plan"].at("calls").as_object()["reads"] = 1.5; })),
      "$.plan.calls.reads: expected a whole number of 0 or more");
  EXPECT_EQ(
      problem(edited([](json::object& o) { o["behind"].as_object()["groups"] = json::array{}; })),
      "$.behind.groups: expected an object");
  EXPECT_EQ(problem(edited([](json::object& o) {
              json::array& changes = o["plan"].at("changes").as_array();
              changes.insert(changes.begin() + 1, json::value(changes[0]));
            })),
            "$.plan.changes[1]: is not in order, or there twice");
}

TEST(PlanFileTest, EditedContentDoesNotMatchTheDigest) {
  const std::string expected = "plan digest does not match its content - make a new plan";
  EXPECT_EQ(problem(edited([](json::object& o) {
              o["behind"].at("groups").as_object()["developers"] = "id-other";
            })),
            expected);
  EXPECT_EQ(problem(edited([](json::object& o) {
              o["plan"].at("changes").at(0).as_object()["description"] = "Who rules";
            })),
            expected);
  EXPECT_EQ(problem(edited([](json::object& o) { o["plan"].at("changes").as_array().pop_back(); })),
            expected);
}

TEST(PlanFileTest, EditedSurroundingsDoNotMatchTheChecksum) {
  const std::string expected = "plan checksum does not match its content - make a new plan";
  EXPECT_EQ(problem(edited([](json::object& o) {
              o["plan"].as_object()["policy_digest"] = std::string(64, 'b');
            })),
            expected);
  EXPECT_EQ(problem(edited([](json::object& o) { o["policy_path"] = "other.toml"; })), expected);
}

TEST(PlanFileTest, EditedCountsDoNotFollowFromTheChanges) {
  EXPECT_EQ(problem(edited(
                [](json::object& o) { o["plan"].at("summary").as_object()["remove_user"] = 0; })),
            "plan holds what does not follow from its changes - make a new plan");
}

// --- stale and narrow ------------------------------------------------------------------------

PlanBuilder two_groups() {
  PlanBuilder b;
  b.without_limits().live_user("ada@acme.example").live_user("bob@acme.example");
  b.live_group("testers").live_group("writers");
  b.user("ada@acme.example").user("bob@acme.example");
  b.group("testers", {"ada@acme.example"});
  return b;
}

SavedPlan saved(PlanBuilder b) {
  return parse_saved_plan(save_plan(b.plan(), info())).value();
}

TEST(PlanFileTest, SamePlanIsNotStaleAndNarrowsToItself) {
  const SavedPlan then = saved(two_groups());
  const Plan fresh = two_groups().plan();
  EXPECT_TRUE(stale_reasons(then, fresh).empty());
  EXPECT_EQ(narrow(fresh, then).digest, then.plan.digest);
}

TEST(PlanFileTest, NewChangesDoNotBlockAndAreLeftOut) {
  const SavedPlan then = saved(two_groups());
  PlanBuilder b = two_groups();
  b.group("writers", {"bob@acme.example"});
  const Plan fresh = b.plan();
  ASSERT_EQ(fresh.changes.size(), 2U);
  EXPECT_TRUE(stale_reasons(then, fresh).empty());
  const Plan narrowed = narrow(fresh, then);
  EXPECT_EQ(words(narrowed), (std::vector<std::string>{"add_member ada@acme.example testers"}));
  EXPECT_EQ(narrowed.calls.size(), 1U);
  EXPECT_EQ(narrowed.digest, then.plan.digest);
}

/// What is refused as stale would not be done either: of the file only the choice counts.
TEST(PlanFileTest, NarrowingTakesNothingFromTheFile) {
  SavedPlan then = saved(two_groups());
  Change& change = then.plan.changes.at(0);
  change.account_id = "acc-mallory";
  change.group_id = "id-admins";
  change.cause.why = "said so";
  then.plan.organization = "org-2";
  then.plan.complete = true;
  Change more = change;
  more.user = "bob@acme.example";
  then.plan.changes.push_back(more);
  PlanBuilder b = two_groups();
  b.live.gaps.emplace_back("one page is missing");
  const Plan fresh = b.plan();
  const Plan narrowed = narrow(fresh, then);
  ASSERT_EQ(words(narrowed), words(fresh));
  EXPECT_EQ(narrowed.changes.at(0).account_id, fresh.changes.at(0).account_id);
  EXPECT_EQ(narrowed.changes.at(0).group_id, fresh.changes.at(0).group_id);
  EXPECT_EQ(narrowed.changes.at(0).cause.why, fresh.changes.at(0).cause.why);
  EXPECT_EQ(narrowed.organization, "org-1");
  EXPECT_FALSE(narrowed.complete);
}

TEST(PlanFileTest, WhatMovedIsSaid) {
  const SavedPlan then = saved(two_groups());
  const auto reasons = [&](auto edit) {
    PlanBuilder b = two_groups();
    edit(b);
    return stale_reasons(then, b.plan());
  };
  using Reasons = std::vector<std::string>;
  EXPECT_EQ(reasons([](PlanBuilder& b) { b.desired.organization_id = "org-2"; }),
            Reasons{"the plan is for organization \"org-1\", this is \"org-2\""});
  EXPECT_EQ(reasons([](PlanBuilder& b) { b.live.directory_id = "dir-2"; }),
            Reasons{"the plan is for directory \"dir-1\", this is \"dir-2\""});
  EXPECT_EQ(reasons([](PlanBuilder& b) { b.desired.policy_digest = "b"; }),
            Reasons{"the policy has changed since the plan was made"});
  EXPECT_EQ(
      reasons([](PlanBuilder& b) { b.live_group("testers", {"ada@acme.example"}); }),
      Reasons{"add_member of \"ada@acme.example\" for group \"testers\": no longer to be done"});
  EXPECT_EQ(reasons([](PlanBuilder& b) { b.about("ada@acme.example").account_id = "acc-2"; }),
            Reasons{"add_member of \"ada@acme.example\" for group \"testers\": the account was "
                    "\"acc-ada\" and is \"acc-2\" now"});
  EXPECT_EQ(reasons([](PlanBuilder& b) { b.about_group("testers").id = "id-2"; }),
            Reasons{"add_member of \"ada@acme.example\" for group \"testers\": the group was "
                    "\"id-testers\" and is \"id-2\" now"});
}

TEST(PlanFileTest, ANameThatMeansAnotherResourceByNowIsSaid) {
  PlanBuilder b;
  b.resource("jira").live_group("team").group("team", {}).grant("team", "jira", Role::user);
  Plan now = b.plan();
  ASSERT_EQ(now.changes.size(), 1U);
  now.changes[0].ari = "ari:cloud:jira::site/2";
  const std::vector<std::string> reasons = stale_reasons(saved(b), now);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_NE(reasons.front().find("the resource was"), std::string::npos) << reasons.front();
}

TEST(PlanFileTest, AGroupThatGoesIsStaleOnceOthersAreInIt) {
  const auto deleting = [](const std::string& member) {
    PlanBuilder b;
    b.without_limits().live_user("ada@acme.example").live_user("bob@acme.example");
    b.live_group("old", {member}).no_group("old");
    return b;
  };
  const SavedPlan then = saved(deleting("ada@acme.example"));
  EXPECT_TRUE(stale_reasons(then, deleting("ada@acme.example").plan()).empty());
  EXPECT_EQ(stale_reasons(then, deleting("bob@acme.example").plan()),
            std::vector<std::string>{
                "delete_group for group \"old\": what goes along with it was 1 member and is 1 "
                "member now, but others"});
}

TEST(PlanFileTest, AGroupThatGoesIsStaleOnceItHasOtherApps) {
  const auto deleting = [](std::optional<Role> role) {
    PlanBuilder b;
    b.without_limits().resource("jira").live_user("ada@acme.example");
    b.live_group("old", {"ada@acme.example"}).no_group("old");
    if (role) b.live_grant("old", "jira", *role);
    b.about_group("old").grants_read = true;
    return b;
  };
  const SavedPlan bare = saved(deleting(std::nullopt));
  EXPECT_EQ(bare.plan.changes.at(0).goes_along.substr(0, 10), "1 member (");
  EXPECT_EQ(
      stale_reasons(bare, deleting(Role::user).plan()),
      std::vector<std::string>{"delete_group for group \"old\": what goes along with it was 1 "
                               "member and is 1 member, 1 grant now"});
  const SavedPlan then = saved(deleting(Role::user));
  EXPECT_TRUE(stale_reasons(then, deleting(Role::user).plan()).empty());
  EXPECT_EQ(
      stale_reasons(then, deleting(Role::admin).plan()),
      std::vector<std::string>{"delete_group for group \"old\": what goes along with it was 1 "
                               "member, 1 grant and is 1 member, 1 grant now, but others"});
}

TEST(PlanFileTest, AGroupWhoseAppsWereOnlyCountedIsStaleOnceItHasMore) {
  const auto deleting = [](std::uint32_t apps) {
    PlanBuilder b;
    b.without_limits().live_group("old").no_group("old");
    b.about_group("old").resource_count = apps;
    return b;
  };
  const SavedPlan then = saved(deleting(1));
  EXPECT_TRUE(stale_reasons(then, deleting(1).plan()).empty());
  EXPECT_EQ(
      stale_reasons(then, deleting(2).plan()),
      std::vector<std::string>{"delete_group for group \"old\": what goes along with it was 1 "
                               "app and is 2 apps now"});
}

TEST(PlanFileTest, WhateverIsDoneAboutSomebodyIsStaleOnceTheyAreSuspendedOrCameBack) {
  const auto adding = [](Presence presence) {
    PlanBuilder b;
    b.without_limits().live_user("ada@acme.example", presence);
    b.live_group("testers").group("testers", {"ada@acme.example"});
    return b;
  };
  const auto stale = [&](Presence then, Presence now) {
    return stale_reasons(saved(adding(then)), adding(now).plan());
  };
  const std::string what = "add_member of \"ada@acme.example\" for group \"testers\": ";
  EXPECT_EQ(stale(Presence::active, Presence::suspended),
            std::vector<std::string>{what + "they were active and are suspended now"});
  EXPECT_EQ(stale(Presence::suspended, Presence::active),
            std::vector<std::string>{what + "they were suspended and are active now"});
  EXPECT_TRUE(stale(Presence::suspended, Presence::suspended).empty());
}

TEST(PlanFileTest, ARenameIsStaleOnceItsOldGroupHasMoreToHandOver) {
  const auto renaming = [](const std::vector<std::string>& members) {
    PlanBuilder b;
    b.without_limits().live_user("ada@acme.example").live_user("bob@acme.example");
    b.live_group("old", members).group("new", {}).previous("new", "old").additive("new");
    return b;
  };
  const SavedPlan then = saved(renaming({"ada@acme.example"}));
  EXPECT_TRUE(stale_reasons(then, renaming({"ada@acme.example"}).plan()).empty());
  const std::vector<std::string> both{
      "delete_group for group \"old\": what goes along with it was 1 member and is 2 members now",
      "delete_group for group \"old\": needs add_member of \"bob@acme.example\" for group \"new\" "
      "first, which the plan does not hold"};
  EXPECT_EQ(stale_reasons(then, renaming({"ada@acme.example", "bob@acme.example"}).plan()), both);
}

TEST(PlanFileTest, AForgedChangeIsStaleEvenWithAFittingDigest) {
  PlanBuilder forged = two_groups();
  forged.org_admin("ada@acme.example", true);
  const SavedPlan then = saved(forged);
  EXPECT_EQ(stale_reasons(then, two_groups().plan()),
            (std::vector<std::string>{
                "grant_org_role of \"ada@acme.example\" with role \"org-admin\": no longer to be "
                "done"}));
}

}  // namespace
}  // namespace rolecall
