#pragma once

#include <functional>
#include <set>
#include <utility>

#include "tests/support/forwarding_client.h"

namespace rolecall::test {

/// Answers some reads otherwise than the client below: with 403, unless told.
class RefusingClient final : public ForwardingClient {
 public:
  using Which = std::function<bool(const Request&)>;
  RefusingClient(WriteClient& below, Which which)
      : ForwardingClient(below), which_(std::move(which)) {}

  using ForwardingClient::start;
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    if (which_(request.request())) refused_.insert(ticket);
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (refused_.erase(out.ticket) == 0 || !out.answer) return out;
    told = true;
    if (instead) {
      out.answer = tl::make_unexpected(*instead);
    } else {
      out.answer->status = 403;
    }
    return out;
  }

  std::optional<Failure> instead{};  ///< no whole answer
  bool told = false;

 private:
  Which which_;
  std::set<Ticket> refused_;
};

}  // namespace rolecall::test
