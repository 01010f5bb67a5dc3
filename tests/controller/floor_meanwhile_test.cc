// The floor of org admins, where who is one changes between the plan and the calls.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "tests/controller/freshness_fixture.h"
#include "tests/support/refusing_client.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kHead =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[safety.limits.revoke_admins]\nfree = 9\n[users]\n";

// Rosa holds the role, and counted for nothing while she had not accepted.
TEST(FloorMeanwhile, WhoHasAcceptedSinceIsLetGoOnlyWhereEnoughOthersAreLeft) {
  for (const bool grace_stays : {false, true}) {
    json::object seed = acme();
    json::object& invited = seed["users"].as_array()[4].as_object();
    invited["status"] = "invited";
    invited["roles"] = json::array{"org-admin"};
    Rehearsal world{json::value(seed)};
    Rival rival(world);
    world.policy(std::string(kHead) + "\"rosa@acme.example\" = { roles = [] }\n");
    const Planned planned = world.plan();
    ASSERT_EQ(planned.plan->changes.size(), 1U);
    ASSERT_EQ(world.client()
                  .org()
                  .handle({"POST",
                           "/_simulator/accept",
                           {},
                           "application/json",
                           R"({"emails": ["rosa@acme.example"]})"})
                  .status,
              204);
    if (!grace_stays) {
      ASSERT_EQ(rival.does(rival.api.org_admin(false, account(grace))) / 100, 2);
    }
    world.client().clock().advance(seconds(60));
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(report.outcomes.front().state, grace_stays ? State::applied : State::skipped)
        << report.outcomes.front().message;
    EXPECT_EQ(world.plan().plan->org_admins.size(), 2U);
  }
}

// Lin is made one; nobody needs her to be where Rosa goes, and all do where Grace goes.
TEST(FloorMeanwhile, WhoDidNotShowWhereNobodyNeededThemIsLookedForWhereTheyAre) {
  for (const int lag : {0, 8'000, 25'000}) {
    Rehearsal world(acme());
    Rival rival(world);
    ASSERT_EQ(rival.does(rival.api.org_admin(true, account(rosa))) / 100, 2);
    world.client().clock().advance(seconds(300));
    world.policy(std::string(kHead) +
                 "\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"
                 "\"rosa@acme.example\" = { state = \"suspended\" }\n"
                 "\"grace@acme.example\" = { roles = [] }\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan->applyable());
    ASSERT_TRUE(world.client().org().set_faults(
        json::parse(fmt::format(R"({{"write_lag_ms": {}, "rules": []}})", lag))));
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(report.count(State::applied), 3U) << lag;
  }
}

// Lin is made one and shows as one when Rosa goes, and does not when Grace is to go.
TEST(FloorMeanwhile, WhoHasCeasedToShowLetsNobodyElseGo) {
  json::object seed = acme();
  seed["users"].as_array()[4].as_object()["roles"] = json::array{"org-admin"};
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kHead) +
               "\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"
               "\"rosa@acme.example\" = { state = \"suspended\" }\n"
               "\"grace@acme.example\" = { roles = [] }\n[safety]\nmin_org_admins = 2\n");
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 3U);
  int counted = 0;
  SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
    const bool counts = asked.body.find("accountIds") != std::string::npos &&
                        asked.body.find(account(ada)) != std::string::npos;
    if (!counts || ++counted != 2) return;
    json::value page = json::parse(body);
    for (json::value& user : page.at("data").as_array()) {
      if (user.at("accountId").as_string() == account(lin)) {
        user.as_object()["platformRoles"] = json::array{};
      }
    }
    body = json::serialize(page);
  });
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_GE(counted, 2);
  EXPECT_EQ(report.count(State::applied), 2U);
  EXPECT_THAT(report.outcomes.back().message, HasSubstr("read in two ways"));
}

