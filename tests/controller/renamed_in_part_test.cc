// A renamed group of which the policy says a part, and people who are not taken over: nobody gets
// back what somebody else has taken meanwhile, and nobody loses what they were given.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "state/store/store.h"
#include "tests/controller/freshness_fixture.h"
#include "tests/support/org_model.h"
#include "tests/support/refusing_client.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using State = ChangeOutcome::State;

constexpr const char* kWiki = "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001";
constexpr const char* kHead =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[safety.limits.delete_groups]\nfree = 9\n[safety.limits.remove_users]\nfree = 9\n";
constexpr const char* kRenamed = "[groups.platform]\nprevious_names = [\"engineering\"]\n";

Model model(Rehearsal& world) {
  return read_model(world.client().org().state());
}
bool is_in(Rehearsal& world, const std::string& group, const std::string& who) {
  const Model now = model(world);
  return now.groups.contains(group) && now.groups.at(group).members.contains(who);
}
void faults(Rehearsal& world, std::string_view rule) {
  ASSERT_TRUE(
      world.client().org().set_faults(json::parse(fmt::format(R"({{"rules": [{}]}})", rule))));
}
auto no_message_has(const std::string& words) {
  return Each(Field(&ChangeOutcome::message, Not(HasSubstr(words))));
}

/// Engineering has Jira and Confluence; the policy manages access, and declares Jira alone.
class RenamedInPart : public ::testing::Test {
 protected:
  static json::value seed() {
    json::object seed = acme();
    seed["groups"].as_array()[0].as_object()["access"].as_object()[kWiki] = json::array{"user"};
    return json::value(seed);
  }
  RenamedInPart() {
    world_.policy(std::string(kHead) + "[resources]\njira = \"" + std::string(kJira) + "\"\n" +
                  kRenamed + "access = { jira = [\"user\"] }\n");
  }
  ApplyReport apply_after_the_wiki(bool given, const std::string& role) {
    const Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan && planned.plan->applyable());
    EXPECT_EQ(
        rival_.does(rival_.api.group_access(given, kDirectory, group(engineering), kWiki, role)) /
            100,
        2);
    world_.client().clock().advance(seconds(600));
    return world_.apply(planned);
  }
  Rehearsal world_{seed()};
  Rival rival_{world_};
};

TEST_F(RenamedInPart, IsNotGivenBackWhatTheyDoNotDeclare) {
  (void)apply_after_the_wiki(false, "user");
  const Model now = model(world_);
  const bool given_back = now.groups.contains("platform") &&
                          now.groups.at("platform").access.contains(std::string(kWiki) + " user");
  EXPECT_FALSE(given_back);
}

// That is a role more, and no app more: counts do not tell.
TEST_F(RenamedInPart, DoesNotLoseWhatTheyDoNotDeclare) {
  (void)apply_after_the_wiki(true, "admin");
  EXPECT_TRUE(model(world_).groups.contains("engineering"));
}

TEST_F(RenamedInPart, IsRenamedWithBothWhereNobodyDoesAnything) {
  const Planned planned = world_.plan();
  ASSERT_TRUE(planned.plan);
  EXPECT_EQ(world_.apply(planned).count(State::applied), planned.plan->changes.size());
  EXPECT_EQ(model(world_).groups.at("platform").access.size(), 2U);
  EXPECT_FALSE(model(world_).groups.contains("engineering"));
}

// Whoever is suspended is taken over though the policy says the members.
TEST(TakenOver, IsNotWhoeverSomebodyHasTakenOutMeanwhile) {
  for (const bool taken : {true, false}) {
    json::object seed = acme();
    seed["users"].as_array()[3].as_object()["status"] = "suspended";
    Rehearsal world{json::value(seed)};
    Rival rival(world);
    world.policy(std::string(kHead) +
                 "[users]\n\"omar@acme.example\" = { state = \"suspended\" }\n" + kRenamed +
                 "members = [\"ada@acme.example\", \"lin@acme.example\"]\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    if (taken) {
      EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(engineering), account(omar))),
                204);
    }
    world.client().clock().advance(seconds(600));
    (void)world.apply(planned);
    EXPECT_EQ(is_in(world, "platform", "omar@acme.example"), !taken);
  }
}

