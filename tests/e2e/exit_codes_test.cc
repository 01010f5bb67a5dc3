// What the exit code says when something is wrong: 1, 3, 4, 6.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Names = std::vector<std::string>;

/// Who is in engineering, said in the policy.
std::string policy_with_engineering(std::string_view members) {
  return with(acme_policy(), R"(["ada@acme.example", "lin@acme.example", "omar@acme.example"])",
              members);
}

/// Rosa suspended, and wanted nowhere.
std::string policy_without_rosa() {
  return with(with(acme_policy(), R"("rosa@acme.example"  = {})",
                   R"("rosa@acme.example" = { state = "suspended" })"),
              R"(["grace@acme.example", "rosa@acme.example"])", R"(["grace@acme.example"])");
}

class ExitCodes : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(acme_policy());
  }
  void expect_nothing_sent() const { EXPECT_THAT(writes(), IsEmpty()); }
};

// --- 1: errors -----------------------------------------------------------------------------

using Errors = ExitCodes;

TEST_F(Errors, ABadPolicyIsShownAndNothingIsAsked) {
  write_policy(acme_policy() + "[groups.third]\nmenbers = []\n");
  for (const char* command : {"validate", "plan"}) {
    const Outcome outcome = rolecall_exits(1, {command});
    EXPECT_THAT(outcome.err + outcome.out, HasSubstr("rolecall.toml:25:"));
    EXPECT_THAT(outcome.err + outcome.out, HasSubstr("did you mean \"members\""));
  }
  rolecall_exits(1, {"apply", "--yes"});
  rolecall_exits(1, {"run", "--once"});
  EXPECT_THAT(simulator->requests(), IsEmpty());
}

TEST_F(Errors, NoPolicyAtAll) {
  std::filesystem::remove(folder.path() / "rolecall.toml");
  for (const char* command : {"validate", "plan", "apply", "run"}) {
    EXPECT_THAT(rolecall_exits(1, {command}).err, HasSubstr("rolecall.toml")) << command;
  }
}

TEST_F(Errors, BadArguments) {
  for (const Arguments& bad : std::vector<Arguments>{{"pan"},
                                                     {"plan", "--frobnicate"},
                                                     {"plan", "--format", "yaml"},
                                                     {"plan", "--at", "soon"},
                                                     {"plan", "--parallelism", "0"},
                                                     {"get"},
                                                     {"get", "weather"},
                                                     {"get", "user"},
                                                     {"audit", "show", "one"},
                                                     {"completion", "csh"},
                                                     {"plan", "--out"},
                                                     {"plan", "one.toml", "two.toml"},
                                                     {}}) {
    const Outcome outcome = rolecall_exits(1, bad);
    EXPECT_THAT(outcome.err, Not(IsEmpty()));
  }
  EXPECT_THAT(simulator->requests(), IsEmpty());
}

TEST_F(Errors, NobodyListensThere) {
  const Outcome outcome =
      rolecall_exits(1, {"plan"}, {{"ROLECALL_API_URL", "https://127.0.0.1:9"}});
  EXPECT_THAT(outcome.err, HasSubstr("127.0.0.1:9"));
}

TEST_F(Errors, ACertificateThatIsNotTrusted) {
  rolecall_exits(1, {"plan"}, {{"ROLECALL_CA_FILE", ""}});
  EXPECT_THAT(simulator->requests(), IsEmpty());
}

TEST_F(Errors, PlainHttpToAnotherMachineIsRefused) {
  const Outcome outcome =
      rolecall_exits(1, {"plan"}, {{"ROLECALL_API_URL", "http://api.example.com/admin"}});
  EXPECT_THAT(outcome.err, HasSubstr("https"));
}

TEST_F(Errors, AKeyThatIsNotAccepted) {
  json::object seed = acme();
  seed["api_key"] = "another-key";
  start(seed);
  rolecall_exits(1, {"plan"});
  rolecall_exits(1, {"apply", "--yes"});
  for (const json::value& request : simulator->requests()) EXPECT_EQ(request.at("status"), 401);
}

TEST_F(Errors, SomebodyNobodyKnows) {
  write_policy(policy_with_engineering(R"(["ada@acme.example", "nobody@acme.example"])"));
  const Outcome outcome = rolecall_exits(1, {"apply", "--yes"});
  EXPECT_THAT(outcome.err, HasSubstr("nobody@acme.example"));
  EXPECT_THAT(outcome.err, HasSubstr("rolecall.toml:18:"));
  expect_nothing_sent();
}

// --- 3: some changes failed ----------------------------------------------------------------

class FailedChange : public ExitCodes, public ::testing::WithParamInterface<int> {};

