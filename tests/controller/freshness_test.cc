// guarantees.md D8: what a change rests on was read half a minute before it leaves at most. A plan
// may have waited for somebody's "yes", and an apply takes its time.
#include "controller/freshness.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "state/api/endpoints.h"
#include "state/api/paced_client.h"
#include "tests/support/cases.h"
#include "tests/support/end_to_end.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/no_log.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kDirectory = "6d1f0000-0000-4000-8000-000000000001";
constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";

std::string account(int i) {
  return fmt::format("712020:00000000-0000-4000-8000-{:012}", i);
}
std::string group(int i) {
  return fmt::format("9a000000-0000-4000-8000-{:012}", i);
}
enum Person : std::uint8_t { ada = 1, grace, lin, omar, rosa };
enum Team : std::uint8_t { engineering = 1, design };

/// Somebody else who administers the organization.
class Rival {
 public:
  explicit Rival(Rehearsal& world) : world_(world) {}
  /// The status of the answer.
  int does(const WriteRequest& write) {
    const Request& request = write.request();
    return world_.client()
        .org()
        .handle({std::string(name(request.method)), "/admin" + request.target, "Bearer another",
                 request.body.empty() ? "" : "application/json", request.body})
        .status;
  }
  Endpoints api{std::string(kOrganization)};

 private:
  Rehearsal& world_;
};

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

class FreshnessTest : public ::testing::Test {
 protected:
  void policy(std::string_view rest) {
    world_.policy(fmt::format("version = 1\n[organization]\nid = \"{}\"\n{}", kOrganization, rest));
    planned_ = world_.plan();
    ASSERT_TRUE(planned_.plan);
  }
  /// Somebody says "yes" only now.
  void apply_after(seconds time) {
    world_.client().clock().advance(time);
    (void)world_.client().org().handle({"DELETE", "/_simulator/requests", {}, {}, {}});
    report_ = world_.apply(planned_);
  }
  [[nodiscard]] std::size_t writes() {
    std::size_t out = 0;
    const json::value log = world_.client().org().requests();
    for (const json::value& request : log.as_array()) {
      if (request.at("effective").as_bool()) ++out;
    }
    return out;
  }
  [[nodiscard]] ChangeOutcome outcome(ChangeKind kind) const {
    for (std::size_t i = 0; i < report_.outcomes.size(); ++i) {
      if (planned_.plan->changes[i].kind == kind) return report_.outcomes[i];
    }
    return {};
  }

  Rehearsal world_{acme()};
  Rival rival_{world_};
  Planned planned_;
  ApplyReport report_;
};

TEST_F(FreshnessTest, AFreshPlanIsNotLookedAtAgain) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  apply_after(seconds(20));
  EXPECT_EQ(report_.looked_again, 0U);
  EXPECT_EQ(report_.count(State::applied), 2U);
  EXPECT_GE(report_.oldest_read, seconds(20));
}

TEST_F(FreshnessTest, AnOldOneIsAndGoesOnWhereNothingMoved) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  apply_after(seconds(3600));
  EXPECT_EQ(report_.looked_again, 2U);
  EXPECT_EQ(report_.count(State::applied), 2U);
  EXPECT_LE(report_.oldest_read, Freshness::kFreshFor);
}

TEST_F(FreshnessTest, SomebodyElseInvitedThemMeanwhile) {
  policy(
      "[users]\n\"new@acme.example\" = {}\n[groups.design]\nmembership = \"additive\"\n"
      "members = [\"new@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.invite({.emails = {"new@acme.example"}})) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U) << "no second mail";
  EXPECT_EQ(outcome(ChangeKind::invite_user).state, State::already_so);
  EXPECT_EQ(outcome(ChangeKind::add_member).state, State::skipped);
  EXPECT_THAT(outcome(ChangeKind::add_member).message, HasSubstr("invited them meanwhile"));
}

TEST_F(FreshnessTest, AnInvitationIsNotMadeOnReadsThatFail) {
  policy("[users]\n\"new@acme.example\" = {}\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 500}}]})")));
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(outcome(ChangeKind::invite_user).state, State::skipped);
}

TEST_F(FreshnessTest, WhoIsPinnedAndNotThereIsInvited) {
  policy(
      "[users]\n\"new@acme.example\" = { account_id = \"712020:new\", roles = [\"org-admin\"] }\n"
      "[groups.design]\nmembership = \"additive\"\nmembers = [\"new@acme.example\"]\n");
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 1U) << "which account it makes is not this test's";
}

