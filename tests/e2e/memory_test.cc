// The key in the memory of the running program (guarantees.md H3).
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/support/end_to_end.h"
#include "tests/support/places.h"
#include "tests/support/terminal.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::string_view kCanary = "ATCTT3x-canary-Q7w-Zk91mVb2";
constexpr std::size_t kInFlight = 8;

std::string proc(pid_t process, std::string_view file) {
  return fmt::format("/proc/{}/{}", process, file);
}

/// How often it stands in what the process may write to: its end, as the allocator writes over the
/// beginning of what was freed. Nothing where that cannot be read.
std::optional<std::size_t> copies_in(pid_t process, std::string_view key) {
  const std::string_view what = key.substr(key.size() - 10);
  std::ifstream maps(proc(process, "maps"));
  const int memory = ::open(proc(process, "mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (!maps || memory < 0) return std::nullopt;
  std::size_t found = 0;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    char dash = 0;
    std::string rights;
    std::istringstream(line) >> std::hex >> from >> dash >> to >> rights;
    if (!rights.starts_with("rw")) continue;
    std::string bytes(to - from, '\0');
    const ssize_t size = ::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(from));
    if (size <= 0) continue;
    bytes.resize(static_cast<std::size_t>(size));
    for (std::size_t at = bytes.find(what); at != std::string::npos;
         at = bytes.find(what, at + 1)) {
      ++found;
    }
  }
  ::close(memory);
  return found;
}

class KeyInMemory : public EndToEnd, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may look into such a process";
    if (rolecall_is_sanitized()) GTEST_SKIP() << "a sanitizer keeps freed memory";
    start(acme());
    write_policy(acme_policy());
    const std::string key = folder.write("key", std::string(kCanary) + "\n");
    fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  }
  [[nodiscard]] Variables variables() const {
    if (!GetParam()) return {};
    return {{"ROLECALL_API_KEY_FILE", ""}, {"ROLECALL_API_KEY", std::string(kCanary)}};
  }
  void slow(std::string_view operation, int milliseconds = 1500) const {
    simulator->set_faults(
        fmt::format(R"({{"rules": [{{"operation": "{}", "action": {{"delay_ms": {}}}}}]}})",
                    operation, milliseconds));
  }
  /// So that an apply has a call to make.
  void take_lin_out() const {
    simulator->by_hand("DELETE", "groups/" + std::string(kEngineering) +
                                     "/memberships/712020:00000000-0000-4000-8000-000000000003");
  }
  static void expect_copies(pid_t process, std::size_t least, std::size_t most) {
    const auto copies = copies_in(process, kCanary);
    ASSERT_TRUE(copies);
    EXPECT_GE(*copies, least) << "otherwise this looks in the wrong place";
    EXPECT_LE(*copies, most);
  }
  void wait_for(std::string_view operation) const {
    for (int i = 0; i < 3000 && count(operation) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
};

TEST_P(KeyInMemory, IsThereOnceAndInTheCallsThatAreUnderWay) {
  slow("getDirectoryUsersCount");
  Process run = launch({"plan"}, variables());
  wait_for("getDirectoryUsersCount");
  expect_copies(run.pid(), 1, 1 + kInFlight);
  EXPECT_EQ(run.wait().exit_code, 0);
}

TEST_P(KeyInMemory, IsThereOnceAndInTheWritesThatAreUnderWay) {
  take_lin_out();
  slow("addUserToGroup", 500);
  Process run = launch({"apply", "--yes"}, variables());
  wait_for("addUserToGroup");
  expect_copies(run.pid(), 1, 2);
  EXPECT_EQ(run.wait().exit_code, 0);
}

// No call is under way: the one that waits has been answered.
TEST_P(KeyInMemory, IsThereOnceWhileARateLimitIsWaitedFor) {
  const std::string operation = GetParam() ? "addUserToGroup" : "getDirectoryUsersCount";
  take_lin_out();
  simulator->forget_requests();
  simulator->set_faults(fmt::format(
      R"({{"rules": [{{"operation": "{}", "times": 1,
                     "action": {{"status": 429, "headers": {{"Retry-After": "2"}}}}}}]}})",
      operation));
  Process run = launch({"apply", "--yes"}, variables());
  wait_for(operation);
  // Whatever was under way beside it ends at once.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  expect_copies(run.pid(), 1, 1);
  ASSERT_EQ(count(operation), 1U) << "it has not waited";
  EXPECT_EQ(run.wait().exit_code, 0);
}

TEST_P(KeyInMemory, IsThereOnceWhileSomebodyIsAsked) {
  take_lin_out();
  bool asked = false;
  const Outcome outcome =
      run_on_terminal(wish({"apply"}, variables()), "yes\n", {"is accepted: ", [&](pid_t run) {
                                                                asked = true;
                                                                expect_copies(run, 1, 1);
                                                              }});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.said();
  EXPECT_TRUE(asked);
}

TEST_P(KeyInMemory, IsGoneBetweenTheCyclesOfRun) {
  Process run = launch({"run", "--interval", "15m"}, variables());
  for (int i = 0; i < 3000 && run.err().find("next one in") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_THAT(run.err(), HasSubstr("cycle ended with 0"));
  // From the environment it cannot be had a second time, so it is kept, at one place.
  EXPECT_EQ(copies_in(run.pid(), kCanary), GetParam() ? 1U : 0U);
  run.signal(SIGTERM);
  EXPECT_EQ(run.wait().exit_code, 0);
}

TEST_P(KeyInMemory, IsNobodyElses) {
  slow("getDirectoryUsersCount");
  Process run = launch({"plan"}, variables());
  wait_for("getDirectoryUsersCount");
  EXPECT_THAT(read_file(proc(run.pid(), "limits")),
              ::testing::ContainsRegex("Max core file size +0 +0 "));
  std::ifstream environment(proc(run.pid(), "environ"));
  std::stringstream text;
  text << environment.rdbuf();
  EXPECT_EQ(text.str().find(kCanary), std::string::npos);
  EXPECT_EQ(run.wait().exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(From, KeyInMemory, ::testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "Environment" : "File");
});

}  // namespace
}  // namespace rolecall::test