TEST(FloorMeanwhile, WhereWhoElseIsOneCannotBeReadNobodyIsLetGo) {
  json::object seed = acme();
  seed["users"].as_array()[4].as_object()["roles"] = json::array{"org-admin"};
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kHead) + "\"rosa@acme.example\" = { roles = [] }\n");
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  world.client().clock().advance(seconds(60));
  RefusingClient way(world.client(), [](const Request& asked) {
    return asked.body.find(account(grace)) != std::string::npos;
  });
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.outcomes.front().state, State::skipped);
  EXPECT_THAT(report.outcomes.front().message,
              HasSubstr("who else is an org admin now could not be read"));
  EXPECT_EQ(world.plan().plan->org_admins.size(), 3U);
}

/// Ada, Rosa, Bob, Cat, Zoe are admins, and Lin is one who is suspended; Grace is none.
json::object with_many_admins() {
  json::object seed = acme();
  json::array& users = seed["users"].as_array();
  users[1].as_object().erase("roles");
  users[2].as_object()["roles"] = json::array{"org-admin"};
  users[2].as_object()["status"] = "suspended";
  users[4].as_object()["roles"] = json::array{"org-admin"};
  int n = 50;
  for (const char* name : {"bob", "cat", "zoe"}) {
    users.push_back(json::object{{"email", fmt::format("{}@acme.example", name)},
                                 {"id", account(n++)},
                                 {"roles", json::array{"org-admin"}}});
  }
  return seed;
}

// Lin is restored and not to be one any more. Reads are 20 s late and calls take ten, one at a
// time: she does not show when first looked for, and still does when she is none any more.
TEST(FloorMeanwhile, WhoseRoleThisRunTookDoesNotCountWhenTheyShowLate) {
  simulator::FakeClientOptions options;
  options.parallelism = 1;
  Rehearsal world{json::value(with_many_admins()), options};
  Rival rival(world);
  world.policy(std::string(kHead) +
               "\"lin@acme.example\" = { state = \"active\", roles = [] }\n"
               "\"bob@acme.example\" = { roles = [] }\n\"cat@acme.example\" = { roles = [] }\n"
               "\"zoe@acme.example\" = { roles = [] }\n[safety]\nmin_org_admins = 2\n");
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 5U);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(R"({"write_lag_ms": 20000, "rules": [
      {"operation": "revokeOrganizationLevelRole", "action": {"delay_ms": 10500}}]})")));
  bool done = false;
  (void)world.apply(planned, [&] {
    if (!done && world.client().calls(Operation::revokeOrganizationLevelRole) >= 1) {
      done = true;
      EXPECT_EQ(rival.does(rival.api.org_admin(false, account(rosa))) / 100, 2);
    }
    return "";
  });
  EXPECT_TRUE(done);
  world.client().clock().advance(seconds(300));
  EXPECT_GE(world.plan().plan->org_admins.size(), 2U);
}

// Rosa is made one for Grace to go, and unmade by somebody else; Omar is nobody's affair.
TEST(FloorMeanwhile, WhoNeverShowsAsOneHoldsUpNobodyElse) {
  Rehearsal world(acme());
  Rival rival(world);
  world.policy(std::string(kHead) +
               "\"rosa@acme.example\" = { roles = [\"org-admin\"] }\n"
               "\"grace@acme.example\" = { state = \"suspended\" }\n"
               "\"omar@acme.example\" = { state = \"suspended\" }\n"
               "[safety]\nmin_org_admins = 2\n[safety.limits.suspend_users]\nfree = 9\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan->applyable());
  bool done = false;
  const ApplyReport report = world.apply(planned, [&] {
    if (!done && world.client().calls(Operation::assignOrganizationLevelRole) == 1) {
      done = true;
      EXPECT_EQ(rival.does(rival.api.org_admin(false, account(rosa))) / 100, 2);
    }
    return "";
  });
  EXPECT_TRUE(done);
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    const std::string& user = planned.plan->changes[i].user;
    const State state = report.outcomes[i].state;
    if (user == "omar@acme.example") {
      EXPECT_EQ(state, State::applied) << report.outcomes[i].message;
    }
    if (user == "grace@acme.example") {
      EXPECT_EQ(state, State::skipped);
    }
  }
}

}  // namespace
}  // namespace rolecall::test
