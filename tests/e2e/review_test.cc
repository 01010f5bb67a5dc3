// What a reviewer is told beside the changes, and that what was reviewed is what is applied.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Names = std::vector<std::string>;

/// Rosa into engineering and so onto Jira, Lin out of it, somebody of a vendor invited.
std::string reviewed_policy() {
  return with(
      with(acme_policy(), R"(["ada@acme.example", "lin@acme.example", "omar@acme.example"])",
           R"(["ada@acme.example", "omar@acme.example", "rosa@acme.example", "v@vendor.example"])"),
      R"("rosa@acme.example"  = {})",
      "\"rosa@acme.example\" = { access = {} }\n\"v@vendor.example\" = {}");
}

class Review : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(reviewed_policy());
  }
  void restart_with_seats(std::int64_t capacity) {
    json::object seed = acme();
    seed["workspaces"].as_array()[0].as_object()["capacity"] = capacity;
    ASSERT_EQ(simulator->stop(), 0);
    start(seed);
  }
  [[nodiscard]] std::string digest() const { return text(json_of({"plan"}).at("digest")); }
  [[nodiscard]] std::size_t runs() const {
    const std::filesystem::path store = folder.path() / ".rolecall" / "rolecall.db";
    if (!std::filesystem::exists(store)) return 0;
    return json_of({"audit", "list"}).at("items").as_array().size();
  }
  void git(const std::string& arguments) const {
    const std::string command = "cd " + folder.path().string() +
                                " && git -c user.name=t -c user.email=t@t.example " + arguments +
                                " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
  }
  /// "add_member rosa: edit"
  [[nodiscard]] Names origins() const {
    Names out;
    const json::value plan = json_of({"plan"});
    for (const json::value& change : plan.at("changes").as_array()) {
      const std::string user = text(change.at("user"));
      out.push_back(text(change.at("kind")) + " " + user.substr(0, user.find('@')) + ": " +
                    text(change.at("origin")));
    }
    return out;
  }
};

// --- what it means -------------------------------------------------------------------------------

TEST_F(Review, AppsGainedAndLostAreToldForEachPerson) {
  const json::value plan = json_of({"plan"});
  const json::array& effects = plan.at("effects").as_array();
  ASSERT_EQ(effects.size(), 3U);
  const auto expect = [&](std::size_t i, std::string_view who, bool certain, const Names& before,
                          const Names& after) {
    EXPECT_EQ(text(effects[i].at("user")), who);
    EXPECT_EQ(effects[i].at("certain"), certain) << who;
    const json::array& apps = effects[i].at("apps").as_array();
    ASSERT_EQ(apps.size(), 1U);
    EXPECT_EQ(text(apps[0].at("resource")), "jira");
    EXPECT_EQ(texts(apps[0].at("before")), before);
    EXPECT_EQ(texts(apps[0].at("after")), after);
  };
  expect(0, "lin@acme.example", false, {"user"}, {});
  expect(1, "rosa@acme.example", true, {}, {"user"});
  expect(2, "v@vendor.example", true, {}, {"user"});
  EXPECT_THAT(rolecall_exits(0, {"plan"}).out,
              AllOf(HasSubstr("Lin Zhao <lin@acme.example>: may lose jira (user)"),
                    HasSubstr("Rosa Diaz <rosa@acme.example>, v@vendor.example: gains jira (user)"),
                    HasSubstr("  ! 1 person from outside acme.example is given something\n"
                              "    + v@vendor.example: invited, added to engineering\n")));
}

TEST_F(Review, SeatsThatRunOutAreWarnedOfWithWhoIsLeftOver) {
  restart_with_seats(4);  // three are taken
  const json::value plan = json_of({"plan"});
  EXPECT_EQ(plan.at("applyable"), true) << "a warning";
  const json::value& seats = plan.at("seats").at(0);
  EXPECT_EQ(text(seats.at("resource")), "jira");
  EXPECT_EQ(seats.at("capacity"), 4);
  EXPECT_EQ(seats.at("usage"), 3);
  EXPECT_EQ(seats.at("taken"), 2);
  EXPECT_EQ(seats.at("freed"), 1);
  EXPECT_EQ(texts(seats.at("left_over")), Names{"rosa@acme.example"});
  EXPECT_THAT(rolecall_exits(0, {"plan"}).out,
              HasSubstr("! jira: 1 seat left for 2 people, 1 more at the end of the plan only; "
                        "without a seat: Rosa Diaz <rosa@acme.example>"));
  // It comes as was said, and what the end of the plan freed lets the next one through.
  rolecall_exits(3, {"apply", "--yes"});
  EXPECT_EQ(members("engineering"),
            (Names{"ada@acme.example", "omar@acme.example", "v@vendor.example"}));
  EXPECT_THAT(texts(json_of({"plan"}).at("seats").at(0).at("left_over")), IsEmpty());
  rolecall_exits(0, {"apply", "--yes"});
}

