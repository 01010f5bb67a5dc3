#pragma once

#include <string>

#include "state/model/memory.h"
#include "state/store/store_impl.h"

namespace rolecall {

/// Adds to the counts of an organization, where they differ from the last ones or are the first of
/// their day.
[[nodiscard]] Result<void> append_counts(StoreCore& store, LogTransaction& transaction,
                                         const std::string& organization, const Counts& counts);

}  // namespace rolecall
