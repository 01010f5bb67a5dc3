#include "state/api/rate_limiter.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "state/api/retry.h"

namespace rolecall {
namespace {

/// A reset further away than this is a mistake of somebody's clock, not a rate limit.
constexpr std::chrono::minutes kLongestWindow{15};
/// The header Date counts in seconds.
constexpr std::chrono::seconds kDateStep{1};
/// Instants are counted in nanoseconds here, which do not reach much further than the next century.
constexpr Instant kLastInstant{
    std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds::max() / 2)};
bool is_countable(Instant instant) {
  return instant >= Instant{} && instant <= kLastInstant;
}

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
  Steady at = std::max(from, window(operation).held_until);
  const Budget it = budget(operation);
  if (it.left && at < it.reset_at) {
    if (*it.left > it.before) return at;
    if (*it.left > 0) return std::nullopt;
    at = it.reset_at;
  }
  if (it.limit && it.after >= *it.limit) return std::nullopt;
  return at;
}

RateLimiter::Budget RateLimiter::budget(Operation operation) const {
  const bool shared = sharing_ == Sharing::seen;
  const auto first = shared ? windows_.begin() : windows_.begin() + static_cast<int>(operation);
  const auto last = shared ? windows_.end() : first + 1;
  const auto newest = std::max_element(first, last, [](const Window& a, const Window& b) {
    return (a.left ? a.reset_at : Steady{}) < (b.left ? b.reset_at : Steady{});
  });
  Budget out;
  if (!newest->left) {
    // Not called yet: with all others that were not, within what the tightest of the known allows.
    out.limit = lowest_limit_;
    for (const Window& one : windows_) {
      if (!one.left) out.after += static_cast<std::int64_t>(one.leave.size());
    }
    return out;
  }
  out.reset_at = newest->reset_at;
  for (auto it = first; it != last; ++it) {
    if (it->left && it->reset == newest->reset) {
      out.left = std::min(out.left.value_or(*it->left), *it->left);
      if (it->limit) out.limit = std::min(out.limit.value_or(*it->limit), *it->limit);
    }
    const auto split = it->leave.lower_bound(out.reset_at);
    out.before += std::distance(it->leave.begin(), split);
    out.after += std::distance(split, it->leave.end());
  }
  return out;
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
  window(operation).leave.insert(at);
  if (spacing_ != std::chrono::nanoseconds::zero()) slots_.insert(at);
}

void RateLimiter::release(Operation operation, Steady at) {
  auto& leave = window(operation).leave;
  if (const auto one = leave.find(at); one != leave.end()) leave.erase(one);
  if (const auto slot = slots_.find(at); slot != slots_.end()) slots_.erase(slot);
}

void RateLimiter::ended(Operation operation, Steady at, const Response* response, Steady now,
                        Instant wall) {
  Window& it = window(operation);
  if (const auto one = it.leave.find(at); one != it.leave.end()) it.leave.erase(one);
  slots_.erase(slots_.begin(), slots_.lower_bound(now - spacing_));
  if (response == nullptr) return;
  learn_clock(*response, at, now);
  if (const auto told = told_wait(*response, wall); told && *told <= kLongestWindow) {
    hold(operation, now + *told);
  }
  const auto left = parse_count(response->rate_remaining);
  const auto reset = parse_instant(response->rate_reset);
  if (!left || !reset) return;
  const auto ours = to_ours(*reset, now, wall);
  if (!ours || *ours <= now || *ours - now > kLongestWindow) return;
  const Steady reset_at = *ours;
  if (it.left && *reset < it.reset) return;  // a late answer from the window before
  const bool same = it.left && *reset == it.reset;
  it.left = same ? std::min(*it.left, *left) : *left;
  it.answered = same ? it.answered + 1 : 1;
  it.reset_at = reset_at;
  it.reset = *reset;
  const auto limit = parse_count(response->rate_limit);
  it.limit = limit && *limit > 0 ? limit : std::nullopt;
  if (it.limit) lowest_limit_ = std::min(lowest_limit_.value_or(*it.limit), *it.limit);
  if (it.limit && response->status != 429) learn_sharing(operation, *it.limit, *left);
}

void RateLimiter::hold(Operation operation, Steady until) {
  auto& held = window(operation).held_until;
  held = std::max(held, until);
}

// The server's clock showed `date`, cut to seconds, somewhen between `at` and `now`.
void RateLimiter::learn_clock(const Response& response, Steady at, Steady now) {
  if (!response.date || !is_countable(*response.date)) return;
  const std::chrono::nanoseconds date = response.date->time_since_epoch();
  const std::chrono::nanoseconds least = date - now.time_since_epoch();
  const std::chrono::nanoseconds most = date + kDateStep - at.time_since_epoch();
  ahead_ = std::min(std::max(ahead_.value_or(least), least), most);
}

std::optional<RateLimiter::Steady> RateLimiter::to_ours(Instant servers, Steady now,
                                                        Instant wall) const {
  if (!is_countable(servers) || !is_countable(wall)) return std::nullopt;
  if (!ahead_) return now + (servers - wall);
  return Steady(std::chrono::duration_cast<Steady::duration>(servers.time_since_epoch() - *ahead_));
}

void RateLimiter::learn_sharing(Operation operation, std::int64_t limit, std::int64_t left) {
  const Window& it = window(operation);
  if (it.reset != told_of_) told_.clear();
  told_of_ = it.reset;
  const auto [told, fresh] = told_.emplace(std::pair(limit, left), operation);
  // One counter gives each of its numbers once.
  if (!fresh && told->second != operation) sharing_ = Sharing::disproved;
  const auto own = it.answered + static_cast<std::int64_t>(it.leave.size());
  if (sharing_ == Sharing::not_seen && limit - left > own) sharing_ = Sharing::seen;
}

}  // namespace rolecall