TEST_F(Review, IsReadForOnlyWhereItIsNeeded) {
  rolecall_exits(0, {"plan"});
  EXPECT_EQ(count("queryWorkspaces"), 1U);
  EXPECT_EQ(count("getDomains"), 1U);
  const json::value plan = json_of({"plan"});
  EXPECT_EQ(plan.at("calls").at("reads").to_number<std::size_t>() * 2,
            simulator->requests().size());
  simulator->forget_requests();
  write_policy(with(acme_policy(), R"("ada@acme.example", "lin@acme.example", )",
                    R"("ada@acme.example", )"));
  rolecall_exits(2, {"plan", "--detailed-exitcode"});
  write_policy(acme_policy());
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
  EXPECT_EQ(count("queryWorkspaces") + count("getDomains"), 0U) << "nobody is given anything";
  write_policy(reviewed_policy());
  rolecall_exits(0, {"run", "--once"});
  EXPECT_EQ(count("queryWorkspaces") + count("getDomains"), 0U) << "nobody reads it";
}

TEST_F(Review, WhatCannotBeReadIsLeftOut) {
  simulator->set_faults(R"({"rules": [
    {"operation": "getDomains", "action": {"status": 403}},
    {"operation": "queryWorkspaces", "action": {"status": 403}}]})");
  const json::value plan = json_of({"plan"});
  EXPECT_EQ(plan.at("complete"), true);
  EXPECT_TRUE(plan.at("seats").at(0).at("capacity").is_null());
  EXPECT_EQ(texts(plan.at("outside").at("own_domains")), Names{"acme.example"});
  EXPECT_EQ(plan.at("outside").at("verified"), false);
  EXPECT_THAT(rolecall_exits(0, {"plan"}).out,
              AllOf(HasSubstr("how many there are could not be read (1)"),
                    HasSubstr("from outside acme.example (the domain that most people have)")));
  simulator->end_faults();
}

// --- where a change comes from
// --------------------------------------------------------------------

TEST_F(Review, OriginsAreUnknownWithoutALastRun) {
  EXPECT_THAT(origins(), ElementsAre("invite_user v: unknown", "add_member rosa: unknown",
                                     "add_member v: unknown", "remove_member lin: unknown"));
  EXPECT_TRUE(json_of({"plan"}).at("since_run").is_null());
}

TEST_F(Review, DriftAndDateAreKnownWithTheSamePolicy) {
  write_policy(with(acme_policy(), R"("rosa@acme.example"  = {})",
                    R"("rosa@acme.example" = { until = 2030-01-31 })"));
  rolecall_exits(0, {"apply", "--yes"});
  simulator->by_hand("DELETE", "groups/" + std::string(kEngineering) +
                                   "/memberships/712020:00000000-0000-4000-8000-000000000003");
  EXPECT_THAT(origins(), ElementsAre("add_member lin: drift"));
  const Outcome later = rolecall_exits(0, {"plan", "--at", "2030-02-01"});
  EXPECT_THAT(later.out, AllOf(HasSubstr("suspended  (date, rolecall.toml:"),
                               HasSubstr("(drift, rolecall.toml:"),
                               HasSubstr("Origin: 1 by drift, 1 by date since run 1 of ")));
}

TEST_F(Review, EditsAreKnownWhereGitHasThePolicyOfTheLastRun) {
  write_policy(acme_policy());
  git("init -q .");
  git("add rolecall.toml");
  git("commit -q -m policy");
  rolecall_exits(0, {"apply", "--yes"});
  write_policy(reviewed_policy());
  simulator->by_hand("DELETE", "groups/" + std::string(kDesign) +
                                   "/memberships/712020:00000000-0000-4000-8000-000000000005");
  EXPECT_THAT(origins(),
              ElementsAre("invite_user v: edit", "add_member rosa: drift", "add_member rosa: edit",
                          "add_member v: edit", "remove_member lin: edit"));
  std::filesystem::remove_all(folder.path() / ".git");
  EXPECT_THAT(origins(), ::testing::Each(HasSubstr(": unknown"))) << "the old policy is gone";
}

TEST_F(Review, LinesOfARosterAreToldFromEdits) {
  write_policy(acme_policy() +
               "[[rosters]]\nfile = \"hr.csv\"\nemail = \"Email\"\ndeclare_users = true\n");
  folder.write("hr.csv", "Email\nkim@acme.example\n");
  git("init -q .");
  git("add rolecall.toml hr.csv");
  git("commit -q -m policy");
  rolecall_exits(0, {"apply", "--yes"});
  folder.write("hr.csv", "Email\nkim@acme.example\nlee@acme.example\n");
  EXPECT_THAT(origins(), ElementsAre("invite_user lee: roster"));
}

TEST_F(Review, OriginsAreNotToldAgainstARunThatLeftSomethingUndone) {
  write_policy(acme_policy());
  rolecall_exits(0, {"apply", "--yes"});
  write_policy(reviewed_policy());
  rolecall_exits(0, {"plan", "--out", "changes.plan"});
  simulator->by_hand("DELETE", "groups/" + std::string(kDesign) +
                                   "/memberships/712020:00000000-0000-4000-8000-000000000005");
  rolecall_exits(0, {"apply", "changes.plan"});
  EXPECT_THAT(origins(), ElementsAre("add_member rosa: unknown"))
      << "it may have been there before, and the saved plan did not hold it";
}

