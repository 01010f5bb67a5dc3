#include "state/store/store.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

#include "state/model/text.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = Store::open(path_, Store::Access::write);
    ASSERT_TRUE(opened) << opened.error().what;
    store_.emplace(std::move(*opened));
  }
  RunId begin() { return store_->begin_run(some_run()).value(); }
  std::vector<IntentId> intend(RunId run, std::vector<Intent> intents) {
    return store_->record_intents(run, kNoon, intents).value();
  }
  std::string message_kept(std::string message) {
    const auto ids = intend(begin(), {some_intent()});
    Outcome outcome = some_outcome(ids[0]);
    outcome.message = std::move(message);
    EXPECT_TRUE(store_->record_outcomes(kNoon, std::vector{outcome}));
    const auto runs = store_->runs(1).value();
    return store_->calls(runs[0].id).value()[0].outcome->message;
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
  std::optional<Store> store_;
};

TEST_F(StoreTest, HasARandomIdThatStays) {
  const std::string id = store_->id();
  EXPECT_EQ(id.size(), 32U);
  reopen();
  EXPECT_EQ(store_->id(), id);
  const auto other = Store::open(folder_ / "other.db", Store::Access::write);
  EXPECT_NE(other->id(), id);
}

TEST_F(StoreTest, KnowsWhatItsHeadWas) {
  EXPECT_EQ(store_->head_at(1).value(), std::nullopt);
  begin();
  const ChainHead first = store_->head();
  begin();
  EXPECT_EQ(store_->head_at(1).value(), first);
  EXPECT_EQ(store_->head_at(2).value(), store_->head());
  EXPECT_EQ(store_->head_at(3).value(), std::nullopt);
}

TEST_F(StoreTest, TellsTheLatestTimeOfTheRowsAfterOne) {
  EXPECT_EQ(store_->latest_after(0).value(), std::nullopt);
  RunStart start = some_run();
  start.at = kNoon + hours(5);
  ASSERT_TRUE(store_->begin_run(start));
  EXPECT_EQ(store_->latest_after(0).value(), kNoon + hours(5));
  // The clock was set back: what rows said before still counts.
  const RunId run = begin();
  EXPECT_EQ(store_->latest_after(0).value(), kNoon + hours(5));
  EXPECT_EQ(store_->latest_after(1).value(), kNoon);
  EXPECT_EQ(store_->latest_after(2).value(), std::nullopt);
  ASSERT_TRUE(store_->remember_protections("org", std::vector{Store::Protection{"user", "a"}}));
  EXPECT_EQ(store_->latest_after(2).value(), std::nullopt) << "a row without a time";
  ASSERT_TRUE(store_->end_run(run, {.at = kNoon + hours(2), .state = "finished"}));
  EXPECT_EQ(store_->latest_after(2).value(), kNoon + hours(2));
}

TEST_F(StoreTest, FindsTheNewestRunOfACommandThatSentSomething) {
  const std::string command = some_run().command;
  begin();
  EXPECT_EQ(store_->last_sent_by(command).value(), std::nullopt);
  const RunId sent = begin();
  intend(sent, {some_intent()});
  begin();
  EXPECT_EQ(store_->last_sent_by(command).value()->id, sent);
  EXPECT_EQ(store_->last_sent_by(command + "x").value(), std::nullopt);
}

TEST_F(StoreTest, KeepsEveryFieldOfARunAndItsEnd) {
  const RunId run = begin();
  ASSERT_FALSE(store_->run(run).value()->end);
  ASSERT_TRUE(store_->end_run(run, {.at = kNoon + hours(1),
                                    .exit_code = 3,
                                    .state = "finished",
                                    .reads = 10,
                                    .writes = 5,
                                    .applied = 4,
                                    .already_so = 3,
                                    .failed = 2,
                                    .in_doubt = 1,
                                    .skipped = 7}));
  reopen();
  const RunRecord kept = store_->run(run).value().value();
  const RunStart start = some_run();
  EXPECT_EQ(kept.id, run);
  EXPECT_EQ(kept.start.at, kNoon);
  EXPECT_EQ(kept.start.command, start.command);
  EXPECT_EQ(kept.start.user, start.user);
  EXPECT_EQ(kept.start.host, start.host);
  EXPECT_EQ(kept.start.pid, start.pid);
  EXPECT_EQ(kept.start.tool_version, start.tool_version);
  EXPECT_EQ(kept.start.organization, start.organization);
  EXPECT_EQ(kept.start.directory, start.directory);
  EXPECT_EQ(kept.start.policy_path, start.policy_path);
  EXPECT_EQ(kept.start.policy_digest, start.policy_digest);
  EXPECT_EQ(kept.start.git_commit, start.git_commit);
  EXPECT_EQ(kept.start.plan_digest, start.plan_digest);
  ASSERT_TRUE(kept.end);
  EXPECT_EQ(kept.end->at, kNoon + hours(1));
  EXPECT_EQ(kept.end->exit_code, 3);
  EXPECT_EQ(kept.end->state, "finished");
  EXPECT_THAT(
      (std::vector{kept.end->reads, kept.end->writes, kept.end->applied, kept.end->already_so,
                   kept.end->failed, kept.end->in_doubt, kept.end->skipped}),
      ElementsAre(10, 5, 4, 3, 2, 1, 7));
}

