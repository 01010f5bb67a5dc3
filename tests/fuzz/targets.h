#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

// What is fuzzed: functions that take any bytes and throw where an invariant does not hold. A
// crash, a hang and a sanitizer's report count too.

namespace rolecall::fuzz {

/// A policy file: scan, parse, resolve.
void policy(std::string_view bytes);
/// A CSV file that a policy names as a roster.
void roster(std::string_view bytes);
/// Answers of the API, in the order of the calls: a line of "---" ends each.
void pages(std::string_view bytes);
/// A saved plan, as it is and with its digest and checksum made to fit.
void plan_file(std::string_view bytes);
/// Headers of one answer, a line each: Date, Retry-After, X-RateLimit-Remaining, -Reset; status.
void headers(std::string_view bytes);
/// Values of options, and the whole line as arguments of the command.
void options(std::string_view bytes);
/// An export of the log, in either format.
void log_export(std::string_view bytes);
/// What stands beside a store: its head, a checkpoint.
void heads(std::string_view bytes);
/// A name from outside, on its way to a terminal, a log, Markdown and JSON.
void text(std::string_view bytes);
/// A small organization and a policy for it, made of the bytes, up to the plan.
void world(std::string_view bytes);

struct Target {
  std::string_view name;  ///< of its corpus
  void (*run)(std::string_view bytes);
};
inline constexpr std::array kTargets = {
    Target{"policy", policy},       Target{"roster", roster},   Target{"pages", pages},
    Target{"plan_file", plan_file}, Target{"headers", headers}, Target{"options", options},
    Target{"text", text},           Target{"world", world},     Target{"log_export", log_export},
    Target{"heads", heads},
};

/// An invariant: throws what it says when it does not hold.
inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace rolecall::fuzz
