// guarantees.md R43: a suspension or removal that was answered as done, and was not.
#include "controller/not_held.h"

#include <gmock/gmock.h>

#include "controller/reconciler.h"
#include "controller/settle_window.h"
#include "diff/plan_view.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

class NotHeld : public testing::Test {
 protected:
  /// One run that does this to Zoë.
  void did(ChangeKind kind, Instant at, ChangeResult result = ChangeResult::applied,
           const std::string& organization = "org-1", const std::string& account = "5b10") {
    auto store = open();
    RunStart start = some_run();
    start.organization = organization;
    start.at = at;
    const RunId run = store.begin_run(start).value();
    Intent intent = some_intent();
    intent.kind = name(kind);
    intent.account_id = account;
    const auto ids = store.record_intents(run, at, std::vector{intent}).value();
    Outcome outcome = some_outcome(ids.front());
    outcome.result = result;
    ASSERT_TRUE(store.record_outcomes(at, std::vector{outcome}));
    ASSERT_TRUE(store.end_run(run, {.at = at, .state = "finished", .applied = 1}));
  }
  [[nodiscard]] Store open() const { return Store::open(path_, Store::Access::write).value(); }
  static Plan plan(ChangeKind kind = ChangeKind::suspend_user) {
    Plan out;
    out.organization = "org-1";
    Change change;
    change.kind = kind;
    change.user = "zoë@example.com";
    change.account_id = "5b10";
    out.changes.push_back(change);
    reschedule(out);
    return out;
  }
  [[nodiscard]] std::vector<Note> notes(Instant now, const Plan& of = plan()) const {
    return what_did_not_hold(of, open(), now).value();
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
};

TEST_F(NotHeld, SettlesForTwoMinutesAndHasFailedFromThenOn) {
  for (const ChangeKind kind : {ChangeKind::suspend_user, ChangeKind::remove_user}) {
    did(kind, kNoon);
    EXPECT_THAT(notes(kNoon + kSettleWindow - seconds(1), plan(kind)),
                ElementsAre(Field(&Note::kind, std::string(kSettling))));
    const auto failed = notes(kNoon + kSettleWindow, plan(kind));
    ASSERT_THAT(failed, ElementsAre(Field(&Note::kind, std::string(kNotHeld))));
    EXPECT_THAT(failed[0].subject, HasSubstr("zoë@example.com: " + std::string(name(kind))));
    EXPECT_THAT(note_in_words(kNotHeld), HasSubstr("not effective after 120 s"));
    EXPECT_THAT(notes(kNoon + hours(25), plan(kind)), IsEmpty());
  }
}

TEST_F(NotHeld, IsNothingThatWasNotDoneOrWasTakenBack) {
  did(ChangeKind::suspend_user, kNoon, ChangeResult::failed);
  did(ChangeKind::suspend_user, kNoon, ChangeResult::in_doubt);
  did(ChangeKind::suspend_user, kNoon, ChangeResult::applied, "org-2");
  did(ChangeKind::suspend_user, kNoon, ChangeResult::applied, "org-1", "another");
  did(ChangeKind::remove_user, kNoon);
  EXPECT_THAT(notes(kNoon + hours(1)), IsEmpty());
  did(ChangeKind::suspend_user, kNoon + hours(1));
  EXPECT_EQ(notes(kNoon + hours(2)).size(), 1U);
  did(ChangeKind::restore_user, kNoon + hours(2));
  EXPECT_THAT(notes(kNoon + hours(3)), IsEmpty());
  EXPECT_THAT(notes(kNoon + hours(3), Plan()), IsEmpty());
}

TEST_F(NotHeld, IsAFailureOfTheRunThatFindsIt) {
  Plan again = plan();
  ApplyReport report;
  report.outcomes.push_back({ChangeOutcome::State::applied, {}});
  again.notes = {{std::string(kSettling), "zoë@example.com"}};
  EXPECT_EQ(exit_code(again, report), 0);
  again.notes.push_back({std::string(kNotHeld), "zoë@example.com"});
  EXPECT_EQ(exit_code(again, report), 3);
}

}  // namespace
}  // namespace rolecall
