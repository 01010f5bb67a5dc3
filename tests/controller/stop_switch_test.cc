#include "controller/stop_switch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <set>

#include "controller/quarantine.h"
#include "state/store/lock.h"
#include "tests/support/cases.h"
#include "tests/support/rehearsal.h"
#include "tests/support/running_org.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::StartsWith;

const StopSwitch::Order kOrder{"ada", "desk", *parse_instant("2026-12-01T08:00:00Z"),
                               "wrong branch, INC-12"};

class StopSwitchTest : public testing::Test {
 protected:
  test::TempDir dir_;
  std::string store_ = (dir_.path() / "store" / "rolecall.db").string();
  std::string file_ = store_ + ".stop";
  StopSwitch stop_{store_};
};

TEST_F(StopSwitchTest, IsOffUntilSetAndOffAgainWhenCleared) {
  EXPECT_EQ(stop_.in_force(), "");
  EXPECT_FALSE(*stop_.clear());
  ASSERT_TRUE(stop_.set(kOrder));
  EXPECT_EQ(StopSwitch(store_).in_force(),
            "stopped by ada@desk at 2026-12-01T08:00:00Z: wrong branch, INC-12");
  EXPECT_TRUE(*stop_.clear());
  EXPECT_EQ(stop_.in_force(), "");
}

TEST_F(StopSwitchTest, IsPrivateAndLeavesNothingBeside) {
  ASSERT_TRUE(stop_.set(kOrder));
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat(fs::path(file_).parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  for (const auto& entry : fs::directory_iterator(fs::path(file_).parent_path())) {
    // The folder is new, and new ones stay out of git.
    EXPECT_THAT(entry.path().filename(),
                AnyOf(Eq(fs::path(file_).filename()), Eq(fs::path(".gitignore"))));
  }
}

TEST_F(StopSwitchTest, WhoCameFirstIsNamed) {
  ASSERT_TRUE(stop_.set(kOrder));
  ASSERT_TRUE(stop_.set({"bob", "lap", kOrder.at, "me too"}));
  EXPECT_THAT(stop_.in_force(), HasSubstr("ada@desk"));
}

TEST_F(StopSwitchTest, WhateverLiesThereStops) {
  const std::vector<std::string> garbled = {
      "",
      "{",
      "[]",
      "{}",
      R"({"user":"a","host":"h","at":"2026-12-01T08:00:00Z"})",
      R"({"user":"a","host":"h","at":"soon","reason":"r"})",
      R"({"user":7,"host":"h","at":"2026-12-01","reason":"r"})",
      std::string(20'000, 'x'),
      std::string("\0\xff", 2)};
  for (const std::string& bytes : garbled) {
    (void)dir_.write("store/rolecall.db.stop", bytes);
    EXPECT_THAT(stop_.in_force(), StartsWith("stopped by " + file_ + ", which does not tell"));
    ASSERT_TRUE(stop_.set(kOrder)) << "an order that can be read takes its place";
    EXPECT_THAT(stop_.in_force(), HasSubstr("ada@desk"));
    EXPECT_TRUE(*stop_.clear());
  }
  for (const auto& make : std::vector<std::function<void()>>{
           [&] { fs::create_directory(file_); }, [&] { fs::create_symlink("nowhere", file_); },
           [&] { ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0); }}) {
    make();
    EXPECT_THAT(stop_.in_force(), StartsWith("stopped by " + file_));
    fs::remove(file_);
  }
}

uid_t owner_of(const std::string& file) {
  struct stat status {};
  EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
  return status.st_uid;
}

// The service could neither read them nor lift a quarantine.
TEST_F(StopSwitchTest, WhatRootWritesBesideSomebodysStoreBelongsToThem) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  constexpr uid_t kService = 4711;
  const Quarantine quarantine(store_);
  (void)dir_.write("store/rolecall.db", "");
  for (const std::string& theirs : {store_, fs::path(store_).parent_path().string()}) {
    ASSERT_EQ(::chown(theirs.c_str(), kService, kService), 0);
  }
  ASSERT_TRUE(stop_.set(kOrder));
  ASSERT_TRUE(quarantine.refused("policy", "plan", "too many", kOrder.at));
  EXPECT_EQ(owner_of(file_), kService);
  EXPECT_EQ(owner_of(store_ + ".quarantine"), kService);
  // One that root's resume has left behind is mended by the next.
  ASSERT_EQ(::chown((store_ + ".quarantine").c_str(), 0, 0), 0);
  ASSERT_TRUE(quarantine.release());
  EXPECT_EQ(owner_of(store_ + ".quarantine"), kService);
  EXPECT_TRUE(quarantine.released("policy"));
  // Before the first run there is no store.
  fs::remove(store_);
  ASSERT_TRUE(*stop_.clear());
  ASSERT_TRUE(stop_.set(kOrder));
  EXPECT_EQ(owner_of(file_), kService);
}

constexpr std::size_t kJoin = 20;
/// Before each of the calls, and after the last.
constexpr std::uint64_t kMoments = kJoin + 2;

/// An organization with a group that all people are to join.
boost::json::value big_seed() {
  std::string users;
  for (std::size_t i = 0; i < kJoin; ++i) {
    users += std::string(i == 0 ? "" : ", ") +
             ("{\"email\": \"p" + std::to_string(i) + "@acme.example\"}");
  }
  return boost::json::parse(
      "{\"organization\": {\"id\": \"1b2c3d4e-0000-4000-8000-0000000000aa\"}, \"users\": [" +
      users + "], \"groups\": [{\"name\": \"team\"}]}");
}

