// `run` while somebody sets the clock of its machine (guarantees.md E4): no cycle is missed, none
// follows upon the other without a pause, and nobody loses anything because of a date.
// ROLECALL_CASES: how many jumps; 60 are four of each kind.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "controller/options.h"
#include "tests/controller/own_service.h"
#include "tests/support/cases.h"
#include "tests/support/running_org.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kInterval{1000};
constexpr std::size_t kServices = 5;
/// A cycle takes a while itself, above all on a busy machine; one that waits for the clock would
/// take a day.
milliseconds slack() {
  return milliseconds(test::cases(0) >= 60 ? 0 : 10'000);
}

std::int64_t true_seconds() {
  timespec time{};
  (void)::syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
  return time.tv_sec;
}

struct Jump {
  const char* what;
  std::int64_t by = 0;  ///< seconds
  std::int64_t to = 0;  ///< or to there
  [[nodiscard]] std::int64_t off() const { return to == 0 ? by : to - true_seconds(); }
};
constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;
constexpr std::array kJumps = {
    Jump{"1 s on", 1},
    Jump{"1 s back, as for a leap second", -1},
    Jump{"1 h on, as for summer time", kHour},
    Jump{"1 h back, as for winter time", -kHour},
    Jump{"1 d on", kDay},
    Jump{"1 d back", -kDay},
    Jump{"10 y on", 3653 * kDay},
    Jump{"10 y back", -3653 * kDay},
    Jump{"4 min on", 240},
    Jump{"6 min on", 360},
    Jump{"6 min back", -360},
    Jump{"1970", 0, 1},
    Jump{"2038", 0, (std::int64_t{1} << 31) - 1},
    Jump{"9999", 0, 253'402'300'000},
    Jump{"a day on, and right again at once", 0},
};

json::value seed() {
  return json::parse(
      R"({"organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
          "users": [{"email": "ada@acme.example", "roles": ["org-admin"]},
                    {"email": "temp@acme.example"}, {"email": "later@acme.example",
                     "status": "suspended"}],
          "groups": [{"name": "all", "members": ["ada@acme.example", "temp@acme.example"]}]})");
}

/// As the organization is now; tomorrow somebody is to be suspended, and out of the group, and
/// somebody else restored.
std::string policy() {
  const auto tomorrow = format_instant(Instant(std::chrono::seconds(true_seconds() + kDay / 2)));
  return fmt::format(R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[users]
"ada@acme.example" = {{}}
"temp@acme.example" = {{ until = {0}, reason = "contract" }}
"later@acme.example" = {{ from = {0}, reason = "back from leave" }}
[groups.all]
members = ["ada@acme.example", {{ user = "temp@acme.example", until = {0}, reason = "contract" }}]
)",
                     tomorrow);
}

/// An organization, and a service that keeps it so.
class Watched {
 public:
  explicit Watched(test::OwnService& service)
      : service_(service),
        org_(seed(), [] { return Instant(std::chrono::seconds(true_seconds())); }) {}

  void start() {
    RunOptions options;
    options.policy = org_.dir().write("rolecall.toml", policy());
    // Shorter than the command line takes.
    options.interval = std::chrono::duration_cast<std::chrono::seconds>(kInterval);
    service_.begin(org_.global(), options);
    ASSERT_TRUE(next_cycle(Steady::now() + std::chrono::seconds(20))) << "it does not begin";
    std::this_thread::sleep_for(kInterval / 2);
    calls_a_cycle_ = requests().size();
    forget();
  }
  /// The clock jumps; the next cycle comes in time, and no more calls than two cycles' an interval.
  void jump(const Jump& jump) {
    SCOPED_TRACE(jump.what);
    const auto begun = Steady::now();
    forget();
    if (jump.off() == 0) {
      service_.time().off = kDay;
      std::this_thread::sleep_for(milliseconds(20));
    }
    service_.time().off = jump.off();
    EXPECT_TRUE(next_cycle(begun + 2 * kInterval + slack())) << "a cycle was missed";
    longest_ = std::max(longest_, std::chrono::duration_cast<milliseconds>(Steady::now() - begun));
    std::this_thread::sleep_for(kInterval / 2);
    const auto intervals = std::chrono::ceil<std::chrono::seconds>(Steady::now() - begun).count();
    const std::size_t calls = requests().size();
    EXPECT_LE(calls, 2 * calls_a_cycle_ * static_cast<std::size_t>(intervals)) << "a busy loop";
    most_ = std::max(most_, calls / static_cast<std::size_t>(intervals));
    EXPECT_EQ(test::effective_writes(requests()), 0U) << "somebody lost or got something by it";
    EXPECT_TRUE(service_.running());
  }
  /// Nobody has set it any more, so that what was wrong with it must not be wrong for long.
  void set_right() {
    service_.time().off = 0;
    forget();
    EXPECT_TRUE(next_cycle(Steady::now() + 2 * kInterval + slack())) << "a cycle was missed";
  }
  [[nodiscard]] milliseconds longest() const { return longest_; }
  [[nodiscard]] std::size_t most() const { return most_; }
  [[nodiscard]] std::size_t calls_a_cycle() const { return calls_a_cycle_; }

 private:
  json::array requests() {
    json::array out;
    org_.server().with_org([&](simulator::FakeOrg& org) { out = org.requests().as_array(); });
    return out;
  }
  void forget() {
    org_.server().with_org([](simulator::FakeOrg& org) {
      (void)org.handle({"DELETE", "/_simulator/requests", "", "", ""});
    });
  }
  bool next_cycle(Steady::time_point until) {
    while (requests().empty()) {
      if (Steady::now() > until) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  }

  test::OwnService& service_;
  test::RunningOrg org_;
  std::size_t calls_a_cycle_ = 0, most_ = 0;
  milliseconds longest_{0};
};

TEST(ClockJumps, MissNoCycleMakeNoBusyLoopAndTakeNothingFromAnybody) {
  const auto jumps = test::cases(kJumps.size());
  std::array<test::OwnService, kServices> processes;  // each before the first of the servers
  std::vector<std::unique_ptr<Watched>> services;
  for (test::OwnService& one : processes) services.push_back(std::make_unique<Watched>(one));
  for (const auto& one : services) one->start();
  ASSERT_FALSE(HasFatalFailure());
  // Side by side: each waits most of the time.
  std::vector<std::thread> threads;
  for (std::size_t s = 0; s < kServices; ++s) {
    threads.emplace_back([&services, jumps, s] {
      for (std::size_t i = s; i < jumps; i += kServices) {
        // Every other round from one wrong time to the next.
        services[s]->jump(kJumps[i % kJumps.size()]);
        if (i / kJumps.size() % 2 == 0) services[s]->set_right();
      }
    });
  }
  for (std::thread& one : threads) one.join();
  milliseconds longest{0};
  std::size_t most = 0;
  for (const auto& one : services) {
    longest = std::max(longest, one->longest());
    most = std::max(most, one->most());
  }
  std::cout << jumps << " jumps: next cycle after " << longest.count() << " ms at most, interval "
            << kInterval.count() << " ms; " << most << " calls an interval at most, a cycle makes "
            << services[0]->calls_a_cycle() << '\n';
}

}  // namespace
}  // namespace rolecall
