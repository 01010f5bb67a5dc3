#pragma once

#include <array>
#include <chrono>
#include <string>

#include "controller/options.h"
#include "state/model/instant.h"

namespace rolecall {

/// How long a change may take to show in reads (facts.md section 9, with room).
inline constexpr std::chrono::seconds kSettleWindow{120};

/// The waits before each reading that is to show a role: one of the organization takes up to 30 s,
/// and clients poll up to 35 s for those of groups (facts.md section 9).
inline constexpr std::array kRoleWaits = {
    std::chrono::milliseconds{0}, std::chrono::milliseconds{5'000},
    std::chrono::milliseconds{10'000}, std::chrono::milliseconds{20'000}};

/// That, or what ROLECALL_SETTLE_WINDOW says ("0s") where the organization is a simulated one on
/// this machine, which shows everything at once: tests and rehearsals need not wait.
[[nodiscard]] std::chrono::seconds settle_window(const GlobalOptions& global);

/// For how long reads may still not show what the newest run in the store has written; 0 where they
/// do, or there is no store that could be asked.
[[nodiscard]] std::chrono::milliseconds still_settling(const std::string& store_path,
                                                       std::chrono::seconds window, Instant now);

}  // namespace rolecall
