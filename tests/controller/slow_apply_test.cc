// An apply that takes its time, since it has to wait or has much to do: what it rests on is looked
// at again as it goes (guarantees.md D8).
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "controller/freshness.h"
#include "state/api/paced_client.h"
#include "tests/controller/freshness_fixture.h"
#include "tests/support/cases.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/no_log.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

/// Tells of each answer as it comes.
class Between final : public ForwardingClient {
 public:
  Between(WriteClient& below, std::function<void(const Completion&)> came)
      : ForwardingClient(below), came_(std::move(came)) {}
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    came_(out);
    return out;
  }

 private:
  std::function<void(const Completion&)> came_;
};

std::int64_t mails(Rehearsal& world) {
  const json::value state = world.client().org().state();
  const json::value* count = state.at("mails").as_object().if_contains("new@acme.example");
  return count == nullptr ? 0 : count->as_int64();
}

// A limit of the API's may hold a call back for longer than what it rests on is good for.
TEST_F(FreshnessTest, WhatHadToWaitIsLookedAtAgain) {
  for (const bool invited_meanwhile : {false, true}) {
    Rehearsal world(acme());
    world.policy(fmt::format(
        "version = 1\n[organization]\nid = \"{}\"\n[users]\n\"new@acme.example\" = {{}}\n",
        kOrganization));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        R"({"rules": [{"operation": "inviteUsers", "times": 1,
                       "action": {"status": 429, "headers": {"Retry-After": "40"}}}]})")));
    Rival rival(world);
    PacedClient client(std::make_unique<Between>(
                           world.client(),
                           [&](const Completion& back) {
                             if (!invited_meanwhile || !back.answer || back.answer->status != 429) {
                               return;
                             }
                             (void)rival.does(rival.api.invite({.emails = {"new@acme.example"}}));
                           }),
                       world.client().clock(), {});
    NoLog log;
    const ApplyReport report =
        apply_plan(*planned.plan, {client, log, world.client().clock(), {}, {}, {}});
    EXPECT_EQ(report.looked_again, 1U);
    EXPECT_EQ(report.outcomes.front().state,
              invited_meanwhile ? State::already_so : State::applied);
    EXPECT_LE(report.oldest_read, Freshness::kFreshFor);
    EXPECT_EQ(mails(world), 1) << "no second one";
  }
}

TEST_F(FreshnessTest, ALimitWithoutEndIsNamed) {
  policy(
      "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\", "
      "\"omar@acme.example\"]\n");
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "addUserToGroup",
                     "action": {"status": 429, "headers": {"Retry-After": "45"}}}]})")));
  PacedClient client(std::make_unique<Between>(world_.client(), [](const Completion&) {}),
                     world_.client().clock(), {});
  NoLog log;
  report_ = apply_plan(*planned_.plan, {client, log, world_.client().clock(), {}, {}, {}});
  EXPECT_EQ(outcome(ChangeKind::add_member).state, State::skipped);
  EXPECT_THAT(outcome(ChangeKind::add_member).message, HasSubstr("kept it waiting"));
}

// `rolecall stop` and `rolecall unlock` hold for what waits, too.
TEST_F(FreshnessTest, WhatWaitsDoesNotLeaveAfterAStop) {
  for (const bool taken_over : {false, true}) {
    Rehearsal world(acme());
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.design]\n"
                    "members = [\"grace@acme.example\"]\n",
                    kOrganization));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        R"({"rules": [{"operation": "removeUserFromGroup", "times": 1,
                       "action": {"status": 429, "headers": {"Retry-After": "15"}}}]})")));
    bool stopped = false;
    PacedClient client(std::make_unique<Between>(world.client(),
                                                 [&](const Completion& back) {
                                                   stopped =
                                                       stopped ||
                                                       (back.answer && back.answer->status == 429);
                                                 }),
                       world.client().clock(), {});
    NoLog log;
    const ApplyReport report = apply_plan(
        *planned.plan, {client,
                        log,
                        world.client().clock(),
                        {},
                        [&] { return !taken_over || !stopped; },
                        {},
                        [&] { return std::string(!taken_over && stopped ? "enough" : ""); }});
    EXPECT_NE(report.outcomes.front().state, State::applied);
    EXPECT_THAT(report.stopped_because, HasSubstr(taken_over ? "taken over" : "enough"));
    EXPECT_TRUE(world.plan().plan->changes.size() == 1) << "still to be done";
  }
}

/// Hundreds of changes over a line on which each call takes seconds.
TEST(SlowApply, LooksAgainAsItGoes) {
  json::object seed = acme();
  json::array& users = seed["users"].as_array();
  std::string members;
  for (int i = 0; i < 300; ++i) {
    const std::string email = fmt::format("p{}@acme.example", i);
    users.push_back(json::object{{"email", email}});
    members += fmt::format("\"{}\", ", email);
  }
  Rehearsal world(seed, {.latency = seconds(3)});
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.design]\n"
                  "membership = \"additive\"\nmembers = [{}]\n",
                  kOrganization, members));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  ASSERT_EQ(planned.plan->changes.size(), 300U);
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.count(State::applied), 300U);
  EXPECT_GT(report.looked_again, 100U);
  EXPECT_LE(report.oldest_read, Freshness::kFreshFor);
  EXPECT_TRUE(world.plan().plan->changes.empty());
}