TEST_F(StoreTest, KeepsEveryFieldOfAnIntentAndItsOutcome) {
  const RunId run = begin();
  const auto ids = intend(run, {some_intent(7), Intent{}});
  ASSERT_TRUE(store_->record_outcomes(kNoon + hours(1), std::vector{some_outcome(ids[0])}));
  reopen();
  const auto calls = store_->calls(run).value();
  ASSERT_THAT(calls, SizeIs(2));
  const Intent meant = some_intent(7);
  const CallRecord& kept = calls[0];
  EXPECT_EQ(kept.id, ids[0]);
  EXPECT_EQ(kept.run, run);
  EXPECT_EQ(kept.at, kNoon);
  EXPECT_EQ(kept.intent.call, 7);
  EXPECT_EQ(kept.intent.kind, meant.kind);
  EXPECT_EQ(kept.intent.user, meant.user);
  EXPECT_EQ(kept.intent.account_id, meant.account_id);
  EXPECT_EQ(kept.intent.group, meant.group);
  EXPECT_EQ(kept.intent.group_id, meant.group_id);
  EXPECT_EQ(kept.intent.resource, meant.resource);
  EXPECT_EQ(kept.intent.role, meant.role);
  EXPECT_EQ(kept.intent.cause_file, meant.cause_file);
  EXPECT_EQ(kept.intent.cause_line, meant.cause_line);
  EXPECT_EQ(kept.intent.why, meant.why);
  EXPECT_EQ(kept.intent.reason, meant.reason);
  EXPECT_EQ(kept.intent.request, meant.request);
  EXPECT_EQ(kept.intent.body_digest, meant.body_digest);
  ASSERT_TRUE(kept.outcome);
  EXPECT_EQ(kept.outcome_at, kNoon + hours(1));
  EXPECT_EQ(kept.outcome->intent, ids[0]);
  EXPECT_EQ(kept.outcome->result, ChangeResult::applied);
  EXPECT_EQ(kept.outcome->http_status, 204);
  EXPECT_EQ(kept.outcome->attempts, 2);
  EXPECT_EQ(kept.outcome->duration_ms, 310);
  EXPECT_EQ(kept.outcome->message, "fine");
  EXPECT_EQ(calls[1].intent.user, "");
  EXPECT_FALSE(calls[1].outcome);
  EXPECT_FALSE(calls[1].outcome_at);
}

TEST_F(StoreTest, KeepsEveryKindOfResult) {
  const RunId run = begin();
  const std::vector results = {ChangeResult::applied, ChangeResult::already_so,
                               ChangeResult::failed, ChangeResult::in_doubt};
  const auto ids = intend(run, std::vector<Intent>(results.size(), some_intent()));
  for (std::size_t i = 0; i < results.size(); ++i) {
    Outcome outcome = some_outcome(ids[i]);
    outcome.result = results[i];
    ASSERT_TRUE(store_->record_outcomes(kNoon, std::vector{outcome}));
  }
  const auto calls = store_->calls(run).value();
  for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(calls[i].outcome->result, results[i]);
}

TEST_F(StoreTest, KeepsTextsAsTheyAre) {
  Intent odd = some_intent();
  odd.why = std::string("a\0b", 3);
  odd.reason = "'; DROP TABLE intents; --";
  odd.user = "\xff\xfe";
  const RunId run = begin();
  intend(run, {odd});
  const auto calls = store_->calls(run).value();
  EXPECT_EQ(calls[0].intent.why, odd.why);
  EXPECT_EQ(calls[0].intent.reason, odd.reason);
  EXPECT_EQ(calls[0].intent.user, odd.user);
}

TEST_F(StoreTest, ListsRunsNewestFirst) {
  const RunId first = begin();
  const RunId second = begin();
  const RunId third = begin();
  const auto ids = [&](std::size_t limit) {
    std::vector<RunId> found;
    const auto runs = store_->runs(limit).value();
    for (const auto& run : runs) found.push_back(run.id);
    return found;
  };
  EXPECT_THAT(ids(0), ElementsAre(third, second, first));
  EXPECT_THAT(ids(2), ElementsAre(third, second));
  EXPECT_FALSE(store_->run(third + 1).value());
  EXPECT_THAT(store_->calls(third + 1).value(), IsEmpty());
}

