// A run that was wrong is taken back: planned, reviewed and applied like everything else.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Names = std::vector<std::string>;

/// Lin goes, Kim comes, Rosa is suspended; design is deleted, research made; engineering loses Omar
/// and gets Confluence; Grace is no org admin any more.
std::string wrong_policy() {
  std::string policy = acme_policy();
  policy = with(policy, R"("lin@acme.example"   = {})",
                R"("lin@acme.example" = { state = "removed" }
"kim@acme.example" = {})");
  policy = with(policy, R"("rosa@acme.example"  = {})",
                R"("rosa@acme.example" = { state = "suspended" })");
  policy = with(policy, R"(["ada@acme.example", "lin@acme.example", "omar@acme.example"])",
                R"(["ada@acme.example", "kim@acme.example"])");
  policy = with(policy, R"({ jira = ["user"] })", R"({ jira = ["user"], confluence = ["user"] })");
  policy = with(policy, R"(members = ["grace@acme.example", "rosa@acme.example"]
access  = {})",
                R"(state = "absent")");
  policy = with(policy, R"("grace@acme.example" = { roles = ["org-admin"] })",
                R"("grace@acme.example" = { roles = [] })");
  return policy + R"(
[groups.research]
members = ["omar@acme.example"]
access  = { confluence = ["user"] }
[safety]
min_org_admins = 1
[safety.limits.revoke_admins]
free = 5
)";
}

class Undo : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    before_ = everything();
    write_policy(wrong_policy());
    rolecall_exits(0, {"apply", "--yes"});
    ASSERT_NE(everything(), before_);
  }
  /// Who is there and has what, without ids.
  [[nodiscard]] std::string everything() const {
    const json::value state = simulator->state();
    std::vector<std::string> lines;
    for (const json::value& one : state.at("users").as_array()) {
      const json::object& user = one.as_object();
      // Managed accounts are there without being in the directory.
      if (text(user.at("status")) == "not_invited") continue;
      std::string line = text(user.at("email")) + " " + text(user.at("status"));
      if (const json::value* roles = user.if_contains("roles")) line += " " + texts(*roles).front();
      lines.push_back(line);
    }
    for (const json::value& one : state.at("groups").as_array()) {
      std::string line = "group " + text(one.at("name"));
      for (const std::string& member : members(text(one.at("name")))) line += " " + member;
      for (const std::string& grant : access(one.as_object())) line += " " + grant;
      lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
  }

  std::string before_;
};

TEST_F(Undo, BringsBackWhatWasThereAndIsRecordedAsTheUndoOfThatRun) {
  const std::size_t calls = writes().size();
  const Outcome planned = rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  EXPECT_EQ(writes().size(), calls) << "planning an undo writes nothing";
  EXPECT_THAT(planned.out, HasSubstr("Undo of run 1"));
  EXPECT_THAT(planned.out, HasSubstr("rolecall apply undo.plan --undo 1"));
  EXPECT_THAT(planned.out, HasSubstr("kim@acme.example"));
  EXPECT_THAT(planned.out, HasSubstr("people invited anew"));
  EXPECT_THAT(planned.out, HasSubstr("keep the invitation mail"));
  EXPECT_THAT(planned.out, HasSubstr("come back under a new id"));
  EXPECT_THAT(planned.out, HasSubstr("unless the policy is reverted"));

  rolecall_exits(0, {"apply", "undo.plan", "--undo", "1"});
  // Lin has been invited, and has yet to accept.
  std::string now = everything();
  if (const std::size_t at = now.find(" invited"); at != std::string::npos) {
    now.replace(at, 8, " active");
  }
  EXPECT_EQ(now, before_);
  EXPECT_THAT(rolecall_exits(0, {"audit", "list"}).out, HasSubstr("undo 1"));
  rolecall_exits(0, {"audit", "verify"});
}

TEST_F(Undo, IsUsedUpOnceItWasApplied) {
  rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  rolecall_exits(0, {"apply", "undo.plan", "--undo", "1"});
  EXPECT_THAT(rolecall_exits(5, {"apply", "undo.plan", "--undo", "1"}).err, HasSubstr("stale"));
  const Outcome again = rolecall_exits(0, {"undo", "1"});
  EXPECT_THAT(again.out, HasSubstr("nothing of the run can be taken back"));
  EXPECT_THAT(again.out, HasSubstr("run 2 changed it since"));
}

TEST_F(Undo, OfAnUndoIsTheRunAgain) {
  const std::string after = everything();
  rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  rolecall_exits(0, {"apply", "undo.plan", "--undo", "1"});
  // Kim has had a mail just now, and gets no second one before reads can be relied on.
  EXPECT_THAT(rolecall_exits(0, {"undo", "2"}).out, HasSubstr("may be on its way"));
  const Variables no_lag{{"ROLECALL_SETTLE_WINDOW", "0s"}};
  const Outcome planned = rolecall_exits(0, {"undo", "2", "--out", "redo.plan"}, no_lag);
  EXPECT_THAT(planned.out, Not(HasSubstr("unless the policy is reverted")));
  rolecall_exits(0, {"apply", "redo.plan", "--undo", "2"}, no_lag);
  EXPECT_EQ(everything(), after);
}

TEST_F(Undo, TheNextApplyOfThePolicyDoesItAgainUnlessItIsReverted) {
  const std::string after = everything();
  rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  rolecall_exits(0, {"apply", "undo.plan", "--undo", "1"});
  rolecall_exits(2, {"plan", "--detailed-exitcode"});
  write_policy(acme_policy());
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
}