TEST_F(FreshnessTest, SomebodyElseMadeAGroupOfThatName) {
  policy(
      fmt::format("[resources]\njira = \"{}\"\n[groups.admins]\n"
                  "members = [\"ada@acme.example\"]\naccess = {{ jira = [\"admin\"] }}\n",
                  kJira));
  ASSERT_EQ(rival_.does(rival_.api.create_group(kDirectory, "admins", "")) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U) << "nobody knows who is in it";
  EXPECT_THAT(outcome(ChangeKind::create_group).message, HasSubstr("another plan"));
}

TEST_F(FreshnessTest, ThoughItWasMadeJustNow) {
  policy(
      fmt::format("[resources]\njira = \"{}\"\n[groups.admins]\n"
                  "members = [\"ada@acme.example\"]\naccess = {{ jira = [\"admin\"] }}\n",
                  kJira));
  ASSERT_EQ(rival_.does(rival_.api.create_group(kDirectory, "admins", "")) / 100, 2);
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(outcome(ChangeKind::create_group).state, State::failed);
}

// One reading may be wrong in itself, so what locks somebody out does not rest on one alone.
TEST_F(FreshnessTest, WhatLocksSomebodyOutIsLookedAtAgainHoweverFreshThePlanIs) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n"
      "[groups.design]\nstate = \"absent\"\n[safety.limits.delete_groups]\nfree = 9\n");
  apply_after(seconds(0));
  EXPECT_EQ(report_.looked_again, 3U);
  EXPECT_EQ(report_.count(State::applied), 3U);
}

TEST_F(FreshnessTest, AGroupThatWasShownUnderAnotherNameIsNotDeleted) {
  policy("[groups.design]\nstate = \"absent\"\n[safety.limits.delete_groups]\nfree = 9\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  planned_.plan->changes[0].group = "limbo";
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::delete_group).message, HasSubstr("another name"));
}

// One answer may have two ids mixed up, and no count shows it.
TEST_F(FreshnessTest, AnIdIsAskedForOnceMoreByItsName) {
  for (const bool of_group : {true, false}) {
    policy("[groups.engineering]\nmembership = \"additive\"\nmembers = [\"rosa@acme.example\"]\n");
    ASSERT_EQ(planned_.plan->changes.size(), 1U);
    Change& change = planned_.plan->changes.front();
    (of_group ? change.group_id : change.account_id) = of_group ? group(design) : account(omar);
    apply_after(seconds(0));
    EXPECT_EQ(writes(), 0U);
    EXPECT_EQ(outcome(ChangeKind::add_member).state, State::skipped);
    EXPECT_THAT(outcome(ChangeKind::add_member).message,
                HasSubstr(of_group ? "another group shows this name" : "another account shows"));
  }
}

TEST_F(FreshnessTest, AnIdThatCannotBeAskedForAgainIsNotWrittenTo) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 500}}]})")));
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::add_member).message, HasSubstr("could not be read again"));
}

// R43: whoever was to be locked out may go on, whatever the answer said.
TEST_F(FreshnessTest, WhatLocksSomebodyOutIsLookedAtAfterwards) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n");
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "suspendDirectoryUser",
                     "action": {"status": 204, "shape": "empty"}}]})")));
  apply_after(seconds(0));
  EXPECT_EQ(outcome(ChangeKind::remove_user).state, State::applied);
  EXPECT_EQ(outcome(ChangeKind::suspend_user).state, State::in_doubt);
  EXPECT_THAT(outcome(ChangeKind::suspend_user).message, HasSubstr("undone after 120 s"));
}

TEST_F(FreshnessTest, UntilReadsShowIt) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n");
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(R"({"lag_ms": 90000, "rules": []})")));
  apply_after(seconds(0));
  EXPECT_EQ(report_.count(State::applied), 2U);
}

TEST_F(FreshnessTest, ASuspendedAdminWhoWasRestoredMeanwhileIsNotTakenAway) {
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(rosa))) / 100, 2);
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(rosa))) / 100, 2);
  policy("[users]\n\"rosa@acme.example\" = { state = \"removed\" }\n");
  ASSERT_EQ(planned_.plan->suspended_org_admins.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.restore(kDirectory, account(rosa))) / 100, 2);
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::remove_user).message, HasSubstr("org admin meanwhile"));
}

