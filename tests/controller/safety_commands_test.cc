// The commands as they are, against a simulated organization over HTTP: what they refuse, what they
// let through once, and what they leave alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "controller/commands.h"
#include "state/store/lock.h"
#include "state/store/schema.h"
#include "state/store/sqlite.h"
#include "state/store/store.h"
#include "tests/support/running_org.h"

namespace rolecall {
namespace {

using test::Ran;
using test::RunningOrg;
using testing::HasSubstr;

constexpr int kPeople = 20;

std::string person(int i) {
  return "p" + std::to_string(i) + "@acme.example";
}

boost::json::value seed() {
  std::string users;
  std::string members;
  for (int i = 0; i < kPeople; ++i) {
    const std::string comma = i == 0 ? "" : ", ";
    users += comma + "{\"email\": \"" + person(i) + "\"}";
    members += comma + "\"" + person(i) + "\"";
  }
  return boost::json::parse(
      "{\"organization\": {\"id\": \"1b2c3d4e-0000-4000-8000-0000000000aa\"}, \"users\": [" +
      users + "], \"groups\": [{\"name\": \"team\", \"members\": [" + members + "]}]}");
}

/// The group has everybody but the first `n`.
std::string without(int n) {
  std::string out =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[groups.team]\nmembers = [";
  for (int i = n; i < kPeople; ++i) out += "\"" + person(i) + "\", ";
  return out + "]\n";
}

class SafetyCommands : public testing::Test {
 protected:
  void policy(const std::string& toml) { policy_ = org_.dir().write("rolecall.toml", toml); }
  [[nodiscard]] Ran plan(const std::string& out = {}) {
    return test::run_captured([&] { return run_plan(org_.global(), {policy_, out, false}); });
  }
  [[nodiscard]] Ran apply(std::string target = {}) {
    if (target.empty()) target = policy_;
    ApplyOptions options{target, true};
    if (target != policy_) options.policy = policy_;
    return test::run_captured([&] { return run_apply(org_.global(), options); });
  }
  [[nodiscard]] Ran once() {
    return test::run_captured([&] {
      return run_service(org_.global(), {policy_, std::chrono::minutes(1), true});
    });
  }
  [[nodiscard]] std::size_t writes() { return org_.effective_writes(); }

  /// The stanzas a refusal printed, as they would be pasted.
  static std::string stanzas(const std::string& text) {
    const std::size_t at = text.find("    [[acknowledge]]");
    return at == std::string::npos ? "" : text.substr(at, text.find("\nRisks", at) - at);
  }

  RunningOrg org_{seed()};
  std::string policy_;
};

TEST_F(SafetyCommands, WhatARefusalPrintsLetsThePlanThroughOnce) {
  policy(without(8));
  const Ran refused = apply();
  EXPECT_EQ(refused.code, 4);
  EXPECT_EQ(writes(), 0U);
  const std::string acknowledged = without(8) + "\n" + stanzas(refused.out);
  EXPECT_THAT(acknowledged, HasSubstr("class  = \"remove_members\"\n    count  = 8\n"));
  policy(acknowledged);
  const Ran done = apply();
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_EQ(writes(), 8U);

  // What was admitted does not count in the window; what comes back can be taken by nobody else.
  policy(without(9));
  EXPECT_EQ(apply().code, 0);
  policy(without(0));
  EXPECT_EQ(apply().code, 0);
  const std::size_t before = writes();
  policy(acknowledged);
  const Ran again = apply();
  EXPECT_EQ(again.code, 4);
  EXPECT_THAT(again.out, HasSubstr("was used up by run 2"));
  EXPECT_EQ(writes(), before);
}

TEST_F(SafetyCommands, AnAcknowledgementOfAnythingElseSendsNothing) {
  policy(without(8));
  const std::string good = stanzas(apply().out);
  const auto with = [&](std::string_view what, std::string_view instead) {
    std::string text = good;
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), instead);
  };
  const std::size_t digest = good.find("plan   = \"") + std::string_view("plan   = \"").size();
  std::string other_plan = good;
  other_plan.replace(digest, 12, "0123456789ab");
  const std::size_t until = good.find("until  = ") + std::string_view("until  = ").size();
  std::string expired = good;
  expired.replace(until, 10, "2020-01-01");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {with("count  = 8", "count  = 7"), "admits 7, the plan has 8"},
      {other_plan, "is for plan 0123456789ab, this is"},
      {expired, "ended 2020-01-01"},
      {with("\"remove_members\"", "\"suspend_users\""), "[[acknowledge]]"},
  };
  for (const auto& [stanza, says] : cases) {
    policy(without(8) + "\n" + stanza);
    const Ran ran = apply();
    EXPECT_EQ(ran.code, 4) << stanza << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(says)) << stanza;
  }
  // One more than was acknowledged.
  policy(without(9) + "\n" + good);
  EXPECT_EQ(apply().code, 4);
  EXPECT_EQ(writes(), 0U);
  policy(without(8) + "\n" + good);
  EXPECT_EQ(apply().code, 0);
}

