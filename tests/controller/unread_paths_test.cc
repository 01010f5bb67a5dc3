// What takes an app away waits for what gives it instead, also where the policy does not say what
// groups give, so that it was not read for the plan: it is read once something has failed.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "tests/controller/moved_people.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

// The policy says what engineering has, and of design only who is in it. Omar moves.
TEST(UnreadPaths, FromAGroupThatWasReadToOneThatWasNot) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Engineering loses Jira; Omar is to have it by design, whose access the policy leaves alone.
TEST(UnreadPaths, AGroupLosesARoleAndSomebodyJoinsOneThatWasNotRead) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\naccess = {}\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"ada@acme.example\", "
               "\"lin@acme.example\", \"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Omar's own grant goes, since design, whose access the policy leaves alone, gives it.
TEST(UnreadPaths, SomebodysOwnRoleGoesForAGroupThatWasNotRead) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  group_of(seed, 0)["members"] = json::array{"ada@acme.example", "lin@acme.example"};
  seed["users"].as_array()[3].as_object()["access"] = jira();
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[users]\n\"omar@acme.example\" = { access = {} }\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Of neither group the policy says what it has. Omar must leave engineering (here: the finance
// wiki, Confluence); design, which gives Jira, has no seat for him, ever.
TEST(UnreadPaths, LeavesASensitiveGroupThoughAnotherAppHasNoSeats) {
  json::object seed = acme();
  group_of(seed, 0)["access"] = json::object{{std::string(kConfluence), json::array{"user"}}};
  group_of(seed, 1)["access"] = jira();
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  std::string said;
  for (int run = 0; run < 5; ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    refuse(world, "addUserToGroup");
    const ApplyReport report = world.apply(planned);
    said += words(*planned.plan, report);
    world.client().clock().advance(seconds(86'400));
  }
  EXPECT_FALSE(model(world).groups.at("engineering").members.contains("omar@acme.example")) << said;
}

// Likewise as he is in design already, and it is a third group that fails.
TEST(UnreadPaths, LeavesItThoughHeKeepsTheSameByAnotherUnreadGroup) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  group_of(seed, 1)["members"].as_array().emplace_back("omar@acme.example");
  seed["groups"].as_array().push_back(
      json::object{{"name", "wiki"},
                   {"id", "9a000000-0000-4000-8000-000000000003"},
                   {"members", json::array{"ada@acme.example"}},
                   {"access", json::object{{std::string(kConfluence), json::array{"user"}}}}});
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.wiki]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(model(world).groups.at("engineering").members.contains("omar@acme.example"))
      << words(*planned.plan, report);
}

