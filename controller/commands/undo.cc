#include <fmt/format.h>

#include "controller/apply_run.h"
#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/logged_run.h"
#include "controller/nearby_policy.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/private_file.h"
#include "controller/saved_plan.h"
#include "controller/store_path.h"
#include "controller/view.h"

namespace rolecall {
namespace {

/// What the log has of the run.
struct Found {
  LoggedRun run;
  std::string organization;
  bool ended = false;
};

Result<Found> find_run(const std::string& store_path, RunId run) {
  const auto store = Store::open(store_path, Store::Access::read);
  if (!store) return tl::make_unexpected(store.error());
  auto logged = logged_run(*store, run);
  if (!logged) return tl::make_unexpected(logged.error());
  const auto record = store->run(run);
  if (!record) return tl::make_unexpected(record.error());
  return Found{std::move(*logged), (*record)->start.organization, (*record)->end.has_value()};
}

/// A run that was cut off is settled first: what became of its last calls is looked up and
/// recorded. One that goes on holds the lock.
int settle(const std::string& store_path, ReadClient& client, const std::string& policy) {
  OpenStore opened = open_store(store_path, "undo", {});
  if (opened.store) return settle_earlier_runs(*opened.store, client, policy);
  print_error(opened.error);
  return opened.exit_code;
}

}  // namespace

int run_undo(const GlobalOptions& global, const UndoOptions& options) {
  const auto policy = policy_path_or_default(options.policy);
  if (!policy) return print_error(policy.error());
  // The store beside a part is not the one that has the run.
  if (const auto whole = refuse_part_of_policy(*policy); !whole) return print_error(whole.error());
  if (!options.out.empty()) {
    if (const auto fine = check_writable_place(options.out, {kPlanBegins}); !fine) {
      return print_error(fine.error());
    }
  }
  const std::string store = store_path(global, *policy);
  auto found = find_run(store, options.run);
  if (!found) return print_error(found.error());
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  if (!found->ended) {
    if (const int code = settle(store, connection->reads(), *policy); code != 0) return code;
    found = find_run(store, options.run);
    if (!found) return print_error(found.error());
  }
  auto request = plan_request(global, *policy);
  if (!request) return print(request.error());
  request->undo = &found->run;

  const Planned planned = plan_with_progress(global, connection->reads(), *request);
  if (const int code = show_problems(global, planned); code != 0) return code;
  const Plan& plan = *planned.plan;
  if (plan.organization != found->organization) {
    return print_error({fmt::format("run {} was on organization {}, the policy is for {}",
                                    options.run, found->organization, plan.organization),
                        {}});
  }
  std::string apply_command =
      fmt::format("rolecall undo {} --out undo.plan, then rolecall apply undo.plan", options.run);
  if (!options.out.empty()) {
    auto saved =
        write_plan_file(options.out, *request, planned, global.at, connection->clock().now());
    if (!saved) return print_error(saved.error());
    apply_command = *std::move(saved);
  }
  print(view(global, plan, apply_command));
  return finish_output(exit_code(plan));
}

}  // namespace rolecall