std::string all_in_team() {
  std::string out =
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[groups.team]\nmembers = [";
  for (std::size_t i = 0; i < kJoin; ++i) out += "\"p" + std::to_string(i) + "@acme.example\", ";
  return out + "]\n";
}

TEST_F(StopSwitchTest, AtAnyMomentOfAnApplyNoMoreThanWhatIsInFlightFollows) {
  // Every moment there is, then random ones.
  const std::uint64_t rounds = test::cases(kMoments);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    constexpr std::size_t kInFlight = 4;
    test::Rehearsal rehearsal(big_seed(), {.seed = round + 1, .parallelism = kInFlight});
    rehearsal.policy(all_in_team());
    const Planned planned = rehearsal.plan();
    ASSERT_TRUE(planned.plan);
    ASSERT_EQ(planned.plan->calls.size(), kJoin);
    const StopSwitch stop(rehearsal.store_path());
    const std::size_t moment = round % kMoments;
    std::size_t asked = 0;
    std::size_t before = 0;
    const ApplyReport report = rehearsal.apply(planned, [&] {
      if (asked++ == moment) {
        EXPECT_TRUE(stop.set(kOrder));
        before = test::effective_writes(rehearsal.client().org().requests());
      }
      return stop.in_force();
    });
    const std::size_t after = test::effective_writes(rehearsal.client().org().requests());
    ASSERT_LE(after, before + kInFlight) << round;
    using State = ChangeOutcome::State;
    ASSERT_EQ(report.count(State::applied), after);
    ASSERT_EQ(
        report.count(State::applied) + report.count(State::skipped) + report.count(State::failed),
        kJoin);
    ASSERT_EQ(exit_code(*planned.plan, report), report.halted ? 4 : 0);
    ASSERT_EQ(report.halted, stop.in_force() != "");
    // Nothing is left open in the log, and the rest is done once it goes on.
    auto store = Store::open(rehearsal.store_path(), Store::Access::write);
    ASSERT_TRUE(store->open_intents().value().empty());
    ASSERT_TRUE(stop.clear());
    const Planned rest = rehearsal.plan();
    ASSERT_EQ(rest.plan->changes.size(), kJoin - after);
  }
}

/// Whose changes reached the organization.
std::set<std::string> asked_to_join(const boost::json::value& requests, std::string_view key) {
  std::set<std::string> out;
  for (const auto& request : requests.as_array()) {
    if (request.at("operation") != "addUserToGroup") continue;
    out.emplace(request.at("body").at(key).as_string());
  }
  return out;
}

TEST_F(StopSwitchTest, WhatWasSentAndFailedWhenItCameIsInDoubt) {
  using State = ChangeOutcome::State;
  for (const bool took_effect : {false, true}) {
    for (std::size_t moment = 0; moment < kMoments + 8; ++moment) {
      test::Rehearsal rehearsal(big_seed(), {.seed = moment + 1, .parallelism = 4});
      rehearsal.policy(all_in_team());
      const Planned planned = rehearsal.plan();
      // Reads do not show it either way.
      ASSERT_TRUE(rehearsal.client().org().set_faults(boost::json::parse(fmt::format(
          R"({{"write_lag_ms": 60000, "rules": [{{"operation": "addUserToGroup", "every": 3,
               "action": {{"status": 500, "after_effect": {}}}}}]}})",
          took_effect))));
      std::size_t asked = 0;
      const ApplyReport report = rehearsal.apply(
          planned, [&] { return asked++ < moment ? std::string() : std::string("stopped"); });
      const auto sent = asked_to_join(rehearsal.client().org().requests(), "accountId");
      for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
        const State state = report.outcomes[i].state;
        const bool done = state == State::applied || state == State::already_so;
        const bool was_sent = sent.contains(planned.plan->changes[i].account_id);
        ASSERT_EQ(done || state == State::in_doubt, was_sent)
            << moment << ": " << report.outcomes[i].message;
      }
      // The log says so too: each is done, known not to have left, or open to be looked at.
      auto store = Store::open(rehearsal.store_path(), Store::Access::write);
      std::size_t in_doubt = 0;
      const std::vector<CallRecord> calls = store->calls(1).value();
      for (const CallRecord& call : calls) {
        in_doubt += !call.outcome || call.outcome->result == ChangeResult::in_doubt ? 1U : 0U;
      }
      ASSERT_EQ(in_doubt, report.count(State::in_doubt)) << moment;
    }
  }
}

TEST(QuarantineTest, OnlyTheSamePlanFailingInARowIsHeld) {
  const test::TempDir folder;
  const Quarantine quarantine((folder.path() / "rolecall.db").string());
  const Instant now = SystemClock().now();
  for (int i = 0; i < 3 * Quarantine::kFailuresBelieved; ++i) {
    const std::string plan(64, i % 2 == 0 ? 'a' : 'b');
    ASSERT_TRUE(quarantine.failed(plan, now));
    EXPECT_EQ(quarantine.of_plan(plan), "") << i;
  }
  for (int i = 1; i <= Quarantine::kFailuresBelieved; ++i) {
    ASSERT_TRUE(quarantine.failed(std::string(64, 'c'), now));
    EXPECT_EQ(!quarantine.of_plan(std::string(64, 'c')).empty(),
              i == Quarantine::kFailuresBelieved);
  }
  EXPECT_EQ(quarantine.of_plan(std::string(64, 'd')), "");
}

}  // namespace
}  // namespace rolecall
