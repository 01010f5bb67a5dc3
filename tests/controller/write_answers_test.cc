// What becomes of a change by the answer it gets: the rows R39 to R46 of the catalogue of bad input
// that concern writing. (R38, R42 with every ambiguity: ambiguous_writes_test.cc.)
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "controller/write_call.h"
#include "tests/controller/freshness_fixture.h"
#include "tests/support/end_to_end.h"
#include "tests/support/org_model.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kHead = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[resources]
jira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
)";
constexpr const char* kInvite =
    "[users]\n\"new@acme.example\" = { access = { jira = [\"user\"] } }\n";
constexpr const char* kJoin =
    "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\", "
    "\"lin@acme.example\"]\n";
constexpr const char* kRenewed = "[groups.fresh]\nmembers = [\"lin@acme.example\"]\n";

struct Answered {
  std::string name;
  std::string policy;
  std::string faults;   ///< of the simulated organization
  std::string options;  ///< likewise
  std::vector<State> states;
  std::string says;
};

void PrintTo(const Answered& row, std::ostream* out) {
  *out << row.name;
}

class WriteAnswers : public ::testing::TestWithParam<Answered> {};

TEST_P(WriteAnswers, AreUnderstood) {
  json::object seed = acme();
  const json::value options = json::parse(GetParam().options);
  for (const auto& [key, value] : options.as_object()) seed["options"].as_object()[key] = value;
  if (GetParam().name == "R40_NoSeat") {
    seed["workspaces"].as_array()[0].as_object()["capacity"] = 3;  // all taken
  }
  Rehearsal world(seed);
  world.policy(std::string(kHead) + GetParam().policy);
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(GetParam().faults)));
  const ApplyReport report = world.apply(planned);
  std::vector<State> states;
  std::string words;
  for (const ChangeOutcome& outcome : report.outcomes) {
    states.push_back(outcome.state);
    words += outcome.message + '\n';
  }
  EXPECT_EQ(states, GetParam().states) << words;
  EXPECT_THAT(words, HasSubstr(GetParam().says));
}

std::string once(std::string_view operation, std::string_view action) {
  return fmt::format(R"({{"rules": [{{"operation": "{}", "nth": 1, "action": {}}}]}})", operation,
                     action);
}