// An app's account is not put into a group here, and joins the old one as somebody else leaves.
TEST(TakenOver, NobodyLosesAGroupThatCannotBeGivenToThem) {
  json::object seed = acme();
  json::array& users = seed["users"].as_array();
  users.push_back(
      json::object{{"email", "bot@acme.example"}, {"id", account(77)}, {"account_type", "app"}});
  users.push_back(json::object{{"email", "old@acme.example"}, {"id", account(78)}});
  seed["groups"].as_array()[0].as_object()["members"].as_array().emplace_back("old@acme.example");
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  world.policy(std::string(kHead) + "[users]\n\"old@acme.example\" = { state = \"removed\" }\n" +
               kRenamed);
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  bool joined = false;
  const ApplyReport report = world.apply(planned, [&] {
    if (!joined && world.client().calls(Operation::createGroup) > 0) {
      joined = true;
      EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(engineering), account(77))) / 100,
                2);
    }
    return "";
  });
  EXPECT_TRUE(joined);
  EXPECT_TRUE(is_in(world, "engineering", "bot@acme.example"));
  EXPECT_THAT(report.outcomes.back().message, HasSubstr("somebody has been added to it meanwhile"));
}

// Omar was to be removed, so nobody takes him over; he is not, for one reason or another.
TEST(TakenOver, WhoIsNotRemovedAfterAllKeepsTheGroup) {
  for (const bool refused : {true, false}) {
    Rehearsal world{acme()};
    Rival rival(world);
    world.policy(std::string(kHead) + "[users]\n\"omar@acme.example\" = { state = \"removed\" }\n" +
                 kRenamed);
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    if (refused) {
      faults(world, R"({"operation": "removeDirectoryUser", "action": {"status": 403}})");
    } else {
      EXPECT_EQ(rival.does(rival.api.org_admin(true, account(omar))) / 100, 2);
      world.client().clock().advance(seconds(60));
    }
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(is_in(world, "engineering", "omar@acme.example")) << refused;
    EXPECT_THAT(report.outcomes.back().message,
                HasSubstr("the removal of omar@acme.example, who was in it, did not come about"));
  }
}

TEST(TakenOver, WhoseRemovalASavedPlanLeavesOutKeepsTheGroup) {
  Rehearsal world{acme()};
  world.policy(std::string(kHead) + "[users]\n\"omar@acme.example\" = { state = \"removed\" }\n" +
               kRenamed);
  const Planned whole = world.plan();
  ASSERT_TRUE(whole.plan && whole.plan->applyable());
  SavedPlan saved;
  saved.info.tool_version = ROLECALL_VERSION;
  saved.plan = *whole.plan;
  std::erase_if(saved.plan.changes,
                [](const Change& change) { return change.kind == ChangeKind::remove_user; });
  reschedule(saved.plan);
  const Planned planned = world.plan_only(saved);
  ASSERT_TRUE(planned.plan && planned.stale.empty());
  (void)world.apply(planned);
  EXPECT_TRUE(is_in(world, "engineering", "omar@acme.example"));
}

// A search in a group may show nobody suspended, though their own lists do.
TEST(TakenOver, IsWhoeverIsSuspendedThoughTheGroupDoesNotShowThem) {
  json::object seed = acme();
  seed["users"].as_array()[3].as_object()["status"] = "suspended";
  Rehearsal world{json::value(seed)};
  SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
    if (asked.operation != Operation::searchDirectoryUsers) return;
    if (asked.body.find("groupIds") == std::string::npos) return;
    json::value page = json::parse(body);
    json::array kept;
    for (const json::value& one : page.at("data").as_array()) {
      if (one.at("accountId").as_string() != account(omar)) kept.push_back(one);
    }
    page.as_object()["data"] = kept;
    body = json::serialize(page);
  });
  world.through(way);
  world.policy(std::string(kHead) + kRenamed);
  for (int run = 0; run < 2 && model(world).groups.contains("engineering"); ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    (void)world.apply(planned);
    world.client().clock().advance(seconds(300));
  }
  EXPECT_FALSE(model(world).groups.contains("engineering"));
  EXPECT_TRUE(is_in(world, "platform", "omar@acme.example"));
}

