#pragma once

#include <chrono>

namespace rolecall {

/// From now on SIGINT, SIGTERM and SIGHUP (unless ignored) ask to stop instead of killing. Nothing
/// is undone at the end: a command that writes lives on with it until its process ends.
void catch_stop_signals();

/// Whether one has come.
[[nodiscard]] bool stop_signalled();

/// Sleeps, but wakes at once when asked to stop. True when the whole time has passed.
bool sleep_unless_stopped(std::chrono::milliseconds time);

}  // namespace rolecall
