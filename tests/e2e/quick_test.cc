// plan --quick and run --full-every: the few reads that tell whether anything seems to have
// changed.

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;

class Quick : public EndToEnd {
 protected:
  /// Converged, and known to be by a full read.
  void converged() {
    start(acme());
    write_policy(acme_policy());
    rolecall_exits(0, {"apply", "--yes"});
    simulator->forget_requests();
  }
  /// Whether a quick plan saw nothing to look into; it is empty then.
  bool is_quiet(const Arguments& more = {}) {
    Arguments arguments = {"plan", "--quick"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const json::value plan = json_of(arguments);
    const bool quick = json::serialize(plan.at("notes")).find("quick_look") != std::string::npos;
    if (quick) {
      EXPECT_EQ(plan.at("changes").as_array().size(), 0U);
    }
    return quick;
  }
  std::string look() const { return (folder.path() / ".rolecall/rolecall.db.look").string(); }
};

TEST_F(Quick, TakesFourReadsWhereNothingChangedAndSaysWhatItDidNotLookAt) {
  converged();
  EXPECT_TRUE(is_quiet());
  EXPECT_EQ(simulator->requests().size(), 4U);
  const Outcome text = rolecall_exits(0, {"plan", "--quick", "--detailed-exitcode"});
  EXPECT_THAT(text.out, ::testing::HasSubstr("what --quick does not look at"));
  EXPECT_THAT(text.out, ::testing::HasSubstr("members, where as many came as went"));
}

TEST_F(Quick, ReadsEverythingWhereNothingIsKnownYet) {
  start(acme());
  write_policy(acme_policy());
  EXPECT_FALSE(is_quiet());
}

TEST_F(Quick, ReadsEverythingOnceAnythingIsSeen) {
  converged();
  simulator->by_hand("POST", "groups", R"({"name": "stray"})");
  EXPECT_FALSE(is_quiet());
}

TEST_F(Quick, ReadsEverythingWhereAGroupLostAMember) {
  converged();
  const std::string member = members("engineering").front();
  const std::string account = text(user(member).at("id"));
  simulator->by_hand("DELETE", "groups/" + std::string(kEngineering) + "/memberships/" + account);
  const json::value plan = json_of({"plan", "--quick"});
  ASSERT_EQ(plan.at("changes").as_array().size(), 1U);
  EXPECT_EQ(plan.at("changes").at(0).at("kind"), "add_member");
}

TEST_F(Quick, ReadsEverythingWhereThePolicyIsAnother) {
  converged();
  write_policy(acme_policy() + "\n[groups.design2]\nmembers = [\"ada@acme.example\"]\n");
  const json::value plan = json_of({"plan", "--quick"});
  EXPECT_EQ(plan.at("changes").as_array().size(), 2U);
}

TEST_F(Quick, ReadsEverythingWhereWhatIsKeptIsNotUnderstood) {
  converged();
  folder.write(".rolecall/rolecall.db.look", "{\"at\": 7}");
  EXPECT_FALSE(is_quiet());
}

TEST_F(Quick, AnApplyOfChangesIsFollowedByAFullRead) {
  converged();
  EXPECT_TRUE(is_quiet());
  write_policy(acme_policy() + "\n[groups.design2]\nmembers = [\"ada@acme.example\"]\n");
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_FALSE(is_quiet());
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_TRUE(is_quiet());
}

TEST_F(Quick, IsNotSaved) {
  converged();
  rolecall_exits(1, {"plan", "--quick", "--out", "p.plan"});
}

TEST_F(Quick, RunLooksQuicklyBetweenFullReads) {
  converged();
  rolecall_exits(0, {"run", "--once"});
  const std::size_t full = simulator->requests().size();
  simulator->forget_requests();
  rolecall_exits(0, {"run", "--once", "--full-every", "24h"});
  EXPECT_EQ(simulator->requests().size(), 4U);
  EXPECT_GT(full, 4U);
}

}  // namespace
}  // namespace rolecall::test
