#pragma once

#include <string>

#include "tests/support/process.h"

namespace rolecall::test {

/// Runs a process on a terminal of its own, 80 columns wide, and types `input` to it. All that it
/// shows is in `out`, with what was typed; lines end in CR LF.
[[nodiscard]] Outcome run_on_terminal(const ProcessWish& wish, const std::string& input = {});

}  // namespace rolecall::test