// Rosa is in both groups, and rightly in the new one by the other: the next plan sees that.
TEST(RenameInWords, WhoIsThereByTheOtherGroupStaysThere) {
  json::object seed = acme();
  seed["groups"].as_array()[0].as_object()["members"].as_array().emplace_back("rosa@acme.example");
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  world.policy(std::string(kHead) +
               "[groups.platform]\nprevious_names = [\"engineering\", \"design\"]\n");
  bool taken = false;
  for (int run = 0; run < 2; ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    const ApplyReport report = world.apply(planned, [&] {
      if (!taken && world.client().calls(Operation::createGroup) > 0) {
        taken = true;
        EXPECT_EQ(
            rival.does(rival.api.remove_member(kDirectory, group(engineering), account(rosa))),
            204);
      }
      return "";
    });
    const bool all = report.count(State::applied) == report.outcomes.size();
    EXPECT_EQ(all, run == 1);
    world.client().clock().advance(seconds(300));
  }
  EXPECT_TRUE(taken);
  EXPECT_FALSE(model(world).groups.contains("engineering"));
  EXPECT_FALSE(model(world).groups.contains("design"));
  EXPECT_TRUE(is_in(world, "platform", "rosa@acme.example"));
}

// Lin cannot be added, so the old group stays, and Omar is taken out of it once he was copied: no
// later plan would tell that he has Jira by the new one.
TEST(RenameInWords, WhatWasTakenIsSaidThoughAGiftHasFailed) {
  Rehearsal world{acme()};
  Rival rival(world);
  world.policy(std::string(kHead) + kRenamed);
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  faults(world, R"({"operation": "addUserToGroup", "nth": 2, "action": {"status": 409}})");
  bool taken = false;
  SpoilingClient way(world.client(), [&](const Request&, std::string&) {
    if (taken || !is_in(world, "platform", "omar@acme.example")) return;
    taken = true;
    EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(engineering), account(omar))),
              204);
  });
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(taken);
  EXPECT_FALSE(is_in(world, "platform", "lin@acme.example"));
  EXPECT_THAT(report.outcomes.back().message, HasSubstr("take that from the successor"));
}

// Roles of groups may take half a minute to show.
TEST(RenameInWords, TakesOneRunThoughRolesShowLate) {
  Rehearsal world{acme()};
  world.policy(std::string(kHead) + kRenamed);
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(json::parse(R"({"write_lag_ms": 12000})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.count(State::applied), report.outcomes.size());
}

// An app's account keeps the old group for now: what is copied is looked at all the same.
TEST(RenameInWords, WhoIsTakenOutOfAGroupThatStaysIsNotCopied) {
  for (const bool taken : {true, false}) {
    json::object seed = acme();
    seed["users"].as_array().push_back(
        json::object{{"email", "bot@acme.example"}, {"id", account(77)}, {"account_type", "app"}});
    seed["groups"].as_array()[0].as_object()["members"].as_array().emplace_back("bot@acme.example");
    Rehearsal world{json::value(seed)};
    Rival rival(world);
    world.policy(std::string(kHead) + kRenamed);
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    if (taken) {
      EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(engineering), account(omar))),
                204);
    }
    world.client().clock().advance(seconds(600));
    (void)world.apply(planned);
    EXPECT_TRUE(model(world).groups.contains("engineering"));
    EXPECT_TRUE(is_in(world, "platform", "lin@acme.example"));
    EXPECT_EQ(is_in(world, "platform", "omar@acme.example"), !taken);
  }
}

TEST(RenameInWords, AGroupThatIsGoneWasNotEmptied) {
  Rehearsal world{acme()};
  Rival rival(world);
  world.policy(std::string(kHead) + kRenamed);
  const Planned planned = world.plan();
  bool gone = false;
  SpoilingClient way(world.client(), [&](const Request&, std::string&) {
    const Model now = model(world);
    if (gone || !now.groups.contains("platform")) return;
    const Model::Group& platform = now.groups.at("platform");
    gone = platform.members.size() == 3 && !platform.access.empty();
    if (gone) {
      EXPECT_EQ(rival.does(rival.api.delete_group(kDirectory, group(engineering))) / 100, 2);
    }
  });
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(gone);
  EXPECT_THAT(report.outcomes, no_message_has("take that from the successor"));
}

