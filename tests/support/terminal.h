#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "tests/support/process.h"

namespace rolecall::test {

/// What is done with a process once it has shown this, before anything is typed.
struct AtPrompt {
  std::string prompt;
  std::function<void(pid_t)> then;
};

/// Runs a process on a terminal of its own, 80 columns wide, and types `input` to it. All that it
/// shows is in `out`, with what was typed; lines end in CR LF.
[[nodiscard]] Outcome run_on_terminal(const ProcessWish& wish, const std::string& input = {},
                                      const AtPrompt& at_prompt = {});

}  // namespace rolecall::test