TEST_F(StoreTest, IntentsAreOnDiskWhenTheCallReturns) {
  const RunId run = begin();
  const auto ids = intend(run, {some_intent(), some_intent()});
  const auto reader = Store::open(path_, Store::Access::read);
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_THAT(reader->calls(run).value(), SizeIs(2));
  ASSERT_TRUE(store_->record_outcomes(kNoon, std::vector{some_outcome(ids[1])}));
  EXPECT_TRUE(reader->calls(run).value()[1].outcome);
}

TEST_F(StoreTest, IntentsOutliveTheirKilledProcess) {
  store_.reset();
  EXPECT_EQ(in_child([&] {
              auto store = Store::open(path_, Store::Access::write);
              const auto run = store->begin_run(some_run());
              if (!store->record_intents(*run, kNoon, std::vector{some_intent()})) return 1;
              ::kill(::getpid(), SIGKILL);
              return 2;
            }),
            1000 + SIGKILL);
  reopen();
  EXPECT_THAT(store_->open_intents().value(), SizeIs(1));
  EXPECT_EQ(store_->close_interrupted_runs(kNoon).value(), 1U);
}

TEST_F(StoreTest, TakesAThousandIntentsAtOnce) {
  const RunId run = begin();
  const auto ids = intend(run, std::vector<Intent>(1000, some_intent()));
  ASSERT_THAT(ids, SizeIs(1000));
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  std::vector<Outcome> outcomes;
  for (const IntentId id : ids) outcomes.push_back(some_outcome(id));
  ASSERT_TRUE(store_->record_outcomes(kNoon, outcomes));
  EXPECT_THAT(store_->calls(run).value(), SizeIs(1000));
  EXPECT_THAT(store_->open_intents().value(), IsEmpty());
}

TEST_F(StoreTest, ABatchIsTakenWholeOrNotAtAll) {
  const RunId run = begin();
  EXPECT_FALSE(store_->record_intents(run + 1, kNoon, std::vector{some_intent()}));
  const auto ids = intend(run, {some_intent()});
  EXPECT_FALSE(store_->record_outcomes(kNoon, std::vector{some_outcome(ids[0]), Outcome{}}));
  EXPECT_FALSE(store_->calls(run).value()[0].outcome);
}

TEST_F(StoreTest, AnOutcomeIsFinal) {
  const RunId run = begin();
  const auto ids = intend(run, {some_intent()});
  ASSERT_TRUE(store_->record_outcomes(kNoon, std::vector{some_outcome(ids[0])}));
  Outcome second = some_outcome(ids[0]);
  second.result = ChangeResult::failed;
  EXPECT_FALSE(store_->record_outcomes(kNoon, std::vector{second}));
  EXPECT_EQ(store_->calls(run).value()[0].outcome->result, ChangeResult::applied);
}

TEST_F(StoreTest, ARunEndsOnce) {
  const RunId run = begin();
  ASSERT_TRUE(store_->end_run(run, {.at = kNoon, .state = "finished"}));
  EXPECT_FALSE(store_->end_run(run, {.at = kNoon, .state = "failed"}));
  EXPECT_FALSE(store_->end_run(run + 1, {.at = kNoon, .state = "finished"}));
  EXPECT_FALSE(store_->end_run(begin(), {.at = kNoon, .state = "lost"}));
}

TEST_F(StoreTest, NothingToRecordIsFine) {
  EXPECT_THAT(store_->record_intents(begin(), kNoon, {}).value(), IsEmpty());
  EXPECT_TRUE(store_->record_outcomes(kNoon, {}));
}

TEST_F(StoreTest, CutsLongMessagesBetweenCodePoints) {
  EXPECT_EQ(message_kept(std::string(512, 'x')), std::string(512, 'x'));
  EXPECT_EQ(message_kept(std::string(600, 'x')), std::string(512, 'x'));
  for (std::size_t lead = 505; lead <= 512; ++lead) {
    const std::string kept = message_kept(std::string(lead, 'x') + "\U0001F600\U0001F600");
    EXPECT_EQ(find_invalid_utf8(kept), std::nullopt) << lead;
    EXPECT_EQ(kept.size(), lead + (512 - lead) / 4 * 4) << lead;
  }
  EXPECT_THAT(message_kept(std::string(600, '\x80')), SizeIs(512));
}

