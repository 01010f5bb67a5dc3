#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "controller/apply_run.h"
#include "controller/base_plan.h"
#include "controller/commands.h"
#include "controller/connect.h"
#include "controller/output.h"
#include "controller/policy_files.h"
#include "controller/private_file.h"
#include "controller/progress.h"
#include "controller/saved_plan.h"
#include "controller/store_path.h"
#include "controller/view.h"
#include "diff/plan_view.h"
#include "state/model/text.h"

namespace rolecall {

int run_plan(const GlobalOptions& global, const PlanOptions& options) {
  const auto policy = policy_path_or_default(options.policy);
  if (!policy) return print_error(policy.error());
  if (!options.out.empty()) {
    if (const auto fine = check_writable_place(options.out, {kPlanBegins}); !fine) {
      return print_error(fine.error());
    }
  }
  auto connection = Connection::open(global);
  if (!connection) return print_error(connection.error());
  auto request = plan_request(global, *policy);
  if (!request) return print(request.error());
  BasePlan base(options.base, *policy, request->at, connection->reads());
  if (!options.base.empty()) base.attach(*request);
  std::optional<QuickLook> before;
  if (options.quick) before = load_look(store_path(global, *policy), request->policy_organization);
  if (before) request->quick = &*before;

  const Planned planned = plan_with_progress(global, connection->reads(), *request);
  if (const int code = show_problems(global, planned); code != 0) return code;
  const Plan& plan = *planned.plan;
  // In a review it is this plan that is agreed to; a script may look for the digest at this place.
  const bool review = global.format == OutputFormat::markdown;
  std::string apply_command = "rolecall apply";
  if (review) apply_command += fmt::format(" --expect-digest {}", short_digest(plan));
  if (!review || !options.policy.empty()) apply_command += " " + shell_word(*policy);
  if (global.at) apply_command += " --at " + format_instant(*global.at);
  if (!global.store.empty()) apply_command += " --store " + shell_word(global.store);
  if (!options.out.empty()) {
    auto saved =
        write_plan_file(options.out, *request, planned, global.at, connection->clock().now());
    if (!saved) return print_error(saved.error());
    apply_command = *std::move(saved);
  }
  print(view(global, plan, apply_command, options.base.empty() ? nullptr : &base.result()));
  int code = exit_code(plan);
  if (code == 0 && options.detailed_exitcode && !plan.changes.empty()) code = 2;
  return finish_output(code);
}

}  // namespace rolecall
