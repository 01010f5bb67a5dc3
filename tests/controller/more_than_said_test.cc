// What is held back for somebody whose new way did not come about (Plan::leans) must not give
// somebody else, or themselves, what nobody said, nor be held for whoever has nothing to lose.
#include <gmock/gmock.h>

#include "tests/controller/moved_people.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;

const std::string kUser = std::string(kJira) + " user";
const std::string kAdmin = std::string(kJira) + " admin";

/// Design has Jira too.
json::object both_with_jira() {
  json::object seed = acme();
  group_of(seed, 1)["access"] = jira();
  return seed;
}

/// Of Jira and Confluence; manages nothing yet.
std::string both_apps() {
  return with(
      kAnyPolicy, "[safety.limits.revoke_group_access]",
      "confluence = \"" + std::string(kConfluence) + "\"\n[safety.limits.revoke_group_access]");
}

/// Omar moves from engineering, which is to have Confluence as well, to design, which has Jira.
std::string omar_moves(
    const char* access_of_engineering = "jira = [\"user\"], confluence = [\"user\"]") {
  return both_apps() +
         "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
         "access = { " +
         access_of_engineering +
         " }\n"
         "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
         "access = { jira = [\"user\"] }\n";
}

/// Plans and applies on four days; what was done, in words.
std::string four_days(Rehearsal& world) {
  std::string said;
  for (int day = 0; day < 4; ++day) {
    const Planned planned = world.plan();
    if (!planned.plan || !planned.plan->applyable()) return said + "no plan";
    said += words(*planned.plan, world.apply(planned));
    world.client().clock().advance(seconds(86'400));
  }
  return said;
}

// Engineering is to administer Jira instead of using it, without Omar, whom design does not take.
TEST(MoreThanSaid, WhoLeavesAGroupThatIsGivenMoreLeavesItThoughARoleGoesAsWell) {
  Rehearsal world{json::value(both_with_jira())};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "access = { jira = [\"admin\"] }\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  refuse(world, "addUserToGroup");
  const std::string said = four_days(world);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").contains(kAdmin)) << said;
  EXPECT_FALSE(roles_of(world, "lin@acme.example").contains(kUser)) << said;
}

// Lin is on leave and comes back; engineering has no Jira any more, and Omar, who is to have it by
// design, is not put there.
TEST(MoreThanSaid, WhoComesBackDoesNotGetWhatIsHeldForAnother) {
  for (const bool deleted : {false, true}) {
    json::object seed = both_with_jira();
    seed["users"].as_array()[2].as_object()["status"] = "suspended";
    Rehearsal world{json::value(seed)};
    const std::string lin = "lin@acme.example";
    world.policy(std::string(kAnyPolicy) + "[safety.limits.delete_groups]\nfree = 9\n[users]\n\"" +
                 lin + "\" = {}\n[groups.engineering]\n" +
                 (deleted ? "state = \"absent\"\n" : "access = {}\n") +
                 "[groups.design]\nmembership = \"additive\"\nmembers = "
                 "[\"omar@acme.example\"]\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    ASSERT_EQ(planned.plan->changes.size(), 3U) << words(*planned.plan, {});
    refuse(world, "addUserToGroup");
    const ApplyReport report = world.apply(planned);
    EXPECT_FALSE(model(world).people.at(lin).suspended);
    EXPECT_TRUE(roles_of(world, lin).empty()) << deleted << '\n' << words(*planned.plan, report);
  }
}

// Omar comes back from leave into a team that has Jira only; the old one had Confluence as well.
TEST(MoreThanSaid, WhoComesBackDoesNotGetTheRestOfTheirOldGroup) {
  json::object seed = both_with_jira();
  seed["users"].as_array()[3].as_object()["status"] = "suspended";
  group_of(seed, 0)["access"] = json::object{{std::string(kJira), json::array{"user"}},
                                             {std::string(kConfluence), json::array{"user"}}};
  Rehearsal world{json::value(seed)};
  world.policy(both_apps() +
               "[users]\n\"omar@acme.example\" = {}\n"
               "[groups.engineering]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
               "access = { jira = [\"user\"], confluence = [\"user\"] }\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 3U) << words(*planned.plan, {});
  refuse(world, "addUserToGroup");
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Engineering is to use Jira instead of administering it, and Rosa joins. If it stayed as it is,
// she would administer Jira: she waits, rather than all of them being without.
TEST(MoreThanSaid, WhoJoinsAGroupWaitsUntilItHasTheLesserRole) {
  json::object seed = acme();
  group_of(seed, 0)["access"] = json::object{{std::string(kJira), json::array{"admin"}}};
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembership = \"additive\"\nmembers = "
               "[\"rosa@acme.example\", \"new@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n[users]\n\"new@acme.example\" = {}\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 5U) << words(*planned.plan, {});
  refuse(world, "grantGroupAccess");
  const ApplyReport report = world.apply(planned);
  const std::string said = words(*planned.plan, report);
  EXPECT_THAT(said, HasSubstr("engineering keeps more than it is to have until it has jira user"));
  EXPECT_TRUE(roles_of(world, "rosa@acme.example").empty()) << said;
  EXPECT_TRUE(roles_of(world, "new@acme.example").empty()) << said;
  EXPECT_TRUE(roles_of(world, "lin@acme.example").contains(kAdmin)) << said;
  ASSERT_TRUE(world.client().org().set_faults(json::parse(R"({"rules": []})")));
  four_days(world);
  for (const char* who : {"rosa@acme.example", "new@acme.example", "lin@acme.example"}) {
    EXPECT_EQ(roles_of(world, who), std::set<std::string>{kUser}) << who;
  }
}

// Engineering is to use Jira, of which no seat is left, where it asked for help as customers; Rosa
// joins, and asks for help as they do meanwhile.
TEST(MoreThanSaid, WhoJoinsAGroupThatIsToHaveMoreHasWhatItHas) {
  json::object seed = acme();
  group_of(seed, 0)["access"] = json::object{{std::string(kJira), json::array{"customer"}}};
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[groups.engineering]\nmembership = \"additive\"\nmembers = "
               "[\"rosa@acme.example\"]\naccess = { jira = [\"user\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  refuse(world, "grantGroupAccess");
  const ApplyReport report = world.apply(planned);
  for (const char* who : {"rosa@acme.example", "lin@acme.example"}) {
    EXPECT_EQ(roles_of(world, who), std::set<std::string>{std::string(kJira) + " customer"})
        << words(*planned.plan, report);
  }
}

// Omar is on leave, and cannot be restored: he has nothing to lose.
TEST(MoreThanSaid, NothingIsHeldForWhoeverIsNotRestored) {
  json::object seed = both_with_jira();
  seed["users"].as_array()[3].as_object()["status"] = "suspended";
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kAnyPolicy) +
               "[users]\n\"omar@acme.example\" = {}\n[groups.engineering]\naccess = {}\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 3U) << words(*planned.plan, {});
  refuse(world, "restoreDirectoryUser", 403);
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(has_jira(world)) << words(*planned.plan, report);
}

// If Omar, whom design does not take, stayed in engineering, he would have Confluence.
TEST(MoreThanSaid, WhoLeavesAGroupWhoseAppsAreSwappedDoesNotGetTheNewOne) {
  Rehearsal world{json::value(both_with_jira())};
  world.policy(omar_moves("confluence = [\"user\"]"));
  refuse(world, "addUserToGroup");
  const std::string said = four_days(world);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").contains(std::string(kConfluence) + " user"))
      << said;
}

// Engineering is not given Confluence: whoever is held back there has no more than before.
TEST(MoreThanSaid, WhatIsNotGivenLocksNobodyOut) {
  Rehearsal world{json::value(both_with_jira())};
  world.policy(omar_moves());
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "addUserToGroup", "action": {"status": 409}},
                    {"operation": "grantGroupAccess", "action": {"status": 409}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(roles_of(world, "omar@acme.example").empty()) << words(*planned.plan, report);
}

// Design lost Jira after the plan was saved: what gives it back is not in there.
TEST(MoreThanSaid, ASavedPlanTakesTheLastPathFromNobody) {
  Rehearsal world{json::value(both_with_jira())};
  Rival rival(world);
  world.policy(omar_moves());
  SavedPlan saved;
  saved.info.tool_version = ROLECALL_VERSION;
  saved.plan = *world.plan().plan;
  EXPECT_EQ(rival.does(rival.api.group_access(false, kDirectory, group(design), std::string(kJira),
                                              "user")) /
                100,
            2);
  world.client().clock().advance(seconds(3'600));
  const Planned planned = world.plan_only(saved);
  ASSERT_FALSE(planned.stale.empty());
  EXPECT_THAT(planned.stale[0], HasSubstr("omar@acme.example would lose an app by it"));
}

// Rosa is to join engineering, which loses Jira; Omar, Ada and Lin are to have it by design. None
// of them is put anywhere: Rosa would get nothing if engineering kept it.
TEST(MoreThanSaid, WhoDoesNotJoinLocksNobodyOut) {
  for (const int status : {409, 500}) {
    Rehearsal world{json::value(both_with_jira())};
    world.policy(std::string(kAnyPolicy) +
                 "[groups.engineering]\nmembership = \"additive\"\n"
                 "members = [\"rosa@acme.example\"]\naccess = {}\n"
                 "[groups.design]\nmembership = \"additive\"\nmembers = [\"ada@acme.example\", "
                 "\"lin@acme.example\", \"omar@acme.example\"]\n"
                 "access = { jira = [\"user\"] }\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    refuse(world, "addUserToGroup", status);
    const ApplyReport report = world.apply(planned);
    EXPECT_FALSE(roles_of(world, "omar@acme.example").empty())
        << status << words(*planned.plan, report);
  }
}

}  // namespace
}  // namespace rolecall::test
