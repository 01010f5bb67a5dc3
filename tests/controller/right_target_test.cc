// The organization that the policy names, the one that the key sees, the one of a saved plan and
// the one of the log are the same, or nothing is sent (guarantees.md C11).

#include "tests/controller/saved_plan_fixture.h"

namespace rolecall {
namespace {

using test::Ran;
using testing::HasSubstr;

constexpr const char* kOther = "1b2c3d4e-0000-4000-8000-0000000000bb";

class RightTarget : public SavedPlanTest {
 protected:
  void policy_for_other() {
    std::string text = policy_with(kAdaAndBob);
    text.replace(text.find(kOrganization), std::string_view(kOrganization).size(), kOther);
    policy_ = org_.dir().write("rolecall.toml", text);
  }
  void TearDown() override { EXPECT_EQ(org_.effective_writes(), writes_); }
  std::size_t writes_ = 0;  ///< that are to have been made
};

TEST_F(RightTarget, PolicyAndCommandLine) {
  GlobalOptions global = org_.global();
  global.org = kOther;
  const Ran ran = apply(policy_, global);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(kOrganization));
  EXPECT_THAT(ran.err, HasSubstr(kOther));
}

TEST_F(RightTarget, PolicyAndKey) {
  policy_for_other();
  const Ran ran = apply(policy_);
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_THAT(ran.err, HasSubstr("error: "));
}

TEST_F(RightTarget, PlanAndPolicy) {
  const std::string file = plan();
  policy_for_other();
  const Ran ran = apply(file);
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
}

TEST_F(RightTarget, PlanAndKey) {
  const std::string file = plan();
  SavedPlan saved = parse_saved_plan(content(file)).value();
  saved.plan.organization = kOther;
  reschedule(saved.plan);
  std::ofstream(file, std::ios::binary) << save_plan(saved.plan, saved.info);
  expect_refused(file, std::string("the plan is for organization \"") + kOther + "\", this is \"" +
                           kOrganization + "\"");
}

TEST_F(RightTarget, PlanAndStore) {
  log_a_run_at(SystemClock().now());
  const std::string file = plan();
  GlobalOptions elsewhere = org_.global();
  elsewhere.store = at("other.db");
  (void)Store::open(elsewhere.store, Store::Access::write).value();
  const Ran ran = apply(file, elsewhere);
  EXPECT_EQ(ran.code, 5) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("it was made with the store"));
}

/// A store may hold the log of several organizations: what it remembers of another counts for
/// nothing here, so it neither holds back nor lets through.
TEST_F(RightTarget, StoreAndPolicy) {
  {
    Store store = Store::open(org_.global().store, Store::Access::write).value();
    Store::Remembered learned;
    learned.identities = {{"bob@acme.example", "712020:somebody-else"}};
    learned.sighting = Sighting{1'000, 1'000};
    ASSERT_TRUE(store.remember(kOther, learned));
    ASSERT_TRUE(
        store.remember_protections(kOther, std::vector{Store::Protection{"group", "team"}}));
  }
  EXPECT_EQ(apply(policy_).code, 0);
  writes_ = 1;
}

TEST_F(RightTarget, UndoneRunAndPolicy) {
  {
    Store store = Store::open(org_.global().store, Store::Access::write).value();
    RunStart start;
    start.at = SystemClock().now();
    start.organization = kOther;
    const RunId run = store.begin_run(start).value();
    Intent intent;
    intent.kind = "add_member";
    intent.user = "ada@acme.example";
    intent.group = "team";
    const auto ids = store.record_intents(run, start.at, std::vector{intent}).value();
    Outcome done;
    done.intent = ids.at(0);
    ASSERT_TRUE(store.record_outcomes(start.at, std::vector{done}));
    ASSERT_TRUE(store.end_run(run, {.at = start.at, .state = "finished"}));
  }
  const Ran undo = test::run_captured([&] {
    return run_undo(org_.global(), {1, policy_, at("undo.plan")});
  });
  EXPECT_EQ(undo.code, 1);
  EXPECT_THAT(undo.err, HasSubstr(kOther));

  const std::string file = plan();
  SavedPlan saved = parse_saved_plan(content(file)).value();
  saved.plan.undo_of = 1;
  saved.plan.changes[0].kind = ChangeKind::remove_member;
  saved.plan.changes[0].user = "ada@acme.example";
  reschedule(saved.plan);
  std::ofstream(file, std::ios::binary) << save_plan(saved.plan, saved.info);
  expect_refused(file, std::string("it undoes run 1, which was on organization \"") + kOther, 1);
}

TEST_F(RightTarget, AnIdOfAnotherKindIsNobodys) {
  std::string group;
  org_.server().with_org([&](simulator::FakeOrg& org) {
    group = org.state().at("groups").at(0).at("id").as_string();
  });
  policy_ = org_.dir().write("rolecall.toml", policy_with(kAdaAndBob) +
                                                  "[users]\n\"bob@acme.example\" = { account_id = "
                                                  "\"" +
                                                  group + "\" }\n");
  const Ran ran = apply(policy_);
  EXPECT_NE(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out + ran.err, HasSubstr("bob@acme.example"));
}

}  // namespace
}  // namespace rolecall
