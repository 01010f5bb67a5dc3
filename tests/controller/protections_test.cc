// A protection that the policy drops refuses once, and only a plan that was held against it lets it
// go (guarantees.md C4).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tests/support/end_to_end.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;

class DroppedProtection : public ::testing::Test {
 protected:
  void SetUp() override {
    want("protected_users = [\"lin@acme.example\"]", "");
    (void)world_.apply(world_.plan());
    want("", "[users.\"lin@acme.example\"]\nstate = \"removed\"\n");
  }
  void want(const std::string& safety, const std::string& rest) {
    world_.policy("version = 1\n[organization]\nid = \"" + std::string(kOrganization) +
                  "\"\n[safety]\n" + safety + "\n[safety.limits.remove_users]\nfree = 9\n" + rest);
  }
  [[nodiscard]] std::vector<Store::Protection> remembered() const {
    return Store::open(world_.store_path(), Store::Access::read)
        .value()
        .remembered_protections(std::string(kOrganization))
        .value();
  }

  Rehearsal world_{acme()};
  const Store::Protection lin_{"user", "lin@acme.example"};
};

TEST_F(DroppedProtection, IsLetGoByThePlanThatItRefuses) {
  ASSERT_THAT(remembered(), Contains(lin_));
  const Planned planned = world_.plan();
  EXPECT_THAT(planned.plan->refusals, Contains(Field(&Refusal::klass, "protected_users")));
  EXPECT_THAT(planned.protections, IsEmpty());
}

TEST_F(DroppedProtection, IsKeptByAReadingWithoutProof) {
  (void)world_.client().org().handle(
      {"PUT", "/_simulator/faults", "", "application/json",
       R"({"rules": [{"operation": "getDirectoryUsersCount", "action": {"status": 403}}]})"});
  const Planned planned = world_.plan();
  ASSERT_TRUE(planned.plan && !planned.plan->complete);
  EXPECT_THAT(planned.plan->refusals, IsEmpty());
  EXPECT_THAT(planned.protections, Contains(lin_));
}

TEST_F(DroppedProtection, IsKeptWhereNothingCanBeDoneToThem) {
  json::object seed = acme();
  seed["users"].as_array()[2].as_object()["status"] = "deactivated";
  Rehearsal world(seed);
  const auto want = [&](const char* safety) {
    world.policy(fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety]\n{}",
                             kOrganization, safety));
  };
  want("protected_users = [\"lin@acme.example\"]\n");
  Planned planned = world.plan();
  ASSERT_THAT(planned.protections, Contains(lin_));
  ASSERT_TRUE(Store::open(world.store_path(), Store::Access::write)
                  .value()
                  .remember_protections(std::string(kOrganization), planned.protections));
  want("");
  EXPECT_THAT(world.plan().protections, Contains(lin_));
}

TEST_F(DroppedProtection, IsKeptByAnUndo) {
  const Planned planned = world_.plan_undo(1);
  ASSERT_TRUE(planned.plan);
  EXPECT_THAT(planned.protections, Contains(lin_));
}

TEST_F(DroppedProtection, IsKeptByASavedPlanThatDoesNotTryIt) {
  want("", "");
  SavedPlan saved;
  saved.plan = *world_.plan().plan;
  SetUp();
  const Planned planned = world_.plan_only(saved);
  ASSERT_TRUE(planned.plan);
  EXPECT_THAT(planned.plan->refusals, IsEmpty());
  EXPECT_THAT(planned.protections, Contains(lin_));
}

}  // namespace
}  // namespace rolecall::test
