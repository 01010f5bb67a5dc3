// A plan that was saved for review: applied as it is, or not at all.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Names = std::vector<std::string>;

/// Lin out of engineering, Rosa in; engineering gets Confluence.
std::string changed_policy() {
  return with(
      with(acme_policy(), R"(["ada@acme.example", "lin@acme.example", "omar@acme.example"])",
           R"(["ada@acme.example", "omar@acme.example", "rosa@acme.example"])"),
      R"({ jira = ["user"] })", R"({ jira = ["user"], confluence = ["user"] })");
}

class SavedPlan : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(changed_policy());
    rolecall_exits(0, {"plan", "--out", "changes.plan"});
  }
  /// The plan is not applied, and says that this moved.
  void expect_stale(const std::string& moved) const {
    const std::size_t before = writes().size();
    const Outcome outcome = rolecall_exits(5, {"apply", "changes.plan"});
    EXPECT_THAT(outcome.err + outcome.out, HasSubstr("stale"));
    EXPECT_THAT(outcome.err + outcome.out, HasSubstr(moved));
    EXPECT_EQ(writes().size(), before);
  }
  static std::string membership(std::string_view group, std::string_view n) {
    return "groups/" + std::string(group) +
           "/memberships/712020:00000000-0000-4000-8000-00000000000" + std::string(n);
  }
};

TEST_F(SavedPlan, IsAppliedWithoutAsking) {
  rolecall_exits(0, {"apply", "changes.plan"});
  EXPECT_EQ(members("engineering"),
            (Names{"ada@acme.example", "omar@acme.example", "rosa@acme.example"}));
  EXPECT_THAT(access(group("engineering")), ElementsAre("confluence user", "jira user"));
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
}

TEST_F(SavedPlan, IsStaleWhereMoreGoesAlongThanWasReviewed) {
  write_policy(acme_policy() + "[groups.old]\nstate = \"absent\"\n");
  simulator->by_hand("POST", "groups", R"({"name": "old"})");
  const json::value plan = json_of({"plan", "--out", "other.plan"});
  std::string id;
  const json::value state = simulator->state();
  for (const json::value& one : state.at("groups").as_array()) {
    if (text(one.at("name")) == "old") id = text(one.at("id"));
  }
  simulator->by_hand("POST", "groups/" + id + "/memberships",
                     R"({"accountId": "712020:00000000-0000-4000-8000-000000000003"})");
  const Outcome outcome = rolecall_exits(5, {"apply", "other.plan"});
  EXPECT_THAT(outcome.said(), HasSubstr("was nothing and is 1 member now"));
  rolecall_exits(5, {"apply", "--expect-digest", text(plan.at("digest"))});
  EXPECT_FALSE(group("old").empty());
}

TEST_F(SavedPlan, TakesThePlaceOfAnotherPlanAndOfNothingElse) {
  rolecall_exits(0, {"plan", "--out", "changes.plan"});
  for (const Arguments& arguments :
       {Arguments{"plan", "--out", "rolecall.toml"}, Arguments{"report", "--out", "rolecall.toml"},
        Arguments{"audit", "export", "--out", "rolecall.toml"}}) {
    EXPECT_THAT(rolecall_exits(1, arguments).err, HasSubstr("rolecall.toml exists"));
  }
  rolecall_exits(0, {"validate"});
}

