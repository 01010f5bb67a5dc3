#include <fmt/format.h>

#include <string>
#include <vector>

#include "controller/commands.h"
#include "controller/nearby_policy.h"
#include "controller/output.h"
#include "controller/quarantine.h"
#include "controller/stop_switch.h"
#include "controller/store_path.h"
#include "controller/who.h"
#include "state/api/clock.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr std::size_t kLongestReason = 500;

/// A stop beside a part of a policy would be one that no run of the policy looks at.
Result<std::string> store_of(const GlobalOptions& global, const std::string& policy) {
  if (policy.empty()) return default_store_path(global);
  if (auto whole = refuse_part_of_policy(policy); !whole) {
    return tl::make_unexpected(whole.error());
  }
  return store_path(global, policy);
}

}  // namespace

int run_stop(const GlobalOptions& global, const StopOptions& options) {
  if (trim_ascii(options.reason).empty()) {
    return print_error({"--reason is empty", "say why: whoever finds it stopped will read it"});
  }
  if (count_code_points(options.reason) > kLongestReason) {
    return print_error({fmt::format("--reason is longer than {} characters", kLongestReason), {}});
  }
  const auto store = store_of(global, options.policy);
  if (!store) return print_error(store.error());
  const StopSwitch stop(*store);
  const StopSwitch::Order order{login_name(), host_name(), SystemClock().now(), options.reason};
  if (const auto set = stop.set(order); !set) return print_error(set.error());
  print(fmt::format("{}; {}\n", escape_terminal(stop.in_force()), kHowToResume));
  return finish_output(0);
}

int run_resume(const GlobalOptions& global, const ResumeOptions& options) {
  const auto store = store_of(global, options.policy);
  if (!store) return print_error(store.error());
  const StopSwitch stop(*store);
  const Quarantine quarantine(*store);
  std::vector<std::string> was;
  for (const std::string& reason : {stop.in_force(), quarantine.in_force()}) {
    if (!reason.empty()) was.push_back(escape_terminal(reason));
  }
  if (const auto cleared = stop.clear(); !cleared) return print_error(cleared.error());
  if (const auto lifted = quarantine.release(); !lifted) return print_error(lifted.error());
  print(was.empty() ? "nothing was stopped\n"
                    : fmt::format("goes on; it was {}\n", fmt::join(was, "; ")));
  return finish_output(0);
}

}  // namespace rolecall
