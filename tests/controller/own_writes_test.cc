// What runs did a moment ago, and reads may not show yet (guarantees.md B8, C3).
#include "controller/own_writes.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "diff/plan_view.h"
#include "state/api/endpoints.h"
#include "tests/state/store/store_fixture.h"
#include "tests/support/end_to_end.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kThreeAdmins = R"({
  "organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
  "users": [{"email": "ada@acme.example", "roles": ["org-admin"]},
            {"email": "bob@acme.example", "roles": ["org-admin"]},
            {"email": "cyd@acme.example", "roles": ["org-admin"]}],
  "groups": [{"name": "crew"}]})";

class OwnWritesTest : public ::testing::Test {
 protected:
  void want(const std::string& bob, const std::string& cyd) {
    world_.policy("version = 1\n[organization]\nid = \"" + std::string(kOrganization) +
                  "\"\n[users]\n\"ada@acme.example\" = { roles = [\"org-admin\"] }\n"
                  "\"bob@acme.example\" = { roles = [" +
                  bob +
                  "] }\n"
                  "\"cyd@acme.example\" = { roles = [" +
                  cyd +
                  "] }\n"
                  "[groups.crew]\nmembers = [\"ada@acme.example\"]\n"
                  "[safety.limits.revoke_admins]\nfree = 9\n");
  }
  void apply_whole() {
    const Planned planned = world_.plan();
    ASSERT_TRUE(planned.plan && planned.plan->applyable());
    const ApplyReport report = world_.apply(planned);
    ASSERT_EQ(report.count(ChangeOutcome::State::applied), planned.plan->changes.size());
  }
  /// Reads are as they were before the runs, as if they lagged behind.
  void go_back_in_time() {
    for (json::value& user : before_.at("users").as_array()) {
      if (user.at("email").as_string() != "cyd@acme.example") continue;
      const Endpoints api{std::string(kOrganization)};
      const WriteRequest grant = api.org_admin(true, std::string(user.at("id").as_string()));
      const Request& request = grant.request();
      ASSERT_EQ(world_.client()
                        .org()
                        .handle({std::string(name(request.method)), "/admin" + request.target,
                                 "Bearer another", "application/json", request.body})
                        .status /
                    100,
                2);
    }
  }

  Rehearsal world_{json::parse(kThreeAdmins)};
  json::value before_ = world_.client().org().state();
};

constexpr const char* kAdmin = "\"org-admin\"";

TEST_F(OwnWritesTest, WhoWasTakenOutAMomentAgoHoldsNoFloor) {
  want(kAdmin, "");
  apply_whole();
  go_back_in_time();
  want("", kAdmin);
  const Planned soon = world_.plan();
  ASSERT_TRUE(soon.plan);
  EXPECT_THAT(soon.plan->refusals, Contains(Field(&Refusal::klass, "min_org_admins")));
  EXPECT_THAT(soon.plan->notes, Contains(Field(&Note::kind, std::string(kAdminInDoubt))));
  world_.client().clock().advance(seconds(121));
  const Planned later = world_.plan();
  EXPECT_THAT(later.plan->refusals, IsEmpty());
  EXPECT_EQ(later.plan->changes.size(), 1U);
}

TEST_F(OwnWritesTest, WhoWasMadeOneAgainDoes) {
  want(kAdmin, "");
  apply_whole();
  want(kAdmin, kAdmin);
  apply_whole();
  want("", kAdmin);
  EXPECT_THAT(world_.plan().plan->refusals, IsEmpty());
}

TEST_F(OwnWritesTest, NothingIsSavedForAQuickLookMeanwhile) {
  want(kAdmin, "");
  apply_whole();
  EXPECT_TRUE(world_.plan().look);
  go_back_in_time();
  want(kAdmin, kAdmin);
  ASSERT_THAT(world_.plan().plan->changes, IsEmpty());
  EXPECT_FALSE(world_.plan().look);
}

TEST_F(OwnWritesTest, WhatIsNotToBeSeenIsTold) {
  want(kAdmin, "");
  apply_whole();
  const auto told = Contains(Field(&Note::kind, std::string(kNotShownYet)));
  EXPECT_THAT(world_.plan().plan->notes, Not(told));
  go_back_in_time();
  want(kAdmin, kAdmin);
  EXPECT_THAT(world_.plan().plan->notes, told);
  world_.client().clock().advance(seconds(121));
  EXPECT_THAT(world_.plan().plan->notes, Not(told));
}

TEST(AdminsTaken, AreThoseWhoHaveNotCertainlyGotItBack) {
  using enum ChangeKind;
  const std::string who = some_intent().user;
  const auto taken_after = [](const std::vector<std::pair<ChangeKind, ChangeResult>>& story) {
    const TestFolder folder;
    auto store = Store::open(folder / "rolecall.db", Store::Access::write).value();
    RunStart start = some_run();
    const RunId run = store.begin_run(start).value();
    for (const auto& [kind, result] : story) {
      Intent intent = some_intent();
      intent.kind = name(kind);
      const auto ids = store.record_intents(run, kNoon, std::vector{intent}).value();
      rolecall::Outcome outcome = some_outcome(ids.front());
      outcome.result = result;
      EXPECT_TRUE(store.record_outcomes(kNoon, std::vector{outcome}));
    }
    return own_writes(store, start.organization, kNoon - seconds(1)).value().admins_taken;
  };
  constexpr auto kDone = ChangeResult::applied, kDoubt = ChangeResult::in_doubt,
                 kFailed = ChangeResult::failed;
  EXPECT_THAT(taken_after({{revoke_org_role, kDone}}), Contains(who));
  EXPECT_THAT(taken_after({{suspend_user, kDoubt}}), Contains(who));
  EXPECT_THAT(taken_after({{revoke_org_role, kFailed}}), IsEmpty());
  EXPECT_THAT(taken_after({{revoke_org_role, kDone}, {grant_org_role, kDone}}), IsEmpty());
  EXPECT_THAT(taken_after({{revoke_org_role, kDone}, {grant_org_role, kDoubt}}), Contains(who));
  EXPECT_THAT(taken_after({{revoke_org_role, kDone}, {restore_user, kDone}}), Contains(who));
  EXPECT_THAT(taken_after({{remove_user, kDone}, {invite_user, kDone}}), Contains(who));
  EXPECT_THAT(taken_after({{suspend_user, kDone}, {restore_user, kDone}}), IsEmpty());
}

}  // namespace
}  // namespace rolecall::test