TEST_P(FailedChange, IsReportedAndTheOthersAreApplied) {
  write_policy(policy_with_engineering(
      R"(["ada@acme.example", "lin@acme.example", "rosa@acme.example", "grace@acme.example"])"));
  simulator->set_faults(fmt::format(
      R"({{"rules": [{{"operation": "addUserToGroup", "times": 1, "action": {{"status": {}}}}}]}})",
      GetParam()));
  const Outcome outcome = rolecall_exits(3, {"apply", "--yes"});
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("failed"));

  const Names now = members("engineering");
  EXPECT_EQ(now.size(), 3U) << "one addition is missing, the removal is done";
  EXPECT_THAT(now, Not(Contains("omar@acme.example")));
  const json::value run = json_of({"audit", "show", "1"});
  EXPECT_EQ(run.at("end").at("exit_code"), 3);
  EXPECT_EQ(run.at("end").at("failed"), 1);
  EXPECT_EQ(run.at("end").at("applied"), 2);

  rolecall_exits(0, {"apply", "--yes"});
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
  EXPECT_EQ(members("engineering").size(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Status, FailedChange, ::testing::Values(400, 403, 404),
                         ::testing::PrintToStringParamName());

TEST_F(ExitCodes, AKeyThatMayOnlyReadPlansAndAppliesNothingAtAll) {
  write_policy(
      policy_with_engineering(R"(["ada@acme.example", "lin@acme.example", "rosa@acme.example"])") +
      "[groups.third]\n[groups.fourth]\n");
  simulator->set_faults(R"({"rules": [{"operation": "writes", "action": {"status": 403, "body":
      {"errors": [{"code": "ADMIN-403-3", "title": "Not allowed to manage the organization"}]}}}]})");
  const json::value before = simulator->state();
  rolecall_exits(2, {"plan", "--detailed-exitcode"});
  expect_nothing_sent();
  const Outcome outcome = rolecall_exits(3, {"apply", "--yes"});
  EXPECT_THAT(outcome.said(), HasSubstr("403: the API key may not write"));
  EXPECT_LE(writes().size(), 2U) << "both groups were under way; no membership left after that";
  EXPECT_EQ(simulator->state(), before);
  const json::value end = json_of({"audit", "show", "1"}).at("end");
  EXPECT_EQ(end.at("applied"), 0);
  simulator->end_faults();
  rolecall_exits(0, {"apply", "--yes"});
}

TEST_F(ExitCodes, WhatDependsOnAFailedChangeIsSkipped) {
  write_policy(acme_policy() +
               "[groups.third]\nmembers = [\"lin@acme.example\"]\naccess = { jira = [\"user\"] }\n"
               "[groups.fourth]\nmembers = [\"omar@acme.example\"]\n");
  simulator->set_faults(
      R"({"rules": [{"operation": "createGroup", "times": 1, "action": {"status": 400}}]})");
  rolecall_exits(3, {"apply", "--yes"});
  const json::value end = json_of({"audit", "show", "1"}).at("end");
  EXPECT_EQ(end.at("failed"), 1);
  EXPECT_GE(end.at("skipped").as_int64(), 1);
  EXPECT_EQ(group("third").empty(), !group("fourth").empty()) << "the other one was made";

  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(members("third"), Names{"lin@acme.example"});
  EXPECT_EQ(members("fourth"), Names{"omar@acme.example"});
}

// --- 4: refused by a safety rule -----------------------------------------------------------

struct Refused {
  std::string name, rule;    ///< the class it is refused by
  std::string (*policy)();   ///< what asks for it
  std::string subject = "";  ///< who or what is named
};
void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.name;
}

class Refusals : public ExitCodes, public ::testing::WithParamInterface<Refused> {};

