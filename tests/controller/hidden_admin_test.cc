// A server that leaves out, whenever it is asked, that somebody is an org admin: where the floor of
// admins would need them, their role assignments tell.
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

/// Ada and Grace are admins; of Grace users/search does not say so.
class HiddenAdminTest : public ::testing::Test {
 protected:
  HiddenAdminTest() { world_.through(way_); }

  void policy(int floor, std::string_view grace) {
    world_.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety]\nmin_org_admins = {}\n"
                    "[safety.limits.remove_users]\nfree = 9\n[safety.limits.suspend_users]\n"
                    "free = 9\n[users]\n\"grace@acme.example\" = {{ {} }}\n",
                    kOrganization, floor, grace));
  }
  ChangeOutcome apply() {
    const Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan && planned.plan->applyable());
    EXPECT_EQ(planned.plan->changes.size(), 1U);
    (void)world_.client().org().handle({"DELETE", "/_simulator/requests", {}, {}, {}});
    return world_.apply(planned).outcomes.front();
  }
  [[nodiscard]] std::size_t looks_at_her_roles() {
    std::size_t out = 0;
    const json::value log = world_.client().org().requests();
    for (const json::value& request : log.as_array()) {
      const std::string target(request.at("target").as_string());
      if (target.find("role-assignments") != std::string::npos) ++out;
    }
    return out;
  }

  bool left_out_ = true;  ///< the member; else the list in it is empty
  bool roles_are_garbage_ = false;
  std::string empty_;  ///< member of role assignments that is sent without anything in it
  std::string lacks_;  ///< likewise one that is not sent
  Rehearsal world_{acme()};
  SpoilingClient way_{
      world_.client(), [this](const Request& asked, std::string& body) {
        if (asked.operation == Operation::getUserRoleAssignments && roles_are_garbage_) {
          body = R"({"data": [{"roles": 7}], "links": {}})";
        }
        if (asked.operation != Operation::searchDirectoryUsers) return;
        json::value page = json::parse(body);
        for (json::value& one : page.at("data").as_array()) {
          json::object& user = one.as_object();
          if (user.at("accountId").as_string() != account(grace)) continue;
          if (!user.contains("platformRoles")) continue;
          user["platformRoles"] = json::array{};
          if (left_out_) user.erase("platformRoles");
        }
        body = json::serialize(page);
      }};
};

TEST_F(HiddenAdminTest, IsNotLockedOutWhereTheFloorNeedsThem) {
  for (const char* state : {"state = \"removed\"", "state = \"suspended\""}) {
    for (const bool left_out : {true, false}) {
      left_out_ = left_out;
      policy(2, state);
      const ChangeOutcome outcome = apply();
      EXPECT_EQ(outcome.state, State::skipped) << state << left_out;
      EXPECT_THAT(outcome.message, HasSubstr("show that they are an org admin"));
    }
  }
}

TEST_F(HiddenAdminTest, NorWhereTheirRolesCannotBeRead) {
  roles_are_garbage_ = true;
  policy(2, "state = \"removed\"");
  const ChangeOutcome outcome = apply();
  EXPECT_EQ(outcome.state, State::skipped);
  EXPECT_THAT(outcome.message, HasSubstr("could not be read again"));
}

// `roles` is deprecated, and either tells (facts.md sections 5 and 10).
TEST_F(HiddenAdminTest, NorWhereOnlyOneMemberOfTheirRolesShowsIt) {
  for (const char* member : {"roles", "roleAssignments"}) {
    for (std::string* what : {&empty_, &lacks_}) {
      empty_.clear();
      lacks_.clear();
      *what = member;
      policy(2, "state = \"removed\"");
      const ChangeOutcome outcome = apply();
      EXPECT_EQ(outcome.state, State::skipped) << member;
      EXPECT_THAT(outcome.message, HasSubstr("show that they are an org admin")) << member;
    }
  }
}

