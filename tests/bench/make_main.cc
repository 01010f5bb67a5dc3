// bench_make FOLDER DIVISOR: the standard work W, or the DIVISORth part of it, as files:
//
//   policy/*.toml   seed.json       of the simulator
//   pages/          what the organization answers to a plan (recording.h)
//   policy.json     wanted.tsv      live.tsv: see work.h

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "controller/reconciler.h"
#include "state/simulator/fake_client.h"
#include "tests/bench/recording.h"
#include "tests/bench/work.h"

namespace {

namespace fs = std::filesystem;
using namespace rolecall;

void write(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

int record(const fs::path& folder, const boost::json::value& seed) {
  auto client = simulator::FakeClient::from_seed(seed, {1, 8, std::chrono::milliseconds{50}, "k"});
  if (!client) throw std::runtime_error(client.error().what);
  bench::RecordingClient recording(**client, folder / "pages");
  PlanRequest request;
  request.policy_path = folder / "policy";
  request.at = (*client)->clock().now();
  const Planned planned = plan_policy(recording, request, {});
  if (!planned.plan) {
    fmt::print(stderr, "no plan: {}\n{}", planned.error ? planned.error->what : "",
               render(planned.diagnostics));
    return 1;
  }
  for (const std::string& gap : planned.plan->gaps) fmt::print(stderr, "gap: {}\n", gap);
  fmt::print("{} calls, {} changes\n", recording.calls(), planned.plan->changes.size());
  return planned.plan->complete ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "bench_make FOLDER DIVISOR\n");
    return 1;
  }
  const fs::path folder = argv[1];
  fs::create_directories(folder / "policy");
  fs::create_directories(folder / "pages");
  bench::Work work = bench::make_work(std::strtoul(argv[2], nullptr, 10));
  for (const SourceFile& file : work.files) write(folder / "policy" / file.path, file.bytes);
  write(folder / "seed.json", boost::json::serialize(work.seed));
  write(folder / "policy.json", boost::json::serialize(work.plain_policy));
  write(folder / "wanted.tsv", work.wanted_pairs);
  write(folder / "live.tsv", work.live_pairs);
  return record(folder, work.seed);
}
