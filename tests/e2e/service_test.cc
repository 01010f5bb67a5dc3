// `run`, and what the store remembers from one apply to the next.
#include <gmock/gmock.h>

#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

class Service : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    write_policy(acme_policy());
  }
  static constexpr const char* kLin = "712020:00000000-0000-4000-8000-000000000003";
  static constexpr const char* kRosa = "712020:00000000-0000-4000-8000-000000000005";
  /// Somebody's clicks: Lin out of engineering, Rosa in, and everybody there gets Confluence.
  void drift() const {
    const std::string engineering = "groups/" + std::string(kEngineering);
    simulator->by_hand("DELETE", engineering + "/memberships/" + kLin);
    simulator->by_hand("POST", engineering + "/memberships",
                       R"({"accountId": ")" + std::string(kRosa) + R"("})");
    simulator->by_hand(
        "POST", engineering + "/role-assignments/assign",
        R"({"resourceId": ")" + std::string(kConfluence) + R"(", "roleId": "atlassian/user"})");
  }
  void expect_corrected() const {
    EXPECT_EQ(members("engineering"),
              (Names{"ada@acme.example", "lin@acme.example", "omar@acme.example"}));
    EXPECT_EQ(access(group("engineering")), Names{"jira user"});
  }
};

TEST_F(Service, OneCycleCorrectsDriftAndTheNextHasNothingToDo) {
  rolecall_exits(0, {"run", "--once"});
  EXPECT_THAT(writes(), IsEmpty());
  drift();
  rolecall_exits(0, {"run", "--once"});
  expect_corrected();
  simulator->forget_requests();
  rolecall_exits(0, {"run", "--once"});
  EXPECT_THAT(writes(), IsEmpty());
  const json::array runs = json_of({"audit", "list"}).at("items").as_array();
  ASSERT_FALSE(runs.empty());
  EXPECT_EQ(runs.front().at("command"), "run");
}

