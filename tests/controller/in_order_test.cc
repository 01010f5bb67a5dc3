#include "controller/in_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "policies/policy.h"

namespace rolecall {
namespace {

TEST(InOrderTest, TakesEachInOrderAfterItWasMade) {
  for (const std::size_t count : {0U, 1U, 2U, 3U, 1'000U}) {
    std::vector<std::atomic<int>> made(count);
    std::vector<std::size_t> taken;
    const auto caller = std::this_thread::get_id();
    in_order_on_all_cores(
        count, [&](std::size_t i) { ++made[i]; },
        [&](std::size_t i) {
          EXPECT_EQ(made[i], 1);
          EXPECT_EQ(std::this_thread::get_id(), caller);
          taken.push_back(i);
        });
    ASSERT_EQ(taken.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(taken[i], i);
  }
}

TEST(InOrderTest, StaysAFewAhead) {
  std::atomic<std::size_t> made = 0;
  std::size_t most = 0;
  in_order_on_all_cores(
      500, [&](std::size_t) { ++made; }, [&](std::size_t i) { most = std::max(most, made - i); });
  EXPECT_LE(most, 2 * 16U);
}

TEST(InOrderTest, UsesMoreThanOneThreadWhereThereAreCores) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one core";
  std::mutex mutex;
  std::condition_variable both;
  int inside = 0;
  bool met = false;
  in_order_on_all_cores(
      2,
      [&](std::size_t) {
        std::unique_lock lock(mutex);
        met = ++inside == 2 || met;
        both.notify_all();
        both.wait_for(lock, std::chrono::seconds(30), [&] { return met; });
      },
      [](std::size_t) {});
  EXPECT_TRUE(met);
}

TEST(InOrderTest, ThrowsWhatWasThrown) {
  for (const std::size_t bad : {0U, 1U, 50U, 99U}) {
    const auto fail_at_bad = [&](std::size_t i) {
      if (i == bad) throw std::runtime_error("at the bad one");
    };
    const auto nothing = [](std::size_t) {};
    EXPECT_THROW(in_order_on_all_cores(100, fail_at_bad, nothing), std::runtime_error);
    EXPECT_THROW(in_order_on_all_cores(100, nothing, fail_at_bad), std::runtime_error);
  }
}

/// Far more than the smallest default stack; the work fills it as a deep recursion would.
TEST(InOrderTest, GivesEveryThreadRoom) {
  const auto fill = [](std::size_t) {
    std::array<volatile char, std::size_t{6} << 20U> room;
    for (std::size_t i = 0; i < room.size(); i += 4'096) room[i] = 1;
    EXPECT_EQ(room[room.size() - 4'096], 1);
  };
  in_order_on_all_cores(8, fill, [](std::size_t) {});
}

TEST(InOrderTest, APolicyIsTheSameHoweverItIsRead) {
  std::vector<SourceFile> files{{"a.toml",
                                 "version = 1\n[organization]\n"
                                 "id = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"}};
  for (int i = 0; i < 60; ++i) {
    const std::string n = std::to_string(i);
    std::string text = "[users]\n\"p" + n + "@acme.example\" = {}\n";
    text += "[groups.g" + n + "]\nmembers = [\n\"p" + n + "@acme.example\",\n\"x\"\n]\n";
    if (i % 7 == 0) text += "wrong = 1\n";
    if (i % 11 == 0) text += "= broken\n";
    if (i % 13 == 0) text += "[groups.g" + std::to_string(i / 13) + "]\nmembers = [\n]\n";
    files.push_back({"b" + n + ".toml", text});
  }
  const std::string alone = render(parse_policy(files).diagnostics);
  EXPECT_FALSE(alone.empty());
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(render(parse_policy(files, in_order_on_all_cores).diagnostics), alone);
  }
}

}  // namespace
}  // namespace rolecall
