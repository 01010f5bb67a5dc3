// What takes an app from somebody, or from a group, where the plan gives it to them another way:
// nothing is taken as long as that did not come about (Plan::leans).
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "controller/tug_of_war.h"
#include "diff/plan_view.h"
#include "state/store/store.h"
#include "tests/controller/moved_people.h"
#include "tests/support/refusing_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

// Engineering is to have Jira as admins instead of as users. What gives that is not done, for one
// reason or another; what takes the other is, and the whole group is without Jira.
TEST(Replaced, AGroupWhoseNewRoleIsNotGivenKeepsTheOldOne) {
  for (const char* how : {R"({"status": 409})", R"({"status": 403})", R"({"status": 500})"}) {
    Rehearsal world{acme()};
    world.policy(std::string(kAnyPolicy) +
                 "[groups.engineering]\naccess = { jira = [\"admin\"] }\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        fmt::format(R"({{"rules": [{{"operation": "grantGroupAccess", "action": {}}}]}})", how))));
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(has_jira(world)) << how << '\n' << words(*planned.plan, report);
  }
}

// Likewise as somebody else adds one person to the group while the plan waits for its "yes".
TEST(Replaced, AGroupThatSomebodyJoinsMeanwhileIsNotLockedOut) {
  Rehearsal world{acme()};
  Rival rival(world);
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\", "
               "\"omar@acme.example\"]\naccess = { jira = [\"admin\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(engineering), account(rosa))) / 100,
            2);
  world.client().clock().advance(seconds(60));
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(has_jira(world)) << words(*planned.plan, report);
}

