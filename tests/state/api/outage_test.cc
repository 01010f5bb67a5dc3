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
};

void PrintTo(const Outage& outage, std::ostream* out) {
  *out << outage.name;
}

class OutageTest : public ::testing::TestWithParam<Outage> {};

// A call a second for forty minutes, of which the first thirty nothing works.
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

  std::size_t calls = 0, good = 0;
  bool over = false;
  while (passed() < minutes(40)) {
    if (!over && passed() >= minutes(30)) {
      ASSERT_TRUE(below.org().set_faults(boost::json::object()));
      over = true;
    }
    client.start(++calls, RequestsForTests::read(), seconds(1));
    const Completion done = client.wait();
    good += done.answer && done.answer->status == 200 ? 1U : 0U;
    if (over) {
      EXPECT_TRUE(done.answer && done.answer->status == 200) << "after the outage";
    }
  }
  EXPECT_GT(calls, 1'000U);
  EXPECT_GT(good, 300U);
  EXPECT_LE(client.total().repeated, calls / 10 + 100);
  for (const milliseconds wait : waits) EXPECT_LE(wait, seconds(30));
  std::cout << calls << " calls, " << client.total().repeated << " repetitions, " << waits.size()
            << " waits of a second or more\n";
}

INSTANTIATE_TEST_SUITE_P(Kinds, OutageTest,
                         ::testing::Values(Outage{"Error503", R"({"status": 503})"},
                                           Outage{"Error502",
                                                  R"({"status": 502, "shape": "html"})"},
                                           Outage{"Reset", R"({"cut": "before_effect"})"},
                                           Outage{"NoConnection", R"({"cut": "not_sent"})"}),
                         [](const auto& it) { return std::string(it.param.name); });

}  // namespace
}  // namespace rolecall
