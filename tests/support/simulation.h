#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rolecall::test {

/// How the server and the network behave in a simulated life.
enum class Weather {
  faults,  ///< errors, broken connections, lost answers, lag
  limits,  ///< faults, while the policy allows little and protects some
  lies,    ///< faults, and answers that leave out, repeat, contradict or cannot be understood
           ///< (lies.h)
};

/// What happened in one life, for those who want to know that something did.
struct LifeReport {
  std::string journal;  ///< SHA-256 over every write and every row of the log
  std::size_t runs = 0, writes = 0, effective = 0, crashes = 0, mails = 0, rival_moves = 0;
  std::map<std::string_view, std::size_t> lies;  ///< told, by their names
  std::size_t refused = 0;                       ///< plans that a safety rule forbade
  std::size_t relaxed = 0;                       ///< 1: they had to be lifted in the end
  std::size_t told_who = 0;  ///< 1: lies had it ask who somebody is, and it was told by account_id
};

/// A deterministic life of an organization (guarantees.md E7): the real planner, applier, pacing,
/// recovery and store against an organization in memory, in virtual time. The seed decides
/// everything: the organization, its policies, faults, another administrator's doings, where the
/// process dies and what becomes of its calls, jumps of the clock, stop orders. Each write is held
/// against the truth as it takes effect (truth.h), each run's rows against the writes, the log is
/// verified after each run, and at the end, in calm, the organization becomes as its policy says
/// (under lies perhaps only after a person has answered with account_id who is who).
/// Throws Violation.
[[nodiscard]] LifeReport live_through(std::uint64_t seed, Weather weather);

}  // namespace rolecall::test
