#pragma once

#include <functional>
#include <string>

#include "state/model/result.h"
#include "state/store/sqlite.h"

namespace rolecall {

enum class WhenWritten : std::uint8_t { read_again, keep };

/// Opens a store to look at it, whoever owns it, and leaves nothing behind, not even SQLite's own
/// files. That is right only while nobody writes. When somebody did, `read` is called once more, on
/// the store opened as SQLite wants it; with `keep` what came of it stays, and an error says why it
/// may be one. What is read is of one moment.
[[nodiscard]] Result<void> read_without_traces(const std::string& path, WhenWritten when_written,
                                               const std::function<Result<void>(Database&)>& read);

}  // namespace rolecall
