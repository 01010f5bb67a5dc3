// Calls of apply leave in waves: what that must not change.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <limits>

#include "tests/support/forwarding_client.h"
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
class CountingClient final : public test::ForwardingClient {
 public:
  CountingClient(WriteClient& below, std::function<void()> before_each)
      : ForwardingClient(below), before_each_(std::move(before_each)) {}
  using ForwardingClient::start;
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override {
    before_each_();
    ++writes;
    ForwardingClient::start(ticket, std::move(request), delay);
  }

  std::size_t writes = 0;

 private:
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
      ++intents;
      ids.push_back(intents > true_ids ? 0 : static_cast<IntentId>(intents));
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
  /// After so many it claims success and gives no id: an intent that is not there.
  std::size_t true_ids = std::numeric_limits<std::size_t>::max();
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
  EXPECT_EQ(report.count(State::skipped), kPeople);
}

TEST_F(Waves, AfterALogThatFailedNothingLeaves) {
  log.failing = 3;
  const ApplyReport report = apply();
  EXPECT_EQ(report.store_error, "disk full");
  EXPECT_EQ(client.writes, log.intents) << "those of the waves before";
  EXPECT_LT(client.writes, static_cast<std::size_t>(kPeople));
  EXPECT_EQ(report.writes, client.writes);
}

TEST_F(Waves, ABrokenInvariantStopsBeforeTheNextCall) {
  for (const std::size_t recorded : {0U, 8U, 20U}) {
    MemoryLog fresh;
    fresh.true_ids = recorded;
    std::size_t left = 0;
    Rehearsal organization(seed());
    organization.policy(policy());
    const Planned plan = organization.plan();
    CountingClient counting(organization.client(), [&] { ++left; });
    const ApplyReport report =
        apply_plan(*plan.plan, {counting, fresh, organization.client().clock(), {}, {}, {}});
    EXPECT_EQ(left, recorded) << "none without its intent, and none after";
    EXPECT_THAT(report.broken, testing::HasSubstr("without its intent in the log"));
    EXPECT_EQ(exit_code(*plan.plan, report), 8);
    EXPECT_EQ(report.count(State::applied) + report.count(State::in_doubt), recorded);
    EXPECT_EQ(report.count(State::skipped), kPeople - recorded);
    EXPECT_EQ(fresh.outcomes, report.count(State::applied)) << "what is known is written down";
  }
}

/// Answers to all writes, as a script of faults says.
ApplyReport with_refusals(std::string_view action, std::size_t& writes) {
  Rehearsal rehearsal(seed());
  rehearsal.policy(policy());
  const Planned planned = rehearsal.plan();
  const auto set = rehearsal.client().org().set_faults(boost::json::parse(
      R"({"rules": [{"operation": "writes", "action": )" + std::string(action) + "}]}"));
  EXPECT_TRUE(set) << set.error().what;
  MemoryLog log;
  CountingClient client(rehearsal.client(), [&] { ++writes; });
  return apply_plan(*planned.plan, {client, log, rehearsal.client().clock(), {}, {}, {}});
}

std::string forbidden(std::string_view code) {
  return R"({"status": 403, "body": {"errors": [{"status": "403", "code": ")" + std::string(code) +
         R"(", "title": "Forbidden"}]}})";
}

TEST(KeyWithoutWriteRights, IsBelievedAtOnceWhereTheApiSaysSo) {
  for (const char* code : {"ADMIN-403-3", "ADMIN-UAM-403-2"}) {
    std::size_t writes = 0;
    const ApplyReport report = with_refusals(forbidden(code), writes);
    EXPECT_EQ(writes, 8U) << "those in flight";
    EXPECT_THAT(report.stopped_because, testing::HasSubstr("the API key may not write"));
    EXPECT_EQ(report.count(State::applied), 0U);
  }
}

TEST(KeyWithoutWriteRights, IsBelievedAfterTwentyOfOneKindWhereItDoesNot) {
  for (const std::string& action : {forbidden("ADMIN-UAM-403-1"), forbidden("SOMETHING-ELSE")}) {
    std::size_t writes = 0;
    const ApplyReport report = with_refusals(action, writes);
    EXPECT_LE(writes, 28U) << "those in flight, too";
    EXPECT_THAT(report.stopped_because, testing::HasSubstr("the API key may not write"));
    EXPECT_EQ(report.count(State::applied), 0U);
  }
}

