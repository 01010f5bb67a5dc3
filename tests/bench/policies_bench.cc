#include <benchmark/benchmark.h>

#include "policies/byte_scan.h"
#include "policies/digested_lines.h"
#include "policies/policy.h"
#include "policies/toml_document.h"
#include "tests/bench/work.h"

namespace rolecall::bench {
namespace {

const std::vector<SourceFile>& files() {
  static const std::vector<SourceFile> files = make_work(100).files;
  return files;
}

std::int64_t bytes() {
  std::size_t sum = 0;
  for (const SourceFile& file : files()) sum += file.bytes.size();
  return static_cast<std::int64_t>(sum);
}

void set_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * bytes());
}

void scan(benchmark::State& state) {
  for (auto _ : state) {
    Diagnostics diagnostics;
    for (const SourceFile& file : files()) benchmark::DoNotOptimize(scan_bytes(file, diagnostics));
  }
  set_bytes(state);
}
BENCHMARK(scan)->Unit(benchmark::kMillisecond);

void toml(benchmark::State& state) {
  for (auto _ : state) {
    Diagnostics diagnostics;
    for (const SourceFile& file : files()) {
      benchmark::DoNotOptimize(Document::parse(file.path, file.bytes, diagnostics));
    }
  }
  set_bytes(state);
}
BENCHMARK(toml)->Unit(benchmark::kMillisecond);

void digested(benchmark::State& state) {
  for (auto _ : state) {
    for (const SourceFile& file : files()) benchmark::DoNotOptimize(digested_lines(file.bytes));
  }
  set_bytes(state);
}
BENCHMARK(digested)->Unit(benchmark::kMillisecond);

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_policy(files()));
  set_bytes(state);
}
BENCHMARK(parse)->Unit(benchmark::kMillisecond);

void resolve(benchmark::State& state) {
  const ParsedPolicy parsed = parse_policy(files());
  for (auto _ : state) {
    Catalog catalog;
    benchmark::DoNotOptimize(resolve_policy(*parsed.policy, Instant{}, nullptr, catalog));
  }
}
BENCHMARK(resolve)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rolecall::bench
