#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/model/result.h"
#include "state/simulator/fake_org.h"
#include "state/simulator/options.h"

namespace rolecall::simulator {

/// A script of faults, as PUT /_simulator/faults takes it. It replaces the one before; {} ends all.
///
///   {"seed": 7,                      of the chances below; 1
///    "rate_limit": {...},            as the option of that name (options.h)
///    "lag_ms": 1500,                 before a new group shows, instead of the option
///    "write_lag_ms": 0,              every read answers as things stood this long ago
///    "rules": [
///      {"operation": "addUserToGroup",   an operationId, "*", "reads" or "writes"; "*"
///       "target": "",                only where the path and query contain this
///       "after": 0,                  not before so many matching requests went by
///       "nth": 3,                    only the third matching request after those
///       "every": 2,                  only each second one
///       "probability": 0.3,          only with this chance
///       "times": 2,                  at most twice
///       "action": {...}}]}
///
/// The first rule that strikes acts; rules after it do not see the request. Of an action:
///
///   "status": 503            answered instead of doing anything
///   "after_effect": true     answered after it was done
///   "shape": "errors"        or "gateway", "html", "text", "empty": of the body with that status
///   "body": "..."            text, or any JSON value; instead of the shape
///   "headers": {"Retry-After": "2"}
///   "delay_ms": 200          before the answer is sent
///   "cut": "not_sent"        the connection cannot be made
///          "before_effect"   the request is read, nothing done, the connection broken
///          "after_effect"    done, and broken without an answer
///          "half_body"       done, and broken in the middle of the answer
///   "stale_ms": 5000         a read answers as things stood this long ago
///   "page": "drop_item"      of a 200 that holds a list, the page comes odd:
///           "repeat_item"    an item twice
///           "empty_page"     no items, but the cursor of the next page
///           "drop_next"      the chain of cursors ends early
///           "repeat_cursor"  the next cursor is this page's own
///           "endless_cursor" the next cursor is always a new one that leads here again
///           "wrong_type"     a member of an item is a number
///           "missing_field"  it is missing
///           "unknown_enum"   it has a value that no document knows
///           "duplicate_member"  it stands there twice
///           "missing_data"   no "data" at all
///           "extra_bytes"    bytes after the JSON
///           "torn"           the JSON ends in the middle, with a fitting length
///   "item": 0, "field": "..."  which item, which member of it; the first that is a text
struct FaultAction {
  enum class Page : std::uint8_t {
    none,
    drop_item,
    repeat_item,
    empty_page,
    drop_next,
    repeat_cursor,
    endless_cursor,
    wrong_type,
    missing_field,
    unknown_enum,
    duplicate_member,
    missing_data,
    extra_bytes,
    torn
  };
  std::optional<int> status;
  bool after_effect = false;
  std::string shape = "errors";
  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds delay{0}, stale{0};
  HttpResponse::Cut cut = HttpResponse::Cut::none;
  Page page = Page::none;
  std::size_t item = 0;
  std::string field;
  std::string summary;  ///< for the request log
};

struct FaultRule {
  std::string operation = "*", target;
  std::uint64_t after = 0, nth = 0, every = 0, times = 0;  ///< 0: no such bound
  double probability = 1;
  FaultAction action;
  std::uint64_t seen = 0, struck = 0;
};

class Faults {
 public:
  [[nodiscard]] static Result<Faults> parse(const boost::json::value& script);

  /// What befalls this request, if anything.
  [[nodiscard]] const FaultAction* strike(std::string_view operation, bool reads,
                                          std::string_view target);

  /// How far back a read may have to look.
  [[nodiscard]] std::chrono::milliseconds longest_stale() const;
  [[nodiscard]] std::chrono::milliseconds write_lag() const { return write_lag_; }
  [[nodiscard]] const std::optional<RateLimits>& rate_limits() const { return rate_limits_; }
  [[nodiscard]] std::optional<std::chrono::milliseconds> group_lag() const { return group_lag_; }

 private:
  std::vector<FaultRule> rules_;
  std::optional<RateLimits> rate_limits_;
  std::optional<std::chrono::milliseconds> group_lag_;
  std::chrono::milliseconds write_lag_{0};
  std::mt19937_64 random_{1};
};

/// The body of an answer with that status, in a shape the action names.
struct FaultBody {
  std::string body, content_type;
};
[[nodiscard]] FaultBody write_fault_body(const FaultAction& action);

/// A page of a list made odd. Bodies that hold no list stay as they are.
[[nodiscard]] std::string spoil_page(const FaultAction& action, std::string body,
                                     std::uint64_t nonce);

}  // namespace rolecall::simulator
