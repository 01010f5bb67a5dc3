#include "state/simulator/fake_client.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "state/model/text.h"

namespace rolecall::simulator {
namespace {

using std::chrono::milliseconds;
using Cut = HttpResponse::Cut;

std::string header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (to_lower_ascii(key) == name) return value;
  }
  return {};
}

Answer to_answer(HttpResponse response, Instant now) {
  switch (response.cut) {
    case Cut::not_sent:
      return tl::make_unexpected(Failure{Failure::Kind::not_sent, "connection refused"});
    case Cut::before_effect:
    case Cut::after_effect:
      return tl::make_unexpected(Failure{Failure::Kind::no_answer, "connection broken"});
    case Cut::half_body:
      return tl::make_unexpected(
          Failure{Failure::Kind::no_answer, "connection broken in the middle of the answer"});
    case Cut::none:
      break;
  }
  Response out;
  out.status = response.status;
  out.content_type = header(response, "content-type");
  out.date = now;
  out.retry_after = header(response, "retry-after");
  out.rate_limit = header(response, "x-ratelimit-limit");
  out.rate_remaining = header(response, "x-ratelimit-remaining");
  out.rate_reset = header(response, "x-ratelimit-reset");
  out.body = std::move(response.body);
  return out;
}

}  // namespace

FakeTransport::FakeTransport(FakeOrg& org, VirtualClock& clock, FakeClientOptions options)
    : org_(org), clock_(clock), options_(std::move(options)), random_(options_.seed) {}

milliseconds FakeTransport::travel() {
  const auto longest = static_cast<std::uint64_t>(options_.latency.count());
  return milliseconds(longest == 0 ? 0 : static_cast<std::int64_t>(random_() % (longest + 1)));
}

void FakeTransport::start(Ticket ticket, Request request, milliseconds delay) {
  Flight flight;
  flight.ticket = ticket;
  flight.request = std::move(request);
  flight.started = clock_.now();
  flight.next = flight.started + delay + travel();
  flight.sent = delay.count() == 0;
  const bool stays = flight.sent && flight.request.may_leave && !flight.request.may_leave();
  if (stays) {
    flight.sent = false;
    cancel(flight);
  }
  in_flight_.push_back(std::move(flight));
}

HttpRequest FakeTransport::on_the_wire(const Request& request) const {
  HttpRequest out;
  out.method = name(request.method);
  out.target = request.target;
  out.authorization = "Bearer " + options_.key;
  if (!request.body.empty()) out.content_type = "application/json";
  out.body = request.body;
  return out;
}

void FakeTransport::arrive(Flight& flight) {
  if (!flight.sent && flight.request.may_leave && !flight.request.may_leave()) {
    cancel(flight);
    return;
  }
  const auto operation = static_cast<std::size_t>(flight.request.operation);
  const HttpRequest request = on_the_wire(flight.request);
  if (options_.arriving) options_.arriving(request);
  HttpResponse response = org_.handle(request);
  if (options_.arrived) options_.arrived(request);
  if (response.cut != Cut::not_sent) {
    if (calls_.size() <= operation) calls_.resize(operation + 1);
    ++calls_[operation];
  }
  flight.sent = true;
  flight.arrived = true;
  flight.next = clock_.now() + response.delay + travel();
  flight.answer = to_answer(std::move(response), clock_.now());
}

Completion FakeTransport::wait() {
  if (in_flight_.empty()) throw std::logic_error("waiting with nothing in flight");
  while (true) {
    const auto first =
        std::min_element(in_flight_.begin(), in_flight_.end(),
                         [](const Flight& a, const Flight& b) { return a.next < b.next; });
    if (first->next > clock_.now()) {
      clock_.advance(std::chrono::duration_cast<milliseconds>(first->next - clock_.now()));
    }
    if (!first->arrived && !first->cancelled) {
      arrive(*first);
      continue;
    }
    Completion out;
    out.ticket = first->ticket;
    out.answer = std::move(first->answer);
    out.attempts = first->sent ? 1 : 0;
    out.duration = std::chrono::duration_cast<milliseconds>(clock_.now() - first->started);
    in_flight_.erase(first);
    return out;
  }
}

bool FakeTransport::answered() const {
  return std::any_of(in_flight_.begin(), in_flight_.end(), [&](const Flight& flight) {
    return (flight.arrived || flight.cancelled) && flight.next <= clock_.now();
  });
}

void FakeTransport::cancel_unsent() {
  for (Flight& flight : in_flight_) {
    if (!flight.sent) cancel(flight);
  }
}

void FakeTransport::cancel(Flight& flight) {
  flight.cancelled = true;
  flight.next = clock_.now();
  flight.answer = tl::make_unexpected(Failure{Failure::Kind::cancelled, "cancelled"});
}

std::vector<HttpRequest> FakeTransport::abandon() {
  std::vector<HttpRequest> out;
  for (const Flight& flight : in_flight_) {
    if (flight.sent && !flight.arrived) out.push_back(on_the_wire(flight.request));
  }
  in_flight_.clear();
  return out;
}

std::size_t FakeTransport::calls(Operation operation) const {
  const auto place = static_cast<std::size_t>(operation);
  return place < calls_.size() ? calls_[place] : 0;
}

std::size_t FakeTransport::calls() const {
  return std::accumulate(calls_.begin(), calls_.end(), std::size_t{0});
}

FakeClient::FakeClient(std::unique_ptr<VirtualClock> clock, FakeOrg org, FakeClientOptions options)
    : clock_(std::move(clock)),
      org_(std::move(org)),
      transport_(org_, *clock_, std::move(options)) {}

Result<std::unique_ptr<FakeClient>> FakeClient::from_seed(const boost::json::value& seed,
                                                          FakeClientOptions options) {
  auto clock = std::make_unique<VirtualClock>();
  auto org = FakeOrg::from_seed(seed, [time = clock.get()] { return time->now(); });
  if (!org) return tl::make_unexpected(org.error());
  return std::unique_ptr<FakeClient>(
      new FakeClient(std::move(clock), std::move(*org), std::move(options)));
}

}  // namespace rolecall::simulator
