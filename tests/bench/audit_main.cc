// bench_audit STORE ROWS: a store whose log has about that many rows, as applies of 1,000 changes
// leave them.

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "state/store/store.h"

namespace {

using namespace rolecall;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void one_run(Store& store, Instant at, int number) {
  RunStart start;
  start.command = "apply";
  start.user = "ada@host";
  start.host = "host";
  start.at = at;
  start.tool_version = ROLECALL_VERSION;
  start.organization = "1b2c3d4e-0000-4000-8000-0000000000aa";
  start.directory = "22222222-0000-4000-8000-000000000001";
  start.policy_path = "access";
  start.policy_digest = std::string(64, 'a');
  start.plan_digest = std::string(64, 'b');
  const RunId run = must(store.begin_run(start));
  std::vector<Intent> intents;
  for (int i = 0; i < 1'000; ++i) {
    Intent intent;
    intent.call = i;
    intent.kind = "add_member";
    intent.user = fmt::format("person.{}@acme.example", i * 31 + number);
    intent.account_id = fmt::format("712020:{:08x}-0000-4000-8000-000000000001", i);
    intent.group = fmt::format("engineering-berlin-{}", i % 97);
    intent.group_id = fmt::format("9a000000-0000-4000-8000-{:012}", i % 97);
    intent.cause_file = "access/teams-01.toml";
    intent.cause_line = i + 1;
    intent.why = "listed in members";
    intent.request = fmt::format("POST /v2/orgs/{}/directories/{}/groups/{}/memberships",
                                 start.organization, start.directory, intent.group_id);
    intent.body_digest = std::string(64, 'c');
    intents.push_back(std::move(intent));
  }
  std::vector<Outcome> outcomes;
  for (const IntentId id : must(store.record_intents(run, at, intents))) {
    Outcome outcome;
    outcome.intent = id;
    outcome.result = ChangeResult::applied;
    outcome.http_status = 204;
    outcome.attempts = 1;
    outcome.duration_ms = 40;
    outcomes.push_back(std::move(outcome));
  }
  must(store.record_outcomes(at, outcomes));
  RunEnd end;
  end.at = at;
  end.state = "finished";
  end.writes = end.applied = 1'000;
  must(store.end_run(run, end));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "bench_audit STORE ROWS\n");
    return 1;
  }
  Store store = must(Store::open(argv[1], Store::Access::write));
  const long rows = std::strtol(argv[2], nullptr, 10);
  Instant at(std::chrono::milliseconds(1'767'225'600'000));
  for (int number = 0; store.head().seq < rows; ++number) {
    one_run(store, at, number);
    at += std::chrono::minutes{15};
  }
  fmt::print("{} rows\n", store.head().seq);
  return 0;
}
