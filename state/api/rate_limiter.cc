#include "state/api/rate_limiter.h"

#include <algorithm>
#include <charconv>

#include "state/api/retry.h"

namespace rolecall {
namespace {

/// A reset further away than this is a mistake of somebody's clock, not a rate limit.
constexpr std::chrono::minutes kLongestWindow{15};

std::optional<std::int64_t> parse_count(const std::string& text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

}  // namespace

RateLimiter::RateLimiter(std::optional<double> max_rate) {
  if (max_rate && *max_rate > 0) {
    spacing_ = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(1.0 / *max_rate));
  }
}

RateLimiter::Window& RateLimiter::window(Operation operation) {
  return windows_.at(static_cast<std::size_t>(operation));
}

const RateLimiter::Window& RateLimiter::window(Operation operation) const {
  return windows_.at(static_cast<std::size_t>(operation));
}

std::optional<RateLimiter::Steady> RateLimiter::earliest(Operation operation, Steady from) const {
  const auto opens = window_opens(operation, from);
  if (!opens) return std::nullopt;
  return free_slot(*opens);
}

std::optional<RateLimiter::Steady> RateLimiter::window_opens(Operation operation,
                                                             Steady from) const {
  const Window& it = window(operation);
  Steady at = std::max(from, it.held_until);
  if (it.left && at < it.reset_at) {
    if (*it.left == 0) {
      at = it.reset_at;
    } else if (*it.left <= it.under_way) {
      return std::nullopt;
    }
  }
  return at;
}

RateLimiter::Steady RateLimiter::free_slot(Steady from) const {
  if (spacing_ == std::chrono::nanoseconds::zero()) return from;
  Steady at = from;
  for (auto slot = slots_.upper_bound(at - spacing_); slot != slots_.end(); ++slot) {
    if (*slot >= at + spacing_) break;
    at = *slot + spacing_;
  }
  return at;
}

void RateLimiter::reserve(Operation operation, Steady at) {
  ++window(operation).under_way;
  if (spacing_ != std::chrono::nanoseconds::zero()) slots_.insert(at);
}

void RateLimiter::release(Operation operation, Steady at) {
  --window(operation).under_way;
  if (const auto slot = slots_.find(at); slot != slots_.end()) slots_.erase(slot);
}

void RateLimiter::ended(Operation operation, const Response* response, Steady now, Instant wall) {
  Window& it = window(operation);
  --it.under_way;
  slots_.erase(slots_.begin(), slots_.lower_bound(now - spacing_));
  if (response == nullptr) return;
  if (const auto told = told_wait(*response, wall); told && *told <= kLongestWindow) {
    hold(operation, now + *told);
  }
  const auto left = parse_count(response->rate_remaining);
  const auto reset = parse_instant(response->rate_reset);
  const auto wait = time_to_reset(*response, wall);
  if (!left || !reset || !wait || *wait > kLongestWindow) return;
  if (it.left && *reset < it.reset) return;  // a late answer from the window before
  const bool same = it.left && *reset == it.reset;
  it.left = same ? std::min(*it.left, *left) : *left;
  it.reset_at = same ? std::max(it.reset_at, now + *wait) : now + *wait;
  it.reset = *reset;
}

void RateLimiter::hold(Operation operation, Steady until) {
  auto& held = window(operation).held_until;
  held = std::max(held, until);
}

}  // namespace rolecall
