// Whether somebody protected keeps an app as it is taken from a group (diff/leans.h): what counts
// is whether they had it by the group, and what shows of their other ways once the plan is old.
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
using ::testing::Not;
using State = ChangeOutcome::State;

std::string words(const ApplyReport& report) {
  std::string out;
  for (const ChangeOutcome& one : report.outcomes) {
    out += fmt::format("{} {}\n", static_cast<int>(one.state), one.message);
  }
  return out;
}
std::string words(const Plan& plan) {
  std::string out;
  for (const Refusal& one : plan.refusals) out += one.klass + " " + one.subject + "\n";
  return out;
}
json::object& group_of(json::object& seed, int i) {
  return seed["groups"].as_array()[static_cast<std::size_t>(i)].as_object();
}
void add_third(json::object& seed, const char* member) {
  seed["groups"].as_array().push_back(json::object{
      {"name", "third"}, {"id", group(3)}, {"members", json::array{member}}, {"access", jira()}});
}

/// Lin is given what engineering loses by design.
std::string design_instead(const std::string& more = {}) {
  return std::string(kProtectsLin) + "[groups.engineering]\naccess = {}\n" + more +
         "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"
         "access = { jira = [\"user\"] }\n";
}

/// Takes those items out of a page that `of` says.
template <class Of>
void drop(std::string& body, Of of) {
  json::value page = json::parse(body);
  json::array kept;
  for (const json::value& one : page.at("data").as_array()) {
    if (!of(json::serialize(one))) kept.push_back(one);
  }
  page.as_object()["data"] = kept;
  body = json::serialize(page);
}

/// Groups of one person, as users/search sends them, without those that `cut` says.
SpoilingClient::Spoil cut_list(std::string who, std::function<bool(const std::string&)> cut) {
  return [who = std::move(who), cut = std::move(cut)](const Request& asked, std::string& body) {
    if (asked.operation != Operation::searchDirectoryUsers) return;
    json::value page = json::parse(body);
    for (json::value& one : page.at("data").as_array()) {
      json::value* groups = one.as_object().if_contains("groups");
      if (one.at("accountId").as_string() != who || groups == nullptr) continue;
      if (!groups->is_array()) continue;
      json::array kept;
      for (const json::value& each : groups->as_array()) {
        if (!cut(json::serialize(each))) kept.push_back(each);
      }
      *groups = kept;
    }
    body = json::serialize(page);
  };
}

// Lin joins engineering by the plan, which loses Jira by the same plan. She has never had Jira: if
// that held the revocation back, she would have it then, and every later plan would be refused.
TEST(LastingPaths, WhoeverJoinsAGroupThatLosesARoleDoesNotKeepItThere) {
  json::object seed = acme();
  group_of(seed, 0)["members"] = json::array{"ada@acme.example", "omar@acme.example"};
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kProtectsLin) +
               "[groups.engineering]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"
               "access = {}\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  world.client().clock().advance(seconds(60));
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(has_jira(world)) << words(report);
  world.client().clock().advance(seconds(300));
  const Planned next = world.plan();
  ASSERT_TRUE(next.plan);
  EXPECT_TRUE(next.plan->applyable()) << words(*next.plan);
}

// The protected account is deactivated: it has no app to lose.
TEST(LastingPaths, ADeactivatedProtectedAccountHasNoAppToLose) {
  json::object seed = acme();
  seed["users"].as_array()[2].as_object()["status"] = "deactivated";
  Rehearsal world{json::value(seed)};
  world.policy(std::string(kProtectsLin) + "[groups.engineering]\naccess = {}\n");
  for (int run = 0; run < 3 && has_jira(world); ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    world.client().clock().advance(seconds(60));
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(report.count(State::applied), 1U) << words(report);
    world.client().clock().advance(seconds(300));
  }
  EXPECT_FALSE(has_jira(world));
}

/// Lin has Jira by design, and is moved into engineering, which is to lose it, by somebody else.
class JoinedMeanwhile : public ::testing::Test {
 protected:
  static json::value seed() {
    json::object seed = acme();
    group_of(seed, 0)["members"] = json::array{"ada@acme.example"};
    group_of(seed, 1)["members"].as_array().emplace_back("lin@acme.example");
    group_of(seed, 1)["access"] = jira();
    return json::value(seed);
  }
  Planned plan_and_move(const std::string& more = {}) {
    world_.policy(std::string(kProtectsLin) + "[groups.engineering]\naccess = {}\n" + more +
                  "[groups.design]\naccess = { jira = [\"user\"] }\n");
    Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan && planned.plan->applyable());
    EXPECT_EQ(
        rival_.does(rival_.api.add_member(kDirectory, group(engineering), account(lin))) / 100, 2);
    EXPECT_EQ(rival_.does(rival_.api.remove_member(kDirectory, group(design), account(lin))), 204);
    world_.client().clock().advance(seconds(60));
    return planned;
  }
  Rehearsal world_{seed()};
  Rival rival_{world_};
};

