#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/reconciler.h"
#include "diff/plan_age.h"
#include "diff/plan_file.h"
#include "state/store/store.h"

namespace rolecall {

/// The largest plan that is saved and read, in bytes: far more than anybody reviews.
inline constexpr std::size_t kLargestPlanFile = 100'000'000;

/// The bytes of the saved plan at `path`; nothing where something else is, a policy as it seems. It
/// is opened once: what is checked is what is read. An error says what is wrong with the file:
/// empty, too large, or for others to write.
[[nodiscard]] Result<std::optional<std::string>> read_plan_file(const std::string& path);

/// What whoever applies a saved plan says of it, where they say it. What they say the file cannot
/// choose: who can write one could else have done what the policy does not ask for, by another
/// policy, as of another day, or as the undo of a run.
struct Named {
  std::string policy{};
  std::optional<Instant> at{};
  RunId undo = 0;
};

/// By what a saved plan is applied: by what was said, else by what the file says.
struct Agreed {
  std::string policy;
  std::optional<Instant> at;
  std::vector<std::string> unsaid;  ///< what nobody said and is no default, to be shown
};

/// An error where the file says another day or run than whoever applies it; its hint is the command
/// that says the same. (Another policy makes the plan stale: its digest differs.)
[[nodiscard]] Result<Agreed> agree(const SavedPlan& saved, const std::string& plan_file,
                                   const Named& named);

/// Writes the plan that was made of `request`, with how it was made, where its owner alone can read
/// it. `at` is the instant, where one was asked for; `now` is when the plan was made. Returns the
/// command that applies it and leaves it no choice.
[[nodiscard]] Result<std::string> write_plan_file(const std::string& path,
                                                  const PlanRequest& request,
                                                  const Planned& planned,
                                                  const std::optional<Instant>& at, Instant now);

/// What the run that applies it is called in the log. No other plan file has the same.
[[nodiscard]] std::string saved_plan_command(const SavedPlan& saved);

/// It goes with the store that it was made with, and with no other.
[[nodiscard]] bool needs_store(const SavedPlan& saved);
/// That it is another one; `found`: "this is 7f...", "there is none at ...".
[[nodiscard]] std::string other_store(const SavedPlan& saved, std::string_view found);

/// What the log has against applying it: it is the log of another store or an older copy of the one
/// that the plan was made with, or the plan was applied before, with whatever end. Each in words.
[[nodiscard]] Result<std::vector<std::string>> log_reasons(const SavedPlan& saved,
                                                           const Store& store);

/// Clocks without the server's: `local` and what the log tells.
[[nodiscard]] Result<Clocks> clocks(const SavedPlan& saved, const Store& store, Instant local);

}  // namespace rolecall
