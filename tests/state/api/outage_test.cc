// guarantees.md B7: an outage is answered by a bounded number of repetitions, and by patience.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "state/api/paced_client.h"
#include "state/simulator/fake_client.h"
#include "tests/support/requests.h"

namespace rolecall {
namespace {

using simulator::FakeClient;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kSeed = R"({"users": [{"email": "a@x.example"}]})";

struct Outage {
  const char* name;
  const char* action;
  int repetitions = 500 / 5;  ///< of what leaves the machine
  std::size_t callers = 1;
};

void PrintTo(const Outage& outage, std::ostream* out) {
  *out << outage.name;
}

class OutageTest : public ::testing::TestWithParam<Outage> {};

// Forty minutes of calls, of which the first thirty nothing works. Each caller calls a second after
// it has been answered.
TEST_P(OutageTest, Of30MinutesIsNotAnsweredByMoreLoad) {
  auto made = FakeClient::from_seed(boost::json::parse(kSeed)).value();
  FakeClient& below = *made;
  const Instant start = below.clock().now();
  const auto passed = [&] { return below.clock().now() - start; };
  const auto script =
      boost::json::parse(R"({"rules": [{"action": )" + std::string(GetParam().action) + "}]}");
  ASSERT_TRUE(below.org().set_faults(script));
  std::vector<milliseconds> waits;
  PacedOptions options;
  options.on_wait = [&](Operation, milliseconds wait, std::string_view) { waits.push_back(wait); };
  PacedClient client(std::move(made), below.clock(), options);

  std::size_t calls = 0, good = 0, waiting = 0, repeated = 0;
  std::size_t last_of_outage = 0;
  while (passed() < minutes(40)) {
    if (last_of_outage == 0 && passed() >= minutes(30)) {
      repeated = client.total().repeated;
      ASSERT_TRUE(below.org().set_faults(boost::json::object()));
      last_of_outage = calls;
    }
    for (; waiting < GetParam().callers; ++waiting)
      client.start(++calls, RequestsForTests::read(), seconds(1));
    const Completion done = client.wait();
    --waiting;
    const bool is_good = done.answer && done.answer->status == 200;
    good += is_good ? 1U : 0U;
    if (last_of_outage != 0 && done.ticket > last_of_outage) {
      EXPECT_TRUE(is_good) << "after the outage";
    }
  }
  EXPECT_GT(last_of_outage, 400U);
  EXPECT_GT(good, 300U);
  EXPECT_EQ(repeated, static_cast<std::size_t>(GetParam().repetitions));
  EXPECT_LE(client.total().repeated, calls / 10 + 100);
  for (const milliseconds wait : waits) EXPECT_LE(wait, seconds(30));
  std::cout << calls << " calls, " << client.total().repeated << " repetitions, " << waits.size()
            << " waits of a second or more\n";
}

constexpr int kUnanswered = 500 / 10;

INSTANTIATE_TEST_SUITE_P(
    Kinds, OutageTest,
    ::testing::Values(Outage{"Error503", R"({"status": 503})"},
                      Outage{"Error502", R"({"status": 502, "shape": "html"})"},
                      Outage{"Reset", R"({"cut": "before_effect"})", kUnanswered},
                      Outage{"TimeOut", R"({"cut": "before_effect", "delay_ms": 30000})",
                             kUnanswered, 8},
                      Outage{"NoConnection", R"({"cut": "not_sent"})", 0}),
    [](const auto& it) { return std::string(it.param.name); });

}  // namespace
}  // namespace rolecall
