// A network and a server that fail for a while: what may be tried again is, and nothing twice.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

struct Trouble {
  std::string name, action;
};
void PrintTo(const Trouble& trouble, std::ostream* out) {
  *out << trouble.name;
}

class Recovery : public EndToEnd, public ::testing::WithParamInterface<Trouble> {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(
        with(with(acme_policy(), R"(["ada@acme.example", "lin@acme.example", "omar@acme.example"])",
                  R"(["ada@acme.example", "rosa@acme.example", "kim@acme.example"])"),
             "\n[groups.engineering]",
             "\"kim@acme.example\" = { access = { jira = [\"admin\"] } }\n"
             "\n[groups.engineering]"));
  }
  void fail_once(std::string_view operation) const {
    simulator->set_faults(
        fmt::format(R"({{"rules": [{{"operation": "{}", "times": 1, "action": {}}}]}})", operation,
                    GetParam().action));
  }
  /// Reads are up to date at once, and nobody has to wait for them.
  static Variables no_lag() { return {{"ROLECALL_SETTLE_WINDOW", "0s"}}; }
  void expect_in_doubt(const std::string& address) const {
    const Outcome next = rolecall({"apply", "--yes"}, no_lag());
    EXPECT_EQ(next.exit_code, 3) << next.said();
    EXPECT_THAT(next.out, AllOf(HasSubstr(address), HasSubstr("--invite-again")));
  }
  void expect_done() const {
    EXPECT_EQ(members("engineering"),
              (Names{"ada@acme.example", "kim@acme.example", "rosa@acme.example"}));
    EXPECT_EQ(access(user("kim@acme.example")), Names{"jira admin"});
    simulator->end_faults();
    rolecall_exits(0, {"plan", "--detailed-exitcode"});
  }
};

TEST_P(Recovery, OfAMembershipThatIsAdded) {
  fail_once("addUserToGroup");
  rolecall_exits(0, {"apply", "--yes"});
  expect_done();
}

TEST_P(Recovery, OfAnInvitationWhichIsNotSentTwice) {
  fail_once("inviteUsers");
  const Outcome outcome = rolecall({"apply", "--yes"});
  EXPECT_THAT(outcome.exit_code, AnyOf(0, 3)) << outcome.said();
  if (GetParam().name == "ABrokenConnection" || GetParam().name == "Unavailable") {
    // A mail may be on its way, for all that can be known: a person has to decide.
    expect_in_doubt("kim@acme.example");
    rolecall_exits(0, {"apply", "--yes", "--invite-again", "kim@acme.example"}, no_lag());
  } else if (outcome.exit_code == 3) {
    rolecall_exits(0, {"apply", "--yes"});
  }
  int invited = 0;
  for (const json::value& request : simulator->requests()) {
    if (request.at("operation") == "inviteUsers" && request.at("effective").as_bool()) ++invited;
  }
  EXPECT_EQ(invited, 1);
  expect_done();
}

TEST_P(Recovery, OfARead) {
  fail_once("searchDirectoryUsers");
  rolecall_exits(2, {"plan", "--detailed-exitcode"});
}

INSTANTIATE_TEST_SUITE_P(
    From, Recovery,
    ::testing::Values(Trouble{"ALostAnswer", R"({"cut": "after_effect"})"},
                      Trouble{"HalfAnAnswer", R"({"cut": "half_body"})"},
                      Trouble{"ABrokenConnection", R"({"cut": "before_effect"})"},
                      Trouble{"TooManyRequests",
                              R"({"status": 429, "headers": {"Retry-After": "1"}})"},
                      Trouble{"Unavailable", R"({"status": 503, "headers": {"Retry-After": "1"}})"},
                      Trouble{"AnErrorAfterAll", R"({"status": 500, "after_effect": true})"}),
    [](const auto& tested) { return tested.param.name; });

class OneTrouble : public Recovery {};

TEST_P(OneTrouble, OfAMembershipThatIsTaken) {
  fail_once("removeUserFromGroup");
  rolecall_exits(0, {"apply", "--yes"});
  expect_done();
}

INSTANTIATE_TEST_SUITE_P(From, OneTrouble,
                         ::testing::Values(Trouble{"ALostAnswer", R"({"cut": "after_effect"})"}),
                         [](const auto& tested) { return tested.param.name; });

class InviteAgain : public Recovery {
 protected:
  [[nodiscard]] std::int64_t mails() const {
    const json::value state = simulator->state();
    const json::value* mails = state.as_object().if_contains("mails");
    const json::value* to_kim =
        mails == nullptr ? nullptr : mails->as_object().if_contains("kim@acme.example");
    return to_kim == nullptr ? 0 : to_kim->as_int64();
  }
};

TEST_P(InviteAgain, IsForWhoCanKnowThatNoMailHasCome) {
  fail_once("inviteUsers");
  const Outcome first = rolecall({"apply", "--yes"});
  EXPECT_THAT(first.exit_code, AnyOf(0, 3)) << first.said();
  EXPECT_EQ(mails(), 0);
  const Outcome early = rolecall_exits(1, {"apply", "--yes", "--invite-again", "kim@acme.example"});
  EXPECT_THAT(early.err, AllOf(HasSubstr("too lately"), HasSubstr("ask for another one after")));
  const Outcome service = rolecall({"run", "--once"}, no_lag());
  EXPECT_EQ(service.exit_code, 3);
  EXPECT_THAT(service.err, AllOf(HasSubstr("kim@acme.example"), HasSubstr("--invite-again")));
  expect_in_doubt("kim@acme.example");
  // A second one that is refused says nothing about the first.
  simulator->set_faults(R"({"rules": [{"operation": "inviteUsers", "action": {"status": 400}}]})");
  rolecall_exits(3, {"apply", "--yes", "--invite-again", "kim@acme.example"}, no_lag());
  simulator->end_faults();
  expect_in_doubt("kim@acme.example");
  EXPECT_EQ(mails(), 0);
  rolecall_exits(0, {"apply", "--yes", "--invite-again", "kim@acme.example"}, no_lag());
  EXPECT_EQ(mails(), 1);
  expect_done();
}

INSTANTIATE_TEST_SUITE_P(
    After, InviteAgain,
    ::testing::Values(Trouble{"AnAnswerThatIsLost", R"({"cut": "before_effect"})"},
                      Trouble{"AnErrorOfTheServers", R"({"status": 503})"},
                      Trouble{"AnAnswerThatWasNotTrue", R"({"status": 200, "body": {"data": [
                          {"id": "712020:kim", "email": "kim@acme.example", "results": []}]}})"}),
    [](const auto& tested) { return tested.param.name; });

class GivenUp : public EndToEnd {};

TEST_F(GivenUp, AServerThatKeepsFailingIsAskedFourTimes) {
  start(acme());
  write_policy(acme_policy());
  simulator->set_faults(
      R"({"rules": [{"operation": "getDirectoriesForOrg", "action": {"status": 503}}]})");
  rolecall_exits(1, {"plan"});
  EXPECT_EQ(count("getDirectoriesForOrg"), 4U);
}

}  // namespace
}  // namespace rolecall::test
