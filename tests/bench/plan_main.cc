// bench_plan POLICY PAGES: what `rolecall plan --format json` does, with recorded answers (see
// recording.h) in place of the network.

#include <fmt/format.h>

#include <cstdio>

#include "controller/reconciler.h"
#include "diff/render.h"
#include "tests/bench/recording.h"

int main(int argc, char** argv) {
  using namespace rolecall;
  if (argc != 3) {
    fmt::print(stderr, "bench_plan POLICY PAGES\n");
    return 1;
  }
  bench::ReplayClient client(argv[2]);
  PlanRequest request;
  request.policy_path = argv[1];
  request.at = Instant(std::chrono::milliseconds(1'767'225'600'000));
  const Planned planned = plan_policy(client, request, {});
  if (!planned.plan) {
    fmt::print(stderr, "no plan: {}\n{}", planned.error ? planned.error->what : "",
               render(planned.diagnostics));
    return 1;
  }
  const std::string json = render_json(*planned.plan, ROLECALL_VERSION);
  std::fwrite(json.data(), 1, json.size(), stdout);
  return exit_code(*planned.plan);
}