TEST_F(SafetyCommands, ASavedPlanIsAdmittedByAnAcknowledgementMadeAfterIt) {
  policy(without(8));
  const std::string saved = (org_.dir().path() / "changes.plan").string();
  const Ran refused = plan(saved);
  EXPECT_EQ(refused.code, 4);
  EXPECT_EQ(apply(saved).code, 4);
  policy(without(8) + stanzas(refused.out));
  const Ran done = apply(saved);
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_EQ(writes(), 8U);
  EXPECT_EQ(apply(saved).code, 5);
}

TEST_F(SafetyCommands, LimitsHoldOverRunsAlsoWhenThePlanIsForAnotherDay) {
  policy(without(3));
  EXPECT_EQ(apply().code, 0);
  policy(without(4));
  const Ran planned = plan();
  EXPECT_EQ(planned.code, 4);
  EXPECT_THAT(planned.out, HasSubstr("3 already in the last 24 hours"));
  EXPECT_EQ(apply().code, 4);
  EXPECT_EQ(once().code, 4);
  GlobalOptions later = org_.global();
  later.at = *parse_instant("2099-01-01");
  EXPECT_EQ(test::run_captured([&] { return run_apply(later, {policy_, true}); }).code, 4);
  EXPECT_EQ(writes(), 3U);
  policy(without(2));
  EXPECT_EQ(apply().code, 0) << "what gives is not held back";
}

TEST_F(SafetyCommands, AStoppedOrganizationIsPlannedButNotWritten) {
  policy(without(2));
  const Ran stopped = test::run_captured([&] {
    return run_stop(org_.global(), {policy_, "INC-12"});
  });
  EXPECT_EQ(stopped.code, 0) << stopped.err;
  const Ran planned = plan();
  EXPECT_EQ(planned.code, 0);
  EXPECT_THAT(planned.out, HasSubstr("INC-12"));
  const Ran applied = apply();
  EXPECT_EQ(applied.code, 4);
  EXPECT_THAT(applied.err, HasSubstr("stopped by "));
  EXPECT_THAT(applied.err, HasSubstr("INC-12; rolecall resume"));
  EXPECT_EQ(once().code, 4);
  EXPECT_EQ(writes(), 0U);
  const Store store = Store::open(org_.global().store, Store::Access::read).value();
  const RunRecord newest = store.runs(1).value().at(0);
  EXPECT_EQ(newest.start.pid, getpid());
  EXPECT_EQ(newest.end.value().skipped, 2);
  const Ran resumed = test::run_captured([&] { return run_resume(org_.global(), {policy_}); });
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.out, HasSubstr("INC-12"));
  EXPECT_EQ(apply().code, 0);
  EXPECT_EQ(writes(), 2U);
}

TEST_F(SafetyCommands, StoppingNeedsNoLockAndNoStore) {
  policy(without(2));
  const auto lock = StoreLock::take(org_.global().store, {"bob", "lap", "apply", 1, {}});
  ASSERT_TRUE(lock.has_value() && lock->has_value());
  EXPECT_EQ(test::run_captured([&] { return run_stop(org_.global(), {policy_, "x"}); }).code, 0);
  EXPECT_EQ(test::run_captured([&] { return run_stop(org_.global(), {policy_, " "}); }).code, 1);
  const auto resume = [&] {
    return test::run_captured([&] { return run_resume(org_.global(), {policy_}); }).out;
  };
  EXPECT_THAT(resume(), HasSubstr("goes on; until now: stopped by "));
  EXPECT_THAT(resume(), testing::StartsWith("nothing was stopped\nstore: "));
}

TEST_F(SafetyCommands, AStoreOfAnOlderVersionIsBroughtUpToDateByApply) {
  policy(without(2));
  EXPECT_EQ(apply().code, 0);
  std::filesystem::remove(org_.global().store);
  std::filesystem::remove(org_.global().store + ".head");
  std::ofstream(org_.global().store).flush();
  std::filesystem::permissions(org_.global().store, std::filesystem::perms::owner_read |
                                                        std::filesystem::perms::owner_write);
  {
    auto database = Database::open(org_.global().store, Database::Mode::write).value();
    ASSERT_TRUE(migrate(database, migrations().first(1)));
  }
  policy(without(3));
  const Ran done = apply();
  EXPECT_EQ(done.code, 0) << done.err;
}

}  // namespace
}  // namespace rolecall
