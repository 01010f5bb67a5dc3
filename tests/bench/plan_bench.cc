#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>

#include "controller/fetch_scope.h"
#include "diff/diff.h"
#include "diff/render.h"
#include "state/simulator/fake_client.h"
#include "tests/bench/work.h"

namespace rolecall::bench {
namespace {

constexpr Instant kAt{std::chrono::milliseconds(1'767'225'600'000)};

/// Both sides of a diff, at W/100.
struct Sides {
  Catalog catalog;
  Desired desired;
  Snapshot live;

  Sides() {
    const Work work = make_work(100);
    const ParsedPolicy parsed = parse_policy(work.files);
    desired = resolve_policy(*parsed.policy, kAt, nullptr, catalog).desired;
    auto client = simulator::FakeClient::from_seed(work.seed);
    if (!client) throw std::runtime_error(client.error().what);
    auto snapshot = fetch(**client, fetch_scope(desired), catalog);
    if (!snapshot) throw std::runtime_error(snapshot.error().what);
    live = *std::move(snapshot);
  }
};

const Sides& sides() {
  static const Sides sides;
  return sides;
}

void diff_alone(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(diff({sides().desired, sides().live, sides().catalog}));
  }
}
BENCHMARK(diff_alone)->Unit(benchmark::kMillisecond);

void whole_plan(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_plan({sides().desired, sides().live, sides().catalog}));
  }
}
BENCHMARK(whole_plan)->Unit(benchmark::kMillisecond);

void plan_as_json(benchmark::State& state) {
  const PlanResult planned = make_plan({sides().desired, sides().live, sides().catalog});
  for (auto _ : state) benchmark::DoNotOptimize(render_json(planned.plan, "0"));
}
BENCHMARK(plan_as_json)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rolecall::bench