TEST(RenameInWords, AReadingThatFailsDoesNotDiffer) {
  Rehearsal world{acme()};
  world.policy(std::string(kHead) + kRenamed);
  const Planned planned = world.plan();
  RefusingClient way(world.client(), [&](const Request& asked) {
    return asked.operation == Operation::searchDirectoryUsers &&
           asked.body.find("groupIds") != std::string::npos;
  });
  way.instead = Failure{Failure::Kind::no_answer, "timed out", false};
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_THAT(report.outcomes, no_message_has("was not the same"));
  EXPECT_THAT(report.outcomes.back().message, HasSubstr("could not be read again"));
}

// Third and fourth are both renamed to platform; somebody takes something from third before the
// "yes". Of fourth it is said that it could not be read, though everything could.
TEST(RenameInWords, AMergedGroupIsNotSaidToBeUnreadable) {
  json::object seed = acme();
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  world.policy(std::string(kHead) +
               "[groups.platform]\nprevious_names = [\"engineering\", \"design\"]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(design), account(rosa))), 204);
  world.client().clock().advance(seconds(60));
  const ApplyReport report = world.apply(planned);
  EXPECT_THAT(report.outcomes, no_message_has("could not be read"));
}

// The old group of a rename stays as an app's account is in it. A plan that has nothing to do with
// it does not walk it, and is not held back by it.
TEST(RenameInWords, AGroupThatStaysIsNotWalkedForOthers) {
  json::object seed = acme();
  seed["users"].as_array().push_back(
      json::object{{"email", "bot@acme.example"}, {"id", account(77)}, {"account_type", "app"}});
  seed["groups"].as_array()[0].as_object()["members"].as_array().emplace_back("bot@acme.example");
  Rehearsal world{json::value(seed)};
  const std::string renamed =
      std::string(kHead) + "[groups.platform]\nprevious_names = [\"engineering\"]\n";
  world.policy(renamed);
  Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  (void)world.apply(planned);
  world.client().clock().advance(seconds(3'600));
  world.policy(renamed +
               "[groups.design]\nmembership = \"additive\"\nmembers = "
               "[\"omar@acme.example\"]\n");
  planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  int walked = 0;
  RefusingClient way(world.client(), [&](const Request& asked) {
    walked += asked.operation == Operation::searchDirectoryUsers &&
              asked.body.find(group(engineering)) != std::string::npos;
    return false;
  });
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.count(State::applied), 1U);
  EXPECT_EQ(walked, 0);
}

// Meanwhile somebody joins the old group, which stays anyway: Rosa must leave its successor.
TEST(RenameInWords, WhoeverMustLeaveTheSuccessorOfAGroupThatStays) {
  json::object seed = acme();
  seed["users"].as_array().push_back(
      json::object{{"email", "bot@acme.example"}, {"id", account(77)}, {"account_type", "app"}});
  seed["groups"].as_array()[0].as_object()["members"].as_array().emplace_back("bot@acme.example");
  seed["groups"].as_array()[1].as_object()["access"] =
      json::object{{std::string(kJira), json::array{"user"}}};
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  world.policy(std::string(kHead) + "[resources]\njira = \"" + std::string(kJira) +
               "\"\n[groups.design]\n"
               "previous_names = [\"engineering\"]\naccess = {}\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(engineering), account(rosa))) / 100,
            2);
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(model(world).groups.at("design").access.empty());
}

/// Rosa is in both groups, and both have Jira.
class TakenFromBoth : public ::testing::Test {
 protected:
  static json::value seed() {
    json::object seed = acme();
    json::array& groups = seed["groups"].as_array();
    groups[0].as_object()["members"].as_array().emplace_back("rosa@acme.example");
    groups[1].as_object()["access"] = json::object{{std::string(kJira), json::array{"user"}}};
    return json::value(seed);
  }
  /// Once `copied`, from both.
  ApplyReport apply(const std::function<bool(const Model::Group&)>& copied,
                    const std::function<void(int)>& take) {
    world_.policy(std::string(kHead) +
                  "[groups.platform]\nprevious_names = [\"engineering\", \"design\"]\n");
    const Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan && planned.plan->applyable());
    bool taken = false;
    SpoilingClient way(world_.client(), [&](const Request&, std::string&) {
      const Model now = model(world_);
      if (taken || !now.groups.contains("platform")) return;
      taken = copied(now.groups.at("platform"));
      if (!taken) return;
      take(engineering);
      take(design);
    });
    world_.through(way);
    const ApplyReport report = world_.apply(planned);
    EXPECT_TRUE(taken);
    return report;
  }
  Rehearsal world_{seed()};
  Rival rival_{world_};
};
const auto somebody_is_told =
    Contains(Field(&ChangeOutcome::message, HasSubstr("take that from the successor")));

TEST_F(TakenFromBoth, PeopleAreSpokenOf) {
  const ApplyReport report = apply(
      [](const Model::Group& now) { return now.members.contains("rosa@acme.example"); },
      [&](int from) {
        EXPECT_EQ(rival_.does(rival_.api.remove_member(kDirectory, group(from), account(rosa))),
                  204);
      });
  EXPECT_THAT(report.outcomes, somebody_is_told);
}

TEST_F(TakenFromBoth, RolesAreSpokenOf) {
  const ApplyReport report =
      apply([](const Model::Group& now) { return !now.access.empty(); },
            [&](int from) {
              EXPECT_EQ(rival_.does(rival_.api.group_access(false, kDirectory, group(from),
                                                            std::string(kJira), "user")) /
                            100,
                        2);
            });
  EXPECT_THAT(report.outcomes, somebody_is_told);
}

// The policy says who is in the new group, and Omar, who cannot be removed, is not.
TEST(TakenOver, NobodyWhomThePolicyDoesNotWantThereKeepsTheGroup) {
  Rehearsal world{acme()};
  world.policy(std::string(kHead) + "[users]\n\"omar@acme.example\" = { state = \"removed\" }\n" +
               kRenamed + "members = [\"ada@acme.example\", \"lin@acme.example\"]\n");
  faults(world, R"({"operation": "removeDirectoryUser", "action": {"status": 403}})");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  (void)world.apply(planned);
  EXPECT_FALSE(model(world).groups.contains("engineering"));
}

TEST(RenameInWords, RolesThatCannotBeReadAreNotMissing) {
  Rehearsal world{acme()};
  world.policy(std::string(kHead) + kRenamed);
  const Planned planned = world.plan();
  RefusingClient way(world.client(), [&](const Request& asked) {
    const Model now = model(world);
    return now.groups.contains("platform") && now.groups.at("platform").members.size() == 3 &&
           asked.operation == Operation::getGroupRoleAssignments &&
           asked.target.find(group(engineering)) != std::string::npos;
  });
  way.instead = Failure{Failure::Kind::no_answer, "timed out", false};
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_THAT(report.outcomes, no_message_has("does not show everything"));
  EXPECT_THAT(report.outcomes.back().message, HasSubstr("could not be read"));
}

// Somebody else has removed him as the run went on: that is no reason to say that he is in it.
TEST(TakenOver, WhoIsGoneIsNotSaidToBeInTheGroup) {
  Rehearsal world{acme()};
  Rival rival(world);
  world.policy(std::string(kHead) + "[users]\n\"omar@acme.example\" = { state = \"removed\" }\n" +
               kRenamed);
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  bool gone = false;
  const ApplyReport report = world.apply(planned, [&] {
    if (!gone && world.client().calls(Operation::createGroup) > 0) {
      gone = true;
      EXPECT_EQ(rival.does(rival.api.remove_user(kDirectory, account(omar))) / 100, 2);
    }
    return "";
  });
  EXPECT_TRUE(gone);
  EXPECT_EQ(report.outcomes.back().message,
            "the removal of omar@acme.example, who was in it, did not come about");
}

}  // namespace
}  // namespace rolecall::test
