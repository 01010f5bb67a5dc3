#pragma once

#include "controller/options.h"

namespace rolecall {

/// Sends spdlog's default logger to stderr: one record one line whatever the message holds, as text
/// ("2026-12-01T08:00:00.000Z info: ...") or as JSON ({"time","level","message"}).
///
/// Nothing that is logged may hold the API key; only the HTTP client ever has it.
void set_up_log(const GlobalOptions& options);

}  // namespace rolecall