TEST_F(SavedPlan, IsPrintedWithTheCommandThatAppliesIt) {
  const Outcome outcome = rolecall_exits(0, {"plan", "--out", "other.plan"});
  EXPECT_THAT(outcome.out, HasSubstr("rolecall apply other.plan"));
  struct stat about {};
  ASSERT_EQ(stat((folder.path() / "other.plan").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 077U, 0U) << "it is nobody else's business";
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(SavedPlan, IsStaleWhenItWasApplied) {
  rolecall_exits(0, {"apply", "changes.plan"});
  expect_stale("by run 1 (finished)");
}

TEST_F(SavedPlan, IsStaleWhenThePolicyWasEdited) {
  write_policy(changed_policy() + "# one more line\n");
  expect_stale("policy");
  write_policy(changed_policy());
  rolecall_exits(0, {"apply", "changes.plan"});
}

TEST_F(SavedPlan, IsStaleWhenAPolicyFileWasAdded) {
  fs::create_directories(folder.path() / "access");
  fs::rename(folder.path() / "rolecall.toml", folder.path() / "access" / "all.toml");
  rolecall_exits(0, {"plan", "--out", "changes.plan"});
  folder.write("access/more.toml", "[users]\n\"kim@acme.example\" = {}\n");
  expect_stale("policy");
}

TEST_F(SavedPlan, IsStaleWhenAChangeWasMadeByHand) {
  simulator->by_hand("DELETE", membership(kEngineering, "3"));
  expect_stale("lin@acme.example");
}

TEST_F(SavedPlan, IsStaleWhenTheGroupIsAnotherOfTheSameName) {
  simulator->by_hand("DELETE", "groups/" + std::string(kEngineering));
  simulator->by_hand("POST", "groups", R"({"name": "engineering"})");
  expect_stale("engineering");
}

TEST_F(SavedPlan, IsStaleWhenAPersonLeft) {
  simulator->by_hand("DELETE", "users/712020:00000000-0000-4000-8000-000000000003");
  const Outcome outcome = rolecall({"apply", "changes.plan"});
  EXPECT_THAT(outcome.exit_code, AnyOf(5, 1)) << outcome.said();
  EXPECT_THAT(outcome.err + outcome.out, HasSubstr("lin@acme.example"));
  EXPECT_THAT(members("engineering"), Not(Contains("rosa@acme.example")));
}

TEST_F(SavedPlan, ChangesToOtherObjectsDoNotBlockIt) {
  simulator->by_hand("POST", "groups", R"({"name": "unrelated"})");
  simulator->by_hand("DELETE", membership(kDesign, "2"));
  simulator->by_hand("DELETE", membership(kEngineering, "1"));  // which the policy wants there
  rolecall_exits(0, {"apply", "changes.plan"});
  // Exactly what was reviewed, not what has become necessary since.
  EXPECT_EQ(members("engineering"), (Names{"omar@acme.example", "rosa@acme.example"}));
  EXPECT_EQ(members("design"), Names{"rosa@acme.example"});
  const json::value left = json_of({"plan"});
  EXPECT_EQ(left.at("summary").at("add_member"), 2);
}

TEST_F(SavedPlan, ThatWasTamperedWithIsNotApplied) {
  const std::string plan = read_file(folder.path() / "changes.plan");
  for (const auto& [what, instead] : std::vector<std::pair<std::string, std::string>>{
           {"rosa@acme.example", "omar@acme.example"}, {"add_member", "remove_member"}}) {
    std::string forged = plan;
    for (std::size_t at = 0; (at = forged.find(what, at)) != std::string::npos;) {
      forged.replace(at, what.size(), instead);
    }
    ASSERT_NE(forged, plan);
    folder.write("forged.plan", forged);
    const Outcome outcome = rolecall({"apply", "forged.plan"});
    EXPECT_THAT(outcome.exit_code, AnyOf(1, 5)) << outcome.said();
  }
  folder.write("half.plan", plan.substr(0, plan.size() / 2));
  EXPECT_THAT(rolecall({"apply", "half.plan"}).exit_code, AnyOf(1, 5));
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(SavedPlan, KeepsTheInstantItWasMadeFor) {
  write_policy(with(acme_policy(), R"("rosa@acme.example"  = {})",
                    R"("rosa@acme.example" = { until = 2030-01-31 })"));
  EXPECT_THAT(rolecall_exits(0, {"plan", "--out", "changes.plan", "--at", "2030-02-01"}).out,
              HasSubstr("rolecall apply changes.plan --at 2030-02-01T00:00:00Z"));
  EXPECT_THAT(rolecall_exits(1, {"apply", "changes.plan", "--at", "2030-02-02"}).err,
              HasSubstr("it decides dates for 2030-02-01"));
  EXPECT_THAT(writes(), IsEmpty());
  rolecall_exits(0, {"apply", "changes.plan"});
  EXPECT_EQ(user("rosa@acme.example").at("status"), "suspended");
}

TEST_F(SavedPlan, OfAnotherPolicyThanTheDefaultSaysSo) {
  folder.write("other.toml", changed_policy());
  write_policy(acme_policy());
  EXPECT_THAT(rolecall_exits(0, {"plan", "other.toml", "--out", "changes.plan"}).out,
              HasSubstr("rolecall apply changes.plan other.toml"));
  EXPECT_THAT(rolecall_exits(5, {"apply", "changes.plan", "rolecall.toml"}).err,
              HasSubstr("the policy has changed since the plan was made"));
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_THAT(rolecall_exits(0, {"apply", "changes.plan"}).err,
              HasSubstr("changes.plan: it was made from the policy \"other.toml\"\n"));
  EXPECT_THAT(members("engineering"), Contains("rosa@acme.example"));
}

TEST_F(SavedPlan, OfARefusedPlanIsNoWayAround) {
  write_policy(changed_policy() + "[safety.limits.remove_members]\nfree = 0\npercent = 0\n");
  rolecall_exits(4, {"plan", "--out", "refused.plan"});
  const Outcome outcome = rolecall({"apply", "refused.plan"});
  EXPECT_NE(outcome.exit_code, 0) << outcome.said();
  EXPECT_THAT(writes(), IsEmpty());
}

}  // namespace
}  // namespace rolecall::test