// --- what was reviewed is what is applied --------------------------------------------------------

TEST_F(Review, ThePlanWithTheReviewedDigestIsAppliedWithoutAsking) {
  rolecall_exits(0, {"apply", "--expect-digest", digest().substr(0, 12)});
  EXPECT_EQ(members("engineering").size(), 4U);
}

TEST_F(Review, TheWholeDigestInCapitalsIsTheSame) {
  std::string whole = digest();
  for (char& c : whole) c = static_cast<char>(std::toupper(c));
  rolecall_exits(0, {"apply", "--expect-digest", whole, "--yes"});
}

/// What stands in backticks behind "To apply this plan".
std::string command_in(const std::string& markdown) {
  const std::size_t at = markdown.find("\nTo apply this plan and no other: `");
  if (at == std::string::npos) return {};
  const std::size_t begin = markdown.find('`', at) + 1;
  return markdown.substr(begin, markdown.find('`', begin) - begin);
}

TEST_F(Review, TheCommandOfAPlanIsTheOneThatAppliesIt) {
  const std::string shown = digest().substr(0, 12);
  EXPECT_EQ(command_in(rolecall_exits(0, {"plan", "--format", "markdown"}).out),
            "rolecall apply --expect-digest " + shown)
      << "scripts look for this";
  std::filesystem::copy(folder.path() / "rolecall.toml", folder.path() / "our org.toml");
  const std::string at = "2026-11-27T00:00:00Z";
  const Outcome elsewhere =
      rolecall_exits(0, {"plan", "our org.toml", "--at", at, "--store", "s/x.db"});
  EXPECT_THAT(elsewhere.out, HasSubstr("\nApply:  rolecall apply 'our org.toml' --at " + at +
                                       " --store s/x.db\n"));
  EXPECT_EQ(
      command_in(
          rolecall_exits(0, {"plan", "our org.toml", "--at", at, "--format", "markdown"}).out),
      "rolecall apply --expect-digest " + shown + " 'our org.toml' --at " + at);
  EXPECT_THAT(rolecall_exits(0, {"plan", "our org.toml", "--out", "my plan"}).out,
              HasSubstr("\nApply:  rolecall apply 'my plan' 'our org.toml'\n"));
  rolecall_exits(0, {"stop", "--reason", "look first"});
  EXPECT_THAT(rolecall_exits(0, {"plan"}).out,
              HasSubstr("\nApply:  rolecall resume, then rolecall apply rolecall.toml\n"));
}

TEST_F(Review, AnyOtherPlanIsNotApplied) {
  const std::string reviewed = digest();
  const std::string other = (reviewed[11] == '0' ? "1" : "0");
  for (const std::string& expected :
       {std::string(12, '0'), reviewed.substr(0, 11) + other, reviewed.substr(0, 63) + "g"}) {
    const bool malformed = expected.ends_with('g');
    const Outcome outcome =
        rolecall_exits(malformed ? 1 : 5, {"apply", "--expect-digest", expected});
    if (malformed) continue;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(expected), HasSubstr(reviewed)));
  }
  rolecall_exits(1, {"apply", "--expect-digest", reviewed.substr(0, 11)});
  rolecall_exits(1, {"apply", "--expect-digest", ""});
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_EQ(runs(), 0U);
}

TEST_F(Review, APlanThatMovedSinceIsNotApplied) {
  const std::string reviewed = digest();
  simulator->by_hand("DELETE", "groups/" + std::string(kDesign) +
                                   "/memberships/712020:00000000-0000-4000-8000-000000000002");
  const std::size_t before = writes().size();
  rolecall_exits(5, {"apply", "--expect-digest", reviewed, "--yes"});
  EXPECT_EQ(writes().size(), before);
}

TEST_F(Review, NothingToDoIsAnotherPlan) {
  const std::string reviewed = digest();
  rolecall_exits(0, {"apply", "--expect-digest", reviewed});
  const Outcome again = rolecall_exits(5, {"apply", "--expect-digest", reviewed});
  EXPECT_THAT(again.err, HasSubstr("nothing to do"));
}

TEST_F(Review, ASavedPlanCanBeHeldToADigestToo) {
  rolecall_exits(0, {"plan", "--out", "changes.plan"});
  const std::string reviewed = digest();
  rolecall_exits(5, {"apply", "changes.plan", "--expect-digest", std::string(12, 'a')});
  EXPECT_THAT(writes(), IsEmpty());
  rolecall_exits(0, {"apply", "changes.plan", "--expect-digest", reviewed});
}

TEST_F(Review, ARefusedPlanIsRefusedWhateverItsDigest) {
  write_policy(reviewed_policy() + "[safety.limits.remove_members]\nfree = 0\npercent = 0\n");
  const std::string reviewed = text(json_of({"plan"}, 4).at("digest"));
  rolecall_exits(4, {"apply", "--expect-digest", reviewed});
  EXPECT_THAT(writes(), IsEmpty());
}

}  // namespace
}  // namespace rolecall::test
