// When a saved plan is applied and when it is not: its age by every clock, the store it was made
// with, that it is applied once, and whose file it is (guarantees.md D4 to D6).

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/controller/saved_plan_fixture.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using test::Ran;
using testing::HasSubstr;

constexpr hours kTenYears{24 * 3'652};

// --- age ----------------------------------------------------------------------------------------

TEST_F(SavedPlanTest, ThatIsOlderThanADayIsExpired) {
  const std::string file = plan();
  edit(file, [](SavedPlanInfo& info) { info.created -= hours{25}; });
  expect_refused(file, "holds for 24 hours; by the clock here it is");
  expect_refused(file, "Make a new plan.");
  EXPECT_EQ(apply(plan()).code, 0);
}

TEST_F(SavedPlanTest, OfYesterdayStillHolds) {
  const std::string file = plan();
  edit(file, [](SavedPlanInfo& info) {
    info.created -= hours{23};
    *info.server_date -= hours{23};
  });
  EXPECT_EQ(apply(file).code, 0);
  EXPECT_EQ(org_.effective_writes(), 1U);
}

TEST_F(SavedPlanTest, FromTheFutureIsNotBelieved) {
  const std::string file = plan();
  edit(file, [](SavedPlanInfo& info) { info.created += minutes{10}; });
  expect_refused(file, "set the clocks");
}

/// The plan is 25 hours old, or is of this moment; one clock after the other is wrong by ten years,
/// when it was made or now.
TEST_F(SavedPlanTest, NoClockThatIsWrongMakesAnOldOneHold) {
  const std::string file = plan();
  const std::string fresh = content(file);
  const Instant now = SystemClock().now();
  for (const hours age : {hours{25}, hours{0}}) {
    for (const hours wrong : {kTenYears, -kTenYears}) {
      for (const bool here : {true, false}) {
        std::ofstream(file, std::ios::binary) << fresh;
        edit(file, [&](SavedPlanInfo& info) {
          info.created = now - age + (here ? wrong : hours{});
          info.server_date = now - age + (here ? hours{} : wrong);
        });
        expect_refused(file, "made at");
      }
      // Here the clock was set back or forward since, which looks the same as a plan made then.
      std::ofstream(file, std::ios::binary) << fresh;
      edit(file, [&](SavedPlanInfo& info) {
        info.created = now - age;
        info.server_date = now - age;
      });
      server_off_ = milliseconds(wrong).count();
      // The clock here is looked at before the server is asked for anything.
      const bool here_too = age > hours{24};
      expect_refused(file, here_too          ? "by the clock here it is"
                           : wrong > hours{} ? "by the server's clock it is"
                                             : "set the clocks");
      server_off_ = 0;
    }
  }
  // Both clocks set back by a day and an hour; only the server's, or only the one here, shows it.
  std::ofstream(file, std::ios::binary) << fresh;
  edit(file, [&](SavedPlanInfo& info) { info.server_date = std::nullopt; });
  server_off_ = milliseconds(hours{25}).count();
  expect_refused(file, "by the server's clock it is");
}

TEST_F(SavedPlanTest, ThatTheLogShowsToBeOldIsExpired) {
  policy(kAda);
  ASSERT_EQ(apply(policy_).code, 0) << "there is a store";
  policy(kAdaAndBob);
  log_a_run_at(SystemClock().now() + kTenYears);
  // A clock that was wrong before the plan was made is of no account.
  const std::string file = plan();
  // The plan itself is not too old, but time went backwards: what takes away is held back until the
  // clocks agree (guarantees.md E4), and whoever applies it is told.
  const Ran ran = apply(file);
  EXPECT_EQ(ran.code, 6) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("but a run began at"));
  ASSERT_EQ(org_.effective_writes(), 1U) << "what gives is not";

  policy(R"("ada@acme.example", "bob@acme.example", "kim@acme.example")");
  const std::string second = plan();
  log_a_run_at(SystemClock().now() + hours{25});
  // And back again: what the log has seen it does not forget.
  log_a_run_at(SystemClock().now());
  expect_refused(second, "by the last row of the log it is");
  EXPECT_EQ(apply(plan()).code, 0);
}

