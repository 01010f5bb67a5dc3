#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "diff/undo.h"
#include "state/api/fetch.h"
#include "state/store/store.h"

namespace rolecall {

/// The change that a call made or tried; nothing for a kind that this version does not know.
[[nodiscard]] std::optional<Change> logged_change(const CallRecord& record);

/// What the log has of a run, for its undo. The error is for people: there is no such run.
[[nodiscard]] Result<LoggedRun> logged_run(const Store& store, RunId run);

/// Adds what the run was about to what is read, and to what counts as managed for safety.
void widen(const LoggedRun& run, Catalog& catalog, Desired& desired, FetchScope& scope);

/// As rows of the log.
[[nodiscard]] std::vector<Store::Loss> to_rows(const std::vector<Loss>& losses);

/// The word for the command in the log of the run that undoes another.
[[nodiscard]] std::string undo_command(std::int64_t run);

}  // namespace rolecall
