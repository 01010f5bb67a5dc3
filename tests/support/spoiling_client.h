#pragma once

#include <functional>
#include <map>
#include <utility>

#include "tests/support/forwarding_client.h"

namespace rolecall::test {

/// Looks at each answer of 200 to a read, and may change its body.
class SpoilingClient final : public ForwardingClient {
 public:
  using Spoil = std::function<void(const Request&, std::string& body)>;
  SpoilingClient(WriteClient& below, Spoil spoil)
      : ForwardingClient(below), spoil_(std::move(spoil)) {}

  using ForwardingClient::start;
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    asked_.insert_or_assign(ticket, request.request());
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    const auto asked = asked_.extract(out.ticket);
    if (asked && out.answer && out.answer->status == 200) {
      spoil_(asked.mapped(), out.answer->body);
    }
    return out;
  }

 private:
  Spoil spoil_;
  std::map<Ticket, Request> asked_;
};

}  // namespace rolecall::test
