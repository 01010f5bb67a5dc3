#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <fstream>

#include "controller/commands.h"
#include "controller/saved_plan.h"
#include "state/api/clock.h"
#include "tests/support/running_org.h"

namespace rolecall {

inline constexpr const char* kOrganization = "1b2c3d4e-0000-4000-8000-0000000000aa";

/// Ada is in the team, Bob and Kim are not.
inline boost::json::value team_seed() {
  return boost::json::parse(
      R"({"organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
          "users": [{"email": "ada@acme.example"}, {"email": "bob@acme.example"},
                    {"email": "kim@acme.example"}],
          "groups": [{"name": "team", "members": ["ada@acme.example"]}]})");
}

inline std::string policy_with(std::string_view members) {
  return std::string("version = 1\n[organization]\nid = \"") + kOrganization +
         "\"\n[groups.team]\nmembers = [" + std::string(members) + "]\n";
}

inline constexpr std::string_view kAda = "\"ada@acme.example\"";
inline constexpr std::string_view kAdaAndBob = "\"ada@acme.example\", \"bob@acme.example\"";

/// The commands as they are, against a simulated organization over HTTP whose clock can be set.
/// The policy asks for one change: Bob into the team.
class SavedPlanTest : public testing::Test {
 protected:
  SavedPlanTest()
      : org_(team_seed(),
             [this] { return SystemClock().now() + std::chrono::milliseconds(server_off_); }) {}

  void SetUp() override { policy(kAdaAndBob); }

  void policy(std::string_view members) {
    policy_ = org_.dir().write("rolecall.toml", policy_with(members));
  }
  [[nodiscard]] std::string at(std::string_view name) const {
    return (org_.dir().path() / name).string();
  }
  /// Saves a plan; where it is.
  std::string plan(const GlobalOptions& global) {
    const std::string file = at("changes.plan");
    const test::Ran ran = test::run_captured([&] {
      return run_plan(global, {policy_, file, false});
    });
    EXPECT_THAT(ran.code, testing::AnyOf(0, 6)) << ran.err;
    return file;
  }
  std::string plan() { return plan(org_.global()); }
  [[nodiscard]] test::Ran apply(const std::string& target, const GlobalOptions& global,
                                RunId undo = 0) {
    ApplyOptions options{target, true};
    if (target != policy_) options.policy = policy_;
    options.undo = undo;
    return test::run_captured([&] { return run_apply(global, options); });
  }
  [[nodiscard]] test::Ran apply(const std::string& target) { return apply(target, org_.global()); }
  void expect_refused(const std::string& file, const std::string& because, RunId undo = 0) {
    const std::size_t before = org_.effective_writes();
    const test::Ran ran = apply(file, org_.global(), undo);
    EXPECT_EQ(ran.code, 5) << ran.out << ran.err;
    EXPECT_THAT(ran.err, testing::HasSubstr(because));
    EXPECT_EQ(org_.effective_writes(), before);
  }
  [[nodiscard]] static std::string content(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// The file as it would be had its plan been made with other clocks.
  template <class Edit>
  void edit(const std::string& file, Edit edit) {
    SavedPlan saved = parse_saved_plan(content(file)).value();
    edit(saved.info);
    std::ofstream(file, std::ios::binary) << save_plan(saved.plan, saved.info);
  }
  /// A row in the log from a run when the clock said so.
  void log_a_run_at(Instant moment) {
    Store store = Store::open(org_.global().store, Store::Access::write).value();
    RunStart start;
    start.at = moment;
    start.command = "run";
    start.organization = kOrganization;
    const RunId run = store.begin_run(start).value();
    ASSERT_TRUE(store.end_run(run, {.at = moment, .state = "finished"}));
  }

  std::atomic<std::int64_t> server_off_{0};
  test::RunningOrg org_;
  std::string policy_;
};

}  // namespace rolecall
