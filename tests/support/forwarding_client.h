#pragma once

#include <utility>

#include "state/api/api_client.h"

namespace rolecall::test {

/// Hands everything on to the client below, which it does not own. Tests override what they want to
/// see or to spoil.
class ForwardingClient : public WriteClient {
 public:
  explicit ForwardingClient(WriteClient& below) : below_(below) {}
  [[nodiscard]] bool can_start() const override { return below_.can_start(); }
  [[nodiscard]] std::size_t room() const override { return below_.room(); }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    below_.start(ticket, std::move(request), delay);
  }
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override {
    below_.start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override { return below_.wait(); }
  [[nodiscard]] bool answered() override { return below_.answered(); }
  void cancel_unsent() override { below_.cancel_unsent(); }
  [[nodiscard]] bool out_of_reach() const override { return below_.out_of_reach(); }

 private:
  WriteClient& below_;
};

}  // namespace rolecall::test