// --- the store ----------------------------------------------------------------------------------

TEST_F(SavedPlanTest, MadeBeforeThereWasAStoreGoesWithAny) {
  const std::string file = plan();
  EXPECT_EQ(parse_saved_plan(content(file))->info.store, "");
  EXPECT_EQ(apply(file).code, 0);
}

TEST_F(SavedPlanTest, OfAnotherStoreIsRefusedWithBothNamed) {
  policy(kAda);
  ASSERT_EQ(apply(policy_).code, 0);
  policy(kAdaAndBob);
  const std::string file = plan();
  const std::string made_with = parse_saved_plan(content(file))->info.store;
  GlobalOptions elsewhere = org_.global();
  elsewhere.store = at("elsewhere/rolecall.db");
  const Ran none = apply(file, elsewhere);
  EXPECT_EQ(none.code, 5);
  EXPECT_THAT(none.err,
              HasSubstr("\"" + made_with + "\", and there is none at " + elsewhere.store));
  EXPECT_FALSE(fs::exists(elsewhere.store));
  ASSERT_EQ(apply(policy_, elsewhere).code, 0);
  ASSERT_EQ(org_.effective_writes(), 1U);

  const std::string other = Store::open(elsewhere.store, Store::Access::read)->id();
  ASSERT_NE(other, made_with);
  const Ran ran = apply(file, elsewhere);
  EXPECT_EQ(ran.code, 5);
  EXPECT_THAT(ran.err,
              HasSubstr("made with the store \"" + made_with + "\", and this is " + other));
  EXPECT_EQ(org_.effective_writes(), 1U);
}

TEST_F(SavedPlanTest, OfAStoreThatWasRestoredFromAnOlderCopyIsRefused) {
  policy(kAda);
  ASSERT_EQ(apply(policy_).code, 0);
  fs::copy(at("store"), at("backup"), fs::copy_options::recursive);
  ASSERT_EQ(apply(policy_).code, 0);
  policy(kAdaAndBob);
  const std::string file = plan();
  const std::string head = parse_saved_plan(content(file))->info.audit_head;
  fs::remove_all(at("store"));
  fs::copy(at("backup"), at("store"), fs::copy_options::recursive);
  const std::string ends =
      format_head(Store::open(org_.global().store, Store::Access::read)->head());
  ASSERT_NE(head, ends);
  expect_refused(file, "was at " + head + " when it was made; this one ends at " + ends);
  // The copy goes its own way, past where the other was.
  policy(kAda);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(apply(policy_).code, 0);
  policy(kAdaAndBob);
  expect_refused(file, "has gone another way since");
}

// --- once ---------------------------------------------------------------------------------------

TEST_F(SavedPlanTest, IsAppliedOnceEvenWhereItWouldHoldAgain) {
  const std::string file = plan();
  ASSERT_EQ(apply(file).code, 0);
  expect_refused(file, "by run 1 (finished); see rolecall audit show 1");
  // Somebody took back what it did, so the policy asks for the very same again.
  policy(kAda);
  ASSERT_EQ(apply(policy_).code, 0);
  policy(kAdaAndBob);
  expect_refused(file, "it was applied on ");
  EXPECT_EQ(org_.effective_writes(), 2U);
  // Planned anew it is another plan, though of the same changes.
  const std::string again = plan();
  EXPECT_EQ(apply(again).code, 0);
  EXPECT_EQ(org_.effective_writes(), 3U);
}

TEST_F(SavedPlanTest, ThatFailedIsNotAppliedAgain) {
  const std::string file = plan();
  const auto faults = [&](std::string_view script) {
    org_.server().with_org(
        [&](simulator::FakeOrg& org) { ASSERT_TRUE(org.set_faults(boost::json::parse(script))); });
  };
  faults(R"({"rules": [{"operation": "writes", "action": {"status": 403}}]})");
  const Ran failed = apply(file);
  ASSERT_EQ(failed.code, 3) << failed.out << failed.err;
  faults(R"({"rules": []})");
  expect_refused(file, "by run 1 (failed)");
  EXPECT_EQ(apply(plan()).code, 0);
}