// C3: whoever was made an admin by this run counts once the organization shows it, however long ago
// that was, and not by the answer to the grant.
TEST_F(FreshnessTest, AGrantWithoutEffectDoesNotLetTheOtherAdminsGo) {
  policy(
      "[safety.limits.revoke_admins]\nfree = 9\n[users]\n"
      "\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"
      "\"grace@acme.example\" = { roles = [] }\n");
  ASSERT_EQ(planned_.plan->changes.size(), 2U);
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "writes", "target": "role-assignments/assign",
          "action": {"status": 204, "shape": "empty"}}]})")));
  apply_after(seconds(0));
  EXPECT_EQ(outcome(ChangeKind::revoke_org_role).state, State::skipped)
      << outcome(ChangeKind::revoke_org_role).message;
}

TEST_F(FreshnessTest, AGrantThatShowsAfterAWhileDoes) {
  policy(
      "[safety.limits.revoke_admins]\nfree = 9\n[users]\n"
      "\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"
      "\"grace@acme.example\" = { roles = [] }\n");
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(R"({"lag_ms": 8000, "rules": []})")));
  apply_after(seconds(0));
  EXPECT_EQ(report_.count(State::applied), 2U) << outcome(ChangeKind::revoke_org_role).message;
}

TEST_F(FreshnessTest, WhoIsTakenAwayHasBecomeAnAdmin) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n"
      "\"omar@acme.example\" = { state = \"suspended\" }\n");
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(omar))) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::remove_user).message, HasSubstr("org admin meanwhile"));
  EXPECT_THAT(outcome(ChangeKind::suspend_user).message, HasSubstr("org admin meanwhile"));
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

TEST_F(FreshnessTest, TheGroupThatGoesHasMorePeopleNow) {
  policy("[groups.design]\nstate = \"absent\"\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(omar))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::delete_group).message, HasSubstr("added to the group"));
}

TEST_F(FreshnessTest, TheGroupThatGoesHasAsManyPeopleButOthers) {
  for (const bool renamed : {false, true}) {
    policy(renamed ? "[groups.drawing]\nprevious_names = [\"design\"]\n"
                   : "[groups.design]\nstate = \"absent\"\n");
    const int in = renamed ? lin : omar;
    const int out = renamed ? omar : grace;
    ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(in))), 204);
    ASSERT_EQ(rival_.does(rival_.api.remove_member(kDirectory, group(design), account(out))), 204);
    apply_after(seconds(0));
    EXPECT_EQ(writes(), 0U);
    EXPECT_EQ(outcome(ChangeKind::delete_group).state, State::skipped);
    EXPECT_THAT(outcome(ChangeKind::delete_group).message,
                HasSubstr(renamed ? "not the same on reading again" : "added to the group"));
  }
}

TEST_F(FreshnessTest, TheGroupThatGoesHasAccessToMoreNow) {
  policy("[groups.design]\nstate = \"absent\"\n");
  ASSERT_EQ(rival_.does(rival_.api.group_access(true, kDirectory, group(design), kJira, "admin")),
            200);
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::delete_group).message, HasSubstr("given app access"));
}

TEST_F(FreshnessTest, WhomAnUndoRemovesHasWhatOthersGaveThem) {
  const auto invited = [this] {
    const json::value state = world_.client().org().state();
    for (const json::value& user : state.at("users").as_array()) {
      if (user.at("email").as_string() == "new@acme.example") {
        return std::string(user.at("id").as_string());
      }
    }
    return std::string();
  };
  policy("[users.\"new@acme.example\"]\n");
  apply_after(seconds(0));
  world_.client().clock().advance(seconds(130));
  planned_ = world_.plan_undo(1);
  ASSERT_TRUE(planned_.plan);
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  const WriteRequest gifts[] = {rival_.api.add_member(kDirectory, group(design), invited()),
                                rival_.api.user_access(true, invited(), kJira, "user")};
  const WriteRequest taken[] = {rival_.api.remove_member(kDirectory, group(design), invited()),
                                rival_.api.user_access(false, invited(), kJira, "user")};
  for (const int i : {0, 1}) {
    ASSERT_EQ(rival_.does(gifts[i]) / 100, 2) << i;
    apply_after(seconds(0));
    EXPECT_EQ(writes(), 0U);
    EXPECT_THAT(outcome(ChangeKind::remove_user).message, HasSubstr("meanwhile"));
    ASSERT_EQ(rival_.does(taken[i]) / 100, 2) << i;
  }
  apply_after(seconds(0));
  EXPECT_EQ(report_.count(State::applied), 1U);
}

