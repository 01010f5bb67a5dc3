#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "state/api/api_client.h"
#include "state/api/clock.h"
#include "state/api/rate_limiter.h"
#include "state/api/retry.h"

namespace rolecall {

struct PacedOptions {
  RetryOptions retry;
  std::optional<double> max_rate;  ///< calls a second, all operations together
  std::uint64_t seed = 0;          ///< of the jitter
  /// The tool is about to wait: for the rate limit of an operation, or before trying again. Told
  /// once for each wait worth telling (a second or more), `why` in words for people.
  std::function<void(Operation, std::chrono::milliseconds, std::string_view why)> on_wait;
  /// A call that could have been tried again is not. `why` in words for people.
  std::function<void(Operation, std::string_view why)> on_give_up;
  /// Once it says yes, nothing is sent or tried again any more. The client below has to know of it
  /// as well, since only it can be woken.
  std::function<bool()> stop_requested{};
};

struct CallCounts {
  std::uint64_t sent = 0;          ///< requests that left, repetitions included
  std::uint64_t rate_limited = 0;  ///< answers with status 429
  std::uint64_t repeated = 0;      ///< tries after the first
  std::uint64_t given_up = 0;      ///< calls that could have been tried again, and were not
};

/// The one layer that paces and repeats, over a client that makes one attempt a call.
///
/// Each call completes once, with the number of requests sent for it and the whole time it took.
/// After the first 401 nothing more is sent: what has not left, and whatever is started later,
/// completes as `cancelled`. The client below is used by nobody else.
class PacedClient final : public WriteClient {
 public:
  /// `clock` must be the one the client below waits by, and outlive this.
  PacedClient(std::unique_ptr<WriteClient> transport, const Clock& clock, PacedOptions options);

  [[nodiscard]] bool can_start() const override { return room() > 0; }
  [[nodiscard]] std::size_t room() const override;
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override;
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override;
  [[nodiscard]] Completion wait() override;
  [[nodiscard]] bool answered() override;
  /// Calls that wait (for their turn, a delay or another try) complete as `cancelled`; those on
  /// their way go on to their end and are not tried again.
  void cancel_unsent() override;
  void stop_when(const std::function<bool()>& stop) override;
  [[nodiscard]] bool out_of_reach() const override {
    return unanswered_ >= kOutOfReach &&
           (unanswered_of_.size() > 1 || (silent_ >= kOutOfReach && other_answered() == nullptr));
  }

  [[nodiscard]] const CallCounts& counts(Operation operation) const;
  [[nodiscard]] CallCounts total() const;
  /// The API has refused the key (401).
  [[nodiscard]] bool key_refused() const { return key_refused_; }

 private:
  /// Twice the usual number of calls in flight: a broken connection is no outage.
  static constexpr std::size_t kOutOfReach = 16;
  using AnyRequest = std::variant<ReadRequest, WriteRequest>;
  using Id = std::uint64_t;
  struct Call {
    Call(Ticket number, AnyRequest what) : ticket(number), request(std::move(what)) {}
    Ticket ticket = 0;
    AnyRequest request;
    Operation operation{};
    Clock::Steady begun{};
    Clock::Steady due{};        ///< not before
    Clock::Steady leaves_at{};  ///< reserved with the limiter while it is below
    CallHistory history;
    int attempts = 0;
    bool stop = false;  ///< no further try
    std::string why;    ///< it waits, where that is for another try
    [[nodiscard]] bool may_leave() const;
  };

  void start_any(Ticket ticket, AnyRequest request, std::chrono::milliseconds delay);
  /// Hands the call down, or parks it.
  void hand_down(Id id);
  void hand_down_parked();
  void wait_below();
  void came_back(Completion below);
  void again_or_finish(Id id, Answer answer, std::chrono::milliseconds took);
  /// Where nothing comes back of one operation: whether that is the network, another one tells.
  void ask_another();
  /// A read of an operation that has been answered, and not in vain since.
  [[nodiscard]] const ReadRequest* other_answered() const;
  void finish(Id id, Answer answer);
  void finish_parked();
  void refuse_key();
  [[nodiscard]] bool stop_asked() const;
  [[nodiscard]] std::string why_stopped() const;
  /// Has the client below give back what waits there, where it would now leave too early.
  void recall_if_too_early(Operation operation);
  void note_wait(const Call& call, bool limited, Clock::Steady now);

  std::unique_ptr<WriteClient> transport_;
  const Clock& clock_;
  PacedOptions options_;
  RateLimiter limiter_;
  RetryBudget budget_;
  Random random_;
  std::map<Id, Call> calls_;
  std::deque<Id> parked_;  ///< wait for a place below, or for their operation's window
  std::deque<Completion> done_;
  Id next_id_ = 0;
  std::map<Operation, CallCounts> counts_;
  std::map<Operation, Clock::Steady> told_until_;  ///< waits already reported
  bool key_refused_ = false;
  std::size_t unanswered_ = 0;         ///< reads that ended so, since any call was answered
  std::size_t silent_ = 0;             ///< of these, the last ones, without an answer of any kind
  std::set<Operation> unanswered_of_;  ///< calls of these: one that is broken is no outage
  std::map<Operation, ReadRequest> answered_;  ///< the last read of each
  std::optional<Id> asked_another_;            ///< nobody waits for this one
  bool stopped_ = false;                       ///< as stop_when asked
};

}  // namespace rolecall
