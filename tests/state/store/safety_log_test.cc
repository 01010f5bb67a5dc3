#include <gmock/gmock.h>

#include <optional>

#include "state/store/schema.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class SafetyLogTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open(path_, Store::Access::write);
    ASSERT_TRUE(opened) << opened.error().what;
    store_.emplace(std::move(*opened));
  }
  RunId begin(const std::string& organization = "org-1") {
    RunStart start = some_run();
    start.organization = organization;
    return store_->begin_run(start).value();
  }
  /// One change of the run, with an outcome unless it is nothing.
  void change(RunId run, const std::string& kind, std::optional<ChangeResult> result,
              const std::string& group = "", const std::string& user = "a@x.example",
              Instant at = kNoon) {
    Intent intent = some_intent();
    intent.kind = kind;
    intent.group = group;
    intent.user = user;
    const auto ids = store_->record_intents(run, at, std::vector{intent});
    ASSERT_TRUE(ids) << ids.error().what;
    if (!result) return;
    Outcome outcome = some_outcome(ids->front());
    outcome.result = *result;
    ASSERT_TRUE(store_->record_outcomes(at, std::vector{outcome}));
  }
  void end(RunId run, Instant at = kNoon) {
    ASSERT_TRUE(store_->end_run(run, {.at = at, .state = "finished"}));
  }
  /// "run kind group n", with "admin" and the admitted classes where there are any.
  std::vector<std::string> since(Instant at, const std::string& organization = "org-1") {
    std::vector<std::string> out;
    const auto found = store_->changes_since(organization, at).value();
    for (const auto& changes : found) {
      std::string line = std::to_string(changes.run) + ' ' + changes.kind + ' ' + changes.group +
                         ' ' + std::to_string(changes.n);
      if (changes.loses_admin) line += " admin";
      for (const std::string& klass : changes.admitted) line += ' ' + klass;
      out.push_back(line);
    }
    return out;
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
  std::optional<Store> store_;
};

TEST_F(SafetyLogTest, CountsWhatWasDoneOrMayHaveBeen) {
  const RunId run = begin();
  change(run, "remove_member", ChangeResult::applied, "team");
  change(run, "remove_member", ChangeResult::in_doubt, "team");
  change(run, "remove_member", std::nullopt, "team");
  change(run, "remove_member", ChangeResult::failed, "team");
  change(run, "remove_member", ChangeResult::already_so, "team");
  change(run, "remove_member", ChangeResult::applied, "crew");
  change(run, "add_member", ChangeResult::applied, "team");
  EXPECT_THAT(since(kNoon), ElementsAre("1 add_member team 1", "1 remove_member crew 1",
                                        "1 remove_member team 3"));
}

TEST_F(SafetyLogTest, CountsOverRunsButNotOverOrganizations) {
  const RunId one = begin();
  change(one, "remove_user", ChangeResult::applied);
  end(one);
  const RunId other = begin("org-2");
  change(other, "remove_user", ChangeResult::applied);
  end(other);
  const RunId two = begin();
  change(two, "remove_user", ChangeResult::applied);
  EXPECT_THAT(since(kNoon), ElementsAre("1 remove_user  1", "3 remove_user  1"));
  EXPECT_THAT(since(kNoon, "org-2"), ElementsAre("2 remove_user  1"));
  EXPECT_THAT(since(kNoon, "org-3"), IsEmpty());
}

TEST_F(SafetyLogTest, TheWindowGoesByTheChangeAndNotByTheRun) {
  const RunId run = begin();
  change(run, "remove_user", ChangeResult::applied, "", "a@x.example", kNoon);
  change(run, "remove_user", ChangeResult::applied, "", "b@x.example", kNoon + hours(2));
  end(run, kNoon + hours(3));
  EXPECT_THAT(since(kNoon), ElementsAre("1 remove_user  2"));
  EXPECT_THAT(since(kNoon + seconds(1)), ElementsAre("1 remove_user  1"));
  EXPECT_THAT(since(kNoon + hours(2)), ElementsAre("1 remove_user  1"));
  EXPECT_THAT(since(kNoon + hours(3)), IsEmpty());
}

TEST_F(SafetyLogTest, AClockSetBackWhileARunGoesOnHidesNothing) {
  const RunId run = begin();
  change(run, "remove_user", ChangeResult::applied, "", "a@x.example", kNoon - hours(48));
  change(run, "remove_user", ChangeResult::applied, "", "b@x.example", kNoon + hours(2));
  end(run, kNoon - hours(47));
  EXPECT_THAT(since(kNoon - hours(1)), ElementsAre("1 remove_user  2"));
  EXPECT_THAT(since(kNoon + hours(1)), IsEmpty()) << "the run had ended by then";
}

TEST_F(SafetyLogTest, TimesWithAndWithoutMillisecondsCompareRightly) {
  const Instant full = std::chrono::floor<seconds>(kNoon);
  const RunId run = begin();
  change(run, "remove_user", ChangeResult::applied, "", "a@x.example", full);
  change(run, "remove_user", ChangeResult::applied, "", "b@x.example", full + milliseconds(7));
  end(run, full + milliseconds(8));
  EXPECT_THAT(since(full), ElementsAre("1 remove_user  2"));
  EXPECT_THAT(since(full + milliseconds(7)), ElementsAre("1 remove_user  2"));
  EXPECT_THAT(since(full + seconds(1)), IsEmpty());
}

TEST_F(SafetyLogTest, TellsWhoLostOrgAdminAndWhatWasAdmitted) {
  const RunId run = begin();
  ASSERT_TRUE(store_->record_safety(
      run, {{{"remove_users", "id-1"}, {"suspend_users", "id-2"}}, {"ada@x.example"}}));
  change(run, "suspend_user", ChangeResult::applied, "", "ada@x.example");
  change(run, "suspend_user", ChangeResult::applied, "", "bob@x.example");
  change(run, "remove_member", ChangeResult::applied, "team", "ada@x.example");
  EXPECT_THAT(since(kNoon), ElementsAre("1 remove_member team 1 remove_users suspend_users",
                                        "1 suspend_user  1 remove_users suspend_users",
                                        "1 suspend_user  1 admin remove_users suspend_users"));
  EXPECT_THAT(store_->used_acknowledgements().value(),
              ElementsAre(Pair("id-1", run), Pair("id-2", run)));
}

TEST_F(SafetyLogTest, AnOlderStoreIsBroughtUpToDate) {
  const std::string old = folder_ / "old.db";
  write_bytes(old, "");
  {
    auto database = Database::open(old, Database::Mode::write).value();
    ASSERT_TRUE(migrate(database, migrations().first(1)));
  }
  auto store = Store::open(old, Store::Access::write);
  ASSERT_TRUE(store) << store.error().what;
  EXPECT_THAT(store->remembered_protections("org-1").value(), IsEmpty());
  EXPECT_THAT(store->changes_since("org-1", kNoon).value(), IsEmpty());
}

}  // namespace
}  // namespace rolecall
