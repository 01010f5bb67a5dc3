// Runs that may not start, or do not get to their end: 7, 8 and 130.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kNewGroups = 12;

class Stopped : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    std::string policy = acme_policy();
    for (int i = 0; i < kNewGroups; ++i) {
      policy += fmt::format("[groups.new-{}]\nmembers = [\"lin@acme.example\"]\n", i);
    }
    write_policy(policy);
  }
  /// Whatever is written takes this long to be answered.
  void slow_writes(int milliseconds) const {
    simulator->set_faults(fmt::format(
        R"({{"rules": [{{"operation": "writes", "action": {{"delay_ms": {}}}}}]}})", milliseconds));
  }
  [[nodiscard]] int made() const {
    int out = 0;
    for (int i = 0; i < kNewGroups; ++i) out += group(fmt::format("new-{}", i)).empty() ? 0 : 1;
    return out;
  }
};

// --- 7: another run holds the lock ---------------------------------------------------------

TEST_F(Stopped, ASecondApplyFindsTheLockHeldAndSaysByWhom) {
  slow_writes(1500);
  Process first = launch({"apply", "--yes"});
  wait_for_a_write();
  const Outcome second = rolecall_exits(7, {"apply", "--yes"});
  EXPECT_THAT(second.err, HasSubstr("lock"));
  EXPECT_THAT(second.err, HasSubstr("apply"));
  EXPECT_THAT(second.err, ::testing::ContainsRegex("process [0-9]+"));
  EXPECT_THAT(rolecall({"unlock"}).err, ::testing::ContainsRegex("process [0-9]+"));
  rolecall_exits(7, {"run", "--once"});
  rolecall_exits(0, {"plan"});
  simulator->end_faults();
  EXPECT_EQ(first.wait().exit_code, 0);
  EXPECT_EQ(made(), kNewGroups);
}

TEST_F(Stopped, ALockThatIsTakenAwayStopsItsHolderBeforeTheNextWrite) {
  slow_writes(1000);
  Process first = launch({"apply", "--yes", "--parallelism", "1"});
  wait_for_a_write();
  rolecall_exits(0, {"unlock", "--yes"});
  const Outcome outcome = first.wait();
  EXPECT_NE(outcome.exit_code, 0) << outcome.said();
  EXPECT_LT(made(), kNewGroups);
  const std::size_t sent = writes().size();
  simulator->end_faults();
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_GT(writes().size(), sent);
  EXPECT_EQ(made(), kNewGroups);
}

TEST_F(Stopped, ALockWhoseHolderDiedIsNoObstacle) {
  slow_writes(1000);
  Process first = launch({"apply", "--yes"});
  wait_for_a_write();
  first.signal(SIGKILL);
  EXPECT_EQ(first.wait().exit_code, 128 + SIGKILL);
  simulator->end_faults();
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(made(), kNewGroups);
  // What was in flight when it died is in the log all the same.
  const json::value run = json_of({"audit", "show", "1"});
  EXPECT_FALSE(run.at("changes").as_array().empty());
  EXPECT_NE(run.at("end").at("state"), "finished");
}

// --- 4: somebody says stop -----------------------------------------------------------------

TEST_F(Stopped, AStopOrderEndsALongWaitForALimit) {
  simulator->set_faults(
      R"({"rules": [{"operation": "writes", "action": {"status": 429,
          "headers": {"Retry-After": "120"}}}]})");
  Process run = launch({"apply", "--yes"});
  wait_for_a_write();
  const auto before = std::chrono::steady_clock::now();
  rolecall_exits(0, {"stop", "--reason", "wrong policy"});
  const Outcome outcome = run.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(60));
  EXPECT_EQ(outcome.exit_code, 4) << outcome.said();
  EXPECT_THAT(outcome.err + outcome.out, HasSubstr("wrong policy"));
  EXPECT_EQ(made(), 0);
  EXPECT_EQ(json_of({"audit", "show", "1"}).at("end").at("state"), "interrupted");
}

