// Many cycles of `run` in one process (guarantees.md E5). ROLECALL_CYCLES sets how many.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "controller/commands.h"
#include "tests/support/running_org.h"

namespace rolecall {
namespace {

constexpr int kCycles = 60;
constexpr int kWarm = 30;  ///< from here on memory may not grow
constexpr long kMostGrowth = 1024L * 1024;

int cycles() {
  const char* value = std::getenv("ROLECALL_CYCLES");
  return value == nullptr ? kCycles : std::stoi(value);
}

struct Footprint {
  long resident = 0;  ///< bytes
  long descriptors = 0;
  long threads = 0;
};

Footprint footprint() {
  // A process that holds a key hides itself, also from a test that is not root's.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  const auto entries = [](const char* folder) {
    return static_cast<long>(std::distance(std::filesystem::directory_iterator(folder), {}));
  };
  Footprint out;
  long all = 0;
  std::ifstream("/proc/self/statm") >> all >> out.resident;
  out.resident *= ::sysconf(_SC_PAGESIZE);
  out.descriptors = entries("/proc/self/fd");
  out.threads = entries("/proc/self/task");
  return out;
}

/// The server's ends of the connections are in this process too, and close when it notices.
Footprint when_closed(long descriptors) {
  Footprint now = footprint();
  for (int i = 0; i < 2000 && now.descriptors > descriptors; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    now = footprint();
  }
  return now;
}

std::string policy(bool there) {
  return fmt::format(R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[safety.limits.remove_members]
free = 1000000
[safety.limits.remove_members_per_group]
free = 1000000
[groups.all]
members = ["a@acme.example"{}]
)",
                     there ? R"(, "b@acme.example")" : "");
}

boost::json::value seed() {
  return boost::json::parse(
      R"({"organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
          "users": [{"email": "a@acme.example"}, {"email": "b@acme.example"}],
          "groups": [{"name": "all", "members": ["a@acme.example"]}]})");
}

test::Ran cycle(const GlobalOptions& global, const std::string& policy) {
  return test::run_captured([&] { return run_service(global, {.policy = policy, .once = true}); });
}

TEST(LongRun, NothingGrows) {
  test::RunningOrg org(seed());
  const int last = cycles();
  const Footprint before = footprint();
  Footprint now;
  long warm = 0;
  for (int i = 0; i < last; ++i) {
    // Most cycles find nothing to do; in some an edit is to be applied.
    const std::string path = org.dir().write("rolecall.toml", policy(i / 10 % 2 == 1));
    const test::Ran ran = cycle(org.global(), path);
    ASSERT_EQ(ran.code, 0) << ran.err;
    org.server().with_org([](simulator::FakeOrg& server) {
      (void)server.handle({"DELETE", "/_simulator/requests", "", "", ""});
    });
    now = when_closed(before.descriptors);
    ASSERT_EQ(now.descriptors, before.descriptors) << "after " << i;
    ASSERT_EQ(now.threads, before.threads) << "after " << i;
    if (i == kWarm) warm = now.resident;
  }
#ifndef __SANITIZE_ADDRESS__  // which keeps what is freed for a while
  EXPECT_LT(now.resident - warm, kMostGrowth);
#endif
  std::cout << last << " cycles: " << (now.resident - warm) / 1024 << " KiB more than after "
            << kWarm << " (" << now.resident / 1024 << " KiB), " << now.descriptors
            << " descriptors, " << now.threads << " threads\n";
}

TEST(LongRun, AKeyFromTheEnvironmentServesEveryCycle) {
  test::RunningOrg org(seed());
  GlobalOptions global = org.global();
  ::setenv("ROLECALL_API_KEY", test::read_file(global.api_key_file).c_str(), 1);
  global.api_key_file.clear();
  const std::string path = org.dir().write("rolecall.toml", policy(false));
  for (int i = 0; i < 3; ++i) {
    const test::Ran ran = cycle(global, path);
    EXPECT_EQ(ran.code, 0) << "cycle " << i << ": " << ran.err;
    EXPECT_EQ(std::getenv("ROLECALL_API_KEY"), nullptr) << "programs that are started have none";
  }
}

}  // namespace
}  // namespace rolecall
