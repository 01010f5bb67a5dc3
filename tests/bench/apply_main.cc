// bench_apply POLICY STORE: plans, then applies and times the applying alone, as `rolecall apply`
// does it; with - for a store, without any log. Prints changes, calls and seconds. The API's
// address, key and certificates are taken from the environment.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "controller/applier.h"
#include "controller/connect.h"
#include "controller/reconciler.h"
#include "tests/support/no_log.h"

namespace {

using namespace rolecall;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "bench_apply POLICY STORE\n");
    return 1;
  }
  GlobalOptions global;
  global.api_url = variable("ROLECALL_API_URL");
  global.ca_file = variable("ROLECALL_CA_FILE");
  Connection connection = must(Connection::open(global));
  PlanRequest request;
  request.policy_path = argv[1];
  request.at = connection.clock().now();
  const Planned planned = plan_policy(connection.reads(), request, {});
  if (!planned.plan || !planned.plan->applyable() || !planned.plan->complete) {
    fmt::print(stderr, "no plan: {}\n{}", planned.error ? planned.error->what : "",
               render(planned.diagnostics));
    return 1;
  }
  const Plan& plan = *planned.plan;
  std::optional<Store> store;
  std::optional<StoreLog> durable;
  test::NoLog none;
  if (std::string_view(argv[2]) != "-") {
    store = must(Store::open(argv[2], Store::Access::write));
    RunStart start;
    start.at = request.at;
    start.organization = plan.organization;
    durable.emplace(*store, must(store->begin_run(start)));
  }
  ChangeLog& log = durable ? static_cast<ChangeLog&>(*durable) : none;
  const auto began = std::chrono::steady_clock::now();
  const ApplyReport report =
      apply_plan(plan, {connection.writes(), log, connection.clock(), {}, {}, {}});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{} {} {}\n", plan.changes.size(), report.writes, took.count());
  return report.count(ChangeOutcome::State::applied) == plan.changes.size() ? 0 : 1;
}