// Likewise where one read fails, once, as the plan is looked at again.
TEST(Replaced, AGroupIsNotLockedOutSinceOneReadFailed) {
  Rehearsal world{acme()};
  bool fails = false;
  RefusingClient way(world.client(), [&](const Request& asked) {
    const bool now = fails && asked.operation == Operation::getGroupRoleAssignments;
    if (now) fails = false;
    return now;
  });
  way.instead = Failure{Failure::Kind::no_answer, "timed out", false};
  world.through(way);
  world.policy(std::string(kAnyPolicy) + "[groups.engineering]\naccess = { jira = [\"admin\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  world.client().clock().advance(seconds(60));
  fails = true;
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(way.told);
  EXPECT_TRUE(has_jira(world)) << words(*planned.plan, report);
}

// Likewise of one person's own access.
TEST(Replaced, SomebodyWhoseNewRoleIsNotGivenKeepsTheOldOne) {
  json::object seed = acme();
  seed["users"].as_array()[3].as_object()["access"] = jira();
  group_of(seed, 0)["members"] = json::array{"ada@acme.example"};
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[users]\n\"omar@acme.example\" = { access = { jira = [\"admin\"] } }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(R"({"rules": [
                                {"operation": "assignRole", "action": {"status": 403}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(model(world).people.at("omar@acme.example").access.empty())
      << words(*planned.plan, report);
}

// Omar is moved from engineering, which gives him Jira, to design, which is to as well. He is not
// put into the new group, and taken out of the old one.
TEST(Replaced, SomebodyWhoIsNotPutIntoTheNewGroupStaysInTheOldOne) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "addUserToGroup", "action": {"status": 409}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Fourth is not wanted any more, and platform is to give Jira to the same people. It is made, and
// what it was to give is refused; the other group is deleted for good.
TEST(Replaced, AGroupIsNotDeletedForAnotherThatGivesNothing) {
  Rehearsal world{acme()};
  world.policy(std::string(kAnyPolicy) +
               "[safety.limits.delete_groups]\nfree = 9\n[groups.engineering]\nstate = \"absent\"\n"
               "[groups.platform]\nmembers = [\"ada@acme.example\", \"lin@acme.example\", "
               "\"omar@acme.example\"]\naccess = { jira = [\"user\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "grantGroupAccess", "action": {"status": 409}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// The service gives engineering Jira as admins, and somebody takes that away each time. The
// fourth time they give it Jira as users instead: what gives is left to people, what takes is done.
TEST(Replaced, WhatIsLeftToPeopleTakesNothingInstead) {
  Rehearsal world{acme()};
  Rival rival(world);
  world.policy(std::string(kAnyPolicy) + "[groups.engineering]\naccess = { jira = [\"admin\"] }\n");
  const auto access = [&](bool give, const char* role) {
    EXPECT_EQ(rival.does(rival.api.group_access(give, kDirectory, group(engineering),
                                                std::string(kJira), role)) /
                  100,
              2);
  };
  access(false, "user");
  std::string said;
  for (int cycle = 0; cycle < 4; ++cycle) {
    Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    const Store store = Store::open(world.store_path(), Store::Access::write).value();
    const auto left = leave_to_people(*planned.plan, store, world.client().clock().now());
    ASSERT_TRUE(left);
    for (const Change& change : *left) said += "left " + change_in_words(change) + "\n";
    if (!planned.plan->changes.empty()) said += words(*planned.plan, world.apply(planned));
    world.client().clock().advance(seconds(600));
    if (cycle < 3) access(false, "admin");
    if (cycle == 2) access(true, "user");
  }
  EXPECT_TRUE(has_jira(world)) << said;
}

// Engineering has Jira as users and as admins; only the latter is wanted, and somebody takes it
// away after the plan was made. What is left to do of the plan takes the last one.
TEST(Replaced, APlanThatWaitedDoesNotTakeTheLastRole) {
  for (const bool saved_before : {true, false}) {
    json::object seed = acme();
    group_of(seed, 0)["access"] = json::object{{std::string(kJira), json::array{"user", "admin"}}};
    Rehearsal world{json::value(seed)};
    Rival rival(world);
    world.policy(std::string(kAnyPolicy) +
                 "[groups.engineering]\naccess = { jira = [\"admin\"] }\n");
    Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    EXPECT_EQ(rival.does(rival.api.group_access(false, kDirectory, group(engineering),
                                                std::string(kJira), "admin")) /
                  100,
              2);
    world.client().clock().advance(seconds(3600));
    if (saved_before) {
      SavedPlan saved;
      saved.info.tool_version = ROLECALL_VERSION;
      saved.plan = *planned.plan;
      planned = world.plan_only(saved);
      ASSERT_TRUE(planned.plan);
      if (!planned.stale.empty()) continue;
    }
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(has_jira(world)) << saved_before << '\n' << words(*planned.plan, report);
  }
}

// Omar is in both groups, and is to be in design alone, which has Jira too; somebody takes him
// out of that after the plan was saved.
TEST(Replaced, ASavedPlanDoesNotTakeSomebodyOutOfTheirLastGroup) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  group_of(seed, 1)["members"].as_array().emplace_back("omar@acme.example");
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(design), account(omar))), 204);
  world.client().clock().advance(seconds(3600));
  SavedPlan saved;
  saved.info.tool_version = ROLECALL_VERSION;
  saved.plan = *planned.plan;
  planned = world.plan_only(saved);
  ASSERT_TRUE(planned.plan);
  if (!planned.stale.empty()) return;
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// He loses a group, gets another one that has nothing to do with it, and that is refused.
TEST(Replaced, WhatHasNothingToDoWithItIsTaken) {
  Rehearsal world{acme()};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "addUserToGroup", "action": {"status": 409}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Of two ways that the plan gives, one is enough.
TEST(Replaced, ByEitherOfTwoWays) {
  Rehearsal world{acme()};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n"
               "[users]\n\"omar@acme.example\" = { access = { jira = [\"admin\"] } }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "addUserToGroup", "action": {"status": 409}}]})")));
  const ApplyReport report = world.apply(planned);
  const Model now = model(world);
  EXPECT_FALSE(now.groups.at("engineering").members.contains("omar@acme.example"))
      << words(*planned.plan, report);
  EXPECT_FALSE(now.people.at("omar@acme.example").access.empty());
}

// Engineering has Jira, and manages who has access to it; as admins instead of as users.
TEST(Replaced, WhoMayOnlySayWhoHasAccessHasNoAccess) {
  json::object seed = acme();
  group_of(seed, 0)["access"] =
      json::object{{std::string(kJira), json::array{"user", "user-access-admin"}}};
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\naccess = { jira = [\"admin\", \"user-access-admin\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  refuse(world, "grantGroupAccess");
  const ApplyReport report = world.apply(planned);
  EXPECT_GT(roles_of(world, "omar@acme.example").size(), 1U) << words(*planned.plan, report);
}

// Everybody is a customer of the portal; Omar, an agent, moves to the other group of agents.
TEST(Replaced, ACustomerOfThePortalIsNoAgent) {
  json::object seed = acme();
  seed["groups"].as_array().push_back(json::object{
      {"name", "everybody"},
      {"id", "9a000000-0000-4000-8000-000000000003"},
      {"members", json::array{"ada@acme.example", "lin@acme.example", "omar@acme.example"}},
      {"access", json::object{{std::string(kJira), json::array{"customer"}}}}});
  group_of(seed, 1)["access"] = jira();
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.everybody]\naccess = { jira = [\"customer\"] }\n"
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_GT(roles_of(world, "omar@acme.example").size(), 1U) << words(*planned.plan, report);
}

// Engineering has Jira as users and admins, and says who has access; it is to keep the latter two,
// and somebody takes the admins away meanwhile.
TEST(Replaced, TheRoleThatStaysGivesNoAccess) {
  json::object seed = acme();
  group_of(seed, 0)["access"] =
      json::object{{std::string(kJira), json::array{"user", "admin", "user-access-admin"}}};
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\naccess = { jira = [\"admin\", \"user-access-admin\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  EXPECT_EQ(rival.does(rival.api.group_access(false, kDirectory, group(engineering),
                                              std::string(kJira), "admin")) /
                100,
            2);
  world.client().clock().advance(seconds(3'600));
  const ApplyReport report = world.apply(planned);
  EXPECT_GT(roles_of(world, "omar@acme.example").size(), 1U) << words(*planned.plan, report);
}

// Omar comes back from leave into another team.
TEST(Replaced, WhoComesBackKeepsTheOldGroupUntilTheNewOneTakesThem) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  seed["users"].as_array()[3].as_object()["status"] = "suspended";
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[users]\n\"omar@acme.example\" = {}\n"
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Engineering is to administer Jira from now on, without Omar: he moves to design, which has Jira
// and Confluence, of which no seat is left. If he stayed where he is, he would administer Jira.
TEST(Replaced, NobodyIsHeldBackInAGroupThatIsGivenMore) {
  json::object seed = acme();
  group_of(seed, 1)["access"] = json::object{{std::string(kJira), json::array{"user"}},
                                             {std::string(kConfluence), json::array{"user"}}};
  seed["workspaces"].as_array()[1].as_object()["capacity"] = 2;  // grace and rosa
  Rehearsal world{json::value(seed)};
  world.policy(
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[resources]\njira = \"" +
      std::string(kJira) + "\"\nconfluence = \"" + std::string(kConfluence) +
      "\"\n[safety.limits.remove_members]\nfree = 9\n"
      "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
      "access = { jira = [\"user\", \"admin\"] }\n"
      "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\", "
      "\"omar@acme.example\"]\naccess = { jira = [\"user\"], confluence = [\"user\"] }\n");
  std::string said;
  for (int run = 0; run < 4; ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    said += words(*planned.plan, world.apply(planned));
    world.client().clock().advance(seconds(86'400));
  }
  EXPECT_FALSE(roles_of(world, "omar@acme.example").contains(std::string(kJira) + " admin"))
      << said;
}

// Engineering is to have no Jira any more, and Rosa joins it. Omar's new way fails; if it kept
// Jira, Rosa would have it, who never had it and is not to.
TEST(Replaced, WhoJoinsAGroupDoesNotGetWhatWouldBeHeldBackThere) {
  json::object seed = acme();
  seed["workspaces"].as_array()[1].as_object()["capacity"] = 1;
  group_of(seed, 1)["access"] = json::object{{std::string(kJira), json::array{"user"}},
                                             {std::string(kConfluence), json::array{"user"}}};
  group_of(seed, 1)["members"] = json::array{"grace@acme.example"};
  Rehearsal world{json::value(seed)};
  world.policy(
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[resources]\njira = \"" +
      std::string(kJira) + "\"\nconfluence = \"" + std::string(kConfluence) +
      "\"\n[safety.limits.revoke_group_access]\nfree = 9\n"
      "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\", "
      "\"omar@acme.example\", \"rosa@acme.example\"]\naccess = {}\n"
      "[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n"
      "access = { jira = [\"user\"], confluence = [\"user\"] }\n");
  std::string said;
  for (int run = 0; run < 4; ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    said += words(*planned.plan, world.apply(planned));
    world.client().clock().advance(seconds(86'400));
  }
  EXPECT_TRUE(roles_of(world, "rosa@acme.example").empty()) << said;
}

}  // namespace
}  // namespace rolecall::test
