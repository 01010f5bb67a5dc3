// Calls of apply leave in waves: what that must not change.

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/support/rehearsal.h"

namespace rolecall {
namespace {

using State = ChangeOutcome::State;
using test::Rehearsal;

constexpr int kPeople = 40;

boost::json::value seed() {
  std::string users;
  for (int i = 0; i < kPeople; ++i) {
    users += (i == 0 ? "" : ", ") + std::string("{\"email\": \"p") + std::to_string(i) +
             "@acme.example\"}";
  }
  return boost::json::parse(R"({"organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},)"
                            R"("groups": [{"name": "all"}], "users": [)" +
                            users + "]}");
}

std::string policy() {
  std::string out =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[groups.all]\nmembers = [";
  for (int i = 0; i < kPeople; ++i) out += "\"p" + std::to_string(i) + "@acme.example\", ";
  return out + "]\n";
}

/// Counts writes that leave, and asks `before_each` first.
class CountingClient final : public WriteClient {
 public:
  CountingClient(WriteClient& below, std::function<void()> before_each)
      : below_(below), before_each_(std::move(before_each)) {}
  [[nodiscard]] bool can_start() const override { return below_.can_start(); }
  [[nodiscard]] std::size_t room() const override { return below_.room(); }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    below_.start(ticket, std::move(request), delay);
  }
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override {
    before_each_();
    ++writes;
    below_.start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override { return below_.wait(); }
  [[nodiscard]] bool answered() override { return below_.answered(); }
  void cancel_unsent() override { below_.cancel_unsent(); }

  std::size_t writes = 0;

 private:
  WriteClient& below_;
  std::function<void()> before_each_;
};

/// In memory; `on_record` is called once the rows are there.
class MemoryLog final : public ChangeLog {
 public:
  [[nodiscard]] Result<std::vector<IntentId>> record(Instant, std::span<const Outcome> outcomes_now,
                                                     std::span<const Intent> intents_now) override {
    ++transactions;
    if (transactions == failing) return fail("disk full");
    std::vector<IntentId> ids;
    for (std::size_t i = 0; i < intents_now.size(); ++i) {
      ids.push_back(static_cast<IntentId>(++intents));
    }
    for (const Outcome& outcome : outcomes_now) {
      EXPECT_GT(outcome.intent, 0);
      EXPECT_LE(outcome.intent, static_cast<IntentId>(intents));
      ++outcomes;
    }
    if (on_record) on_record();
    return ids;
  }
  std::size_t transactions = 0, intents = 0, outcomes = 0;
  std::size_t failing = 0;  ///< the transaction that fails; 0: none
  std::function<void()> on_record;
};

class Waves : public testing::Test {
 protected:
  Waves() {
    rehearsal.policy(policy());
    planned = rehearsal.plan();
  }
  ApplyReport apply(std::function<bool()> stop_requested = {}) {
    return apply_plan(*planned.plan,
                      {client, log, rehearsal.client().clock(), std::move(stop_requested), {}, {}});
  }

  Rehearsal rehearsal{seed()};
  Planned planned;
  MemoryLog log;
  CountingClient client{rehearsal.client(), [this] {
                          EXPECT_LT(client.writes, log.intents) << "left before its intent";
                        }};
};

TEST_F(Waves, NoCallLeavesBeforeItsIntentAndSeveralShareATransaction) {
  const ApplyReport report = apply();
  EXPECT_EQ(report.count(State::applied), static_cast<std::size_t>(kPeople));
  EXPECT_EQ(log.intents, static_cast<std::size_t>(kPeople));
  EXPECT_EQ(log.outcomes, static_cast<std::size_t>(kPeople));
  EXPECT_EQ(client.writes, static_cast<std::size_t>(kPeople));
  EXPECT_LT(log.transactions, log.intents + 2) << "one for each, and the first wave for eight";
}

TEST_F(Waves, AStopWhileIntentsAreWrittenLetsNoneOfThemLeave) {
  bool stop = false;
  log.on_record = [&] { stop = true; };
  const ApplyReport report = apply([&] { return stop; });
  EXPECT_EQ(client.writes, 0U);
  EXPECT_TRUE(report.interrupted);
  EXPECT_GT(log.intents, 1U);
  EXPECT_EQ(log.outcomes, log.intents) << "the next run has nothing to look for";
  EXPECT_EQ(report.count(State::failed), log.intents);
  EXPECT_EQ(report.count(State::skipped), kPeople - log.intents);
}

TEST_F(Waves, AfterALogThatFailedNothingLeaves) {
  log.failing = 3;
  const ApplyReport report = apply();
  EXPECT_EQ(report.store_error, "disk full");
  EXPECT_EQ(client.writes, log.intents) << "those of the waves before";
  EXPECT_LT(client.writes, static_cast<std::size_t>(kPeople));
  EXPECT_EQ(report.writes, client.writes);
}

}  // namespace
}  // namespace rolecall
