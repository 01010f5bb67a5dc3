#include "controller/view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <span>

#include <algorithm>
#include <filesystem>

#include "controller/apply_run.h"
#include "controller/not_held.h"
#include "controller/output.h"
#include "controller/progress.h"
#include "controller/read_policy.h"
#include "controller/stop_switch.h"
#include "controller/store_path.h"
#include "diff/plan_view.h"
#include "diff/render.h"
#include "policies/source_excerpt.h"

namespace rolecall {
namespace {

constexpr int kStoreFailed = 8;

Result<void> note_what_did_not_hold(Plan& plan, const std::string& store_path) {
  std::error_code ignored;
  if (!std::filesystem::exists(store_path, ignored)) return {};
  const auto store = Store::open(store_path, Store::Access::read);
  if (!store) return tl::make_unexpected(store.error());
  const auto notes = what_did_not_hold(plan, *store, SystemClock().now());
  if (!notes) return tl::make_unexpected(notes.error());
  plan.notes.insert(plan.notes.end(), notes->begin(), notes->end());
  std::sort(plan.notes.begin(), plan.notes.end());
  return {};
}

}  // namespace

void bring_to_mind(PlanRequest& request, Remembered before) {
  request.remembered = std::move(before.protections);
  request.history = std::move(before.history);
  request.memory = std::move(before.memory);
  request.own_writes = std::move(before.own_writes);
  request.last_clean = std::move(before.last_clean);
  request.store = std::move(before.store);
  request.audit_head = std::move(before.audit_head);
}

int print(const NoPlan& why) {
  print_error(why.error);
  return why.exit_code;
}

tl::expected<PlanRequest, NoPlan> plan_request(const GlobalOptions& global,
                                               const std::string& policy_path) {
  PlanRequest request;
  request.policy_path = policy_path;
  const Instant began = SystemClock().now();
  request.at = global.at.value_or(began);
  request.organization = global.org;
  // Which organization it is about is known only once the policy is parsed: a policy that does not
  // parse has its problems shown later, not here.
  auto read = read_policy(policy_path);
  if (!read) return tl::make_unexpected(NoPlan{read.error()});
  request.policy = std::make_shared<const ReadPolicy>(*std::move(read));
  const ParsedPolicy& parsed = request.policy->parsed;
  if (parsed.diagnostics.has_errors()) return request;
  request.policy_organization = organization_id(*parsed.policy);
  auto before = remembered_at(store_path(global, policy_path), request.policy_organization, began,
                              settle_window(global));
  if (!before) return tl::make_unexpected(NoPlan{before.error(), kStoreFailed});
  bring_to_mind(request, *std::move(before));
  request.clock = [] { return SystemClock().now(); };
  request.steady = [began, since = std::chrono::steady_clock::now()] {
    return began + std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::steady_clock::now() - since);
  };
  request.for_now = !global.at;
  return request;
}

Planned plan_with_progress(const GlobalOptions& global, ReadClient& client,
                           const PlanRequest& request) {
  Progress progress(global, "reading the organization");
  const Instant read_at = SystemClock().now();
  Planned planned = plan_policy(
      client, request, [&](std::size_t calls, std::size_t read, std::size_t counted_objects) {
        progress.update(read, counted_objects, counted(calls, "call", "calls"));
      });
  planned.read_at = read_at;
  if (planned.plan) {
    const auto noted =
        note_what_did_not_hold(*planned.plan, store_path(global, request.policy_path));
    if (!noted) {
      planned.error = noted.error();
      planned.store_failed = true;
      planned.plan.reset();
    }
  }
  const std::string stopped = StopSwitch(store_path(global, request.policy_path)).in_force();
  if (planned.plan && !stopped.empty()) {
    planned.plan->notes.push_back({std::string(kStoppedNote), stopped});
    std::sort(planned.plan->notes.begin(), planned.plan->notes.end());
  }
  return planned;
}

int show_problems(const GlobalOptions& global, const Planned& planned) {
  std::span<const SourceFile> files;
  if (planned.policy) files = planned.policy->files;
  print_message(render(planned.diagnostics, files, wants_color(global, STDERR_FILENO)));
  if (planned.error) return print({*planned.error, planned.store_failed ? kStoreFailed : 1});
  return planned.plan ? 0 : 1;
}

std::string view(const GlobalOptions& global, const Plan& plan, const std::string& apply_command,
                 const AgainstBase* base) {
  switch (global.format) {
    case OutputFormat::json:
      return render_json(plan, ROLECALL_VERSION, base);
    case OutputFormat::markdown:
      return render_markdown(plan, base, apply_command);
    case OutputFormat::csv:
    case OutputFormat::text:
      break;
  }
  TextOptions options;
  options.color = wants_color(global, STDOUT_FILENO);
  options.columns = terminal_columns(STDOUT_FILENO);
  options.apply_command = apply_command;
  const bool stopped = std::any_of(plan.notes.begin(), plan.notes.end(),
                                   [](const Note& note) { return note.kind == kStoppedNote; });
  if (stopped && !apply_command.empty()) {
    options.apply_command = "rolecall resume, then " + apply_command;
  }
  options.base = base;
  return render_text(plan, options);
}

}  // namespace rolecall