/// Where the grounds were read just before, no write comes too late: each one has its effect.
TEST(FreshnessProperty, NoWriteMeetsAnObjectThatIsNotAsItWasPlannedFor) {
  std::size_t moves = 0;
  std::size_t writes = 0;
  for (int seed = 0; seed < 500; ++seed) {
    Dice dice(static_cast<std::uint64_t>(seed));
    Rehearsal world(acme());
    Rival rival(world);
    std::string policy = fmt::format(
        "version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = \"{}\"\n[users]\n",
        kOrganization, std::string(kJira));
    for (const char* name : {"lin", "omar", "rosa"}) {
      policy += fmt::format("\"{}@acme.example\" = {{ {} }}\n", name,
                            name[0] == 'r' && dice.chance(2) ? "state = \"suspended\"" : "");
    }
    for (const char* name : {"engineering", "design"}) {
      policy += fmt::format("[groups.{}]\nmembers = [\"ada@acme.example\", ", name);
      for (const char* member : {"grace", "lin", "omar"}) {
        if (dice.chance(2)) policy += fmt::format("\"{}@acme.example\", ", member);
      }
      policy += dice.chance(2) ? "]\naccess = { jira = [\"admin\"] }\n" : "]\n";
    }
    world.policy(policy +
                 "[safety.limits.remove_members]\nfree = 50\n"
                 "[safety.limits.suspend_users]\nfree = 50\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable())
        << seed << ": " << render(planned.diagnostics);
    for (int move = dice.below(4); move >= 0; --move) {
      const std::string who = account(1 + dice.below(5));
      const std::string where = group(1 + dice.below(2));
      const auto& api = rival.api;
      const WriteRequest moves_of_theirs[] = {
          api.add_member(kDirectory, where, who),
          api.remove_member(kDirectory, where, who),
          api.suspend(kDirectory, who),
          api.restore(kDirectory, who),
          api.remove_user(kDirectory, who),
          api.delete_group(kDirectory, where),
          api.group_access(true, kDirectory, where, std::string(kJira), "admin"),
          api.group_access(false, kDirectory, where, std::string(kJira), "user")};
      const int which = dice.below(8);
      // Removing people and groups ends the story for all that is about them: now and then only.
      if ((which == 4 || which == 5) && !dice.chance(3)) continue;
      if (rival.does(moves_of_theirs[which]) / 100 == 2) ++moves;
    }
    world.client().clock().advance(seconds(31));
    (void)world.client().org().handle({"DELETE", "/_simulator/requests", {}, {}, {}});
    const ApplyReport report = world.apply(planned);
    const json::value log = world.client().org().requests();
    for (const json::value& request : log.as_array()) {
      const bool read = text(request.at("method")) == "GET" ||
                        text(request.at("target")).find("/search") != std::string::npos;
      if (read) continue;
      ++writes;
      EXPECT_TRUE(request.at("effective").as_bool()) << seed << ": " << request;
    }
    EXPECT_EQ(report.count(State::failed) + report.count(State::in_doubt), 0U) << seed;
  }
  EXPECT_GT(moves, 400U);
  EXPECT_GT(writes, 400U);
}

// Looks of four do not fit into half a minute, and those of one do.
TEST(SlowApply, LooksAtEachByItselfWhereThatIsAllThereIsTimeFor) {
  json::object seed = acme();
  std::string policy =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[safety.limits.revoke_group_access]\nfree = 9\n[resources]\njira = \"" +
      std::string(kJira) + "\"\n";
  for (int i = 0; i < 8; ++i) {
    seed["groups"].as_array().push_back(
        json::object{{"name", fmt::format("g{}", i)},
                     {"members", json::array{"ada@acme.example"}},
                     {"access", json::object{{std::string(kJira), json::array{"user"}}}}});
    policy += fmt::format("[groups.g{}]\naccess = {{}}\n", i);
  }
  Rehearsal world{json::value(seed)};
  world.policy(policy);
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 8U);
  SpoilingClient way(world.client(), [&](const Request& asked, std::string&) {
    const bool roles = asked.operation == Operation::getGroupRoleAssignments;
    if (roles) world.client().clock().advance(seconds(9));
  });
  world.through(way);
  world.client().clock().advance(seconds(40));
  EXPECT_EQ(world.apply(planned).count(ChangeOutcome::State::applied), 8U);
}

// One answer takes half a minute, others 3.5 s: the rest is not looked at one by one for ever.
TEST(SlowApply, OneHiccupDoesNotMakeEverythingSlow) {
  json::object seed = acme();
  std::string policy = "version = 1\n[organization]\nid = \"" + std::string(kOrganization) +
                       "\"\n[groups.engineering]\nmembership = \"additive\"\nmembers = [";
  for (int i = 0; i < 200; ++i) {
    const std::string email = fmt::format("m{}@acme.example", i);
    seed["users"].as_array().push_back(json::object{{"email", email}, {"id", account(1000 + i)}});
    policy += fmt::format("\"{}\", ", email);
  }
  std::vector<seconds> took;
  for (const bool hiccup : {false, true}) {
    Rehearsal world{json::value(seed)};
    world.policy(policy + "]\n");
    const Planned planned = world.plan();
    int searches = 0;
    SpoilingClient way(world.client(), [&](const Request& asked, std::string&) {
      if (asked.operation != Operation::searchDirectoryGroups) return;
      const bool late = hiccup && ++searches == 2;
      world.client().clock().advance(late ? std::chrono::milliseconds(31'000)
                                          : std::chrono::milliseconds(3'500));
    });
    world.through(way);
    world.client().clock().advance(seconds(60));
    const Instant begun = world.client().clock().now();
    EXPECT_EQ(world.apply(planned).count(State::applied), 200U);
    took.push_back(std::chrono::duration_cast<seconds>(world.client().clock().now() - begun));
  }
  EXPECT_LT(took[1], took[0] + seconds(200)) << took[0].count() << " s and " << took[1].count();
}

}  // namespace
}  // namespace rolecall::test