TEST_F(Undo, ThePolicyMayBeRevertedBetweenPlanAndApply) {
  rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  write_policy(acme_policy());
  rolecall_exits(0, {"apply", "undo.plan", "--undo", "1"});
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
}

TEST_F(Undo, LeavesAloneWhatPeopleChangedSinceAndIsStaleForIt) {
  rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  simulator->by_hand("POST",
                     "users/712020:00000000-0000-4000-8000-000000000005/restore");  // Rosa
  const Outcome stale = rolecall_exits(5, {"apply", "undo.plan", "--undo", "1"});
  EXPECT_THAT(stale.err, HasSubstr("rosa@acme.example"));
  const Outcome planned = rolecall_exits(0, {"undo", "1"});
  EXPECT_THAT(planned.out, HasSubstr("they are active now"));
}

TEST_F(Undo, StopsAtTheLimitsOfThePolicyAndAtAStop) {
  rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  rolecall_exits(0, {"stop", "--reason", "think first"});
  const std::size_t calls = writes().size();
  rolecall_exits(4, {"apply", "undo.plan", "--undo", "1"});
  rolecall_exits(0, {"resume"});
  write_policy(with(wrong_policy(), "min_org_admins = 1",
                    "min_org_admins = 1\nprotected_users = [\"kim@acme.example\"]"));
  rolecall_exits(4, {"undo", "1", "--out", "refused.plan"});
  rolecall_exits(4, {"apply", "undo.plan", "--undo", "1"});
  EXPECT_EQ(writes().size(), calls);
}

TEST_F(Undo, OfARunOfAnotherStoreIsRefused) {
  rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  const Outcome outcome =
      rolecall_exits(5, {"apply", "undo.plan", "--undo", "1", "--store", ".other/rolecall.db"});
  EXPECT_THAT(outcome.err, HasSubstr("it was made with the store"));
}

TEST_F(Undo, SaysWhenThereIsNoSuchRunOrStore) {
  EXPECT_THAT(rolecall_exits(1, {"undo", "77"}).err, HasSubstr("there is no run 77"));
  EXPECT_THAT(rolecall_exits(1, {"undo", "1", "--store", "none.db"}).err,
              HasSubstr("there is no store"));
  EXPECT_THAT(rolecall_exits(1, {"undo", "0"}).err, HasSubstr("the number of a run"));
}

TEST_F(Undo, IsInTheJsonOfThePlan) {
  const json::value plan = json_of({"undo", "1"});
  EXPECT_EQ(plan.at("undo_of"), 1);
  EXPECT_EQ(plan.at("summary").at("remove_user"), 1);
  EXPECT_EQ(plan.at("changes").at(0).at("cause").at("why"), "undoes run 1");
}

class UndoOfACutOffRun : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    std::string policy = acme_policy();
    for (const char* name : {"one", "two", "three"}) {
      policy += fmt::format("[groups.{}]\nmembers = [\"lin@acme.example\"]\n", name);
    }
    write_policy(policy);
    simulator->set_faults(R"({"rules": [{"operation": "writes", "action": {"delay_ms": 1500}}]})");
  }
  [[nodiscard]] std::size_t made() const {
    return simulator->state().at("groups").as_array().size() - 2;
  }
};

TEST_F(UndoOfACutOffRun, LooksUpWhatBecameOfItFirst) {
  Process run = launch({"apply", "--yes", "--parallelism", "1"});
  wait_for_a_write();
  EXPECT_THAT(rolecall_exits(7, {"undo", "1"}).err, HasSubstr("lock")) << "it is going on";
  run.signal(SIGKILL);
  EXPECT_EQ(run.wait().exit_code, 128 + SIGKILL);
  simulator->end_faults();
  const Outcome planned = rolecall_exits(0, {"undo", "1", "--out", "undo.plan"});
  EXPECT_THAT(planned.err, HasSubstr("cut off"));
  if (made() > 0) {
    rolecall_exits(0, {"apply", "undo.plan", "--undo", "1"});
  }
  EXPECT_EQ(made(), 0U);
}

TEST_F(Undo, CountsOverTimeAreThereForASpreadsheet) {
  const Outcome history = rolecall_exits(0, {"get", "counts", "--history", "--format", "csv"});
  EXPECT_THAT(history.out, HasSubstr("at,directory,users,suspended,org_admins,groups,memberships"));
  EXPECT_THAT(history.out, HasSubstr(",5,0,2,2,5\r\n"));
  const Outcome recorded = rolecall_exits(0, {"get", "counts", "--record", "--format", "csv"});
  EXPECT_THAT(recorded.out, HasSubstr(",5,1,1,2,3\r\n"));
  EXPECT_THAT(rolecall_exits(0, {"get", "counts", "--history", "--format", "csv"}).out,
              HasSubstr(",5,1,1,2,3\r\n"));
  EXPECT_THAT(rolecall_exits(0, {"get", "counts", "--history"}).out, HasSubstr("ORG ADMINS"));
  EXPECT_EQ(json_of({"get", "counts", "--history"}).at("items").as_array().size(), 2U);
  EXPECT_THAT(rolecall_exits(0, {"get", "counts", "--format", "csv"}).out,
              HasSubstr("users,groups\r\n5,2\r\n"));
  EXPECT_THAT(rolecall_exits(1, {"get", "users", "--history"}).err, HasSubstr("get counts"));
  rolecall_exits(0, {"audit", "verify"});
}

}  // namespace
}  // namespace rolecall::test
