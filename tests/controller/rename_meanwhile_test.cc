// What somebody else takes from a renamed group while it is being renamed is not given back by the
// copy, where nothing in the policy would tell later that it is wrong.
#include <gmock/gmock.h>

#include "tests/controller/freshness_fixture.h"
#include "tests/support/org_model.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

class RenameMeanwhile : public ::testing::TestWithParam<bool> {
 protected:
  RenameMeanwhile() {
    world_.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety.limits.delete_groups]\n"
                    "free = 9\n[groups.platform]\nprevious_names = [\"engineering\"]\n",
                    kOrganization));
  }
  /// From the old group.
  void somebody_takes() {
    const bool access = GetParam();
    EXPECT_EQ(rival_.does(access ? rival_.api.group_access(false, kDirectory, group(engineering),
                                                           std::string(kJira), "user")
                                 : rival_.api.remove_member(kDirectory, group(engineering),
                                                            account(omar))) /
                  100,
              2);
  }
  [[nodiscard]] bool has_it(const std::string& name) {
    const Model::Group now = read_model(world_.client().org().state()).groups.at(name);
    return GetParam() ? !now.access.empty() : now.members.contains("omar@acme.example");
  }
  [[nodiscard]] bool is_there(const std::string& name) {
    return read_model(world_.client().org().state()).groups.contains(name);
  }
  Rehearsal world_{acme()};
  Rival rival_{world_};
};

// The old group was read again at the start, and the new one takes its time.
TEST_P(RenameMeanwhile, WhatIsTakenBeforeItIsCopiedIsNotCopied) {
  const Planned planned = world_.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(world_.client().org().set_faults(
      json::parse(R"({"rules": [{"operation": "createGroup", "action": {"delay_ms": 50000}}]})")));
  bool taken = false;
  SpoilingClient way(world_.client(), [&](const Request& asked, std::string&) {
    if (taken || asked.operation != Operation::getGroupRoleAssignments) return;
    taken = true;
    world_.client().clock().advance(seconds(1));
    somebody_takes();
  });
  world_.through(way);
  const ApplyReport report = world_.apply(planned);
  EXPECT_TRUE(taken);
  EXPECT_FALSE(has_it("platform"));
  EXPECT_TRUE(is_there("engineering"));
  world_.client().clock().advance(seconds(300));
  (void)world_.apply(world_.plan());
  EXPECT_FALSE(has_it("platform"));
  EXPECT_FALSE(is_there("engineering"));
}

// Too late for that: it is said, and not lost with the old group.
TEST_P(RenameMeanwhile, WhatIsTakenAfterwardsIsSaid) {
  const Planned planned = world_.plan();
  bool taken = false;
  SpoilingClient way(world_.client(), [&](const Request&, std::string&) {
    const bool copied = is_there("platform") && has_it("platform");
    if (copied && !taken) {
      taken = true;
      somebody_takes();
    }
  });
  world_.through(way);
  const ApplyReport report = world_.apply(planned);
  EXPECT_TRUE(taken);
  std::vector<std::string> because;
  for (const ChangeOutcome& outcome : report.outcomes) because.push_back(outcome.message);
  EXPECT_THAT(because, Contains(HasSubstr("somebody else has taken from it meanwhile")));
  EXPECT_TRUE(is_there("engineering"));
}

INSTANTIATE_TEST_SUITE_P(What, RenameMeanwhile, ::testing::Bool(),
                         [](const auto& it) { return it.param ? "Access" : "Members"; });

}  // namespace
}  // namespace rolecall::test
