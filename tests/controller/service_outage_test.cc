// `run` while nobody answers (guarantees.md B7): it asks whether somebody does, and no more.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <iostream>
#include <optional>
#include <thread>
#include <vector>

#include "controller/commands.h"
#include "tests/controller/own_service.h"
#include "tests/support/byte_server.h"
#include "tests/support/running_org.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using test::OwnTime;
using testing::ByteServer;
using testing::Step;

/// 30 minutes are one second.
constexpr int kSpeed = 1800;
constexpr minutes kOutage{30};
constexpr std::int64_t kMinute = milliseconds(minutes(1)).count();
/// The cycle that finds out: what shows whether anything has changed, and what reads everything,
/// begin with a call each, and try it four times.
constexpr std::size_t kFirstCycle = 2 * 4;
/// So many more at least, though their pauses double.
constexpr std::size_t kCycles = 3;

/// One of what shows whether anything has changed, one of what reads everything.
constexpr std::size_t kCallsOfARefusedCycle = 2;

constexpr const char* kSeed =
    R"({"organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
        "users": [{"email": "ada@acme.example", "roles": ["org-admin"]}],
        "groups": [{"name": "all", "members": ["ada@acme.example"]}]})";
constexpr const char* kPolicy = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[users]
"ada@acme.example" = {}
[groups.all]
members = ["ada@acme.example"]
)";

/// A port of this machine where nobody listens, for as long as this lives.
class ClosedPort {
 public:
  ClosedPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { ::close(fd_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
};

/// `run` whose server has just gone away: it has looked at the organization before.
class Deserted {
 public:
  explicit Deserted(const char* what) : what_(what) { service_.time().speed = kSpeed; }

  /// The outage begins; the server is one that does not answer well.
  void begin(std::uint16_t port) {
    org_.emplace(boost::json::parse(kSeed));
    RunOptions options;
    options.policy = org_->dir().write("rolecall.toml", kPolicy);
    options.interval = minutes(1);  // the shortest that the command line takes
    options.full_every = std::chrono::hours(24);
    options.once = true;
    const auto good = test::run_captured([&] { return run_service(org_->global(), options); });
    EXPECT_EQ(good.code, 0) << good.err;
    GlobalOptions global = org_->global();
    global.api_url = "http://127.0.0.1:" + std::to_string(port);
    service_.begin(global, options);
  }

  /// At the end of the outage: whichever minute, once a cycle has found out.
  void check() {
    SCOPED_TRACE(what_);
    EXPECT_TRUE(service_.running()) << "it has ended";
    const OwnTime& time = service_.time();
    // Later where the machine is busy, whose pauses count as many times as much.
    for (int i = 0; i < 6'000 && time.calls < kFirstCycle + kCycles; ++i) ::usleep(10'000);
    const std::vector<std::int64_t> calls(time.called_at.begin(),
                                          time.called_at.begin() + time.calls);
    std::size_t most = 0;
    for (std::size_t i = kFirstCycle; i < calls.size(); ++i) {
      const auto end = std::lower_bound(calls.begin(), calls.end(), calls[i] + kMinute);
      most = std::max(most, static_cast<std::size_t>(end - calls.begin()) - i);
    }
    EXPECT_LE(most, 2U) << "calls in one minute";
    EXPECT_GE(calls.size(), kFirstCycle + kCycles) << "it does not look again";
    std::cout << what_ << ": " << kFirstCycle << " calls, then " << calls.size() - kFirstCycle
              << ", in no minute more than " << most << '\n';
  }

 private:
  const char* what_;
  test::OwnService service_;
  std::optional<test::RunningOrg> org_;
};

TEST(ServiceOutage, IsNotAnsweredByMoreThanTwoCallsAMinute) {
  Deserted refused("refused"), unavailable("503"), broken("reset"), unanswered("time-outs");
  const ClosedPort closed;
  ByteServer failing({Step{testing::answer(503), Step::Then::close}});
  ByteServer breaking({Step{"", Step::Then::reset}});
  ByteServer silent({Step{"", Step::Then::stall}});
  refused.begin(closed.port());
  unavailable.begin(failing.port());
  broken.begin(breaking.port());
  unanswered.begin(silent.port());
  std::this_thread::sleep_for(milliseconds(kOutage) / kSpeed);
  for (Deserted* one : {&refused, &unavailable, &broken, &unanswered}) one->check();
}

// A key that may not read is no outage: no cycle asks first, which would be over a connection of
// its own.
TEST(ServiceOutage, IsNotTakenForAKeyThatMayNotRead) {
  // On a busy machine an answer may come too late in a time that goes so fast.
  bool one_connection_each = false;
  for (int attempt = 0; attempt < 4 && !one_connection_each; ++attempt) {
    Deserted forbidden("403");
    ByteServer refusing({Step{testing::answer(403)}});
    forbidden.begin(refusing.port());
    for (int i = 0; i < 6'000 && refusing.connections() < 6; ++i) ::usleep(10'000);
    const std::size_t cycles = refusing.connections();
    ASSERT_GE(cycles, 6U);
    one_connection_each = refusing.requests().size() >= (cycles - 1) * kCallsOfARefusedCycle;
  }
  EXPECT_TRUE(one_connection_each);
}

}  // namespace
}  // namespace rolecall
