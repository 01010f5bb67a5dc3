// What somebody else takes from a renamed group while it is being renamed is not given back by the
// copy, where nothing in the policy would tell later that it is wrong.
#include <gmock/gmock.h>

#include "tests/controller/freshness_fixture.h"
#include "tests/support/org_model.h"
#include "tests/support/refusing_client.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kPolicy =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
    "[safety.limits.delete_groups]\nfree = 9\n"
    "[groups.platform]\nprevious_names = [\"engineering\"]\n";

class RenameMeanwhile : public ::testing::TestWithParam<bool> {
 protected:
  RenameMeanwhile() { world_.policy(kPolicy); }
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

// Two groups become one: whoever is still in one of them is copied, and nobody else.
TEST(MergeMeanwhile, WhoIsTakenFromTheOnlyOneTheyWereInIsNotCopied) {
  for (const bool in_both : {false, true}) {
    json::object seed = acme();
    if (in_both) {
      seed["groups"].as_array()[0].as_object()["members"].as_array().emplace_back(
          "rosa@acme.example");
    }
    for (const Team from : {engineering, design}) {
      if (!in_both && from == engineering) continue;
      Rehearsal world{json::value(seed)};
      Rival rival(world);
      std::string policy = kPolicy;
      policy.replace(policy.rfind("[\"engineering\"]"), 15, "[\"engineering\", \"design\"]");
      world.policy(policy);
      const Planned planned = world.plan();
      ASSERT_TRUE(planned.plan && planned.plan->applyable());
      ASSERT_TRUE(world.client().org().set_faults(json::parse(
          R"({"rules": [{"operation": "createGroup", "action": {"delay_ms": 50000}}]})")));
      bool taken = false;
      (void)world.apply(planned, [&] {
        if (!taken && world.client().calls(Operation::createGroup) > 0) {
          taken = true;
          EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(from), account(rosa))),
                    204);
        }
        return "";
      });
      EXPECT_TRUE(taken);
      const Model::Group now = read_model(world.client().org().state()).groups.at("platform");
      EXPECT_EQ(now.members.contains("rosa@acme.example"), in_both) << from;
      EXPECT_TRUE(now.members.contains("grace@acme.example"));
    }
  }
}

/// Many people in the old group.
json::object large(std::size_t people) {
  json::object seed = acme();
  json::array members;
  for (std::size_t i = 0; i < people; ++i) {
    const std::string email = fmt::format("m{}@acme.example", i);
    seed["users"].as_array().push_back(
        json::object{{"email", email}, {"id", account(1000 + static_cast<int>(i))}});
    members.push_back(json::value(email));
  }
  seed["groups"].as_array()[0].as_object()["members"] = std::move(members);
  return seed;
}
bool is_of_a_group(const Request& asked) {
  return asked.operation == Operation::searchDirectoryUsers &&
         asked.body.find("groupIds") != std::string::npos;
}

// To walk it takes longer than what a look is good for: nobody does between two calls.
TEST(LargeRename, IsCopiedHoweverLongItTakesToWalkTheGroup) {
  constexpr std::size_t kPeople = 450;
  Rehearsal world{json::value(large(kPeople))};
  world.policy(kPolicy);
  SpoilingClient way(world.client(), [&](const Request& asked, std::string&) {
    if (is_of_a_group(asked)) world.client().clock().advance(seconds(7));
  });
  world.through(way);
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  world.client().clock().advance(seconds(40));
  EXPECT_GE(world.apply(planned).count(State::applied), kPeople);
}

TEST(LargeRename, OneReadingThatFailsKeepsFewBack) {
  constexpr std::size_t kPeople = 300;
  for (const std::size_t fails : {1U, 4U, 8U}) {
    Rehearsal world{json::value(large(kPeople))};
    world.policy(kPolicy);
    std::size_t n = 0;
    RefusingClient way(world.client(),
                       [&](const Request& asked) { return is_of_a_group(asked) && ++n == fails; });
    way.instead = Failure{Failure::Kind::no_answer, "timed out", false};
    const Planned planned = world.plan();
    world.through(way);
    world.client().clock().advance(seconds(40));
    const ApplyReport report = world.apply(planned);
    for (const ChangeOutcome& outcome : report.outcomes) {
      if (fails == 1) continue;  // as the run begins, what it all rests on
      EXPECT_THAT(outcome.message, testing::Not(HasSubstr("was not the same")));
    }
    EXPECT_GE(report.count(State::applied), fails == 1 ? 0U : kPeople) << fails;
  }
}

// Omar is taken out of the old group after he was copied, and Rosa put into it: that she is not
// in the new one yet hides that he is. Nobody is told, and the next run deletes the old group.
TEST(RenamedMeanwhile, WhatWasTakenIsSaidThoughSomethingElseIsNotYetThere) {
  Rehearsal world{acme()};
  Rival rival(world);
  world.policy(kPolicy);
  bool done = false;
  SpoilingClient way(world.client(), [&](const Request&, std::string&) {
    const Model now = read_model(world.client().org().state());
    if (done || !now.groups.contains("platform")) return;
    const Model::Group& platform = now.groups.at("platform");
    done = platform.members.size() == 3 && !platform.access.empty();
    if (!done) return;
    EXPECT_EQ(rival.does(rival.api.remove_member(kDirectory, group(engineering), account(omar))),
              204);
    EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, group(engineering), account(rosa))) / 100,
              2);
  });
  world.through(way);
  std::string said;
  for (int run = 0; run < 4; ++run) {
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    for (const ChangeOutcome& one : world.apply(planned).outcomes) said += one.message + "\n";
    world.client().clock().advance(seconds(300));
  }
  EXPECT_TRUE(done);
  const Model now = read_model(world.client().org().state());
  EXPECT_FALSE(now.groups.contains("engineering"));
  EXPECT_TRUE(!now.groups.at("platform").members.contains("omar@acme.example") ||
              said.find("take that from the successor") != std::string::npos)
      << said;
}

}  // namespace
}  // namespace rolecall::test