// The order is the same in each run: whoever can be put into a group would else never be.
TEST(KeyWithoutWriteRights, IsNotWhatAFewRefusalsOfTwoKindsMean) {
  simulator::FakeClientOptions options;
  options.parallelism = 1;
  boost::json::value some = seed();
  boost::json::array there;
  std::string groups =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[groups.made]\n";
  for (int i = 0; i < 4; ++i) {
    there.push_back(boost::json::object{{"name", fmt::format("g{}", i)}});
    groups += fmt::format(
        "[groups.g{}]\nmembership = \"additive\"\nmembers = [\"p0@acme.example\"]\n", i);
  }
  some.as_object()["groups"] = std::move(there);
  Rehearsal rehearsal(some, options);
  rehearsal.policy(groups);
  const Planned planned = rehearsal.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  ASSERT_TRUE(rehearsal.client().org().set_faults(boost::json::parse(
      R"({"rules": [{"operation": "createGroup", "times": 1, "action": {"status": 403}},
                    {"operation": "addUserToGroup", "times": 3, "action": {"status": 403}}]})")));
  const ApplyReport report = rehearsal.apply(planned);
  EXPECT_EQ(report.count(State::failed), 4U);
  EXPECT_EQ(report.count(State::applied), 1U);
}

// Somebody with access on another site cannot be restored (facts.md section 5).
TEST(KeyWithoutWriteRights, IsNotWhatThreePeopleWhoCannotBeRestoredMean) {
  boost::json::value some = seed();
  for (std::size_t i = 0; i < 3; ++i) {
    some.at("users").at(i).as_object()["status"] = "suspended";
  }
  Rehearsal rehearsal(some);
  std::string people =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n[users]\n";
  for (int i = 0; i < 3; ++i)
    people += fmt::format("\"p{}@acme.example\" = {{ state = \"active\" }}\n", i);
  rehearsal.policy(people + "\"p9@acme.example\" = { state = \"suspended\" }\n");
  const Planned planned = rehearsal.plan();
  ASSERT_EQ(planned.plan->changes.size(), 4U);
  ASSERT_TRUE(rehearsal.client().org().set_faults(boost::json::parse(
      R"({"rules": [{"operation": "restoreDirectoryUser", "action": {"status": 403}}]})")));
  const ApplyReport report = rehearsal.apply(planned);
  EXPECT_EQ(report.count(State::failed), 3U);
  EXPECT_EQ(report.count(State::applied), 1U) << report.stopped_because;
  EXPECT_EQ(report.stopped_because, "");

  const Planned rest = rehearsal.plan();
  ASSERT_EQ(rest.plan->changes.size(), 3U);
  EXPECT_THAT(rehearsal.apply(rest).stopped_because, testing::HasSubstr("or the API key may not"));
}

// Whatever was refused of earlier kinds, those of later ones are tried.
TEST(KeyWithoutWriteRights, IsNotWhatRefusalsOfSomeKindsMean) {
  boost::json::value some = seed();
  std::string people =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n[users]\n";
  for (std::size_t i = 0; i < 25; ++i) {
    some.at("users").at(i).as_object()["status"] = "suspended";
    people += fmt::format("\"p{}@acme.example\" = {{ state = \"active\" }}\n", i);
  }
  Rehearsal rehearsal(some);
  rehearsal.policy(people +
                   "\"p39@acme.example\" = { state = \"suspended\" }\n[groups.all]\n"
                   "membership = \"additive\"\nmembers = [\"p30@acme.example\"]\n");
  const Planned planned = rehearsal.plan();
  ASSERT_EQ(planned.plan->changes.size(), 27U);
  ASSERT_TRUE(rehearsal.client().org().set_faults(boost::json::parse(
      R"({"rules": [{"operation": "restoreDirectoryUser", "action": {"status": 403}},
                    {"operation": "addUserToGroup", "action": {"status": 403}}]})")));
  const ApplyReport report = rehearsal.apply(planned);
  EXPECT_EQ(report.count(State::applied), 1U) << "p39 is suspended";
  EXPECT_EQ(report.stopped_because, "");
}

