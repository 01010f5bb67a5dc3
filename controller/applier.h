#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/change_log.h"
#include "controller/settle_window.h"
#include "diff/plan.h"
#include "state/api/api_client.h"
#include "state/api/clock.h"

namespace rolecall {

/// What became of one change of the plan.
struct ChangeOutcome {
  enum class State : std::uint8_t {
    pending,
    applied,
    already_so,  ///< found done when it was to be done
    failed,
    in_doubt,  ///< sent, and neither the answer nor a read could tell
    skipped,   ///< never sent
  };
  State state = State::pending;
  std::string message;  ///< the API's words, or what it was skipped because of
};

struct ApplyReport {
  std::vector<ChangeOutcome> outcomes;  ///< parallel to Plan::changes
  std::size_t writes = 0;
  bool interrupted = false;
  std::string store_error;      ///< not empty: the log could not be written, nothing more was sent
  bool halted = false;          ///< somebody stopped all writing meanwhile
  bool unreached = false;       ///< the API did not answer any more
  std::string stopped_because;  ///< one of these, or the key was refused, or the lock was lost
  std::string broken;           ///< not empty: rolecall itself is wrong, nothing more was sent
  /// Where not all was done: what could not be read meanwhile, or was not understood, and where.
  std::vector<std::string> misread{};
  std::size_t looked_again = 0;  ///< changes whose grounds were read again before they were made
  /// How old, at most, what a call rested on was when it left.
  std::chrono::milliseconds oldest_read{0};

  [[nodiscard]] std::size_t count(ChangeOutcome::State state) const;
};

struct ApplyEnvironment {
  WriteClient& client;
  ChangeLog& log;
  const Clock& clock;
  std::function<bool()> stop_requested;   ///< asked before each call
  std::function<bool()> may_still_write;  ///< whether the lock is still ours; asked likewise
  std::function<void(std::size_t done, std::size_t of)> progress;
  /// Who has stopped all writing, and why, or nothing; asked likewise.
  std::function<std::string()> stop_order{};
  /// When the reading that the plan was made on began; nothing: just now.
  std::optional<Instant> read_at{};
  /// How long what was done may take to show in reads.
  std::chrono::seconds settle_window = kSettleWindow;
  /// Told before it waits for reads to show what was done, `why` in words for people.
  std::function<void(std::chrono::milliseconds wait, std::string_view why)> on_wait{};
};

/// Carries out a plan: the calls of one kind after those of the kind before, several in flight.
///
/// No call leaves before its intents are on disk; every answer is recorded. Calls leave in waves:
/// as many as there is room for, whose intents are recorded in one transaction together with the
/// outcomes of what has come back since the wave before. A failed change holds
/// back only what rests on it. What the answer leaves open is read back before anything is sent
/// again; an invitation is never sent twice. What was read more than 30 s ago is read again first
/// (freshness.h): a change that has come about meanwhile, or whose group or account is not what it
/// was planned for, is not sent. Ids are confirmed (identities.h). Suspensions, removals, deletions
/// and revoked org roles are looked at in the end: what still does not show after the settle window
/// is in doubt, whatever the answer was; the log keeps the answer. The floor of org admins holds
/// whatever fails. A key that is refused (401), or may not write (403 to the first calls), stops
/// the run. Never throws on anything a server or a disk does, nor where an invariant of its own is
/// broken.
[[nodiscard]] ApplyReport apply_plan(const Plan& plan, const ApplyEnvironment& environment);

}  // namespace rolecall
