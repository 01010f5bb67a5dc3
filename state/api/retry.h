#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <variant>

#include "state/api/api_client.h"
#include "state/model/instant.h"

namespace rolecall {

/// When a call is tried again, and after how long. Pure: time and randomness are arguments.
///
/// What may be repeated
/// - 401, 403 and every other 4xx but 429: never.
/// - A read: after 429, 5xx and any failure that is not final.
/// - A write: after 429 (it was not applied) and after `not_sent`, nothing else; whether the rest
///   took effect is found out by reading, not by sending again.
///
/// How often
/// - At most `max_tries` tries of a call, and at most `total` spent on tries and on waits of our
///   own choice. Waits the server tells us are on top of that, up to `longest_told` for a call.
/// - A 429 with a told wait does not count as a try: a tool that is asked to queue queues.
/// - Every other repetition is paid for from a budget that all calls share, so that an outage is
///   not answered by four times the load.
///
/// How long
/// - Full jitter: uniform in [0, min(cap, base * 2^(tries - 1))].
/// - What the server tells is a floor for that. More than `longest_told` is not waited for.
struct RetryOptions {
  int max_tries = 4;
  std::chrono::milliseconds base{1'000};
  std::chrono::milliseconds cap{30'000};
  std::chrono::milliseconds total{120'000};
  std::chrono::milliseconds longest_told{15 * 60 * 1'000};
};

using Random = std::mt19937_64;

/// How long the server asks to wait before this operation is called again: Retry-After of a 429 or
/// 503 (seconds or a date), else X-RateLimit-Reset of a 429 that has X-RateLimit-Remaining 0. Dates
/// count from the server's own clock where it sends one, else from `now`. Nothing when it does not
/// say, says "now", or says what cannot be understood.
[[nodiscard]] std::optional<std::chrono::milliseconds> told_wait(const Response& response,
                                                                 Instant now);

/// The time until X-RateLimit-Reset, by the same clock rule.
[[nodiscard]] std::optional<std::chrono::milliseconds> time_to_reset(const Response& response,
                                                                     Instant now);

/// Repetitions all calls may afford together: full at first, each one costs, each success earns.
class RetryBudget {
 public:
  /// False when it cannot be paid any more; nothing is taken then.
  [[nodiscard]] bool pay(int cost);
  void earn() { tokens_ = std::min(kCapacity, tokens_ + 1); }
  [[nodiscard]] int tokens() const { return tokens_; }

  static constexpr int kCapacity = 500;
  static constexpr int kCost = 5;
  /// For a call that was sent and never answered: most often a time-out.
  static constexpr int kCostNoAnswer = 10;

 private:
  int tokens_ = kCapacity;
};

/// What one call has used up so far.
struct CallHistory {
  bool write = false;
  int sent = 0;                        ///< all tries so far, the one just ended included
  int tries = 0;                       ///< those that count
  std::chrono::milliseconds spent{0};  ///< on tries and on waits of our own choice
  std::chrono::milliseconds told{0};   ///< on waits the server asked for
};

struct RetryAfter {
  std::chrono::milliseconds delay{0};
  bool told = false;  ///< the server asked for it
};
/// The answer stands. `reason` is for people, and empty where the answer speaks for itself.
struct GiveUp {
  std::string reason;
};
using RetryDecision = std::variant<GiveUp, RetryAfter>;

/// Whether the answer of a try is one that may be repeated at all.
[[nodiscard]] bool may_repeat(bool write, const Answer& answer);

/// Decides after a try ended with `answer` having taken `took`; keeps `history` and `budget`.
[[nodiscard]] RetryDecision decide(const RetryOptions& options, CallHistory& history,
                                   RetryBudget& budget, const Answer& answer,
                                   std::chrono::milliseconds took, Instant now, Random& random);

}  // namespace rolecall
