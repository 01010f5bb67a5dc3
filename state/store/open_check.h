#pragma once

#include <optional>

#include "state/store/head_file.h"
#include "state/store/store_impl.h"

namespace rolecall {

/// Before the first row is written: is the log the one that was left, and whole? Compares it with
/// the head file and computes hashes anew: of all rows, or of the newest when there are very many.
/// A store that is refused is left as it is, and so is the write-ahead log beside it. What
/// `accepted` lets pass becomes a row of the log. Brings the head file up to date.
[[nodiscard]] Result<void> check_before_writing(StoreCore& store,
                                                const std::optional<HeadFile::Content>& known,
                                                const std::optional<AcceptedGap>& accepted);

/// A head file without a store: its log has gone. Error unless that was accepted.
[[nodiscard]] Result<void> check_before_creating(const HeadFile& file,
                                                 const std::optional<HeadFile::Content>& known,
                                                 const std::optional<AcceptedGap>& accepted);

}  // namespace rolecall