TEST_F(FreshnessTest, AGroupThatNobodyJoinedGoes) {
  policy("[groups.design]\nstate = \"absent\"\n");
  apply_after(seconds(60));
  EXPECT_EQ(report_.count(State::applied), 1U);
}

// The listing of their groups may be cut short: a search in the group tells.
TEST_F(FreshnessTest, WhoSeemsToBeOutOfTheGroupIsLookedForInIt) {
  json::object seed = acme();
  seed["options"].as_object()["expanded_groups"] = 1;
  json::array& groups = seed["groups"].as_array();
  groups[1].as_object()["members"].as_array().emplace_back("omar@acme.example");
  Rehearsal world(seed);
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.engineering]\n"
                  "members = [\"ada@acme.example\", \"lin@acme.example\"]\n"
                  "[groups.design]\n"
                  "members = [\"grace@acme.example\", \"rosa@acme.example\"]\n",
                  kOrganization));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  world.client().clock().advance(seconds(60));
  EXPECT_EQ(world.apply(planned).count(State::applied), 2U);
}

TEST_F(FreshnessTest, WhoWasSuspendedMeanwhileIsMadeNoAdmin) {
  policy("[users]\n\"lin@acme.example\" = { roles = [\"org-admin\"] }\n");
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(lin))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::grant_org_role).message, HasSubstr("suspended meanwhile"));
}

TEST_F(FreshnessTest, AKeyThatIsRefusedStopsTheRunByName) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 401}}]})")));
  apply_after(seconds(60));
  EXPECT_THAT(report_.stopped_because, HasSubstr("401"));
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("401"));
}

TEST_F(FreshnessTest, AStopWhileItReadsIsNamedAsTheReason) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  world_.client().clock().advance(seconds(60));
  int asked = 0;
  report_ = world_.apply(planned_, [&] { return ++asked > 3 ? "enough" : ""; });
  EXPECT_TRUE(report_.halted);
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("enough"));
}

TEST_F(FreshnessTest, TheGroupIsGone) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.delete_group(kDirectory, group(design))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(outcome(ChangeKind::add_member).state, State::skipped);
  EXPECT_THAT(outcome(ChangeKind::add_member).message, HasSubstr("not to be seen any more"));
}

TEST_F(FreshnessTest, ThePersonHasLeft) {
  policy("[groups.engineering]\nmembership = \"additive\"\nmembers = [\"rosa@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.remove_user(kDirectory, account(rosa))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::add_member).message,
              HasSubstr("not to be seen in the directory"));
}

TEST_F(FreshnessTest, ItHasComeAboutMeanwhile) {
  policy(
      "[users]\n\"lin@acme.example\" = { state = \"suspended\" }\n"
      "[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(lin))), 204);
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(omar))), 204);
  ASSERT_EQ(rival_.does(rival_.api.remove_member(kDirectory, group(design), account(rosa))), 204);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(report_.count(State::already_so), 3U);
}

TEST_F(FreshnessTest, TheFloorIsOfThoseWhoAreAdminsNow) {
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
  policy("[users]\n\"lin@acme.example\" = { roles = [] }\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.org_admin(false, account(grace))) / 100, 2);
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U) << "one admin would be left";
  EXPECT_THAT(outcome(ChangeKind::revoke_org_role).message, HasSubstr("fewer than 2"));
}

TEST_F(FreshnessTest, WhoAreAdminsMustBeKnownBeforeOneGoes) {
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
  policy("[users]\n\"lin@acme.example\" = { roles = [] }\n");
  apply_after(seconds(60));
  EXPECT_EQ(report_.count(State::applied), 1U) << "two are left";
}

TEST_F(FreshnessTest, WhatCannotBeReadAgainIsNotMade) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\", \"omar@acme.example\"]\n");
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 500}}]})")));
  apply_after(seconds(60));
  EXPECT_EQ(writes(), 0U);
  EXPECT_EQ(report_.count(State::skipped), 2U);
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("could not be read again"));
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
        kOrganization, kJira);
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
          api.group_access(true, kDirectory, where, kJira, "admin"),
          api.group_access(false, kDirectory, where, kJira, "user")};
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

}  // namespace
}  // namespace rolecall::test