const Answered kRows[] = {
    {"R39_AlreadyAMember",
     kJoin,
     once("addUserToGroup", R"({"status": 409, "after_effect": true})"),
     "{}",
     {State::already_so},
     ""},
    {"R39_ConflictThatReadingContradicts",
     kJoin,
     once("addUserToGroup", R"({"status": 409})"),
     "{}",
     {State::failed},
     "409"},
    {"R40_NoSeat", kInvite, "{}", "{}", {State::failed, State::failed}, "License limit exceeded"},
    {"R40_NotPaid", kInvite, "{}", R"({"paid": false})", {State::failed, State::failed}, "402"},
    {"R41_GroupShowsLater",
     kRenewed,
     "{}",
     R"({"group_lag_ms": 2000})",
     {State::applied, State::applied},
     ""},
    {"R42_DoneAndAnswered500",
     kJoin,
     once("addUserToGroup", R"({"status": 500, "after_effect": true})"),
     "{}",
     {State::applied},
     "found done on reading back; the answer was 500"},
    {"R42_Answered500AndNotDone",
     kJoin,
     once("addUserToGroup", R"({"status": 500})"),
     "{}",
     {State::applied},
     ""},
    {"R28_Redirected",
     kJoin,
     once("addUserToGroup", R"({"status": 307, "headers": {"Location": "https://evil.example/"}})"),
     "{}",
     {State::applied},
     ""},
    {"R02_Forbidden",
     kJoin,
     once("addUserToGroup", R"({"status": 403})"),
     "{}",
     {State::failed},
     "403"},
    {"GoneMeanwhile",
     kJoin,
     once("addUserToGroup", R"({"status": 404})"),
     "{}",
     {State::failed},
     "404"},
};

INSTANTIATE_TEST_SUITE_P(Rows, WriteAnswers, ::testing::ValuesIn(kRows),
                         [](const auto& it) { return it.param.name; });

TEST(WriteAnswersTest, R46GroupsOfAnIdentityProviderAreLeftAlone) {
  json::object seed = acme();
  seed["groups"].as_array()[1].as_object()["synced"] = true;
  Rehearsal world(seed);
  world.policy(std::string(kHead) + kJoin);
  const Planned planned = world.plan();
  EXPECT_FALSE(planned.plan);
  EXPECT_THAT(render(planned.diagnostics), HasSubstr("synced from an identity provider"));
}

// Whose account an invitation made is taken from its answer only where that cannot be somebody
// else's: what follows (here: org admin) would go to them.
struct NamedAccounts {
  std::string name;
  /// Pairs of address and id; "lin" stands for the account of lin@.
  std::vector<std::pair<std::string, std::string>> data;
  /// The answer alone does not show that it is wrong, so it counts for the invitation.
  bool seems_right = false;
};
void PrintTo(const NamedAccounts& row, std::ostream* out) {
  *out << row.name;
}

constexpr const char* kNew = "new@acme.example";
constexpr const char* kNobodys = "712020:00000000-0000-4000-8000-00000000ffff";

class InvitedAccounts : public ::testing::TestWithParam<NamedAccounts> {
 protected:
  InvitedAccounts() { invite("{ roles = [\"org-admin\"] }"); }
  void invite(std::string_view person) {
    world_.policy(fmt::format("{}[users]\n\"{}\" = {}\n\"newer@acme.example\" = {{}}\n", kHead,
                              kNew, person));
  }
  [[nodiscard]] json::object person(std::string_view email) {
    const json::value state = world_.client().org().state();
    for (const json::value& user : state.at("users").as_array()) {
      if (text(user.at("email")) == email) return user.as_object();
    }
    return {};
  }
  [[nodiscard]] bool is_admin(std::string_view email) { return person(email).contains("roles"); }
  [[nodiscard]] std::size_t admin_calls() {
    return world_.client().calls(Operation::assignOrganizationLevelRole);
  }
  /// What the invitation is answered, after it was done.
  void answer_invitation(bool reads_fail) {
    json::array data;
    for (const auto& [email, id] : GetParam().data) {
      const std::string account = id == "lin" ? text(person("lin@acme.example").at("id")) : id;
      data.push_back(json::object{{"id", account}, {"email", email}, {"results", json::array()}});
    }
    json::object body{{"data", data}};
    json::object action{{"status", 200}, {"after_effect", true}, {"body", body}};
    json::array rules{json::object{{"operation", "inviteUsers"}, {"action", action}}};
    if (reads_fail) {
      rules.push_back(json::object{{"operation", "searchDirectoryUsers"},
                                   {"after", 1},  // before the invitation somebody looks
                                   {"action", json::object{{"status", 503}}}});
    }
    ASSERT_TRUE(world_.client().org().set_faults(json::object{{"rules", rules}}));
  }
  /// Of the change that makes somebody an admin.
  ChangeOutcome apply() {
    const Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan);
    const ApplyReport report = world_.apply(planned);
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
      if (planned.plan->changes[i].kind == ChangeKind::grant_org_role) return report.outcomes[i];
    }
    ADD_FAILURE() << "nobody was to be made an admin";
    return {};
  }
  Rehearsal world_{acme()};
};

TEST_P(InvitedAccounts, AreReadWhereTheAnswerCannotBeRight) {
  answer_invitation(false);
  const ChangeOutcome admin = apply();
  EXPECT_FALSE(is_admin("lin@acme.example"));
  EXPECT_FALSE(is_admin("newer@acme.example"));
  const bool held_back = GetParam().seems_right;
  EXPECT_EQ(admin.state, held_back ? State::skipped : State::applied) << admin.message;
  EXPECT_EQ(is_admin(kNew), !held_back);
  EXPECT_EQ(admin_calls(), held_back ? 0U : 1U);
  if (held_back) {
    EXPECT_THAT(admin.message, HasSubstr("another account shows this address"));
  }
}