// Omar was one when the plan was made.
TEST_F(HiddenAdminTest, NorWhereSomebodyElseTookTheRoleFromAnotherMeanwhile) {
  Rival rival(world_);
  ASSERT_EQ(rival.does(rival.api.org_admin(true, account(omar))) / 100, 2);
  world_.client().clock().advance(seconds(300));
  policy(2, "state = \"removed\"");
  const Planned planned = world_.plan();
  ASSERT_EQ(planned.plan->org_admins.size(), 2U);
  ASSERT_EQ(rival.does(rival.api.org_admin(false, account(omar))) / 100, 2);
  world_.client().clock().advance(seconds(3600));
  EXPECT_EQ(world_.apply(planned).outcomes.front().state, State::skipped);
}

/// Omar is an admin as the plan is made, and cannot be looked at as it is applied an hour later,
/// nor can, in one of the cases, her role assignments.
class UncountedAdmins : public HiddenAdminTest {
 protected:
  ChangeOutcome apply_later(bool omar_is_one_still, bool roles_show) {
    Rival rival(world_);
    EXPECT_EQ(rival.does(rival.api.org_admin(true, account(omar))) / 100, 2);
    world_.client().clock().advance(seconds(300));
    bool fails = false;
    RefusingClient refusing(way_, [&](const Request& asked) {
      if (!fails) return false;
      if (asked.operation == Operation::getUserRoleAssignments) return !roles_show;
      return asked.operation == Operation::searchDirectoryUsers &&
             asked.body.find(account(omar)) != std::string::npos;
    });
    refusing.instead = Failure{Failure::Kind::no_answer, "timed out", false};
    world_.through(refusing);
    policy(2, "state = \"suspended\"");
    const Planned planned = world_.plan();
    EXPECT_EQ(planned.plan->org_admins.size(), 2U);
    if (!omar_is_one_still) {
      EXPECT_EQ(rival.does(rival.api.org_admin(false, account(omar))) / 100, 2);
    }
    world_.client().clock().advance(seconds(3600));
    fails = true;
    const ChangeOutcome outcome = world_.apply(planned).outcomes.front();
    world_.through(way_);
    return outcome;
  }
};

TEST_F(UncountedAdmins, HaveHerAssignmentsLookedAt) {
  const ChangeOutcome outcome = apply_later(false, true);
  EXPECT_EQ(outcome.state, State::skipped);
  EXPECT_THAT(outcome.message, HasSubstr("might leave fewer than 2"));
}

TEST_F(UncountedAdmins, AreAllThatIsSaidWhereTheseCannotBeRead) {
  const ChangeOutcome outcome = apply_later(true, false);
  EXPECT_EQ(outcome.state, State::skipped);
  EXPECT_EQ(outcome.message, "who is an org admin now could not be read");
}

// As many as have to be are left whatever she is: nobody asks.
TEST_F(HiddenAdminTest, WhereOthersAreEnoughNobodyAsks) {
  policy(1, "state = \"removed\"");
  EXPECT_EQ(apply().state, State::applied);
  EXPECT_EQ(looks_at_her_roles(), 0U);
}

// Somebody suspended is no active admin, and somebody who is none is none.
TEST_F(HiddenAdminTest, WhoIsNoneIsLockedOutBelowTheFloorToo) {
  for (const char* status : {"active", "suspended"}) {
    json::object seed = acme();
    json::object& lin = seed["users"].as_array()[2].as_object();
    lin["status"] = status;
    if (std::string_view(status) == "suspended") lin["roles"] = json::array{"org-admin"};
    Rehearsal world{json::value(seed)};
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety]\nmin_org_admins = 9\n"
                    "[safety.limits.remove_users]\nfree = 9\n[safety.limits.revoke_admins]\n"
                    "free = 9\n[users]\n\"lin@acme.example\" = {{ state = \"removed\" }}\n",
                    kOrganization));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable()) << status;
    SpoilingClient way(world.client(), [](const Request& asked, std::string& body) {
      if (asked.operation != Operation::getUserRoleAssignments) return;
      json::value page = json::parse(body);
      for (json::value& one : page.at("data").as_array()) one.as_object().erase("roles");
      body = json::serialize(page);
    });
    world.through(way);
    EXPECT_EQ(world.apply(planned).outcomes.front().state, State::applied) << status;
  }
}

}  // namespace
}  // namespace rolecall::test
