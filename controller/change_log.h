#pragma once

#include <span>
#include <vector>

#include "state/store/store.h"

namespace rolecall {

/// Where apply writes down what it is about to do and what became of it.
class ChangeLog {
 public:
  virtual ~ChangeLog() = default;
  /// Both are on disk once this has returned. Ids of the intents, in order. After an Error no call
  /// may leave; the outcomes may be on disk all the same.
  [[nodiscard]] virtual Result<std::vector<IntentId>> record(Instant at,
                                                             std::span<const Outcome> outcomes,
                                                             std::span<const Intent> intents) = 0;
};

/// The log of a run in the store.
class StoreLog final : public ChangeLog {
 public:
  StoreLog(Store& store, RunId run) : store_(store), run_(run) {}
  [[nodiscard]] Result<std::vector<IntentId>> record(Instant at, std::span<const Outcome> outcomes,
                                                     std::span<const Intent> intents) override {
    return store_.record(run_, at, outcomes, intents);
  }

 private:
  Store& store_;
  RunId run_;
};

}  // namespace rolecall
