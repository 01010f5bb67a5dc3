#pragma once

#include <string>
#include <string_view>

#include "state/model/result.h"

namespace rolecall {

/// Whether a file could be put there: to be asked before anything long is begun.
[[nodiscard]] Result<void> check_writable_place(const std::string& path);

/// Writes a file that its owner alone can read (0600), whole or not at all: into a new file beside
/// it, to disk, then renamed over what was there.
[[nodiscard]] Result<void> write_private_file(const std::string& path, std::string_view content);

}  // namespace rolecall
