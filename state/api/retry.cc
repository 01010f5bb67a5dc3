#include "state/api/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rolecall {
namespace {

using std::chrono::milliseconds;

/// Longer than anything that is waited for, and far from overflow.
constexpr std::int64_t kManySeconds = 1'000'000'000;

std::optional<std::int64_t> parse_digits(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
  std::int64_t value = 0;
  for (const char digit : text) value = std::min(kManySeconds, value * 10 + (digit - '0'));
  return value;
}

milliseconds backoff(const RetryOptions& options, int tries, Random& random) {
  milliseconds upper = options.base;
  for (int n = 1; n < tries && upper < options.cap; ++n) upper *= 2;
  upper = std::min(upper, options.cap);
  return milliseconds(std::uniform_int_distribution<std::int64_t>(0, upper.count())(random));
}

std::string in_words(milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7'200) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3'600);
}

RetryDecision after_told(const RetryOptions& options, CallHistory& history, milliseconds told,
                         milliseconds own) {
  if (told > options.longest_told) {
    return GiveUp{fmt::format("the server asks to wait {}, longer than {}", in_words(told),
                              in_words(options.longest_told))};
  }
  const auto delay = std::max(told, own);
  if (history.told + delay > options.longest_told) {
    return GiveUp{
        fmt::format("the server has asked to wait again and again for {}", in_words(history.told))};
  }
  history.told += delay;
  return RetryAfter{delay, true};
}

}  // namespace

std::optional<milliseconds> time_to_reset(const Response& response, Instant now) {
  const auto reset = parse_instant(response.rate_reset);
  if (!reset) return std::nullopt;
  const auto wait = *reset - response.date.value_or(now);
  return wait > milliseconds::zero() ? std::optional(milliseconds(wait)) : std::nullopt;
}

std::optional<milliseconds> told_wait(const Response& response, Instant now) {
  if (response.status != 429 && response.status != 503) return std::nullopt;
  if (const auto seconds = parse_digits(response.retry_after)) {
    if (*seconds > 0) return milliseconds(*seconds * 1'000);
    return std::nullopt;
  }
  if (const auto date = parse_http_date(response.retry_after)) {
    const auto wait = *date - response.date.value_or(now);
    if (wait > milliseconds::zero()) return wait;
    return std::nullopt;
  }
  if (response.status == 429 && parse_digits(response.rate_remaining) == 0) {
    return time_to_reset(response, now);
  }
  return std::nullopt;
}

bool RetryBudget::pay(int cost) {
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

bool may_repeat(bool write, const Answer& answer) {
  if (answer) return answer->status == 429 || (!write && answer->status >= 500);
  if (answer.error().final || answer.error().kind == Failure::Kind::cancelled) return false;
  return !write || answer.error().kind == Failure::Kind::not_sent;
}

RetryDecision decide(const RetryOptions& options, CallHistory& history, RetryBudget& budget,
                     const Answer& answer, milliseconds took, Instant now, Random& random) {
  ++history.sent;
  history.spent += took;
  if (!may_repeat(history.write, answer)) {
    if (answer && answer->status < 400) budget.earn();
    return GiveUp{};
  }
  const auto told = answer ? told_wait(*answer, now) : std::nullopt;
  const auto own = backoff(options, history.sent, random);
  if (told && answer->status == 429) return after_told(options, history, *told, own);

  ++history.tries;
  if (history.tries >= options.max_tries) {
    return GiveUp{
        fmt::format("given up after {} {}", history.sent, history.sent == 1 ? "try" : "tries")};
  }
  if (!told && history.spent + own > options.total) {
    return GiveUp{
        fmt::format("given up after {} tries in {}", history.sent, in_words(history.spent))};
  }
  const bool unanswered = !answer && answer.error().kind == Failure::Kind::no_answer;
  if (!budget.pay(unanswered ? RetryBudget::kCostNoAnswer : RetryBudget::kCost)) {
    return GiveUp{"given up: too many calls have failed to try each of them again"};
  }
  if (told) return after_told(options, history, *told, own);
  history.spent += own;
  return RetryAfter{own, false};
}

}  // namespace rolecall
