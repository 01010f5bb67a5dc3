#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "controller/commands.h"
#include "controller/output.h"
#include "controller/store_path.h"
#include "controller/text_table.h"
#include "state/model/text.h"
#include "state/store/store.h"

namespace rolecall {
namespace {

namespace json = boost::json;

std::string state_of(const RunRecord& run) {
  return run.end ? run.end->state : "not ended";
}

json::object to_json(const RunRecord& run) {
  const RunStart& start = run.start;
  json::object out{{"run", run.id},
                   {"command", start.command},
                   {"user", start.user},
                   {"host", start.host},
                   {"pid", start.pid},
                   {"at", format_instant(start.at)},
                   {"tool_version", start.tool_version},
                   {"organization", start.organization},
                   {"directory", start.directory},
                   {"policy_path", start.policy_path},
                   {"policy_digest", start.policy_digest},
                   {"git_commit", start.git_commit},
                   {"plan_digest", start.plan_digest},
                   {"end", nullptr}};
  if (run.end) {
    const RunEnd& end = *run.end;
    out["end"] = json::object{{"at", format_instant(end.at)}, {"exit_code", end.exit_code},
                              {"state", end.state},           {"reads", end.reads},
                              {"writes", end.writes},         {"applied", end.applied},
                              {"already_so", end.already_so}, {"failed", end.failed},
                              {"in_doubt", end.in_doubt},     {"skipped", end.skipped}};
  }
  return out;
}

json::object to_json(const CallRecord& record) {
  const Intent& intent = record.intent;
  json::object out{{"at", format_instant(record.at)},
                   {"call", intent.call},
                   {"kind", intent.kind},
                   {"user", intent.user},
                   {"account_id", intent.account_id},
                   {"group", intent.group},
                   {"group_id", intent.group_id},
                   {"resource", intent.resource},
                   {"role", intent.role},
                   {"cause", json::object{{"file", intent.cause_file},
                                          {"line", intent.cause_line},
                                          {"why", intent.why},
                                          {"reason", intent.reason}}},
                   {"request", intent.request},
                   {"body_digest", intent.body_digest},
                   {"outcome", nullptr}};
  if (record.outcome) {
    const Outcome& outcome = *record.outcome;
    json::object said{{"at", nullptr},
                      {"result", name(outcome.result)},
                      {"http_status", outcome.http_status},
                      {"attempts", outcome.attempts},
                      {"duration_ms", outcome.duration_ms},
                      {"message", outcome.message}};
    if (record.outcome_at) said["at"] = format_instant(*record.outcome_at);
    out["outcome"] = std::move(said);
  }
  return out;
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

void print_runs(const std::vector<RunRecord>& runs) {
  std::vector<std::vector<std::string>> rows;
  for (const RunRecord& run : runs) {
    const RunEnd end = run.end.value_or(RunEnd{});
    rows.push_back({number(run.id), format_instant(run.start.at), run.start.command,
                    fmt::format("{}@{}", run.start.user, run.start.host), state_of(run),
                    run.end ? number(end.exit_code) : "", number(end.applied + end.already_so),
                    number(end.failed), number(end.in_doubt), number(end.skipped)});
  }
  print(text_table(
      {"RUN", "AT", "COMMAND", "WHO", "STATE", "EXIT", "DONE", "FAILED", "IN DOUBT", "SKIPPED"},
      rows, terminal_columns(STDOUT_FILENO)));
}

void print_run(const RunRecord& run) {
  const RunStart& start = run.start;
  const auto line = [](std::string_view title, const std::string& value) {
    if (!value.empty()) print(fmt::format("{:<13} {}\n", title, escape_terminal(value)));
  };
  line("run", number(run.id));
  line("command", start.command);
  line("who", fmt::format("{}@{}, process {}", start.user, start.host, start.pid));
  line("at", format_instant(start.at));
  line("version", start.tool_version);
  line("organization", start.organization);
  line("directory", start.directory);
  line("policy", start.policy_path);
  line("policy digest", start.policy_digest);
  line("git commit", start.git_commit);
  line("plan digest", start.plan_digest);
  line("state", state_of(run));
  if (!run.end) return;
  const RunEnd& end = *run.end;
  line("ended", format_instant(end.at));
  line("exit code", number(end.exit_code));
  line("calls", fmt::format("{} {}, {} {}", end.reads, end.reads == 1 ? "read" : "reads",
                            end.writes, end.writes == 1 ? "write" : "writes"));
  line("changes", fmt::format("{} applied, {} already so, {} failed, {} in doubt, {} skipped",
                              end.applied, end.already_so, end.failed, end.in_doubt, end.skipped));
}

void print_calls(const std::vector<CallRecord>& calls) {
  if (calls.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const CallRecord& record : calls) {
    const Intent& intent = record.intent;
    std::string what = intent.kind;
    for (const std::string* part : {&intent.user, &intent.group, &intent.resource, &intent.role}) {
      if (!part->empty()) what += " " + *part;
    }
    const std::string cause =
        intent.cause_file.empty() ? "" : fmt::format("{}:{}", intent.cause_file, intent.cause_line);
    const Outcome outcome = record.outcome.value_or(Outcome{});
    rows.push_back({number(intent.call), format_instant(record.at), what, cause,
                    record.outcome ? std::string(name(outcome.result)) : "not known",
                    outcome.http_status == 0 ? "" : number(outcome.http_status), outcome.message});
  }
  print("\n");
  print(text_table({"CALL", "AT", "CHANGE", "CAUSE", "RESULT", "STATUS", "MESSAGE"}, rows,
                   terminal_columns(STDOUT_FILENO)));
}

/// A run and the changes it set out to make.
struct Shown {
  std::optional<RunRecord> run;
  std::vector<CallRecord> calls;
};

/// What `query` finds in the store.
template <class Found, class Query>
Result<Found> look_up(const GlobalOptions& global, Query query) {
  Found out;
  const auto looked =
      Store::look(default_store_path(global), [&](const Store& store) -> Result<void> {
        auto found = query(store);
        if (!found) return tl::make_unexpected(found.error());
        out = std::move(*found);
        return {};
      });
  if (!looked) return tl::make_unexpected(looked.error());
  return out;
}

Result<Shown> find_run(const Store& store, RunId id) {
  auto run = store.run(id);
  if (!run) return tl::make_unexpected(run.error());
  if (!*run) return fail(fmt::format("there is no run {}", id), "see rolecall audit list");
  auto calls = store.calls(id);
  if (!calls) return tl::make_unexpected(calls.error());
  return Shown{std::move(*run), std::move(*calls)};
}

}  // namespace

int run_audit_list(const GlobalOptions& global, const AuditListOptions& options) {
  const auto runs = look_up<std::vector<RunRecord>>(
      global, [&](const Store& store) { return store.runs(options.limit); });
  if (!runs) return print_error(runs.error());
  if (global.format == OutputFormat::json) {
    json::array items;
    for (const RunRecord& run : *runs) items.push_back(to_json(run));
    print_json(json::object{{"format_version", "1.0"}, {"items", std::move(items)}});
  } else {
    print_runs(*runs);
  }
  return 0;
}

int run_audit_show(const GlobalOptions& global, const AuditShowOptions& options) {
  const auto shown =
      look_up<Shown>(global, [&](const Store& store) { return find_run(store, options.run); });
  if (!shown) return print_error(shown.error());
  if (global.format == OutputFormat::json) {
    json::object out = to_json(*shown->run);
    json::array changes;
    for (const CallRecord& record : shown->calls) changes.push_back(to_json(record));
    out["changes"] = std::move(changes);
    print_json(out);
  } else {
    print_run(*shown->run);
    print_calls(shown->calls);
  }
  return 0;
}

}  // namespace rolecall
