#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "controller/change_log.h"
#include "controller/write_call.h"
#include "state/api/clock.h"

namespace rolecall {

/// What an apply writes to the log, change by change: an intent before a call leaves, an outcome
/// once it is known. Outcomes wait for the next intents, so that both share a transaction.
class ApplyLog {
 public:
  ApplyLog(ChangeLog& log, const Clock& clock, const Plan& plan)
      : log_(log),
        clock_(clock),
        plan_(plan),
        intents_(plan.changes.size()),
        bodies_(plan.changes.size()) {}

  /// Not zero once it is on disk.
  [[nodiscard]] IntentId intent(std::size_t change) const { return intents_[change]; }

  /// A call that is about to leave with these changes. One that did not leave, or is sent again,
  /// keeps the intents it has; where it is another one by now, those are closed as not sent.
  void add_intents(std::size_t call, const std::vector<std::size_t>& changes,
                   const Request& request, const KnownIds& ids);
  void add_outcome(std::size_t change, ChangeResult result, int status, int attempts,
                   std::int64_t milliseconds, std::string message);
  /// All of that is on disk once this has returned. After an Error no call may leave.
  [[nodiscard]] Result<void> record();

 private:
  ChangeLog& log_;
  const Clock& clock_;
  const Plan& plan_;
  std::vector<IntentId> intents_;
  std::vector<std::size_t> bodies_;  ///< hash of the body that the intent speaks of
  std::vector<std::size_t> of_;      ///< the change that each of `fresh_` is about
  std::vector<Intent> fresh_;
  std::vector<Outcome> outcomes_;
};

}  // namespace rolecall
