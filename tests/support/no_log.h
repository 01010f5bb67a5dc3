#pragma once

#include <span>
#include <vector>

#include "controller/change_log.h"

namespace rolecall::test {

/// Keeps nothing: an apply whose log is not what is looked at. Ids count up from 1.
class NoLog final : public ChangeLog {
 public:
  [[nodiscard]] Result<std::vector<IntentId>> record(Instant, std::span<const rolecall::Outcome>,
                                                     std::span<const Intent> intents) override {
    std::vector<IntentId> ids(intents.size());
    for (IntentId& id : ids) id = ++last_;
    return ids;
  }

 private:
  IntentId last_ = 0;
};

}  // namespace rolecall::test
