#include <gmock/gmock.h>

#include "state/store/verify.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Instant at(std::string_view text) {
  return parse_instant(text).value();
}

class HistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open(path_, Store::Access::write);
    ASSERT_TRUE(opened) << opened.error().what;
    store_.emplace(std::move(*opened));
  }
  void remember(const std::string& moment, std::int64_t users) {
    Store::Remembered learned;
    learned.counts = Counts{at(moment), "dir-1", users, 1, 2, 3, 40};
    ASSERT_TRUE(store_->remember("org-1", learned));
  }
  [[nodiscard]] std::vector<std::string> kept() const {
    std::vector<std::string> out;
    const std::vector<Counts> all = store_->counts("org-1").value();
    for (const Counts& counts : all) {
      out.push_back(format_instant(counts.at) + " " + std::to_string(counts.users));
    }
    return out;
  }
  RunId run_with(const std::vector<ChangeResult>& results) {
    const RunId run = store_->begin_run(some_run()).value();
    for (const ChangeResult result : results) {
      const auto ids = store_->record_intents(run, kNoon, std::vector{some_intent()});
      Outcome outcome = some_outcome(ids->front());
      outcome.result = result;
      EXPECT_TRUE(store_->record_outcomes(kNoon, std::vector{outcome}));
    }
    return run;
  }

  TestFolder folder_;
  std::string path_ = folder_ / "rolecall.db";
  std::optional<Store> store_;
};

TEST_F(HistoryTest, CountsAreKeptWhereTheyDifferAndOnceADay) {
  remember("2026-12-01T08:00:00Z", 10);
  remember("2026-12-01T08:15:00Z", 10);
  remember("2026-12-01T08:30:00Z", 11);
  remember("2026-12-01T23:59:59Z", 11);
  remember("2026-12-02T00:00:00Z", 11);
  EXPECT_THAT(kept(), ElementsAre("2026-12-01T08:00:00Z 10", "2026-12-01T08:30:00Z 11",
                                  "2026-12-02T00:00:00Z 11"));
  EXPECT_THAT(store_->counts("org-2").value(), IsEmpty());
}

TEST_F(HistoryTest, AnEditOfTheHistoryIsSeen) {
  remember("2026-12-01T08:00:00Z", 10);
  store_.reset();
  EXPECT_TRUE(verify_store(path_, {}).value().good());
  alter(path_, "UPDATE counts SET users = 9");
  EXPECT_FALSE(verify_store(path_, {}).value().good());
  alter(path_, "UPDATE counts SET users = 10");
  EXPECT_TRUE(verify_store(path_, {}).value().good());
  alter(path_,
        "INSERT INTO counts SELECT 2, at, organization, directory, users, suspended, "
        "org_admins, groups, memberships FROM counts");
  EXPECT_FALSE(verify_store(path_, {}).value().good());
}

TEST_F(HistoryTest, LossesAreReadBackInTheirOrder) {
  const RunId run = run_with({});
  const std::vector<Store::Loss> losses = {
      {"create_group", "", "", "Engineering ü", "g-1", "", "", "what it is for", true},
      {"add_member", "ada@acme.example", "acc-1", "Engineering ü", "g-1", "", "", "", false},
      {"grant_group_access", "", "", "Engineering ü", "g-1", "ari:x", "user", "", false}};
  ASSERT_TRUE(store_->record_losses(run, losses));
  EXPECT_EQ(store_->losses(run).value(), losses);
  EXPECT_THAT(store_->losses(run + 1).value(), IsEmpty());
  store_.reset();
  EXPECT_TRUE(verify_store(path_, {}).value().good());
  alter(path_, "UPDATE losses SET whole = 0");
  EXPECT_FALSE(verify_store(path_, {}).value().good());
}

TEST_F(HistoryTest, TouchedIsWhatLaterRunsChangedOrMayHave) {
  const RunId first = run_with({ChangeResult::applied});
  EXPECT_THAT(store_->touched_after(first).value(), IsEmpty());
  run_with({ChangeResult::failed, ChangeResult::already_so});
  EXPECT_THAT(store_->touched_after(first).value(), IsEmpty());
  const RunId third = run_with({ChangeResult::applied, ChangeResult::in_doubt});
  const auto touched = store_->touched_after(first).value();
  ASSERT_THAT(touched, SizeIs(2));
  EXPECT_EQ(touched[0].run, third);
  EXPECT_EQ(touched[0].kind, some_intent().kind);
  EXPECT_EQ(touched[0].group, some_intent().group);
  // One that nobody saw the end of.
  const RunId fourth = store_->begin_run(some_run()).value();
  ASSERT_TRUE(store_->record_intents(fourth, kNoon, std::vector{some_intent()}));
  EXPECT_THAT(store_->touched_after(first).value(), SizeIs(3));
  RunStart elsewhere = some_run();
  elsewhere.organization = "org-2";
  const RunId fifth = store_->begin_run(elsewhere).value();
  ASSERT_TRUE(store_->record_intents(fifth, kNoon, std::vector{some_intent()}));
  EXPECT_THAT(store_->touched_after(first).value(), SizeIs(3));
}

}  // namespace
}  // namespace rolecall