TEST_F(Service, CorrectsAtOnceThenWaitsAndEndsCleanlyWhenAsked) {
  for (const int signal : {SIGTERM, SIGINT}) {
    drift();
    Process service = launch({"run", "--interval", "15m"}, {{"ROLECALL_SETTLE_WINDOW", "0s"}});
    wait_for_a_write();
    for (int i = 0; i < 200 && access(group("engineering")) != Names{"jira user"}; ++i)
      usleep(10'000);
    service.signal(signal);
    const Outcome outcome = service.wait(std::chrono::seconds(10));
    EXPECT_THAT(outcome.exit_code, ::testing::AnyOf(0, 130)) << outcome.said();
    rolecall_exits(0, {"run", "--once"});
    expect_corrected();
    simulator->forget_requests();
  }
}

// guarantees.md B8: what it has just written, and reads do not show yet, must not look like drift.
TEST_F(Service, DoesNotLookAgainBeforeReadsShowWhatItWrote) {
  drift();
  for (const bool restarted : {false, true}) {
    Process service = launch({"run", "--interval", "1m"});
    const std::string_view told = restarted ? "this cycle begins in" : "next one in";
    for (int i = 0; i < 1000 && service.err().find(told) == std::string::npos; ++i) usleep(10'000);
    EXPECT_THAT(service.err(), ::testing::ContainsRegex(std::string(told) + " 1(1[0-9]|20) s"));
    const std::size_t calls = simulator->requests().size();
    usleep(300'000);
    EXPECT_EQ(simulator->requests().size(), calls);
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(std::chrono::seconds(10)).exit_code, 0);
  }
  expect_corrected();
}

TEST_F(Service, OneBadCycleDoesNotEndIt) {
  simulator->set_faults(R"({"rules": [{"action": {"status": 403}}]})");
  Process service = launch({"run", "--interval", "15m"});
  for (int i = 0; i < 500 && simulator->requests().empty(); ++i) usleep(10'000);
  usleep(300'000);
  EXPECT_TRUE(service.running());
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(std::chrono::seconds(10)).exit_code, 0);
}

TEST_F(Service, OnceItEndsWithTheCycleSExitCode) {
  simulator->set_faults(R"({"rules": [{"action": {"status": 403}}]})");
  rolecall_exits(1, {"run", "--once"});
  simulator->set_faults(
      R"({"rules": [{"operation": "addUserToGroup", "action": {"status": 400}}]})");
  simulator->by_hand("DELETE", "groups/" + std::string(kEngineering) + "/memberships/" + kLin);
  rolecall_exits(3, {"run", "--once"});
  write_policy("nonsense");
  rolecall_exits(1, {"run", "--once"});
}

// --- a policy that changes meanwhile -------------------------------------------------------

/// As git does it where a file gets another name: the old one is gone before the new one is there.
class ChangingPolicy : public Service {
 protected:
  void SetUp() override {
    start(acme());
    const std::string all = acme_policy();
    const std::size_t design = all.find("[groups.design]");
    folder.write("access/organization.toml",
                 with(all.substr(0, design), "[organization]\n",
                      "[organization]\nunlisted_groups = \"delete\"\n"));
    groups_ = all.substr(design);
    simulator->set_faults(R"({"rules": [{"operation": "reads", "action": {"delay_ms": 400}}]})");
  }
  void wait_for_a_read() const {
    for (int i = 0; i < 1000 && simulator->requests().empty(); ++i) usleep(10'000);
    ASSERT_THAT(simulator->requests(), ::testing::Not(IsEmpty()));
  }
  void write_the_rest() const { folder.write("access/groups.toml", groups_); }

  std::string groups_;
};

TEST_F(ChangingPolicy, HalfOfItIsNotAppliedOnceTheRestIsThere) {
  for (const Arguments& arguments : {Arguments{"run", "--once"}, Arguments{"apply", "--yes"}}) {
    std::filesystem::remove(folder.path() / "access" / "groups.toml");
    simulator->forget_requests();
    Process cut = launch(arguments);
    wait_for_a_read();
    write_the_rest();
    const Outcome outcome = cut.wait();
    EXPECT_EQ(outcome.exit_code, 5) << outcome.said();
    EXPECT_THAT(writes(), IsEmpty());
    EXPECT_FALSE(group("design").empty());
    rolecall_exits(0, arguments);
    EXPECT_THAT(writes(), IsEmpty());
  }
  // Without the rest, it is what the policy says.
  std::filesystem::remove(folder.path() / "access" / "groups.toml");
  rolecall_exits(0, {"run", "--once"});
  EXPECT_TRUE(group("design").empty());
}

// It may be half written for as long as a whole cycle lasts.
TEST_F(ChangingPolicy, WhileGitIsAtWorkNothingIsApplied) {
  simulator->end_faults();
  const std::string lock = folder.write(".git/index.lock", "");
  for (const Arguments& arguments : {Arguments{"run", "--once"}, Arguments{"apply", "--yes"}}) {
    const Outcome outcome = rolecall_exits(5, arguments);
    EXPECT_THAT(outcome.said(), HasSubstr("changed"));
    EXPECT_THAT(writes(), IsEmpty());
  }
  write_the_rest();
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(11);
  std::filesystem::last_write_time(lock, long_ago);
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_FALSE(group("design").empty());
}

TEST_F(ChangingPolicy, TheServiceLooksAgainSoon) {
  Process service = launch({"run", "--interval", "15m"});
  wait_for_a_read();
  write_the_rest();
  for (int i = 0; i < 1000 && service.err().find("next one in") == std::string::npos; ++i) {
    usleep(10'000);
  }
  EXPECT_THAT(writes(), IsEmpty());
  simulator->end_faults();
  simulator->forget_requests();
  wait_for_a_read();
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(std::chrono::seconds(10)).exit_code, 0);
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_FALSE(group("design").empty());
}

// --- protections that are remembered -------------------------------------------------------

class Remembered : public Service {
 protected:
  static std::string protected_policy() {
    return acme_policy() +
           "[safety]\nprotected_users = [\"rosa@acme.example\"]\n"
           "protected_groups = [\"design\"]\n";
  }
};

TEST_F(Remembered, AProtectedGroupAndItsProtectionTakenOutAtOnceAreRefusedOnce) {
  write_policy(protected_policy());
  rolecall_exits(0, {"apply", "--yes"});
  const std::string text = acme_policy();
  write_policy(text.substr(0, text.find("[groups.design]")) +
               "[groups.design]\nstate = \"absent\"\n");
  rolecall_exits(4, {"plan"});
  rolecall_exits(4, {"plan"});  // only an apply counts
  const Outcome refused = rolecall_exits(4, {"apply", "--yes"});
  EXPECT_THAT(refused.out + refused.err, HasSubstr("design"));
  EXPECT_FALSE(group("design").empty());
  EXPECT_THAT(writes(), IsEmpty());

  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_TRUE(group("design").empty());
}

TEST_F(Remembered, AProtectedPersonAndTheProtectionTakenOutAtOnceAreRefusedOnce) {
  write_policy(protected_policy());
  rolecall_exits(0, {"apply", "--yes"});
  const std::string suspended =
      with(with(acme_policy(), R"("rosa@acme.example"  = {})",
                R"("rosa@acme.example" = { state = "suspended" })"),
           R"(["grace@acme.example", "rosa@acme.example"])", R"(["grace@acme.example"])");
  write_policy(suspended);
  EXPECT_THAT(rolecall_exits(4, {"apply", "--yes"}).out, HasSubstr("rosa@acme.example"));
  EXPECT_EQ(user("rosa@acme.example").at("status"), "active");
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(user("rosa@acme.example").at("status"), "suspended");
}

TEST_F(Remembered, UnlistedGroupsAreNoWayAroundItEither) {
  write_policy(protected_policy());
  rolecall_exits(0, {"apply", "--yes"});
  const std::string text = acme_policy();
  write_policy(with(text.substr(0, text.find("[groups.design]")), "[organization]\n",
                    "[organization]\nunlisted_groups = \"delete\"\n"));
  rolecall({"apply", "--yes"});
  EXPECT_FALSE(group("design").empty());
}

}  // namespace
}  // namespace rolecall::test
