// `run` does not pull at one end for ever (guarantees.md C17).
#include <gmock/gmock.h>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TugOfWar : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(acme_policy());
    rolecall_exits(0, {"run", "--once"});
  }
  static constexpr const char* kLin = "712020:00000000-0000-4000-8000-000000000003";
  static std::string engineering() { return "groups/" + std::string(kEngineering); }

  void rival_takes_lin() const {
    simulator->by_hand("DELETE", engineering() + "/memberships/" + kLin);
  }
  void rival_grants() const {
    simulator->by_hand(
        "POST", engineering() + "/role-assignments/assign",
        R"({"resourceId": ")" + std::string(kConfluence) + R"(", "roleId": "atlassian/user"})");
  }
  Outcome cycle(int code) const {
    simulator->forget_requests();
    return rolecall_exits(code, {"run", "--once"});
  }
};

TEST_F(TugOfWar, TheSameMembershipIsCorrectedThreeTimesThenLeftToPeople) {
  for (int i = 0; i < 3; ++i) {
    rival_takes_lin();
    EXPECT_THAT(cycle(0).err, Not(HasSubstr("left to people")));
    EXPECT_EQ(members("engineering").size(), 3U);
  }
  rival_takes_lin();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(cycle(3).err, HasSubstr("left to people: add_member user=lin@acme.example "
                                        "group=engineering"));
    EXPECT_THAT(writes(), IsEmpty());
  }
  // Everything else goes on, in the same cycle.
  rival_grants();
  cycle(3);
  EXPECT_EQ(access(group("engineering")).size(), 1U);
  EXPECT_EQ(members("engineering").size(), 2U);
  // Somebody who looks at it has it their way.
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(members("engineering").size(), 3U);
}

TEST_F(TugOfWar, NeitherIsAGrantRevokedAFourthTime) {
  write_policy(acme_policy() + "[safety.limits.revoke_group_access]\nfree = 100\n");
  for (int i = 0; i < 4; ++i) {
    rival_grants();
    cycle(i < 3 ? 0 : 3);
    EXPECT_EQ(access(group("engineering")).size(), i < 3 ? 1U : 2U) << i;
  }
}

TEST_F(TugOfWar, APolicyThatGoesToAndFroIsNone) {
  for (int i = 0; i < 5; ++i) {
    for (const bool there : {false, true}) {
      write_policy(there ? acme_policy()
                         : with(acme_policy(), R"("lin@acme.example", "omar@acme.example"])",
                                R"("omar@acme.example"])") +
                               "[safety.limits.remove_members]\nfree = 100\n"
                               "[safety.limits.remove_members_per_group]\nfree = 100\n");
      cycle(0);
      EXPECT_EQ(members("engineering").size(), there ? 3U : 2U) << i;
    }
  }
}

}  // namespace
}  // namespace rolecall::test
