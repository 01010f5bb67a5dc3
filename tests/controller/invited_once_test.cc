// guarantees.md A4: nobody is sent a second mail by itself. What counts is when the store says that
// the first one left, whatever reads say within the settle window; after it, whether its person was
// ever seen.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "state/model/json.h"
#include "tests/support/end_to_end.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using State = ChangeOutcome::State;

constexpr const char* kPolicy = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[users]
"new@acme.example" = {}
)";

class InvitedOnce : public ::testing::Test {
 protected:
  InvitedOnce() { world_.policy(kPolicy); }

  void faults(std::string_view script) {
    ASSERT_TRUE(world_.client().org().set_faults(json::parse(script)));
  }
  void later(seconds time) { world_.client().clock().advance(time); }
  /// Whatever has to be done is, as a cycle of `run` does it.
  Plan cycle() {
    const Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan);
    last_ = world_.apply(planned);
    return *planned.plan;
  }
  std::int64_t mails() {
    const json::value state = world_.client().org().state();
    const json::value* mails = member(state, "mails");
    const json::value* count =
        mails == nullptr ? nullptr : mails->as_object().if_contains("new@acme.example");
    return count == nullptr ? 0 : count->as_int64();
  }
  /// Somebody else takes them out of the directory.
  void removed_by_hand() {
    const json::value state = world_.client().org().state();
    for (const json::value& user : state.at("users").as_array()) {
      if (text(user.at("email")) != "new@acme.example") continue;
      const std::string directory = text(state.at("directories").as_array().at(0).at("id"));
      const std::string path = "/admin/v2/orgs/" + std::string(kOrganization) + "/directories/" +
                               directory + "/users/" + text(user.at("id"));
      EXPECT_EQ(world_.client().org().handle({"DELETE", path, "Bearer any", {}, {}}).status, 204);
    }
  }
  static auto has_note(std::string_view kind) {
    return Contains(Field(&Note::kind, std::string(kind)));
  }

  Rehearsal world_{acme()};
  ApplyReport last_;
};

TEST_F(InvitedOnce, ThoughReplicasDisagreeWithinTheWindow) {
  for (const char* answer : {R"({"delay_ms": 1})", R"({"cut": "after_effect"})"}) {
    Rehearsal world(acme());
    world.policy(kPolicy);
    const auto read_from = [&](std::string_view replica) {
      ASSERT_TRUE(world.client().org().set_faults(
          json::parse(fmt::format(R"({{"rules": [{{"operation": "inviteUsers", "action": {}}},
                                     {{"operation": "{}", "action": {{"stale_ms": 120000}}}}]}})",
                                  answer, replica))));
    };
    read_from("nothing");
    ASSERT_EQ(world.apply(world.plan()).count(State::applied), 1U) << answer;
    // By turns one that is up to date, and one that has not heard of it.
    for (int at = 10; at < 120; at += 10) {
      world.client().clock().advance(seconds(10));
      read_from(at % 20 == 0 ? "reads" : "nothing");
      const Planned planned = world.plan();
      ASSERT_TRUE(planned.plan);
      EXPECT_THAT(planned.plan->changes, IsEmpty()) << answer << ", after " << at << " s";
      (void)world.apply(planned);
    }
  }
}

TEST_F(InvitedOnce, AndAgainOnceTheyWereSeenAndSomebodyElseRemovedThem) {
  (void)cycle();
  later(seconds(10));
  EXPECT_THAT(cycle().changes, IsEmpty());
  removed_by_hand();
  // For all that can be told, reads may just lag.
  later(seconds(100));
  EXPECT_THAT(cycle().notes, has_note(kFreshInvitation));
  EXPECT_EQ(mails(), 1);
  later(seconds(20));
  EXPECT_EQ(cycle().changes.size(), 1U);
  EXPECT_EQ(mails(), 2);
}

// It may have waited for its turn after it was written down.
TEST_F(InvitedOnce, CountedFromTheAnswer) {
  faults(R"({"write_lag_ms": 200000,
             "rules": [{"operation": "inviteUsers", "action": {"delay_ms": 90000}}]})");
  (void)cycle();
  ASSERT_EQ(mails(), 1);
  later(seconds(100));
  const Plan plan = cycle();
  EXPECT_THAT(plan.notes, has_note(kFreshInvitation));
  EXPECT_FALSE(plan.has_open_invitations());
}

TEST_F(InvitedOnce, ThoughItWasAcceptedAndNobodyEverCame) {
  faults(R"({"rules": [{"operation": "inviteUsers", "action": {"status": 200, "body": {"data": [
              {"id": "712020:new", "email": "new@acme.example", "results": []}]}}}]})");
  (void)cycle();
  ASSERT_EQ(last_.count(State::applied), 1U);
  faults("{}");
  later(seconds(100));
  const Plan soon = cycle();
  EXPECT_THAT(soon.changes, IsEmpty());
  EXPECT_FALSE(soon.has_open_invitations()) << "it is too early to say anything";
  for (const seconds wait : {seconds(20), seconds(86'400)}) {
    later(wait);
    const Plan plan = cycle();
    EXPECT_THAT(plan.changes, IsEmpty());
    EXPECT_TRUE(plan.has_open_invitations());
    EXPECT_EQ(exit_code(plan, last_), 3);
    EXPECT_THAT(plan.notes,
                Contains(Field(&Note::subject,
                               AllOf(HasSubstr("new@acme.example: run 1 sent one on"),
                                     HasSubstr("accepted, and nobody has seen them since")))));
  }
  EXPECT_EQ(mails(), 0);
}

TEST_F(InvitedOnce, AndNothingIsLeftToAskOnceTheyHaveCome) {
  (void)cycle();
  later(seconds(150));
  const Plan plan = cycle();
  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_THAT(plan.notes, Not(has_note(kFreshInvitation)));
  EXPECT_FALSE(plan.has_open_invitations());
  later(seconds(10));
  (void)world_.plan();
  const auto store = Store::open(world_.store_path(), Store::Access::read);
  EXPECT_THAT(store->memory(std::string(kOrganization))->open_invitations, IsEmpty());
}

/// Whatever stands in the first answer's place, and however late reads show that it was done.
class AnotherAnswer : public InvitedOnce, public ::testing::WithParamInterface<const char*> {};

TEST_P(AnotherAnswer, ThanTheApisIsNoReasonForASecondMail) {
  faults(fmt::format(R"({{"write_lag_ms": 100000, "rules": [{{"operation": "inviteUsers",
                         "times": 1, "action": {{"after_effect": true, {}}}}}]}})",
                     GetParam()));
  for (int run = 0; run < 6; ++run) {
    (void)cycle();
    later(seconds(30));
  }
  EXPECT_EQ(mails(), 1);
}

