#include "controller/settle_window.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "controller/option_values.h"
#include "state/api/base_url.h"
#include "state/store/store.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

bool is_this_machine(const std::string& api_url) {
  const auto base = parse_base_url(api_url);
  return base && (base->host == "127.0.0.1" || base->host == "::1" || base->host == "localhost");
}

/// When the newest run that wrote, or may have, was last seen to do so.
std::optional<Instant> last_write(const Store& store) {
  constexpr std::size_t kRunsLookedAt = 200;
  const auto runs = store.runs(kRunsLookedAt);
  if (!runs) return std::nullopt;
  for (const RunRecord& run : *runs) {
    if (run.end && run.end->writes > 0) return run.end->at;
    if (run.end) continue;
    const auto calls = store.calls(run.id);
    if (calls && !calls->empty()) return calls->back().outcome_at.value_or(calls->back().at);
  }
  return std::nullopt;
}

}  // namespace

std::chrono::seconds settle_window(const GlobalOptions& global) {
  const char* said = std::getenv("ROLECALL_SETTLE_WINDOW");
  if (said == nullptr || !is_this_machine(global.api_url)) return kSettleWindow;
  return parse_duration(said).value_or(kSettleWindow);
}

milliseconds still_settling(const std::string& store_path, std::chrono::seconds window,
                            Instant now) {
  std::error_code ignored;
  if (!std::filesystem::exists(store_path, ignored)) return milliseconds{0};
  const auto store = Store::open(store_path, Store::Access::read);
  const auto written = store ? last_write(*store) : std::nullopt;
  if (!written) return milliseconds{0};
  // A clock that was set back must not make anybody wait for ever.
  return std::clamp<milliseconds>(*written + window - now, milliseconds{0}, window);
}

}  // namespace rolecall
