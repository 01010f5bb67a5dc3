#include "tests/support/rehearsal.h"

#include <stdexcept>

#include "controller/logged_run.h"
#include "controller/safety_history.h"
#include "state/model/json.h"

namespace rolecall::test {
namespace {

template <class T>
T checked(Result<T> result) {
  if (!result) throw std::logic_error(result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

Rehearsal::Rehearsal(const boost::json::value& seed, simulator::FakeClientOptions options)
    : policy_((dir_.path() / "rolecall.toml").string()),
      client_(checked(simulator::FakeClient::from_seed(seed, options))) {
  organization_ = *string_member(*member(client_->org().state(), "organization"), "id");
}

void Rehearsal::policy(std::string_view toml) {
  (void)dir_.write("rolecall.toml", toml);
}

Planned Rehearsal::plan() {
  return plan(nullptr, nullptr);
}

Planned Rehearsal::plan_undo(RunId run) {
  const Store store = checked(Store::open(store_, Store::Access::read));
  const LoggedRun undone = checked(logged_run(store, run));
  return plan(&undone, nullptr);
}

Planned Rehearsal::plan_only(const SavedPlan& saved) {
  return plan(nullptr, &saved);
}

Planned Rehearsal::plan(const LoggedRun* undo, const SavedPlan* only) {
  const Instant now = client_->clock().now();
  Remembered before = checked(remembered_at(store_, organization_, now));
  Planned planned = plan_policy(way_ == nullptr ? *client_ : *way_,
                                {.policy_path = policy_,
                                 .at = now,
                                 .remembered = std::move(before.protections),
                                 .organization = {},
                                 .undo = undo,
                                 .only = only,
                                 .history = std::move(before.history),
                                 .memory = std::move(before.memory),
                                 .own_writes = std::move(before.own_writes),
                                 .for_now = true},
                                {});
  planned.read_at = now;
  return planned;
}

ApplyReport Rehearsal::apply(const Planned& planned, std::function<std::string()> stop_order) {
  const Plan& plan = *planned.plan;
  if (!plan.applyable()) throw std::logic_error("a refused plan is never applied");
  Store store = checked(Store::open(store_, Store::Access::write));
  RunStart start;
  start.at = client_->clock().now();
  start.organization = plan.organization;
  const RunId run = checked(store.begin_run(start));
  checked(store.record_safety(run, safety_record(plan)));
  checked(store.record_losses(run, to_rows(planned.losses)));
  StoreLog log(store, run);
  ApplyReport report = apply_plan(plan, {way_ == nullptr ? *client_ : *way_,
                                         log,
                                         client_->clock(),
                                         {},
                                         {},
                                         {},
                                         std::move(stop_order),
                                         planned.read_at});
  checked(store.end_run(run, {.at = client_->clock().now(), .state = "finished"}));
  checked(store.remember(plan.organization, planned.learned));
  checked(store.remember_protections(plan.organization, planned.protections));
  return report;
}

}  // namespace rolecall::test
