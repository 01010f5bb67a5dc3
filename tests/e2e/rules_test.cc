// Rules, tests and rosters where a user meets them: exit codes, what is said, and that nothing is
// sent for a policy that breaks its own rules.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kRule =
    "\n[[rules]]\nname = \"nobody but Ada administers\"\nusers = { group = \"design\" }\n"
    "deny = { roles = [\"org-admin\"] }\n";
constexpr std::string_view kTest =
    "\n[[tests]]\nname = \"Lin designs\"\nuser = \"lin@acme.example\"\n"
    "has = { groups = [\"design\"] }\n";

class Rules : public EndToEnd {
 protected:
  void SetUp() override { start(acme()); }
  void policy(std::string_view below) const { write_policy(acme_policy() + std::string(below)); }

  /// By every command that would act on the policy, before it asks the organization anything.
  void expect_refused(const std::string& because) const {
    for (const Arguments& command :
         std::vector<Arguments>{{"validate"}, {"plan"}, {"apply", "--yes"}, {"run", "--once"}}) {
      const Outcome outcome = rolecall_exits(1, command);
      EXPECT_THAT(outcome.err, HasSubstr(because)) << command.front();
    }
    EXPECT_THAT(simulator->requests(), IsEmpty());
  }
};

TEST_F(Rules, ABrokenRuleStopsEveryCommand) {
  policy(kRule);
  expect_refused(
      "rolecall.toml:12:35: error: rule \"nobody but Ada administers\": \"grace@acme.example\" has "
      "organization role \"org-admin\"");
}

TEST_F(Rules, AFailedTestStopsEveryCommand) {
  policy(kTest);
  expect_refused("error: test \"Lin designs\": on ");
}

TEST_F(Rules, AWarningIsPrintedAndStopsNothing) {
  policy(with(std::string(kRule), "name =", "severity = \"warning\"\nname ="));
  for (const Arguments& command :
       std::vector<Arguments>{{"validate"}, {"plan"}, {"apply", "--yes"}, {"run", "--once"}}) {
    const Outcome outcome = rolecall_exits(0, command);
    EXPECT_THAT(outcome.err, HasSubstr("warning: rule \"nobody but Ada administers\""))
        << command[0];
  }
  const json::value said = json_of({"validate"});
  EXPECT_TRUE(said.at("valid").as_bool());
  EXPECT_EQ(text(said.at("diagnostics").at(0).at("severity")), "warning");
}

TEST_F(Rules, AreJudgedAtTheRunsInstant) {
  const std::string window = with(acme_policy(), "\"rosa@acme.example\"  = {}",
                                  "\"rosa@acme.example\"  = { until = 2027-02-28 }");
  write_policy(window +
               "\n[[tests]]\nname = \"Rosa designs\"\nuser = \"rosa@acme.example\"\n"
               "has = { groups = [\"design\"] }\n"
               "[[tests]]\nname = \"Rosa is out in March\"\nuser = \"rosa@acme.example\"\n"
               "at = 2027-03-01\nlacks = { groups = [\"design\"] }\n");
  EXPECT_THAT(rolecall_exits(0, {"validate", "--at", "2027-02-28"}).out,
              HasSubstr("5 people, 2 groups, 2 resources, 2 tests"));
  EXPECT_THAT(rolecall_exits(1, {"validate", "--at", "2027-03-01"}).err,
              HasSubstr("test \"Rosa designs\""));
  rolecall_exits(1, {"plan", "--at", "2027-03-01"});
}

// --- rosters ------------------------------------------------------------------------------------

class Rosters : public Rules {
 protected:
  void SetUp() override {
    start(acme());
    policy(
        "\n[[rosters]]\nfile = \"hr.csv\"\nemail = \"Work Email\"\n"
        "attributes = { department = \"Department\" }\n"
        "active = { column = \"Status\", values = [\"Active\"] }\ndeclare_users = true\n"
        "\n[groups.sales]\nmatch = { department = \"Sales\" }\n");
    rows(
        "new@acme.example;Sales;Active\r\n\"rosa@acme.example\";;Active\r\n"
        "lin@acme.example;Design;Active\r\n");
  }
  void rows(std::string_view rows) const {
    folder.write("hr.csv", "\xEF\xBB\xBFWork Email;Department;Status\r\n" + std::string(rows));
  }
  /// "kind user FILE:LINE why" of every change.
  [[nodiscard]] std::vector<std::string> changes() const {
    std::vector<std::string> out;
    const json::value plan = json_of({"plan"});
    for (const json::value& change : plan.at("changes").as_array()) {
      const json::value& cause = change.at("cause");
      const json::value& user = change.at("user");
      out.push_back(fmt::format("{} {} {}:{} {}", text(change.at("kind")),
                                user.is_null() ? "" : text(user), text(cause.at("file")),
                                cause.at("line").to_number<int>(), text(cause.at("why"))));
    }
    return out;
  }
};

TEST_F(Rosters, ChangesPointToTheirRows) {
  EXPECT_THAT(changes(),
              ElementsAre("create_group  rolecall.toml:32 declared",
                          "invite_user new@acme.example hr.csv:2 declared by a roster",
                          "add_member new@acme.example hr.csv:2 matches department = Sales"));
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_THAT(members("sales"), ElementsAre("new@acme.example"));
  EXPECT_THAT(rolecall_exits(0, {"audit", "show", "1"}).out, HasSubstr("hr.csv:2"));
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(Rosters, WhoIsNotActiveIsSuspended) {
  rows("ada@acme.example;;Active\r\nomar@acme.example;;Left\r\n");
  policy(
      "\n[[rosters]]\nfile = \"hr.csv\"\nemail = \"Work Email\"\n"
      "active = { column = \"Status\", values = [\"Active\"] }\ndeclare_users = true\n");
  EXPECT_THAT(rolecall_exits(1, {"validate"}).err,
              HasSubstr("\"omar@acme.example\" is listed in \"members\" of group \"engineering\", "
                        "and is wanted suspended"));
  write_policy(with(acme_policy(), ", \"omar@acme.example\"]", "]") +
               "\n[[rosters]]\nfile = \"hr.csv\"\nemail = \"Work Email\"\n"
               "active = { column = \"Status\", values = [\"Active\"] }\ndeclare_users = true\n");
  EXPECT_THAT(changes(), ElementsAre("suspend_user omar@acme.example hr.csv:3 Status = \"Left\""));
}

TEST_F(Rosters, AChangedRowMakesASavedPlanStale) {
  rolecall_exits(0, {"plan", "--out", "changes.plan"});
  rows("other@acme.example;Sales;Active\r\n");
  EXPECT_THAT(rolecall_exits(5, {"apply", "changes.plan"}).err, HasSubstr("stale"));
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(Rosters, ThatCannotBeReadStopEveryCommand) {
  rows("");
  expect_refused("hr.csv:1:1: error: roster has a header and no rows");
  folder.write("hr.csv", "Email\nada@acme.example\n");
  expect_refused("hr.csv:1:1: error: roster has no column \"Work Email\"");
  std::filesystem::remove(folder.path() / "hr.csv");
  expect_refused("rolecall.toml:26:8: error: roster hr.csv: no such file");
}

TEST_F(Rosters, AreLeftAloneByTheFormatter) {
  rolecall_exits(0, {"fmt"});
  EXPECT_THAT(read_file(folder.path() / "hr.csv"), HasSubstr("Work Email;Department;Status\r\n"));
  EXPECT_THAT(rolecall_exits(0, {"fmt", "--check"}).out, Not(HasSubstr("hr.csv")));
}

}  // namespace
}  // namespace rolecall::test
