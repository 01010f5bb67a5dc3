// Whoever is protected keeps an app as it is taken from one of their groups, by what the plan gives
// or by what they had otherwise: where that does not come about, or is gone by then, nothing is
// taken.
#include <gmock/gmock.h>

#include "tests/controller/freshness_fixture.h"
#include "tests/support/org_model.h"
#include "tests/support/refusing_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kHead =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[resources]\njira = \"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001\"\n"
    "[safety]\nprotected_users = [\"lin@acme.example\"]\n"
    "[safety.limits.revoke_group_access]\nfree = 9\n";

/// Whether the group that Lin is to lose has Jira still.
bool has_jira(Rehearsal& world) {
  const Model now = read_model(world.client().org().state());
  return now.groups.contains("engineering") && !now.groups.at("engineering").access.empty();
}

TEST(ProtectedPaths, ThatThePlanWasToGiveAndCouldNot) {
  for (const char* how : {R"({"status": 403})", R"({"status": 409})", R"({"status": 500})"}) {
    Rehearsal world{acme()};
    world.policy(std::string(kHead) +
                 "[groups.engineering]\naccess = {}\n"
                 "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"
                 "access = { jira = [\"user\"] }\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    EXPECT_TRUE(planned.plan->protected_lean_on_gifts);
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        fmt::format(R"({{"rules": [{{"operation": "grantGroupAccess", "action": {}}}]}})", how))));
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(has_jira(world)) << how;
    EXPECT_THAT(report.outcomes.back().message, HasSubstr("somebody who is protected would lose"));
  }
}

/// Lin has Jira in both groups, or in one and directly, and the plan waits for an hour.
class OtherPath : public ::testing::Test {
 protected:
  static json::value seed(bool directly) {
    json::object seed = acme();
    const json::object access{{std::string(kJira), json::array{"user"}}};
    if (directly) {
      seed["users"].as_array()[2].as_object()["access"] = access;
    } else {
      json::object& other = seed["groups"].as_array()[1].as_object();
      for (const char* who : {"lin@acme.example", "ada@acme.example", "omar@acme.example"}) {
        other["members"].as_array().emplace_back(who);
      }
      other["access"] = access;
    }
    return json::value(seed);
  }
  /// Of the last change, after `meanwhile`.
  ChangeOutcome apply(bool directly, const std::function<void(Rival&)>& meanwhile,
                      const std::function<bool(const Request&)>& fails = {}) {
    Rehearsal world(seed(directly));
    Rival rival(world);
    world.policy(std::string(kHead) + "[groups.engineering]\naccess = {}\n" +
                 (directly ? "[users]\n\"lin@acme.example\" = { access = { jira = [\"user\"] } }\n"
                           : "[groups.design]\naccess = { jira = [\"user\"] }\n"));
    const Planned planned = world.plan();
    EXPECT_TRUE(planned.plan && planned.plan->applyable());
    meanwhile(rival);
    world.client().clock().advance(seconds(3600));
    RefusingClient way(world.client(), [&](const Request& asked) { return fails && fails(asked); });
    way.instead = Failure{Failure::Kind::no_answer, "timed out", false};
    world.through(way);
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(has_jira(world), report.outcomes.back().state != State::applied);
    return report.outcomes.back();
  }
};

TEST_F(OtherPath, ThatIsGoneKeepsTheOneThatIsThere) {
  const auto stays = [this](bool directly, const std::function<void(Rival&)>& meanwhile) {
    const ChangeOutcome outcome = apply(directly, meanwhile);
    EXPECT_EQ(outcome.state, State::skipped);
    EXPECT_THAT(outcome.message, HasSubstr("does not have it by other ways any more"));
  };
  stays(false, [](Rival& rival) {
    EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(design), account(lin))), 204);
  });
  stays(false, [](Rival& rival) {
    EXPECT_EQ(rival.does(rival.api.group_access(false, kDirectory, group(design),
                                                std::string(kJira), "user")) /
                  100,
              2);
  });
  stays(true, [](Rival& rival) {
    EXPECT_EQ(
        rival.does(rival.api.user_access(false, account(lin), std::string(kJira), "user")) / 100,
        2);
  });
}

TEST_F(OtherPath, ThatIsThereStillLetsTheOneGo) {
  for (const bool directly : {false, true}) {
    const ChangeOutcome outcome = apply(directly, [](Rival&) {});
    EXPECT_EQ(outcome.state, State::applied) << outcome.message;
  }
}

TEST_F(OtherPath, ThatCannotBeReadKeepsTheOneThatIsThere) {
  const ChangeOutcome outcome = apply(
      false, [](Rival&) {},
      [](const Request& asked) {
        return asked.operation == Operation::getGroupRoleAssignments &&
               asked.target.find(group(design)) != std::string::npos;
      });
  EXPECT_EQ(outcome.state, State::skipped);
  EXPECT_THAT(outcome.message, HasSubstr("still has it by other ways could not be read"));
}

}  // namespace
}  // namespace rolecall::test
