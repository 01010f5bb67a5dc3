#include "state/simulator/rate_limiter.h"

namespace rolecall::simulator {
namespace {

std::int64_t window_number(const RateLimit& limit, Instant now) {
  return now.time_since_epoch() / limit.window;
}

Instant window_end(const RateLimit& limit, Instant now) {
  return Instant(limit.window * (window_number(limit, now) + 1));
}

}  // namespace

RateLimiter::Window& RateLimiter::window(std::string_view key, std::string_view operation,
                                         const RateLimit& limit, Instant now) {
  Window& out = windows_[{std::string(key), std::string(operation)}];
  const std::int64_t number = window_number(limit, now);
  if (out.number != number) out = {number, 0};
  return out;
}

RateLimiter::Verdict RateLimiter::take(const RateLimits& limits, std::string_view key,
                                       std::string_view operation, Instant now) {
  const auto named = limits.operations.find(operation);
  const RateLimit& own = named == limits.operations.end() ? limits.each : named->second;
  Window& used = window(key, operation, own, now);
  Verdict out{used.used < own.limit, own.limit, own.limit - used.used, window_end(own, now)};
  Window* all = nullptr;
  if (limits.total.limit > 0) {
    all = &window(key, {}, limits.total, now);
    const std::int64_t left = limits.total.limit - all->used;
    // The headers tell of the bound that is nearer.
    if (left < out.remaining) {
      out = {left > 0, limits.total.limit, left, window_end(limits.total, now)};
    }
  }
  if (out.allowed) {
    ++used.used;
    if (all != nullptr) ++all->used;
    --out.remaining;
  } else {
    out.remaining = 0;
  }
  return out;
}

}  // namespace rolecall::simulator
