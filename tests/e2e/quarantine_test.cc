// `run` does not try again and again what was refused, or fails each time (guarantees.md C10).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "controller/quarantine.h"
#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kNights = 30;

class InQuarantine : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(refused());
  }
  static std::string refused() {
    return with(acme_policy(), R"("lin@acme.example", "omar@acme.example"])",
                R"("omar@acme.example"])") +
           "[safety.limits.remove_members]\nfree = 0\npercent = 0\n";
  }
  /// Lin is in no group, so the policy wants her back.
  void write_failing_policy() const {
    write_policy(with(acme_policy(), R"(["grace@acme.example", "rosa@acme.example"])",
                      R"(["grace@acme.example", "rosa@acme.example", "lin@acme.example"])"));
    simulator->set_faults(
        R"({"rules": [{"operation": "addUserToGroup", "action": {"status": 400}}]})");
  }
  Outcome night(int code) const {
    simulator->forget_requests();
    return rolecall_exits(code, {"run", "--once"});
  }
  void expect_no_call() const { EXPECT_THAT(simulator->requests(), IsEmpty()); }
};

TEST_F(InQuarantine, ARefusedPlanIsSaidEachNightAndCostsNoCall) {
  night(4);
  EXPECT_THAT(simulator->requests(), Not(IsEmpty()));
  const std::size_t runs = json_of({"audit", "list"}).at("items").as_array().size();
  for (int i = 0; i < kNights; ++i) {
    const Outcome outcome = night(4);
    EXPECT_THAT(outcome.err, HasSubstr("remove_members"));
    EXPECT_THAT(outcome.err, HasSubstr("a changed policy or rolecall resume lets it go on"));
    expect_no_call();
  }
  EXPECT_EQ(json_of({"audit", "list"}).at("items").as_array().size(), runs);
  EXPECT_EQ(members("engineering").size(), 3U);
}

TEST_F(InQuarantine, ResumeHasItPlannedOnceMore) {
  night(4);
  night(4);
  expect_no_call();
  EXPECT_THAT(rolecall_exits(0, {"resume"}).out, HasSubstr("goes on; until now: plan "));
  night(4);
  EXPECT_THAT(simulator->requests(), Not(IsEmpty()));
  night(4);
  expect_no_call();
}

TEST_F(InQuarantine, AChangedPolicyIsPlannedAndAGoodOneLiftsIt) {
  night(4);
  write_policy(refused() + "# looked at\n");
  night(4);
  EXPECT_THAT(simulator->requests(), Not(IsEmpty()));
  write_policy(acme_policy());
  night(0);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / ".rolecall" / "rolecall.db.quarantine"));
  EXPECT_THAT(rolecall_exits(0, {"resume"}).out, HasSubstr("nothing was stopped"));
}

// A protection that goes together with whom it protects is let go by people alone.
TEST_F(InQuarantine, TheServiceNeverLetsADroppedProtectionGo) {
  const std::string keeps = acme_policy() +
                            "[safety]\nprotected_users = [\"lin@acme.example\"]\n"
                            "[safety.limits.remove_members]\nfree = 9\n";
  const std::string drops =
      with(with(keeps, "protected_users = [\"lin@acme.example\"]", ""),
           R"("lin@acme.example", "omar@acme.example"])", R"("omar@acme.example"])");
  write_policy(keeps);
  rolecall_exits(0, {"apply", "--yes"});
  write_policy(drops);
  EXPECT_THAT(night(4).err, HasSubstr("lin@acme.example is protected"));
  for (int edit = 0; edit < 3; ++edit) {
    write_policy(drops + std::string(static_cast<std::size_t>(edit + 1), '\n'));
    night(4);
    EXPECT_THAT(simulator->requests(), Not(IsEmpty())) << "another policy, planned and refused";
  }
  std::filesystem::remove(folder.path() / ".rolecall" / "rolecall.db.quarantine");
  night(4);
  EXPECT_EQ(members("engineering").size(), 3U);
  rolecall_exits(0, {"resume"});
  night(0);
  EXPECT_EQ(members("engineering").size(), 2U);
}

TEST_F(InQuarantine, PeopleAreNotHeldBack) {
  night(4);
  EXPECT_THAT(rolecall_exits(4, {"plan"}).out, HasSubstr("remove_members"));
  EXPECT_THAT(rolecall_exits(4, {"apply", "--yes"}).out, HasSubstr("remove_members"));
  EXPECT_THAT(simulator->requests(), Not(IsEmpty()));
}

TEST_F(InQuarantine, APlanThatFailsEachTimeIsLeftAloneAfterAWhile) {
  write_failing_policy();
  for (int i = 0; i < Quarantine::kFailuresBelieved; ++i) {
    night(3);
    EXPECT_THAT(writes(), Not(IsEmpty())) << i;
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(night(3).err, HasSubstr("has failed 5 times"));
    EXPECT_THAT(writes(), IsEmpty());
  }
  // Other drift makes another plan, which is applied as far as it goes.
  simulator->by_hand(
      "POST", "groups/" + std::string(kEngineering) + "/role-assignments/assign",
      R"({"resourceId": ")" + std::string(kConfluence) + R"(", "roleId": "atlassian/user"})");
  EXPECT_EQ(access(group("engineering")).size(), 2U);
  night(3);
  EXPECT_EQ(access(group("engineering")).size(), 1U);
  simulator->end_faults();
  rolecall_exits(0, {"resume"});
  night(0);
  EXPECT_EQ(members("design").size(), 3U);
}

TEST_F(InQuarantine, WhatCannotBeReadHoldsBackAndResumeTakesItAway) {
  write_policy(acme_policy());
  night(0);
  folder.write(".rolecall/rolecall.db.quarantine", "who knows");
  EXPECT_THAT(night(4).err, HasSubstr("rolecall.db.quarantine"));
  expect_no_call();
  rolecall_exits(0, {"resume"});
  night(0);
}

}  // namespace
}  // namespace rolecall::test
