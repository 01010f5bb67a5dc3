#pragma once

#include "controller/options.h"

namespace rolecall {

/// `get counts --history`: what the store has of the organization, oldest first. Asks nothing of
/// the API. Returns the exit code.
[[nodiscard]] int show_count_history(const GlobalOptions& global);

/// `get counts --record`: reads the organization and keeps its counts in the store, as every apply
/// does. Nothing is kept of a reading that is not complete. Returns the exit code.
[[nodiscard]] int record_counts(const GlobalOptions& global);

}  // namespace rolecall
