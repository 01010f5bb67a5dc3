#include "state/simulator/fake_client.h"

#include <set>

#include "tests/state/simulator/sim.h"

namespace rolecall::simulator {
namespace {

using std::chrono::milliseconds;

/// An organization in virtual time and a transport to it.
struct Wire {
  VirtualClock clock;
  FakeOrg org;
  FakeTransport transport;

  explicit Wire(FakeClientOptions options = {})
      : org(*FakeOrg::from_seed(Sim::parse(kSmallOrg), [this] { return clock.now(); })),
        transport(org, clock, std::move(options)) {}

  void start(Ticket ticket, milliseconds delay = {}) {
    transport.start(ticket, {Operation::getOrgs, Method::get, "/v1/orgs", ""}, delay);
  }
  void add_ada(Ticket ticket) {
    transport.start(ticket,
                    {Operation::addUserToGroup, Method::post,
                     Sim::dir("/groups/g-empty/memberships"), R"({"accountId":"ada"})"},
                    {});
  }
};

std::vector<Ticket> order(std::uint64_t seed) {
  Wire wire({.seed = seed});
  for (Ticket ticket = 0; ticket < 8; ++ticket) wire.start(ticket);
  EXPECT_FALSE(wire.transport.can_start());
  std::vector<Ticket> out;
  while (wire.transport.in_flight() > 0) {
    const Completion done = wire.transport.wait();
    EXPECT_EQ(done.answer->status, 200);
    out.push_back(done.ticket);
  }
  EXPECT_EQ(std::set<Ticket>(out.begin(), out.end()).size(), 8U);
  EXPECT_EQ(wire.transport.calls(Operation::getOrgs), 8U);
  return out;
}

TEST(FakeTransport, CompletesInAnOrderThatTheSeedDecides) {
  EXPECT_EQ(order(1), order(1));
  std::set<std::vector<Ticket>> orders;
  for (std::uint64_t seed = 0; seed < 5; ++seed) orders.insert(order(seed));
  EXPECT_GT(orders.size(), 3U);
}

TEST(FakeTransport, WaitsInVirtualTimeOnly) {
  Wire wire({.latency = milliseconds(0)});
  ASSERT_TRUE(wire.org.set_faults(Sim::parse(R"({"rules":[{"action":{"delay_ms":3600000}}]})")));
  const Instant before = wire.clock.now();
  wire.start(1, milliseconds(500));
  const Completion done = wire.transport.wait();
  EXPECT_EQ(wire.clock.now() - before, milliseconds(3'600'500));
  EXPECT_EQ(done.duration, milliseconds(3'600'500));
  EXPECT_EQ(done.answer->date, before + milliseconds(500));
  EXPECT_EQ(done.answer->rate_limit, "100000");
  EXPECT_EQ(done.answer->content_type, "application/json");
}

TEST(FakeTransport, CutAnswersAreFailures) {
  struct Case {
    std::string cut;
    Failure::Kind kind;
    bool effective;
  };
  for (const Case& one : {Case{"not_sent", Failure::Kind::not_sent, false},
                          Case{"before_effect", Failure::Kind::no_answer, false},
                          Case{"after_effect", Failure::Kind::no_answer, true},
                          Case{"half_body", Failure::Kind::no_answer, true}}) {
    Wire wire;
    ASSERT_TRUE(
        wire.org.set_faults(Sim::parse(R"({"rules":[{"action":{"cut":")" + one.cut + R"("}}]})")));
    wire.add_ada(1);
    const Completion done = wire.transport.wait();
    ASSERT_FALSE(done.answer.has_value()) << one.cut;
    EXPECT_EQ(done.answer.error().kind, one.kind) << one.cut;
    EXPECT_EQ(wire.org.requests().as_array().back().at("effective").as_bool(), one.effective);
    EXPECT_EQ(wire.transport.calls(), one.kind == Failure::Kind::not_sent ? 0U : 1U);
  }
}

TEST(FakeTransport, CancellingSparesWhatIsSent) {
  Wire wire;
  wire.start(1);
  wire.start(2, milliseconds(10'000));
  wire.transport.cancel_unsent();
  int cancelled = 0;
  for (int i = 0; i < 2; ++i) {
    const Completion done = wire.transport.wait();
    if (done.ticket == 1) {
      EXPECT_EQ(done.answer->status, 200);
    } else {
      EXPECT_EQ(done.answer.error().kind, Failure::Kind::cancelled);
      EXPECT_EQ(done.attempts, 0);
      ++cancelled;
    }
  }
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(wire.transport.calls(), 1U);
  EXPECT_THROW((void)wire.transport.wait(), std::logic_error);
}

TEST(FakeClient, TheGroupLagPassesInItsTime) {
  const auto client = FakeClient::from_seed(Sim::parse(kSmallOrg));
  ASSERT_TRUE(client.has_value());
  FakeOrg& org = (*client)->org();
  const auto ask = [&](std::string target, std::string body) {
    return org.handle({"POST", std::move(target), "Bearer k", "application/json", std::move(body)});
  };
  EXPECT_EQ(ask(Sim::dir("/groups"), R"({"name":"new"})").status, 201);
  const std::string look = R"({"groupNames":["new"]})";
  EXPECT_EQ(ask(Sim::dir("/groups/search"), look).body.find("\"name\":\"new\""), std::string::npos);
  (*client)->clock().advance(milliseconds(1500));
  EXPECT_NE(ask(Sim::dir("/groups/search"), look).body.find("\"name\":\"new\""), std::string::npos);
}

}  // namespace
}  // namespace rolecall::simulator