TEST_F(StoreTest, ClosesInterruptedRunsWithWhatTheirRowsTell) {
  const RunId finished = begin();
  ASSERT_TRUE(store_->end_run(finished, {.at = kNoon, .state = "finished"}));
  const RunId empty = begin();
  const RunId dead = begin();
  const auto ids = intend(dead, {some_intent(1), some_intent(1), some_intent(2), some_intent(3),
                                 some_intent(4), some_intent(5)});
  const std::vector results = {ChangeResult::applied, ChangeResult::applied,
                               ChangeResult::already_so, ChangeResult::failed,
                               ChangeResult::in_doubt};
  for (std::size_t i = 0; i < results.size(); ++i) {
    Outcome outcome = some_outcome(ids[i]);
    outcome.result = results[i];
    ASSERT_TRUE(store_->record_outcomes(kNoon, std::vector{outcome}));
  }
  EXPECT_EQ(store_->close_interrupted_runs(kNoon + hours(2)).value(), 2U);
  EXPECT_EQ(store_->close_interrupted_runs(kNoon + hours(3)).value(), 0U);

  const RunEnd end = store_->run(dead).value()->end.value();
  EXPECT_EQ(end.state, "interrupted");
  EXPECT_EQ(end.at, kNoon + hours(2));
  EXPECT_EQ(end.exit_code, -1);
  EXPECT_THAT((std::vector{end.writes, end.applied, end.already_so, end.failed, end.in_doubt}),
              ElementsAre(5, 2, 1, 1, 2));
  EXPECT_EQ(store_->run(empty).value()->end->writes, 0);
  EXPECT_EQ(store_->run(finished).value()->end->state, "finished");
}

TEST_F(StoreTest, AnInterruptedRunsIntentCanStillGetItsOutcome) {
  const RunId dead = begin();
  const auto ids = intend(dead, {some_intent(1), some_intent(2)});
  ASSERT_TRUE(store_->close_interrupted_runs(kNoon));
  auto open = store_->open_intents().value();
  ASSERT_THAT(open, SizeIs(2));
  EXPECT_EQ(open[0].id, ids[0]);
  EXPECT_EQ(open[0].run, dead);
  ASSERT_TRUE(store_->record_outcomes(kNoon, std::vector{some_outcome(ids[0])}));
  open = store_->open_intents().value();
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].id, ids[1]);
}

TEST_F(StoreTest, RemembersTheLastProtectionsOfEachOrganization) {
  using Protection = Store::Protection;
  const Protection kim{"user", "kim@example.com"};
  const Protection admins{"group", "admins"};
  EXPECT_THAT(store_->remembered_protections("org-1").value(), IsEmpty());
  ASSERT_TRUE(store_->remember_protections("org-1", std::vector{kim, admins, kim}));
  ASSERT_TRUE(store_->remember_protections("org-2", std::vector{kim}));
  reopen();
  EXPECT_THAT(store_->remembered_protections("org-1").value(), ElementsAre(admins, kim));
  ASSERT_TRUE(store_->remember_protections("org-1", {}));
  EXPECT_THAT(store_->remembered_protections("org-1").value(), IsEmpty());
  EXPECT_THAT(store_->remembered_protections("org-2").value(), ElementsAre(kim));
}

TEST_F(StoreTest, OpenedForReadingItTakesNothing) {
  auto reader = Store::open(path_, Store::Access::read);
  ASSERT_TRUE(reader);
  const auto begun = reader->begin_run(some_run());
  ASSERT_FALSE(begun);
  EXPECT_THAT(begun.error().what, HasSubstr("read-only"));
}

TEST_F(StoreTest, LooksAgainWhereARunWritesMeanwhile) {
  begin();
  store_.reset();
  std::vector<std::size_t> seen;
  const auto looked = Store::look(path_, [&](const Store& store) -> Result<void> {
    seen.push_back(store.runs(9).value().size());
    if (seen.size() == 1) {
      reopen();
      begin();
    }
    return {};
  });
  EXPECT_TRUE(looked);
  EXPECT_THAT(seen, ElementsAre(1U, 2U));
}

TEST_F(StoreTest, LooksOnceWhereNobodyDoesAndLeavesNothing) {
  begin();
  store_.reset();
  int looks = 0;
  EXPECT_TRUE(Store::look(path_, [&](const Store& store) -> Result<void> {
    ++looks;
    EXPECT_THAT(store.runs(9).value(), SizeIs(1));
    EXPECT_FALSE(std::filesystem::exists(path_ + "-shm"));
    return {};
  }));
  EXPECT_EQ(looks, 1);
}

TEST_F(StoreTest, NoticesThatItsFileWasReplaced) {
  const RunId run = begin();
  make_store(folder_ / "other.db");
  std::filesystem::rename(folder_ / "other.db", path_);
  const auto refused = store_->record_intents(run, kNoon, std::vector{some_intent()});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("replaced while it was in use"));
}

}  // namespace
}  // namespace rolecall