// Her list is cut short.
TEST_F(JoinedMeanwhile, IsSeenThoughHerListIsCutShort) {
  SpoilingClient way(world_.client(), cut_list(account(lin), [](const std::string& one) {
                       return one.find(group(engineering)) != std::string::npos;
                     }));
  world_.through(way);
  const ApplyReport report = world_.apply(plan_and_move());
  EXPECT_TRUE(has_jira(world_)) << words(report);
}

// Where she is cannot be read.
TEST_F(JoinedMeanwhile, IsNoGroundWhereItCannotBeRead) {
  bool fails = false;
  RefusingClient way(world_.client(), [&](const Request& asked) {
    return fails && asked.operation == Operation::searchDirectoryUsers &&
           asked.body.find(account(lin)) != std::string::npos;
  });
  way.instead = Failure{Failure::Kind::no_answer, "timed out", false};
  world_.through(way);
  const Planned planned = plan_and_move();
  fails = true;
  const ApplyReport report = world_.apply(planned);
  EXPECT_TRUE(way.told);
  EXPECT_TRUE(has_jira(world_)) << words(report);
}

// An answer that lacks her is no proof that she is not in it.
TEST_F(JoinedMeanwhile, IsNoGroundWhereSheIsNotToBeSeen) {
  bool hides = false;
  SpoilingClient way(world_.client(), [&](const Request& asked, std::string& body) {
    if (!hides || asked.operation != Operation::searchDirectoryUsers) return;
    drop(body, [](const std::string& one) { return one.find(account(lin)) != std::string::npos; });
  });
  world_.through(way);
  const Planned planned = plan_and_move();
  hides = true;
  const ApplyReport report = world_.apply(planned);
  EXPECT_TRUE(has_jira(world_)) << words(report);
}

// The plan puts her there too, as she has Jira by design: that is what somebody else takes.
TEST_F(JoinedMeanwhile, KeepsItThoughThePlanPutsHerThereToo) {
  const ApplyReport report =
      world_.apply(plan_and_move("membership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"));
  EXPECT_TRUE(has_jira(world_)) << words(report);
}

// What one look has shown holds, though others are waited for and the next look shows otherwise.
TEST(LastingPaths, WhoHasJoinedStaysSeenAsOtherPathsAreWaitedFor) {
  json::object seed = acme();
  add_third(seed, "rosa@acme.example");
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  std::optional<Instant> from;
  const auto is_third = [](const std::string& one) {
    return one.find(group(3)) != std::string::npos;
  };
  const SpoilingClient::Spoil cut = cut_list(account(lin), is_third);
  SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
    const Model now = read_model(world.client().org().state());
    const bool made =
        now.groups.at("design").members.contains("lin@acme.example") && has_jira(world, "design");
    const bool of_her = asked.body.find(account(lin)) != std::string::npos;
    if (!from && made && of_her && is_third(body)) from = world.client().clock().now();
    if (!from || world.client().clock().now() < *from + std::chrono::milliseconds(500)) return;
    cut(asked, body);
    if (asked.operation == Operation::searchDirectoryGroups && of_her) drop(body, is_third);
  });
  world.through(way);
  world.policy(design_instead("[groups.third]\naccess = {}\n"));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(3), account(lin))) / 100, 2);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(R"({"write_lag_ms": 2000})")));
  world.client().clock().advance(seconds(60));
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(from);
  EXPECT_TRUE(has_jira(world, "third")) << words(report);
  EXPECT_FALSE(has_jira(world, "engineering")) << words(report);
}