/// Whether an apply of the policy at this path is kept from writing.
class StopOrder : public Stopped {
 protected:
  [[nodiscard]] Outcome in(const std::string& below, const Arguments& arguments,
                           const Variables& variables = {}) const {
    ProcessWish one = wish(arguments, variables);
    one.folder = (folder.path() / below).string();
    return Process(one).wait();
  }
  void use_a_folder() const {
    fs::create_directories(folder.path() / "access");
    fs::rename(folder.path() / "rolecall.toml", folder.path() / "access" / "organization.toml");
    fs::create_directories(folder.path() / "elsewhere");
  }
  /// Stop orders and folders of stores anywhere below.
  [[nodiscard]] std::size_t left_behind() const {
    std::size_t out = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      out +=
          entry.path().filename() == ".rolecall" || entry.path().extension() == ".stop" ? 1U : 0U;
    }
    return out;
  }
};

TEST_F(StopOrder, IsNotTakenBackWhereThereCanBeNone) {
  use_a_folder();
  const Outcome outcome = in("elsewhere", {"resume"}, {});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.said();
  EXPECT_THAT(outcome.err, HasSubstr("nothing was stopped: there is no store at"));
  EXPECT_EQ(in("", {"resume", "access"}, {}).exit_code, 0);
}

TEST_F(StopOrder, IsRefusedWhereItWouldStopNothing) {
  use_a_folder();
  const auto expect_refused = [&](const std::string& below, Arguments arguments,
                                  const Variables& variables, const std::string& hint) {
    arguments.insert(arguments.begin(), {"stop", "--reason", "wrong branch"});
    const Outcome outcome = in(below, arguments, variables);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.said();
    EXPECT_THAT(outcome.err, HasSubstr("nothing was stopped"));
    EXPECT_THAT(outcome.err, HasSubstr(hint));
  };
  expect_refused("elsewhere", {}, {}, "name the policy on the command line");
  expect_refused("", {"acces"}, {}, "no policy at acces");
  expect_refused("", {"elsewhere"}, {}, "no policy at elsewhere");
  expect_refused("access", {}, {}, "is a policy: name it on the command line");
  const std::string mistyped = (folder.path() / "rolecal.db").string();
  expect_refused("elsewhere", {"--store", mistyped}, {}, "names the store");
  expect_refused("elsewhere", {}, {{"ROLECALL_STORE", mistyped}}, "names the store");
  EXPECT_EQ(left_behind(), 0U);
}

TEST_F(StopOrder, HoldsByWhateverNameThePolicyIsGiven) {
  use_a_folder();
  for (const std::string name : {"access", "access/", "../access", "."}) {
    const std::string below = name.starts_with("a") ? "" : "access";
    const Outcome outcome = in(below, {"stop", "--reason", "wrong branch", name});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.said();
    const std::string store = (fs::canonical(folder.path()) / ".rolecall/rolecall.db").string();
    EXPECT_THAT(outcome.out, HasSubstr(fmt::format("store: {}\n", store)));
    rolecall_exits(4, {"apply", "--yes"});
    EXPECT_EQ(in("access", {"apply", "--yes", "."}).exit_code, 4);
    EXPECT_EQ(made(), 0);
    const Outcome resumed = in(below, {"resume", name});
    EXPECT_THAT(resumed.out, HasSubstr("goes on; until now: stopped by"));
    EXPECT_THAT(resumed.out, HasSubstr(fmt::format("store: {}\n", store)));
  }
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(made(), kNewGroups);
}

// --- 8: the store cannot be written --------------------------------------------------------

struct BadStore {
  std::string name;
  std::string (*make)(const TempDir& folder);  ///< the path for --store
};

void PrintTo(const BadStore& store, std::ostream* out) {
  *out << store.name;
}