TEST_P(InvitedAccounts, AreNobodysWhereReadsFailToo) {
  const Planned planned = world_.plan();
  ASSERT_TRUE(planned.plan);
  answer_invitation(true);
  const ApplyReport report = world_.apply(planned);
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    if (planned.plan->changes[i].user != kNew) continue;
    const bool invites = planned.plan->changes[i].kind == ChangeKind::invite_user;
    const State of_invitation = GetParam().seems_right ? State::applied : State::in_doubt;
    EXPECT_EQ(report.outcomes[i].state, invites ? of_invitation : State::skipped);
    EXPECT_EQ(report.outcomes[i].message.empty(), report.outcomes[i].state == State::applied);
  }
  EXPECT_EQ(admin_calls(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, InvitedAccounts,
    ::testing::Values(
        NamedAccounts{"OfSomebodyElse", {{kNew, "lin"}, {"newer@acme.example", kNobodys}}, true},
        NamedAccounts{"OneForTwo", {{kNew, kNobodys}, {"newer@acme.example", kNobodys}}},
        NamedAccounts{"OneForTwoOfWhomOneWasNotAskedFor",
                      {{kNew, kNobodys},
                       {"newer@acme.example", "712020:1"},
                       {"stranger@acme.example", kNobodys}}},
        NamedAccounts{"TwoForOne",
                      {{kNew, "712020:1"}, {kNew, kNobodys}, {"newer@acme.example", "712020:2"}}}),
    [](const auto& it) { return it.param.name; });

TEST(InvitedAccountsTest, ThatAreOthersThanPinnedGetNothing) {
  Rehearsal world(acme());
  world.policy(
      fmt::format("{}[users]\n\"{}\" = {{ account_id = \"{}\", roles = [\"org-admin\"] "
                  "}}\n",
                  kHead, kNew, kNobodys));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(world.client().calls(Operation::assignOrganizationLevelRole), 0U);
  EXPECT_EQ(report.outcomes.back().state, State::skipped);
}

// What a proxy puts in the place of an answer says nothing about the change.
TEST(WriteAnswer, OfSuccessIsBelievedOnlyIfItCanBeTheApis) {
  Plan plan;
  plan.changes.push_back({});
  plan.changes[0].kind = ChangeKind::suspend_user;
  plan.changes[0].account_id = "a";
  const auto verdict = [&](std::string type, std::string body) {
    KnownIds ids(plan);
    Response response;
    response.status = 200;
    response.content_type = std::move(type);
    response.body = std::move(body);
    return judge(plan, {0}, response, ids).front().verdict;
  };
  const std::string json = "application/json";
  for (const char* body :
       {"", "{}", R"({"message": "x"})", R"({"errors": []})", R"({"code": 399})"}) {
    EXPECT_EQ(verdict(json, body), Verdict::applied) << body;
  }
  for (const char* body : {"{", "[]", "null", "\"done\"", "1", R"({"errors": [{}]})",
                           R"({"code": 400})", R"({"code": 404})"}) {
    EXPECT_EQ(verdict(json, body), Verdict::unclear) << body;
  }
  EXPECT_EQ(verdict("text/html; charset=utf-8", ""), Verdict::unclear);
  EXPECT_EQ(verdict("text/html", "<html>"), Verdict::unclear);
  EXPECT_EQ(verdict("", ""), Verdict::applied);
}

// Nor does one of refusal; what is refused for its rate or its key was not done, whoever says so.
TEST(WriteAnswer, OfRefusalIsBelievedOnlyIfItCanBeTheApis) {
  Plan plan;
  plan.changes.push_back({});
  plan.changes[0].kind = ChangeKind::add_member;
  const auto verdict = [&](int status, std::string type, std::string body) {
    KnownIds ids(plan);
    Response response;
    response.status = status;
    response.content_type = std::move(type);
    response.body = std::move(body);
    return judge(plan, {0}, response, ids).front().verdict;
  };
  for (const char* type : {"text/html", "text/plain", "application/xml", "application/xhtml+xml",
                           "application/octet-stream", ""}) {
    EXPECT_EQ(verdict(403, type, "<html>"), Verdict::unclear) << type;
    EXPECT_EQ(verdict(404, type, "<html>"), Verdict::unclear) << type;
    EXPECT_EQ(verdict(429, type, "<html>"), Verdict::refused) << type;
    EXPECT_EQ(verdict(401, type, "<html>"), Verdict::refused) << type;
    EXPECT_EQ(verdict(403, type, ""), Verdict::unclear) << type;
  }
  for (const char* body : {"", "<html>", "[]", "403", "{"}) {
    EXPECT_EQ(verdict(403, "application/json", body), Verdict::unclear) << body;
  }
  EXPECT_EQ(verdict(403, "application/json", "{}"), Verdict::refused);
}

// A firewall puts its page with 403 in the place of every answer to addUserToGroup; the calls
// are made.
TEST(WriteAnswer, NothingWasRefusedWhereReadsShowItDone) {
  json::object seed = acme();
  std::string policy = "version = 1\n[organization]\nid = \"" + std::string(kOrganization) +
                       "\"\n[groups.engineering]\nmembership = \"additive\"\nmembers = [";
  for (int i = 0; i < 200; ++i) {
    const std::string email = fmt::format("m{}@acme.example", i);
    seed["users"].as_array().push_back(json::object{
        {"email", email}, {"id", fmt::format("712020:00000000-0000-4000-8000-{:012}", 1000 + i)}});
    policy += fmt::format("\"{}\", ", email);
  }
  Rehearsal world{json::value(seed)};
  world.policy(policy + "]\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "addUserToGroup",
          "action": {"status": 403, "after_effect": true, "shape": "html"}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_GT(report.count(State::applied), 0U);
  EXPECT_EQ(report.count(State::applied), 200U) << report.outcomes.back().message;
}

// What somebody else did is answered 404 or 409 without a body, and is ours in the log.
TEST(WriteAnswer, WhatSomebodyElseHasDoneIsNotTakenBackByAnUndo) {
  for (const char* shape : {"errors", "empty"}) {
    Rehearsal world{acme()};
    Rival rival(world);
    world.policy(std::string(kHead) +
                 "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    ASSERT_EQ(planned.plan->changes.size(), 1U);
    bool done = false;
    const ApplyReport report = world.apply(planned, [&] {
      if (done) return "";
      // As the intent is written.
      done = true;
      EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(design), account(omar))) / 100,
                2);
      EXPECT_TRUE(world.client().org().set_faults(json::parse(fmt::format(
          R"({{"rules": [{{"operation": "writes", "action": {{"status": 409, "shape": "{}"}}}}]}})",
          shape))));
      return "";
    });
    EXPECT_TRUE(done);
    EXPECT_EQ(report.count(State::applied), 0U) << shape;
    (void)world.client().org().set_faults(json::object{});
    world.client().clock().advance(seconds(600));
    const Planned undo = world.plan_undo(1);
    ASSERT_TRUE(undo.plan) << (undo.error ? undo.error->what : "");
    EXPECT_TRUE(undo.plan->changes.empty()) << shape;
  }
}

