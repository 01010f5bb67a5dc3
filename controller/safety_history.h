#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/own_writes.h"
#include "controller/settle_window.h"
#include "diff/diff.h"
#include "diff/origin.h"
#include "state/model/instant.h"
#include "state/model/result.h"
#include "state/store/store.h"

namespace rolecall {

/// What of the store the next run depends on.
struct Remembered {
  std::vector<Store::Protection> protections;
  SafetyHistory history;
  Memory memory;
  std::vector<OwnWrite> own_writes;  ///< within the settle window
  std::optional<CleanRun> last_clean;
  std::string store;       ///< its id; empty: there is none yet
  std::string audit_head;  ///< the last row of its log, "12:9f86d0..."
};

/// `now` is the time itself, never the instant a plan is made for: a plan for next year must not
/// see an empty window.
[[nodiscard]] Result<Remembered> remembered(const Store& store, const std::string& organization,
                                            Instant now,
                                            std::chrono::seconds settle_window = kSettleWindow);

/// The same from a store that may not be there yet; then nothing is remembered.
[[nodiscard]] Result<Remembered> remembered_at(const std::string& store_path,
                                               const std::string& organization, Instant now,
                                               std::chrono::seconds settle_window = kSettleWindow);

/// How runs that leave the organization as a policy says are called in the log (RunStart::command):
/// saved plans may leave changes out, and --at wants another organization than today's.
inline constexpr std::string_view kApplyCommand = "apply";
inline constexpr std::string_view kServiceCommand = "run";

/// What the store has to keep of a plan that is about to be applied.
[[nodiscard]] Store::SafetyRecord safety_record(const Plan& plan);

}  // namespace rolecall