// She has Jira by design and by a third group; design, which her list shows, has lost it since,
// and the third one, which it does not show, has it.
TEST(LastingPaths, APathThatHerListDoesNotShowIsAWayToo) {
  json::object seed = acme();
  group_of(seed, 1)["members"].as_array().emplace_back("lin@acme.example");
  group_of(seed, 1)["access"] = jira();
  add_third(seed, "lin@acme.example");
  Rehearsal world{json::value(seed)};
  Rival rival(world);
  SpoilingClient way(world.client(), cut_list(account(lin), [](const std::string& one) {
                       return one.find(group(3)) != std::string::npos;
                     }));
  world.through(way);
  world.policy(
      std::string(kProtectsLin) +
      "[groups.engineering]\naccess = {}\n[groups.design]\naccess = { jira = [\"user\"] }\n"
      "[groups.third]\naccess = { jira = [\"user\"] }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable()) << words(*planned.plan);
  EXPECT_EQ(rival.does(rival.api.group_access(false, kDirectory, group(design), std::string(kJira),
                                              "user")) /
                100,
            2);
  world.client().clock().advance(seconds(60));
  const ApplyReport report = world.apply(planned);
  EXPECT_THAT(words(report), Not(HasSubstr("does not show as having it by other ways")));
  EXPECT_FALSE(has_jira(world)) << words(report);
}

// Reads lag behind by two seconds, as a rule, and those of roles by half a minute: what the plan
// itself has just given her is waited for.
TEST(LastingPaths, APathThatThePlanHasJustGivenShowsLater) {
  for (const int lag : {2'000, 30'000}) {
    for (const int waited : {0, 60}) {  // until somebody says "yes"
      Rehearsal world{acme()};
      world.policy(design_instead());
      const Planned planned = world.plan();
      ASSERT_TRUE(planned.plan && planned.plan->applyable());
      ASSERT_TRUE(world.client().org().set_faults(json::object{{"write_lag_ms", lag}}));
      world.client().clock().advance(seconds(waited));
      const ApplyReport report = world.apply(planned);
      EXPECT_EQ(report.count(State::applied), report.outcomes.size())
          << lag << ' ' << waited << words(report);
    }
  }
}

// What gives her Jira otherwise is answered as done, and is not.
TEST(LastingPaths, APathThatDoesNotComeAboutIsSeenThoughThePlanIsFresh) {
  for (const int waited : {0, 60}) {
    Rehearsal world{acme()};
    world.policy(design_instead());
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    ASSERT_TRUE(world.client().org().set_faults(
        json::parse(R"({"rules": [{"operation": "addUserToGroup", "action": {"status": 204}}]})")));
    world.client().clock().advance(seconds(waited));
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(has_jira(world)) << words(report);
  }
}

// She is suspended, and only the groups themselves show who of the suspended is in them.
TEST(LastingPaths, ASuspendedOnesOtherGroupTellsOfHer) {
  json::object seed = acme();
  seed["users"].as_array()[2].as_object()["status"] = "suspended";
  group_of(seed, 1)["members"].as_array().emplace_back("lin@acme.example");
  group_of(seed, 1)["access"] = jira();
  Rehearsal world{json::value(seed)};
  SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
    if (asked.operation == Operation::searchDirectoryGroups &&
        asked.body.find(account(lin)) != std::string::npos) {
      json::value page = json::parse(body);
      page.as_object()["data"] = json::array{};
      body = json::serialize(page);
    }
    cut_list(account(lin), [](const std::string&) { return true; })(asked, body);
  });
  world.through(way);
  world.policy(std::string(kProtectsLin) +
               "[groups.engineering]\naccess = {}\n"
               "[groups.design]\nmembership = \"additive\"\nmembers = [\"grace@acme.example\"]\n"
               "access = { jira = [\"user\"] }\n"
               "[users]\n\"lin@acme.example\" = { state = \"suspended\" }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable()) << words(*planned.plan);
  ASSERT_FALSE(planned.plan->changes.empty());
  world.client().clock().advance(seconds(60));
  const ApplyReport report = world.apply(planned);
  EXPECT_FALSE(has_jira(world)) << words(report);
}

/// Sets a member of Lin as people are listed; nothing: takes it out.
SpoilingClient::Spoil lin_shows(const bool& on, std::string key, json::value value) {
  return [&on, key, value](const Request& asked, std::string& body) {
    if (!on || asked.operation != Operation::searchDirectoryUsers) return;
    json::value page = json::parse(body);
    for (json::value& one : page.at("data").as_array()) {
      if (one.at("accountId").as_string() != account(lin)) continue;
      if (value.is_null()) {
        one.as_object().erase(key);
      } else {
        one.as_object()[key] = value;
      }
    }
    body = json::serialize(page);
  };
}

// A protected person whose accountStatus is not understood (a new word, or missing) loses the app.
TEST(LastingPaths, AProtectedOneWhoseStatusIsNewKeepsTheApp) {
  for (const json::value& status :
       {json::value("provisioning"), json::value(nullptr), json::value(42)}) {
    for (const int wait : {0, 60}) {
      Rehearsal world{acme()};
      const bool on = true;
      SpoilingClient way(world.client(), lin_shows(on, "accountStatus", status));
      world.through(way);
      world.policy(std::string(kProtectsLin) + "[groups.engineering]\naccess = {}\n");
      const Planned planned = world.plan();
      ASSERT_TRUE(planned.plan);
      if (!planned.plan->applyable()) continue;
      world.client().clock().advance(seconds(wait));
      const ApplyReport report = world.apply(planned);
      EXPECT_TRUE(has_jira(world)) << json::serialize(status) << " after " << wait << " s\n"
                                   << words(report);
    }
  }
}

// Deactivated as the plan is made, and active again by the time of the "yes".
TEST(LastingPaths, WhoIsReactivatedMeanwhileKeepsTheApp) {
  Rehearsal world{acme()};
  bool on = true;
  SpoilingClient way(world.client(), lin_shows(on, "accountStatus", "inactive"));
  world.through(way);
  world.policy(std::string(kProtectsLin) + "[groups.engineering]\naccess = {}\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  on = false;
  world.client().clock().advance(seconds(3600));
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(has_jira(world)) << words(report);
}

// Lin gets what she leans on; a group that has nothing to do with her cannot be made.
TEST(LastingPaths, NobodyProtectedIsSaidToLoseWhatTheyAreNotIn) {
  json::object seed = acme();
  add_third(seed, "rosa@acme.example");
  Rehearsal world{json::value(seed)};
  world.policy(design_instead("[groups.third]\naccess = {}\n[groups.unrelated]\n"));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "createGroup", "action": {"status": 403}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.count(State::failed), 1U) << words(report);
  EXPECT_FALSE(has_jira(world, "third")) << words(report);
  EXPECT_FALSE(has_jira(world)) << words(report);
}

}  // namespace
}  // namespace rolecall::test
