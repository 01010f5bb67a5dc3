#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "controller/commands.h"
#include "controller/nearby_policy.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/policy_tree.h"
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

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

/// One that somebody is just repairing counts as well: a stop does not wait for that.
bool is_policy(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return is_there(path);
  const Result<PolicyTree> tree = PolicyTree::open(path);
  return tree && !tree->glance().empty();
}

/// A stop where nothing is would be one that nobody looks at, while whoever gave it believes that
/// all is stopped; so it is with letting things go on.
Result<void> check_something_is_there(const GlobalOptions& global, const std::string& store,
                                      const std::string& asked) {
  if (is_there(store)) return {};
  constexpr const char* kNothingStopped = "nothing was stopped: there is no store at {}{}";
  const auto policy = asked.empty() ? default_policy_path() : Result<std::string>(asked);
  if (policy && is_policy(*policy)) return {};
  if (!global.store.empty()) {
    return fail(fmt::format(kNothingStopped, store, ""),
                "--store (ROLECALL_STORE) names the store that the runs have");
  }
  const auto around = policy_around(asked.empty() ? "." : asked);
  return fail(
      fmt::format(kNothingStopped, store,
                  policy ? fmt::format(", and no policy at {}", *policy) : ", and no policy here"),
      around ? fmt::format("{} is a policy: name it on the command line", *around)
             : "name the policy on the command line, or its store with --store");
}

std::string place_of(const std::string& store) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(store, error).lexically_normal();
  return escape_terminal(error ? store : absolute.string());
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
  if (const auto there = check_something_is_there(global, *store, options.policy); !there) {
    return print_error(there.error());
  }
  const std::string before = stop.in_force();
  const StopSwitch::Order order{login_name(), host_name(), SystemClock().now(), options.reason};
  if (const auto set = stop.set(order); !set) return print_error(set.error());
  print(fmt::format("{}{}; {}\nstore: {}\n", before.empty() ? "" : "stopped already: ",
                    escape_terminal(stop.in_force()), kHowToResume, place_of(*store)));
  if (!is_there(*store)) {
    print_message(
        "note: there is no store there yet; runs with another one (--store, ROLECALL_STORE) go "
        "on\n");
  }
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
  if (was.empty()) {
    if (const auto there = check_something_is_there(global, *store, options.policy); !there) {
      return print_error(there.error());
    }
  }
  if (const auto cleared = stop.clear(); !cleared) return print_error(cleared.error());
  if (const auto lifted = quarantine.release(); !lifted) return print_error(lifted.error());
  print(was.empty() ? "nothing was stopped\n"
                    : fmt::format("goes on; until now: {}\n", fmt::join(was, "; ")));
  print(fmt::format("store: {}\n", place_of(*store)));
  return finish_output(0);
}

}  // namespace rolecall