TEST_F(SavedPlanTest, ThatWasCutOffIsNotAppliedAgain) {
  const std::string file = plan();
  const SavedPlan saved = parse_saved_plan(content(file)).value();
  {
    // As a process leaves it that dies once its intent is on disk.
    fs::create_directory(at("store"));
    fs::permissions(at("store"), fs::perms::owner_all);
    Store store = Store::open(org_.global().store, Store::Access::write).value();
    RunStart start;
    start.at = SystemClock().now();
    start.command = saved_plan_command(saved);
    start.organization = kOrganization;
    const RunId run = store.begin_run(start).value();
    Intent intent;
    intent.kind = "add_member";
    intent.user = "bob@acme.example";
    intent.group = "team";
    ASSERT_TRUE(store.record_intents(run, start.at, std::vector{intent}));
  }
  expect_refused(file, "it was applied on ");
  EXPECT_EQ(apply(plan()).code, 0);
}

TEST_F(SavedPlanTest, ThatWasRefusedOrHadNothingToDoIsNotUsedUp) {
  policy(kAda);
  const std::string nothing = plan();
  for (int i = 0; i < 2; ++i) {
    const Ran ran = apply(nothing);
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  const Store store = Store::open(org_.global().store, Store::Access::read).value();
  EXPECT_EQ(store.runs(0)->size(), 2U) << "recorded all the same";
  EXPECT_THAT(store.runs(1)->front().start.command, testing::StartsWith("apply PLANFILE "));
}

// --- what the file does not decide --------------------------------------------------------------

TEST_F(SavedPlanTest, SaysWhichPolicyNobodyNamedAndDoesNotChooseWhereSomebodyDid) {
  const std::string evil = org_.dir().write("evil.toml", policy_with("\"kim@acme.example\""));
  const std::string honest = std::exchange(policy_, evil);
  const std::string file = plan();
  policy_ = honest;
  expect_refused(file, "the policy has changed since the plan was made");
  EXPECT_EQ(org_.effective_writes(), 0U);
  ApplyOptions unnamed{file};
  const Ran ran = test::run_captured([&] { return run_apply(org_.global(), unnamed); });
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(file + ": it was made from the policy \"" + evil + "\"\n"));
  EXPECT_EQ(org_.effective_writes(), 2U) << "what was refused would have been done";
}

TEST_F(SavedPlanTest, SaysWhichDayNobodyNamedAndDoesNotChooseWhereSomebodyDid) {
  policy_ = org_.dir().write(
      "rolecall.toml",
      policy_with(R"("ada@acme.example", { user = "bob@acme.example", until = 2020-01-31 })"));
  GlobalOptions then = org_.global();
  then.at = parse_instant("2020-01-01T00:00:00Z");
  const std::string file = plan(then);
  GlobalOptions today = org_.global();
  today.at = parse_instant("2026-01-01T00:00:00Z");
  const Ran other = apply(file, today);
  EXPECT_EQ(other.code, 1) << other.out << other.err;
  EXPECT_THAT(other.err, HasSubstr("it decides dates for 2020-01-01T00:00:00Z, which is not"));
  EXPECT_THAT(other.err, HasSubstr(" --at 2020-01-01T00:00:00Z\n"));
  EXPECT_EQ(org_.effective_writes(), 0U);
  edit(file, [](SavedPlanInfo& info) { info.at_given = false; });
  expect_refused(file, "\"bob@acme.example\" for group \"team\": no longer to be done");
  edit(file, [](SavedPlanInfo& info) { info.at_given = true; });
  const Ran ran = apply(file);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(": it decides dates for 2020-01-01T00:00:00Z\n"));
  EXPECT_EQ(org_.effective_writes(), 1U) << "what was refused would have been done";
}