// Somebody else has made a group of the name, which 409 says, with or without a body.
TEST(WriteAnswer, AGroupThat409SaysIsThereIsNotOurs) {
  for (const char* shape : {"errors", "empty"}) {
    Rehearsal world{acme()};
    Rival rival(world);
    world.policy(
        std::string(kHead) +
        "[groups.made]\nmembers = [\"omar@acme.example\"]\naccess = { jira = [\"admin\"] }\n");
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    bool made = false;
    const ApplyReport report = world.apply(planned, [&] {
      if (made) return "";
      made = true;
      EXPECT_EQ(rival.does(rival.api.create_group(kDirectory, "made", "")) / 100, 2);
      EXPECT_TRUE(world.client().org().set_faults(json::parse(fmt::format(
          R"({{"rules": [{{"operation": "createGroup", "action": {{"status": 409, "shape": "{}"}}}}]}})",
          shape))));
      return "";
    });
    EXPECT_TRUE(read_model(world.client().org().state()).groups.at("made").access.empty()) << shape;
  }
}

// The key may not manage org admins (a scoped key), and somebody who leaves is to be suspended.
TEST(WriteAnswer, ARefusalAboutOrgRolesKeepsNobodyFromBeingLockedOut) {
  Rehearsal world{acme()};
  world.policy(std::string(kHead) +
               "[safety.limits.suspend_users]\nfree = 9\n[users]\n"
               "\"omar@acme.example\" = { roles = [\"org-admin\"] }\n"
               "\"rosa@acme.example\" = { state = \"suspended\" }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "assignOrganizationLevelRole", "action": {"status": 403,
          "body": {"errors": [{"status": "403", "code": "ADMIN-403-3", "title": "You may not manage this organization"}]}}}]})")))
      << "operation";
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(read_model(world.client().org().state()).people.at("rosa@acme.example").suspended)
      << report.stopped_because;
}

}  // namespace
}  // namespace rolecall::test