// Nor is whoever is to be locked out given up after three others: the order is the same each time.
TEST(KeyWithoutWriteRights, KeepsNobodyFromBeingLockedOut) {
  boost::json::value some = seed();
  some.at("users").at(0).as_object()["status"] = "suspended";
  std::string people =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n[users]\n"
      "\"p0@acme.example\" = { state = \"active\" }\n";
  for (int i = 10; i < 16; ++i) {
    people += fmt::format("\"p{}@acme.example\" = {{ state = \"suspended\" }}\n", i);
  }
  simulator::FakeClientOptions options;
  options.parallelism = 1;
  Rehearsal rehearsal(some, options);
  rehearsal.policy(people + "[safety.limits.suspend_users]\nfree = 9\n");
  const Planned planned = rehearsal.plan();
  ASSERT_EQ(planned.plan->changes.size(), 7U);
  ASSERT_TRUE(rehearsal.client().org().set_faults(boost::json::parse(
      R"({"rules": [{"operation": "restoreDirectoryUser", "action": {"status": 403}},
                    {"operation": "suspendDirectoryUser", "times": 5, "action": {"status": 403}},
                    {"operation": "suspendDirectoryUser", "times": 1,
                     "action": {"status": 500, "after_effect": true}}]})")));
  const ApplyReport report = rehearsal.apply(planned);
  EXPECT_EQ(report.count(State::applied), 1U);
  EXPECT_EQ(report.stopped_because, "") << "one took effect";
}

TEST(KeyWithoutWriteRights, KeepsNobodyFromBeingLockedOutHoweverManyCannotBe) {
  std::string people =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[safety.limits.suspend_users]\nfree = 99\n[users]\n";
  for (int i = 0; i < kPeople; ++i) {
    people += fmt::format("\"p{}@acme.example\" = {{ state = \"suspended\" }}\n", i);
  }
  Rehearsal rehearsal(seed());
  rehearsal.policy(people);
  const Planned planned = rehearsal.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  const auto all = static_cast<int>(planned.plan->changes.size());
  ASSERT_GT(all, 30);
  ASSERT_TRUE(rehearsal.client().org().set_faults(boost::json::parse(
      fmt::format(R"({{"rules": [{{"operation": "suspendDirectoryUser", "times": {},
                                  "action": {{"status": 403}}}}]}})",
                  all - 1))));
  EXPECT_EQ(rehearsal.apply(planned).count(State::applied), 1U);
}

TEST(KeyWithoutWriteRights, IsNotWhatRefusalsMeanWhereOneCallMayHaveBeenDone) {
  boost::json::value some = seed();
  Rehearsal rehearsal(some);
  std::string people =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n[users]\n";
  for (int i = 0; i < 4; ++i) {
    people += fmt::format("\"p{}@acme.example\" = {{ state = \"suspended\" }}\n", i);
  }
  rehearsal.policy(people + "[safety.limits.suspend_users]\nfree = 9\n");
  const Planned planned = rehearsal.plan();
  ASSERT_TRUE(rehearsal.client().org().set_faults(boost::json::parse(
      R"({"rules": [{"operation": "suspendDirectoryUser", "times": 3, "action": {"status": 403}},
                    {"operation": "suspendDirectoryUser", "action": {"status": 500}}]})")));
  const ApplyReport report = rehearsal.apply(planned);
  EXPECT_EQ(report.count(State::failed), 3U);
  EXPECT_EQ(report.stopped_because, "");
}

TEST(KeyWithoutWriteRights, IsNotWhatAnObjectThatMayNotBeChangedMeans) {
  std::size_t writes = 0;
  const ApplyReport report = with_refusals(forbidden("ADMIN-403-5"), writes);
  EXPECT_EQ(writes, static_cast<std::size_t>(kPeople)) << "each may be another case";
  EXPECT_EQ(report.stopped_because, "");
  EXPECT_EQ(report.count(State::failed), static_cast<std::size_t>(kPeople));
}

TEST(KeyWithoutWriteRights, IsNotWhatPagesInTheAnswersPlaceMean) {
  std::size_t writes = 0;
  const ApplyReport report = with_refusals(R"({"status": 403, "shape": "html"})", writes);
  EXPECT_EQ(report.stopped_because, "") << "nothing is said of the key";
  EXPECT_EQ(report.count(State::in_doubt) + report.count(State::skipped),
            static_cast<std::size_t>(kPeople));
  EXPECT_LE(writes, static_cast<std::size_t>(3 * kPeople)) << "each once more, or twice";
}

}  // namespace
}  // namespace rolecall