class UnusableStore : public Stopped, public ::testing::WithParamInterface<BadStore> {};

TEST_P(UnusableStore, NothingIsSent) {
  const std::string store = GetParam().make(folder);
  rolecall_exits(8, {"apply", "--yes", "--store", store});
  rolecall_exits(8, {"run", "--once", "--store", store});
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_EQ(made(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Store, UnusableStore,
    ::testing::Values(
        BadStore{"IsAFolder",
                 [](const TempDir& folder) {
                   fs::create_directories(folder.path() / "store.db");
                   return (folder.path() / "store.db").string();
                 }},
        BadStore{"BelowAFile",
                 [](const TempDir& folder) { return folder.write("file", "") + "/store.db"; }},
        BadStore{"IsNoStore",
                 [](const TempDir& folder) {
                   const std::string file = folder.write("store.db", std::string(8192, 'x'));
                   fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
                   return file;
                 }},
        BadStore{"LeadsNowhere",
                 [](const TempDir& folder) {
                   fs::create_symlink(folder.path() / "missing" / "store.db",
                                      folder.path() / "store.db");
                   return (folder.path() / "store.db").string();
                 }}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Stopped, AStoreThatWasDamagedIsNotWrittenTo) {
  rolecall_exits(0, {"apply", "--yes"});
  const fs::path store = folder.path() / ".rolecall" / "rolecall.db";
  ASSERT_TRUE(fs::exists(store));
  for (const char* beside : {"-wal", "-shm"}) fs::remove(store.string() + beside);
  // Every page but the first one's head.
  const auto size = fs::file_size(store);
  std::fstream file(store, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(static_cast<std::size_t>(size) - 100, '\x5a');
  file.close();
  log_is_true = false;

  write_policy(with(acme_policy(), R"("rosa@acme.example"  = {})",
                    R"("rosa@acme.example" = { state = "suspended" })"));
  simulator->forget_requests();
  rolecall_exits(8, {"apply", "--yes"});
  EXPECT_THAT(writes(), IsEmpty());
}

// --- 130: interrupted ----------------------------------------------------------------------

class Interrupted : public Stopped, public ::testing::WithParamInterface<int> {};

TEST_P(Interrupted, WhatWasInFlightIsFinishedAndRecordedAndTheNextRunGoesOn) {
  slow_writes(700);
  Process run = launch({"apply", "--yes", "--parallelism", "3"});
  wait_for_a_write();
  run.signal(GetParam());
  const Outcome outcome = run.wait();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.said();
  const int done = made();
  EXPECT_GT(done, 0);
  EXPECT_LT(done, kNewGroups);

  const json::value logged = json_of({"audit", "show", "1"});
  EXPECT_EQ(logged.at("end").at("exit_code"), 130);
  EXPECT_EQ(logged.at("end").at("state"), "interrupted");
  int applied = 0;
  for (const json::value& change : logged.at("changes").as_array()) {
    ASSERT_TRUE(change.at("outcome").is_object()) << change;
    const json::value& outcome_of_it = change.at("outcome");
    if (outcome_of_it.at("result") == "applied") {
      ++applied;
    } else {
      // Written down, and still without a connection as the signal came.
      EXPECT_EQ(outcome_of_it.at("result"), "failed") << change;
      EXPECT_EQ(outcome_of_it.at("attempts"), 0) << change;
    }
  }
  EXPECT_EQ(applied, done) << "what the organization did is what the log says";
  EXPECT_EQ(logged.at("end").at("applied"), done);

  simulator->end_faults();
  rolecall_exits(0, {"apply", "--yes"});
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
  EXPECT_EQ(made(), kNewGroups);
}

INSTANTIATE_TEST_SUITE_P(Signal, Interrupted, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& it) {
                           return std::string(it.param == SIGINT ? "SIGINT" : "SIGTERM");
                         });

}  // namespace
}  // namespace rolecall::test