// A conflict may be one with a first try of a gateway's own.
INSTANTIATE_TEST_SUITE_P(Of, AnotherAnswer,
                         ::testing::Values(R"("status": 403, "shape": "html")",
                                           R"("status": 404, "shape": "html")",
                                           R"("status": 413, "shape": "text")",
                                           R"("status": 451, "shape": "html")",
                                           R"("status": 409)"));

// What was refused by a conflict, and is none, is sent once reads have settled.
TEST_F(InvitedOnce, AndAgainAfterAConflictThatWasNone) {
  faults(R"({"rules": [{"operation": "inviteUsers", "times": 1, "action": {"status": 409}}]})");
  (void)cycle();
  EXPECT_EQ(mails(), 0);
  EXPECT_THAT(cycle().notes, has_note(kConflictingInvitation)) << "and exit code 3";
  EXPECT_EQ(mails(), 0);
  later(seconds(150));
  EXPECT_THAT(cycle().notes, Not(has_note(kConflictingInvitation)));
  EXPECT_EQ(mails(), 1);
}

// What is refused for its rate or its key was not done, whoever says so.
TEST_F(InvitedOnce, AndAgainAfterARateLimitInWordsOfAGateway) {
  for (const char* answer :
       {R"("status": 429, "shape": "html")", R"("status": 401, "shape": "text")"}) {
    faults(
        fmt::format(R"({{"rules": [{{"operation": "inviteUsers", "action": {{{}}}}}]}})", answer));
    (void)cycle();
    later(seconds(600));
    EXPECT_EQ(mails(), 0);
    EXPECT_EQ(world_.plan().plan->changes.size(), 1U) << answer;
  }
}

// Each error of the API is an object in JSON: a firewall's may have nothing in it, or say that it
// is.
TEST_F(InvitedOnce, ThoughSomethingElseAnswersThatTheyAreNot) {
  for (
      const char* answer :
      {R"("status": 403, "shape": "empty")", R"("status": 404, "shape": "empty")",
       R"("status": 403, "body": "<html>blocked</html>", "headers": {"Content-Type": "application/json"})"}) {
    Rehearsal world{acme()};
    world.policy(kPolicy);
    ASSERT_TRUE(world.client().org().set_faults(
        json::parse(fmt::format(R"({{"write_lag_ms": 100000, "rules": [{{"operation": "inviteUsers",
            "times": 1, "action": {{"after_effect": true, {}}}}}]}})",
                                answer))));
    for (int run = 0; run < 6; ++run) {
      (void)world.apply(world.plan());
      world.client().clock().advance(seconds(30));
    }
    const json::value state = world.client().org().state();
    EXPECT_EQ(state.at("mails").at("new@acme.example").as_int64(), 1) << answer;
  }
}

// Each that something on the way answers leaves somebody in doubt: some, but not all are tried.
TEST_F(InvitedOnce, ThoughAFirewallKeepsInvitationsOffAndFewAreInDoubt) {
  constexpr unsigned kPeople = 127;
  std::array<std::string, 7> members;
  std::string policy = kPolicy;
  for (unsigned i = 1; i <= kPeople; ++i) {
    policy += fmt::format("\"p{}@acme.example\" = {{}}\n", i);
    for (unsigned g = 0; g < members.size(); ++g) {
      if ((i >> g & 1U) != 0) members.at(g) += fmt::format("\"p{}@acme.example\", ", i);
    }
  }
  for (unsigned g = 0; g < members.size(); ++g) {
    policy += fmt::format("[groups.g{}]\nmembers = [{}]\n", g, members.at(g));
  }
  world_.policy(policy);
  const Planned planned = world_.plan();
  faults(
      R"({"rules": [{"operation": "inviteUsers", "action": {"status": 403, "shape": "html"}}]})");
  const ApplyReport report = world_.apply(planned);
  std::size_t in_doubt = 0, left = 0;
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    if (planned.plan->changes[i].kind != ChangeKind::invite_user) continue;
    const ChangeOutcome& one = report.outcomes[i];
    in_doubt += one.state == State::in_doubt ? 1U : 0U;
    left += one.message.find("something that is not the API") != std::string::npos ? 1U : 0U;
  }
  EXPECT_GE(in_doubt, 20U);
  EXPECT_LE(in_doubt, 90U) << "twenty, and those in flight";
  EXPECT_EQ(in_doubt + left, kPeople + 1);
}

}  // namespace
}  // namespace rolecall::test
