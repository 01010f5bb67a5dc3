// Whoever is protected keeps an app as it is taken from one of their groups, by what the plan gives
// or by what they had otherwise: where that does not come about, or is gone by then, nothing is
// taken.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <optional>

#include "tests/controller/protects_lin.h"
#include "tests/support/refusing_client.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

TEST(ProtectedPaths, ThatThePlanWasToGiveAndCouldNot) {
  for (const char* how : {R"({"status": 403})", R"({"status": 409})", R"({"status": 500})"}) {
    Rehearsal world{acme()};
    world.policy(std::string(kProtectsLin) +
                 "[groups.engineering]\naccess = {}\n"
                 "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"
                 "access = { jira = [\"user\"] }\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        fmt::format(R"({{"rules": [{{"operation": "grantGroupAccess", "action": {}}}]}})", how))));
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(has_jira(world)) << how;
    EXPECT_THAT(report.outcomes.back().message,
                HasSubstr("lin@acme.example, who is protected, would lose an app by it"));
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
    world.policy(std::string(kProtectsLin) + "[groups.engineering]\naccess = {}\n" +
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
    EXPECT_THAT(outcome.message, HasSubstr("does not show as having it by other ways"));
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

/// Lin has Jira by engineering, which is to lose it; design is her other group, or is to be.
class PathInPart : public ::testing::Test {
 protected:
  void seed(const std::function<void(json::object& design, json::object& lin)>& change) {
    json::object seed = acme();
    change(seed["groups"].as_array()[1].as_object(), seed["users"].as_array()[2].as_object());
    world_.emplace(json::value(seed));
    rival_.emplace(*world_);
  }
  /// An hour after the plan was made, and something was done.
  ApplyReport apply(std::string_view policy, const std::function<void()>& meanwhile) {
    world_->policy(std::string(kProtectsLin) + "[groups.engineering]\naccess = {}\n" +
                   std::string(policy));
    const Planned planned = world_->plan();
    EXPECT_TRUE(planned.plan && planned.plan->applyable());
    meanwhile();
    world_->client().clock().advance(seconds(3600));
    return world_->apply(planned);
  }
  static void joins(json::object& design) {
    design["members"].as_array().emplace_back("lin@acme.example");
  }
  static void has_access(json::object& one) {
    one["access"] = json::object{{std::string(kJira), json::array{"user"}}};
  }
  void somebody_takes_her_out() {
    EXPECT_EQ(rival_->does(rival_->api.remove_member(kDirectory, group(design), account(lin))),
              204);
  }
  std::optional<Rehearsal> world_;
  std::optional<Rival> rival_;
};
constexpr const char* kGift = "[groups.design]\naccess = { jira = [\"user\"] }\n";

TEST_F(PathInPart, IsGivenToAGroupThatSheHasLeft) {
  seed([](json::object& design, json::object&) { joins(design); });
  (void)apply(kGift, [this] { somebody_takes_her_out(); });
  EXPECT_TRUE(has_jira(*world_));
}

TEST_F(PathInPart, IsAGroupThatHasLostItAsSheJoins) {
  seed([](json::object& design, json::object&) { has_access(design); });
  (void)apply(
      "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"
      "[groups.other]\n" +
          std::string("[groups.design.access]\njira = [\"user\"]\n"),
      [this] {
        EXPECT_EQ(rival_->does(rival_->api.group_access(false, kDirectory, group(design),
                                                        std::string(kJira), "user")) /
                      100,
                  2);
      });
  EXPECT_TRUE(has_jira(*world_));
}

TEST_F(PathInPart, IsRefusedAsTheOldOneIsGone) {
  seed([](json::object& design, json::object& lin) {
    joins(design);
    has_access(lin);
  });
  (void)apply(
      std::string(kGift) + "[users]\n\"lin@acme.example\" = { access = { jira = [\"user\"] } }\n",
      [this] {
        EXPECT_EQ(
            rival_->does(rival_->api.user_access(false, account(lin), std::string(kJira), "user")) /
                100,
            2);
        ASSERT_TRUE(world_->client().org().set_faults(json::parse(
            R"({"rules": [{"operation": "grantGroupAccess", "action": {"status": 403}}]})")));
      });
  EXPECT_TRUE(has_jira(*world_));
}

TEST_F(PathInPart, IsWhatThePlanHasGivenItself) {
  seed([](json::object&, json::object&) {});
  const ApplyReport report = apply(
      "[groups.made]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"
      "access = { jira = [\"user\"] }\n",
      [] {});
  EXPECT_EQ(report.count(State::applied), report.outcomes.size());
  EXPECT_FALSE(has_jira(*world_));
}

// A search in a group may hide whoever is suspended, or know no filter: her own list tells.
TEST_F(PathInPart, IsSeenInHerOwnList) {
  for (const bool suspended : {true, false}) {
    seed([&](json::object& design, json::object& lin) {
      joins(design);
      has_access(design);
      if (suspended) lin["status"] = "suspended";
    });
    json::value known;
    SpoilingClient way(world_->client(), [&](const Request& asked, std::string& body) {
      if (asked.operation != Operation::searchDirectoryUsers) return;
      json::value page = json::parse(body);
      json::array& people = page.as_object()["data"].as_array();
      const auto her = std::find_if(people.begin(), people.end(), [](const json::value& one) {
        return one.at("accountId").as_string() == account(lin);
      });
      const bool in_groups = asked.body.find("groupIds") != std::string::npos;
      if (!in_groups && her != people.end()) known = *her;
      if (in_groups && suspended && her != people.end()) people.erase(her);
      const bool of_her = asked.body.find(account(lin)) != std::string::npos;
      if (in_groups && !suspended && of_her && people.empty()) people.push_back(known);
      body = json::serialize(page);
    });
    world_->through(way);
    const ApplyReport report =
        apply(std::string(kGift) +
                  (suspended ? "[users]\n\"lin@acme.example\" = { state = \"suspended\" }\n" : ""),
              [&] {
                if (!suspended) somebody_takes_her_out();
              });
    EXPECT_EQ(has_jira(*world_), !suspended) << report.outcomes.back().message;
  }
}

// What else the plan gives has nothing to do with her, nor has who is locked out.
TEST_F(PathInPart, KeepsNobodyElseIn) {
  seed([](json::object&, json::object&) {});
  world_->client().clock().advance(seconds(1));
  const ApplyReport report = apply(
      "[safety.limits.suspend_users]\nfree = 9\n[users]\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n[groups.unrelated]\n"
      "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"
      "access = { jira = [\"user\"] }\n",
      [this] {
        ASSERT_TRUE(world_->client().org().set_faults(json::parse(
            R"({"rules": [{"operation": "createGroup", "action": {"status": 403}}]})")));
      });
  EXPECT_TRUE(read_model(world_->client().org().state()).people.at("omar@acme.example").suspended);
}

// A server that sends one group with each person: a search shows the others.
TEST_F(PathInPart, IsNotInAListThatIsCutShort) {
  seed([](json::object& design, json::object&) {
    joins(design);
    has_access(design);
  });
  SpoilingClient way(world_->client(), [&](const Request& asked, std::string& body) {
    if (asked.operation != Operation::searchDirectoryUsers) return;
    json::value page = json::parse(body);
    for (json::value& one : page.at("data").as_array()) {
      json::value* groups = one.as_object().if_contains("groups");
      if (one.at("accountId").as_string() != account(lin) || groups == nullptr) continue;
      if (!groups->is_array()) continue;
      json::array kept;
      for (const json::value& each : groups->as_array()) {
        const bool design_itself = json::serialize(each).find(group(design)) != std::string::npos;
        if (!design_itself) kept.push_back(each);
      }
      *groups = kept;
    }
    body = json::serialize(page);
  });
  world_->through(way);
  (void)apply(kGift, [] {});
  EXPECT_FALSE(has_jira(*world_));
}

// She is moved from design, by which she has it, into the group that is to lose it.
TEST_F(PathInPart, IsOneOfWhoeverHasJoinedSince) {
  json::object seed = acme();
  json::array& groups = seed["groups"].as_array();
  groups[0].as_object()["members"] = json::array{"ada@acme.example"};
  joins(groups[1].as_object());
  has_access(groups[1].as_object());
  world_.emplace(json::value(seed));
  rival_.emplace(*world_);
  const ApplyReport report = apply(kGift, [this] {
    EXPECT_EQ(
        rival_->does(rival_->api.add_member(kDirectory, group(engineering), account(lin))) / 100,
        2);
    somebody_takes_her_out();
  });
  EXPECT_TRUE(has_jira(*world_));
  EXPECT_THAT(report.outcomes.back().message, HasSubstr("has been added to the group meanwhile"));
}

// A group that is renamed, and does not keep its access: she keeps it by another one.
TEST(ProtectedPaths, AreThereAsTheOldNameGoes) {
  for (const bool gone : {true, false}) {
    json::object seed = acme();
    json::object& other = seed["groups"].as_array()[1].as_object();
    for (const char* who : {"lin@acme.example", "ada@acme.example", "omar@acme.example"}) {
      other["members"].as_array().emplace_back(who);
    }
    other["access"] = json::object{{std::string(kJira), json::array{"user"}}};
    Rehearsal world{json::value(seed)};
    Rival rival(world);
    world.policy(std::string(kProtectsLin) +
                 "[safety.limits.delete_groups]\nfree = 9\n"
                 "[groups.platform]\nprevious_names = [\"engineering\"]\naccess = {}\n"
                 "[groups.design]\naccess = { jira = [\"user\"] }\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    if (gone) {
      EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(design), account(lin))), 204);
    }
    world.client().clock().advance(seconds(3600));
    (void)world.apply(planned);
    EXPECT_EQ(has_jira(world), gone);
  }
}

}  // namespace
}  // namespace rolecall::test
