#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "state/api/api_client.h"
#include "state/simulator/fake_client.h"
#include "tests/support/lies.h"

namespace rolecall::test {

/// Whether ROLECALL_TRACE is set: a life then tells on stderr what it sees and does, so that one
/// that went wrong can be read.
[[nodiscard]] bool traces();

/// The client's way to the organization in a simulated life; every passage is a moment at which
/// something may happen. Null for `liar`: all answers are true.
class Wire final : public WriteClient {
 public:
  Wire(simulator::FakeTransport& transport, std::function<void(bool write)> passing, Liar* liar)
      : transport_(transport), passing_(std::move(passing)), liar_(liar) {}

  [[nodiscard]] bool can_start() const override { return transport_.can_start(); }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override;
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override;
  [[nodiscard]] Completion wait() override;
  void cancel_unsent() override { transport_.cancel_unsent(); }

 private:
  void note(Ticket ticket, const Request& request, bool read);
  void lie(const Request& request, Answer& answer);

  struct Asked {
    Request request;
    bool read = false;
  };
  simulator::FakeTransport& transport_;
  std::function<void(bool)> passing_;
  Liar* liar_;
  std::map<Ticket, Asked> asked_;  ///< under way
};

}  // namespace rolecall::test
