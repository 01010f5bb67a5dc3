#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "state/api/api_client.h"

namespace rolecall::test {

/// A client whose answers come from a function, at once and in the order of the calls.
class CannedClient final : public ReadClient {
 public:
  using Respond = std::function<Answer(const Request& request)>;
  explicit CannedClient(Respond respond) : respond_(std::move(respond)) {}

  [[nodiscard]] bool can_start() const override { return true; }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds) override {
    waiting_.emplace_back(ticket, request.request());
  }
  [[nodiscard]] Completion wait() override {
    const auto [ticket, request] = std::move(waiting_.front());
    waiting_.pop_front();
    return {ticket, respond_(request), 1, {}};
  }
  void cancel_unsent() override {}

 private:
  Respond respond_;
  std::deque<std::pair<Ticket, Request>> waiting_;
};

}  // namespace rolecall::test