TEST_F(SavedPlanTest, SaysWhichRunIsTakenBackAndDoesNotChooseWhereSomebodyDid) {
  ASSERT_EQ(apply(policy_).code, 0);
  policy(R"("ada@acme.example", "bob@acme.example", "kim@acme.example")");
  const std::string file = plan();
  SavedPlan saved = parse_saved_plan(content(file)).value();
  saved.plan.undo_of = 1;
  saved.plan.changes[0].kind = ChangeKind::remove_member;
  saved.plan.changes[0].user = "bob@acme.example";
  org_.server().with_org([&](simulator::FakeOrg& org) {
    saved.plan.changes[0].account_id = org.state().at("users").at(1).at("id").as_string();
  });
  reschedule(saved.plan);
  std::ofstream(file, std::ios::binary) << save_plan(saved.plan, saved.info);
  const Ran other = apply(file, org_.global(), 2);
  EXPECT_EQ(other.code, 1) << other.out << other.err;
  EXPECT_THAT(other.err, HasSubstr("it takes back run 1, which is not what the command says"));
  EXPECT_THAT(other.err, HasSubstr(" --undo 1\n"));
  EXPECT_EQ(org_.effective_writes(), 1U);
  const Ran done = apply(file);
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr(": it takes back run 1\n"));
  EXPECT_EQ(org_.effective_writes(), 2U) << "what was refused would have been done";

  const Ran no_undo = apply(plan(), org_.global(), 1);
  EXPECT_EQ(no_undo.code, 1);
  EXPECT_THAT(no_undo.err, HasSubstr("it is no undo"));
}

TEST_F(SavedPlanTest, IsWhatAnUndoAndASecondPolicyGoWith) {
  ApplyOptions options{policy_, true};
  options.undo = 1;
  for (int i = 0; i < 2; ++i) {
    const Ran ran = test::run_captured([&] { return run_apply(org_.global(), options); });
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("is no saved plan"));
    options = {policy_, true};
    options.policy = policy_;
  }
  EXPECT_EQ(org_.effective_writes(), 0U);
}

// --- the file -----------------------------------------------------------------------------------

TEST_F(SavedPlanTest, ThatOthersCanWriteIsRefused) {
  const std::string file = plan();
  for (const mode_t mode : {0622U, 0620U, 0602U, 0666U}) {
    ASSERT_EQ(chmod(file.c_str(), mode), 0);
    expect_refused(file, "is writable by others");
    expect_refused(file, "chmod go-w");
  }
  if (geteuid() == 0) {
    ASSERT_EQ(chmod(file.c_str(), 0600), 0);
    ASSERT_EQ(chown(file.c_str(), 4242, 4242), 0);
    expect_refused(file, "belongs to somebody else (user 4242)");
    ASSERT_EQ(chown(file.c_str(), 0, 0), 0);
  }
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  EXPECT_EQ(apply(file).code, 0);
}

TEST_F(SavedPlanTest, ThatIsTooLargeIsRefused) {
  const std::string file = plan();
  fs::resize_file(file, kLargestPlanFile + 1);
  expect_refused(file, "more than 100 MB, which no saved plan has");
}

TEST_F(SavedPlanTest, IsTakenForOneByWhatItHoldsOrIsCalled) {
  const auto is_plan = [&](std::string_view name, std::string_view bytes) {
    const auto read = read_plan_file(org_.dir().write(std::string(name), bytes));
    return !read || *read;
  };
  EXPECT_TRUE(is_plan("x", "{"));
  EXPECT_TRUE(is_plan("x", " \n{"));
  EXPECT_TRUE(is_plan("x", "\xEF\xBB\xBF{"));
  EXPECT_TRUE(is_plan("x", ""));
  EXPECT_TRUE(is_plan("x.plan", "version = 1"));
  EXPECT_TRUE(is_plan("x.json", "[1]"));
  EXPECT_FALSE(is_plan("x", "version = 1"));
  EXPECT_FALSE(is_plan("x.toml", ""));
  EXPECT_FALSE(is_plan("x.toml", "[users]"));
  EXPECT_FALSE(*read_plan_file(org_.dir().path().string()));
  EXPECT_FALSE(*read_plan_file(at("nothing.plan")));
}

}  // namespace
}  // namespace rolecall