// Omar moves to design, which gives Jira, and to the wiki, which has no seat for him: he has Jira
// by design, and leaves engineering.
TEST(UnreadPaths, WhoIsOutOfSeatsInOneOfTwoGroups) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  seed["groups"].as_array().push_back(
      json::object{{"name", "wiki"},
                   {"id", "9a000000-0000-4000-8000-000000000003"},
                   {"members", json::array{"ada@acme.example"}},
                   {"access", json::object{{std::string(kConfluence), json::array{"user"}}}}});
  seed["workspaces"].as_array()[1].as_object()["capacity"] = 1;
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
               "[groups.wiki]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  std::string said;
  for (int run = 0; run < 4; ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    said += words(*planned.plan, world.apply(planned));
    world.client().clock().advance(seconds(86'400));
  }
  EXPECT_FALSE(model(world).groups.at("engineering").members.contains("omar@acme.example")) << said;
}

// Of no group the policy says what it has. Omar leaves engineering; he is in design and wiki, and
// somebody takes him out of the wiki after the plan was saved.
TEST(UnreadPaths, ASavedPlanIsNotStaleForAnotherGroup) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  group_of(seed, 1)["members"].as_array().emplace_back("omar@acme.example");
  seed["groups"].as_array().push_back(
      json::object{{"name", "wiki"},
                   {"id", "9a000000-0000-4000-8000-000000000003"},
                   {"members", json::array{"ada@acme.example", "omar@acme.example"}},
                   {"access", json::object{{std::string(kConfluence), json::array{"user"}}}}});
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.wiki]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(3), account(omar))), 204);
  world.client().clock().advance(seconds(3'600));
  SavedPlan saved;
  saved.info.tool_version = ROLECALL_VERSION;
  saved.plan = *planned.plan;
  planned = world.plan_only(saved);
  EXPECT_THAT(planned.stale, ::testing::IsEmpty());
}

// The policy declares Jira alone, and manages access; what both groups give is Confluence.
TEST(UnreadPaths, AnAppThatThePolicyDoesNotDeclare) {
  for (const bool deleted : {false, true}) {
    json::object seed = acme();
    group_of(seed, 0)["access"] = json::object{{std::string(kConfluence), json::array{"user"}}};
    group_of(seed, 1)["access"] = json::object{{std::string(kConfluence), json::array{"user"}}};
    Rehearsal world{json::value(seed)};
    world.policy(
        std::string(kAnyPolicy) + "[safety.limits.delete_groups]\nfree = 9\n" +
        (deleted ? "[groups.engineering]\nstate = \"absent\"\n"
                 : "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
                   "access = {}\n") +
        "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
        "access = {}\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    refuse(world, "addUserToGroup");
    const ApplyReport report = world.apply(planned);
    EXPECT_FALSE(roles_of(world, "omar@acme.example").empty())
        << deleted << words(*planned.plan, report);
  }
}

// Design, which is to give Omar the same, takes him and is not given Jira; or he is to have it
// himself, and does not get it; or engineering goes for design.
TEST(UnreadPaths, WhatIsNotGivenInsteadOfWhatWasNotRead) {
  const std::string leaves =
      "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n";
  const std::string goes =
      "[safety.limits.delete_groups]\nfree = 9\n[groups.engineering]\n"
      "state = \"absent\"\n";
  const std::string by_design =
      "[groups.design]\nmembership = \"additive\"\nmembers = "
      "[\"omar@acme.example\"]\naccess = { jira = [\"user\"] }\n";
  const std::string own = "[users]\n\"omar@acme.example\" = { access = { jira = [\"user\"] } }\n";
  for (const std::string& policy : {leaves + by_design, leaves + own, goes + by_design}) {
    Rehearsal world{acme()};
    world.policy(kAnyPolicy + policy);
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        R"({"rules": [{"operation": "grantGroupAccess", "action": {"status": 409}},
                      {"operation": "assignRole", "action": {"status": 409}}]})")));
    const ApplyReport report = world.apply(planned);
    EXPECT_FALSE(roles_of(world, "omar@acme.example").empty())
        << policy << words(*planned.plan, report);
  }
}

// Both groups give a role that rolecall does not know: what it does it cannot tell.
TEST(UnreadPaths, ARoleThatIsNotKnown) {
  json::object seed = acme();
  for (const int i : {0, 1}) {
    group_of(seed, i)["access"] = json::object{{std::string(kJira), json::array{"site-admin"}}};
  }
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Old, where Omar is or is put, has Jira until this plan takes it: that is no other way.
TEST(UnreadPaths, WhatIsAboutToGoKeepsNobodyAnApp) {
  for (const char* member : {"omar@acme.example", "lin@acme.example"}) {
    json::object seed = acme();
    group_of(seed, 1)["access"] = jira();
    seed["groups"].as_array().push_back(json::object{{"name", "old"},
                                                     {"id", "9a000000-0000-4000-8000-000000000003"},
                                                     {"members", json::array{member}},
                                                     {"access", jira()}});
    Rehearsal world{json::value(seed)};
    world.policy(std::string(kAnyPolicy) +
                 "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
                 "[groups.old]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
                 "access = {}\n"
                 "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    ASSERT_TRUE(world.client().org().set_faults(json::parse(R"({"rules": [
        {"operation": "addUserToGroup", "target": "9a000000-0000-4000-8000-000000000002",
         "action": {"status": 409}}]})")));
    const ApplyReport report = world.apply(planned);
    EXPECT_FALSE(roles_of(world, "omar@acme.example").empty())
        << member << words(*planned.plan, report);
  }
}

}  // namespace
}  // namespace rolecall::test