TEST_P(Refusals, NothingIsSent) {
  write_policy(GetParam().policy());
  const json::value before = simulator->state();
  for (const Arguments& command : std::vector<Arguments>{
           {"plan"}, {"plan", "--detailed-exitcode"}, {"apply", "--yes"}, {"run", "--once"}}) {
    const Outcome outcome = rolecall_exits(4, command);
    EXPECT_THAT(outcome.out + outcome.err, HasSubstr(GetParam().rule));
    EXPECT_THAT(outcome.out + outcome.err, HasSubstr(GetParam().subject));
  }
  const json::value plan = json_of({"plan"}, 4);
  EXPECT_EQ(plan.at("applyable"), false);
  ASSERT_FALSE(plan.at("refusals").as_array().empty());
  EXPECT_EQ(plan.at("refusals").at(0).at("class"), json::string(GetParam().rule));
  const Outcome refused = rolecall_exits(4, {"apply", "--yes", "--format", "json"});
  EXPECT_EQ(json::parse(refused.out).at("refusals"), plan.at("refusals"));
  EXPECT_THAT(refused.err, HasSubstr("error: refused: " + GetParam().rule + ": "));
  expect_nothing_sent();
  EXPECT_EQ(simulator->state(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Rule, Refusals,
    ::testing::Values(
        Refused{"Limit", "remove_members",
                [] {
                  return policy_with_engineering(R"(["ada@acme.example", "omar@acme.example"])") +
                         "[safety.limits.remove_members]\nfree = 0\npercent = 0\n";
                }},
        Refused{"LimitPerGroup", "remove_members_per_group",
                [] {
                  return policy_with_engineering(R"(["ada@acme.example", "omar@acme.example"])") +
                         "[safety.limits.remove_members_per_group]\nfree = 0\npercent = 30\n";
                },
                "engineering"},
        Refused{"LimitOnSuspensions", "suspend_users",
                [] {
                  return policy_without_rosa() +
                         "[safety.limits.suspend_users]\nfree = 0\npercent = 10\n";
                }},
        Refused{"LimitOnDeletions", "delete_groups",
                [] {
                  const std::string text = acme_policy();
                  return text.substr(0, text.find("[groups.design]")) +
                         "[groups.design]\nstate = \"absent\"\n"
                         "[safety.limits.delete_groups]\nfree = 0\npercent = 10\n";
                }},
        Refused{"ProtectedUser", "protected_users",
                [] {
                  return policy_without_rosa() +
                         "[safety]\nprotected_users = [\"rosa@acme.example\"]\n";
                },
                "rosa@acme.example"},
        Refused{"ProtectedUserInAGroup", "protected_users",
                [] {
                  return policy_with_engineering(R"(["ada@acme.example", "omar@acme.example"])") +
                         "[safety]\nprotected_users = [\"lin@acme.example\"]\n";
                },
                "lin@acme.example"},
        Refused{"ProtectedGroup", "protected_groups",
                [] {
                  const std::string text = acme_policy();
                  return text.substr(0, text.find("[groups.design]")) +
                         "[groups.design]\nstate = \"absent\"\n"
                         "[safety]\nprotected_groups = [\"design\"]\n";
                },
                "design"},
        Refused{"AdminFloor", "min_org_admins",
                [] {
                  return with(acme_policy(), R"("grace@acme.example" = { roles = ["org-admin"] })",
                              R"("grace@acme.example" = { roles = [] })");
                }}),
    [](const auto& tested) { return tested.param.name; });

// --- 6: not everything could be read -------------------------------------------------------

struct BadRead {
  std::string name, faults;
};
void PrintTo(const BadRead& read, std::ostream* out) {
  *out << read.name;
}

class Incomplete : public ExitCodes, public ::testing::WithParamInterface<BadRead> {
 protected:
  void SetUp() override {
    // Two pages of people, so that a chain of pages can break.
    json::object seed = acme();
    for (int i = 0; i < 120; ++i) {
      seed["users"].as_array().push_back(
          json::object{{"email", fmt::format("p{}@acme.example", i)}});
    }
    start(seed);
    write_policy(policy_with_engineering(
        R"(["ada@acme.example", "lin@acme.example", "rosa@acme.example"])"));
    simulator->set_faults(GetParam().faults);
  }
};

TEST_P(Incomplete, RemovalsAreHeldBackAndWhatIsKnownIsPrinted) {
  const json::value plan = json_of({"plan"}, 6);
  EXPECT_EQ(plan.at("complete"), false);
  EXPECT_EQ(plan.at("summary").at("remove_member"), 0);
  rolecall_exits(6, {"plan", "--detailed-exitcode"});
  EXPECT_THAT(rolecall_exits(6, {"plan"}).out, HasSubstr("ncomplete"));

  rolecall_exits(6, {"apply", "--yes"});
  EXPECT_THAT(members("engineering"), Contains("omar@acme.example")) << "was not taken out";
  for (const std::string& write : writes()) EXPECT_THAT(write, Not(HasSubstr("DELETE")));

  simulator->end_faults();
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(members("engineering"),
            (Names{"ada@acme.example", "lin@acme.example", "rosa@acme.example"}));
}

std::string odd_page(std::string_view operation, std::string_view page) {
  return fmt::format(R"({{"rules": [{{"operation": "{}", "action": {{"page": "{}"}}}}]}})",
                     operation, page);
}

INSTANTIATE_TEST_SUITE_P(
    Read, Incomplete,
    ::testing::Values(BadRead{"ChainEndsEarly", odd_page("searchDirectoryUsers", "drop_next")},
                      BadRead{"PersonMissing", odd_page("searchDirectoryUsers", "drop_item")},
                      BadRead{"PersonTwice", odd_page("searchDirectoryUsers", "repeat_item")},
                      BadRead{"CursorRepeats", odd_page("searchDirectoryUsers", "repeat_cursor")},
                      BadRead{"GroupMissing", odd_page("searchDirectoryGroups", "drop_item")},
                      BadRead{"SecondPageRefused",
                              R"({"rules": [{"operation": "searchDirectoryUsers", "every": 2,
                               "action": {"status": 403}}]})"},
                      BadRead{"SecondPageTorn",
                              R"({"rules": [{"operation": "searchDirectoryUsers", "every": 2,
                               "action": {"page": "torn"}}]})"},
                      BadRead{"NoCount",
                              R"({"rules": [{"operation": "getDirectoryUsersCount",
                               "action": {"status": 403}}]})"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace rolecall::test
