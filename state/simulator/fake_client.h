#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "state/api/api_client.h"
#include "state/api/clock.h"
#include "state/simulator/fake_org.h"

namespace rolecall::simulator {

/// Time that passes only when somebody waits.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant start = Instant(std::chrono::milliseconds(1'767'225'600'000)))
      : start_(start) {}
  [[nodiscard]] Instant now() const override { return start_ + passed_; }
  [[nodiscard]] Steady steady() const override { return Steady(passed_); }
  void advance(std::chrono::milliseconds by) { passed_ += by; }

 private:
  Instant start_;
  std::chrono::milliseconds passed_{0};
};

struct FakeClientOptions {
  std::uint64_t seed = 1;
  std::size_t parallelism = 8;
  /// Each way takes a random time up to this, so that requests overtake each other.
  std::chrono::milliseconds latency{50};
  std::string key = "simulated-key";
  /// Told of each request when it reaches the organization, and when it has been dealt with.
  std::function<void(const HttpRequest&)> arriving{}, arrived{};
};

/// Calls to a FakeOrg without sockets and without waiting: requests arrive and answers come back
/// in a random order that the seed decides, in virtual time. One start, one completion; nothing is
/// tried again. What a fault cuts off becomes a Failure as a real client would see it.
class FakeTransport {
 public:
  FakeTransport(FakeOrg& org, VirtualClock& clock, FakeClientOptions options);

  [[nodiscard]] std::size_t room() const {
    return options_.parallelism - std::min(options_.parallelism, in_flight_.size());
  }
  [[nodiscard]] bool can_start() const { return room() > 0; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  void start(Ticket ticket, Request request, std::chrono::milliseconds delay);
  [[nodiscard]] Completion wait();
  /// Whether an answer is there at this instant.
  [[nodiscard]] bool answered() const;
  void cancel_unsent();
  /// The client dies. What it had sent and has not arrived yet, in the order of leaving.
  [[nodiscard]] std::vector<HttpRequest> abandon();
  [[nodiscard]] std::size_t calls(Operation operation) const;
  [[nodiscard]] std::size_t calls() const;

 private:
  struct Flight {
    Ticket ticket = 0;
    Request request;
    Instant started{}, next{};  ///< next: arrival at the server, then at the client
    bool sent = false, arrived = false, cancelled = false;
    Answer answer;
  };
  [[nodiscard]] HttpRequest on_the_wire(const Request& request) const;
  void arrive(Flight& flight);
  void cancel(Flight& flight);
  [[nodiscard]] std::chrono::milliseconds travel();

  FakeOrg& org_;
  VirtualClock& clock_;
  FakeClientOptions options_;
  std::mt19937_64 random_;
  std::vector<Flight> in_flight_;
  std::vector<std::size_t> calls_;
};

/// An organization, its time, and a client of it: everything a test of the layers above needs.
class FakeClient final : public WriteClient {
 public:
  /// Error: as FakeOrg::from_seed.
  [[nodiscard]] static Result<std::unique_ptr<FakeClient>> from_seed(
      const boost::json::value& seed, FakeClientOptions options = {});

  [[nodiscard]] bool can_start() const override { return room() > 0; }
  [[nodiscard]] std::size_t room() const override { return transport_.room(); }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay = {}) override {
    transport_.start(ticket, request.request(), delay);
  }
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay = {}) override {
    transport_.start(ticket, request.request(), delay);
  }
  [[nodiscard]] Completion wait() override { return transport_.wait(); }
  [[nodiscard]] bool answered() override { return transport_.answered(); }
  void cancel_unsent() override { transport_.cancel_unsent(); }

  [[nodiscard]] FakeOrg& org() { return org_; }
  [[nodiscard]] VirtualClock& clock() { return *clock_; }
  /// Requests that reached the organization.
  [[nodiscard]] std::size_t calls(Operation operation) const { return transport_.calls(operation); }
  [[nodiscard]] std::size_t calls() const { return transport_.calls(); }

 private:
  FakeClient(std::unique_ptr<VirtualClock> clock, FakeOrg org, FakeClientOptions options);

  std::unique_ptr<VirtualClock> clock_;
  FakeOrg org_;
  FakeTransport transport_;
};

}  // namespace rolecall::simulator
