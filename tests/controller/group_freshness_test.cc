// What became of a group between plan and apply (guarantees.md D8).
#include <gmock/gmock.h>

#include "tests/controller/freshness_fixture.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

TEST_F(FreshnessTest, SomebodyElseMadeAGroupOfThatName) {
  policy(
      fmt::format("[resources]\njira = \"{}\"\n[groups.admins]\n"
                  "members = [\"ada@acme.example\"]\naccess = {{ jira = [\"admin\"] }}\n",
                  std::string(kJira)));
  ASSERT_EQ(rival_.does(rival_.api.create_group(kDirectory, "admins", "")) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U) << "nobody knows who is in it";
  EXPECT_THAT(outcome(ChangeKind::create_group).message, HasSubstr("another plan"));
}

TEST_F(FreshnessTest, ThoughItWasMadeJustNow) {
  policy(
      fmt::format("[resources]\njira = \"{}\"\n[groups.admins]\n"
                  "members = [\"ada@acme.example\"]\naccess = {{ jira = [\"admin\"] }}\n",
                  std::string(kJira)));
  ASSERT_EQ(rival_.does(rival_.api.create_group(kDirectory, "admins", "")) / 100, 2);
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(outcome(ChangeKind::create_group).state, State::failed);
}

TEST_F(FreshnessTest, AGroupThatWasShownUnderAnotherNameIsNotDeleted) {
  policy("[groups.design]\nstate = \"absent\"\n[safety.limits.delete_groups]\nfree = 9\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  planned_.plan->changes[0].group = "limbo";
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::delete_group).message, HasSubstr("another name"));
}

TEST_F(FreshnessTest, TheGroupThatGoesHasMorePeopleNow) {
  policy("[groups.design]\nstate = \"absent\"\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(omar))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::delete_group).message, HasSubstr("added to the group"));
}

TEST_F(FreshnessTest, TheGroupThatGoesHasAsManyPeopleButOthers) {
  for (const bool renamed : {false, true}) {
    policy(renamed ? "[groups.drawing]\nprevious_names = [\"design\"]\n"
                   : "[groups.design]\nstate = \"absent\"\n");
    const int in = renamed ? lin : omar;
    const int out = renamed ? omar : grace;
    ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(in))), 204);
    ASSERT_EQ(rival_.does(rival_.api.remove_member(kDirectory, group(design), account(out))), 204);
    apply_after(seconds(0));
    EXPECT_EQ(writes(), 0U);
    EXPECT_EQ(outcome(ChangeKind::delete_group).state, State::skipped);
    EXPECT_THAT(outcome(ChangeKind::delete_group).message,
                HasSubstr(renamed ? "not the same on reading again" : "added to the group"));
  }
}

TEST_F(FreshnessTest, TheGroupThatGoesHasAccessToMoreNow) {
  policy("[groups.design]\nstate = \"absent\"\n");
  ASSERT_EQ(rival_.does(rival_.api.group_access(true, kDirectory, group(design), std::string(kJira),
                                                "admin")),
            200);
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::delete_group).message, HasSubstr("given app access"));
}

TEST_F(FreshnessTest, AGroupThatNobodyJoinedGoes) {
  policy("[groups.design]\nstate = \"absent\"\n");
  apply_after(seconds(60));
  EXPECT_EQ(report_.count(State::applied), 1U);
}

// The listing of their groups may be cut short: a search in the group tells.
TEST_F(FreshnessTest, WhoSeemsToBeOutOfTheGroupIsLookedForInIt) {
  json::object seed = acme();
  seed["options"].as_object()["expanded_groups"] = 1;
  json::array& groups = seed["groups"].as_array();
  groups[1].as_object()["members"].as_array().emplace_back("omar@acme.example");
  Rehearsal world(seed);
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.engineering]\n"
                  "members = [\"ada@acme.example\", \"lin@acme.example\"]\n"
                  "[groups.design]\n"
                  "members = [\"grace@acme.example\", \"rosa@acme.example\"]\n",
                  kOrganization));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  world.client().clock().advance(seconds(60));
  EXPECT_EQ(world.apply(planned).count(State::applied), 2U);
}

TEST_F(FreshnessTest, TheGroupIsGone) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.delete_group(kDirectory, group(design))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(outcome(ChangeKind::add_member).state, State::skipped);
  EXPECT_THAT(outcome(ChangeKind::add_member).message, HasSubstr("not to be seen any more"));
}

// Whoever joined would get what nobody has reviewed for them, and so would whoever is put in.
TEST_F(FreshnessTest, WhoJoinedAGroupMeanwhileIsGivenNothingByIt) {
  policy(
      fmt::format("[resources]\njira = \"{}\"\n[groups.design]\n"
                  "members = [\"grace@acme.example\", \"rosa@acme.example\"]\n"
                  "access = {{ jira = [\"admin\"] }}\n",
                  std::string(kJira)));
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(omar))), 204);
  apply_after(seconds(3600));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("somebody has been added to the group"));
}

TEST_F(FreshnessTest, NobodyIsPutIntoAGroupThatWasGivenMoreMeanwhile) {
  for (const bool managed : {true, false}) {
    policy(
        fmt::format("[resources]\njira = \"{}\"\n[groups.design]\nmembership = \"additive\"\n"
                    "members = [\"{}@acme.example\"]\n{}",
                    std::string(kJira), managed ? "omar" : "lin", managed ? "access = {}\n" : ""));
    ASSERT_EQ(planned_.plan->changes.size(), 1U);
    if (managed) {
      ASSERT_EQ(rival_.does(rival_.api.group_access(true, kDirectory, group(design),
                                                    std::string(kJira), "admin")) /
                    100,
                2);
    }
    apply_after(seconds(3600));
    EXPECT_EQ(report_.count(State::applied), managed ? 0U : 1U);
  }
}

}  // namespace
}  // namespace rolecall::test
