#include <fmt/format.h>

#include <utility>

#include "state/store/log_tables.h"
#include "state/store/store_impl.h"

namespace rolecall {
namespace {

constexpr std::int64_t kFirstEndColumn = 13;
constexpr std::int64_t kFirstOutcomeColumn = 17;

std::optional<ChangeResult> parse_result(std::string_view text) {
  for (const ChangeResult result : {ChangeResult::applied, ChangeResult::already_so,
                                    ChangeResult::failed, ChangeResult::in_doubt}) {
    if (name(result) == text) return result;
  }
  return std::nullopt;
}

// Reads the columns of one row from left to right, and remembers what made no sense.
class RowReader {
 public:
  RowReader(const Statement::Use& row, int first) : row_(row), column_(first) {}

  std::string text() { return row_.text(column_++); }
  std::int64_t integer() { return row_.integer(column_++); }
  int small_integer() { return static_cast<int>(row_.integer(column_++)); }
  Instant instant() {
    const std::string written = text();
    const auto parsed = parse_instant(written);
    if (!parsed) nonsense_ = fmt::format("\"{}\" is not a time", written);
    return parsed.value_or(Instant{});
  }
  ChangeResult result() {
    const std::string written = text();
    const auto parsed = parse_result(written);
    if (!parsed) nonsense_ = fmt::format("\"{}\" is not a result", written);
    return parsed.value_or(ChangeResult::in_doubt);
  }
  [[nodiscard]] const std::string& nonsense() const { return nonsense_; }

 private:
  const Statement::Use& row_;
  int column_;
  std::string nonsense_;
};

tl::unexpected<Error> damaged(std::string_view what, std::int64_t id, std::string_view nonsense) {
  return fail(fmt::format("the store is damaged: {} {}: {}", what, id, nonsense),
              "restore a copy of the store, or name another with --store");
}

Result<RunRecord> read_run(const Statement::Use& row) {
  RunRecord record;
  RowReader start(row, 0);
  record.id = start.integer();
  record.start.at = start.instant();
  record.start.command = start.text();
  record.start.user = start.text();
  record.start.host = start.text();
  record.start.pid = start.integer();
  record.start.tool_version = start.text();
  record.start.organization = start.text();
  record.start.directory = start.text();
  record.start.policy_path = start.text();
  record.start.policy_digest = start.text();
  record.start.git_commit = start.text();
  record.start.plan_digest = start.text();
  if (!start.nonsense().empty()) return damaged("run", record.id, start.nonsense());
  if (row.is_null(kFirstEndColumn)) return record;

  RowReader end(row, kFirstEndColumn);
  record.end.emplace();
  record.end->at = end.instant();
  record.end->exit_code = end.small_integer();
  record.end->state = end.text();
  record.end->reads = end.integer();
  record.end->writes = end.integer();
  record.end->applied = end.integer();
  record.end->already_so = end.integer();
  record.end->failed = end.integer();
  record.end->in_doubt = end.integer();
  record.end->skipped = end.integer();
  if (!end.nonsense().empty()) return damaged("run", record.id, end.nonsense());
  return record;
}

Result<CallRecord> read_call(const Statement::Use& row) {
  CallRecord record;
  RowReader intent(row, 0);
  record.id = intent.integer();
  record.run = intent.integer();
  record.at = intent.instant();
  record.intent.call = intent.integer();
  record.intent.kind = intent.text();
  record.intent.user = intent.text();
  record.intent.account_id = intent.text();
  record.intent.group = intent.text();
  record.intent.group_id = intent.text();
  record.intent.resource = intent.text();
  record.intent.role = intent.text();
  record.intent.cause_file = intent.text();
  record.intent.cause_line = intent.integer();
  record.intent.why = intent.text();
  record.intent.reason = intent.text();
  record.intent.request = intent.text();
  record.intent.body_digest = intent.text();
  if (!intent.nonsense().empty()) return damaged("intent", record.id, intent.nonsense());
  if (row.is_null(kFirstOutcomeColumn)) return record;

  RowReader outcome(row, kFirstOutcomeColumn);
  record.outcome_at = outcome.instant();
  record.outcome.emplace();
  record.outcome->intent = record.id;
  record.outcome->result = outcome.result();
  record.outcome->http_status = outcome.small_integer();
  record.outcome->attempts = outcome.small_integer();
  record.outcome->duration_ms = outcome.integer();
  record.outcome->message = outcome.text();
  if (!outcome.nonsense().empty())
    return damaged("outcome of intent", record.id, outcome.nonsense());
  return record;
}

template <class Record>
Result<std::vector<Record>> read_all(Statement::Use& rows,
                                     Result<Record> (*read)(const Statement::Use&)) {
  std::vector<Record> records;
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return records;
    auto record = read(rows);
    if (!record) return tl::make_unexpected(record.error());
    records.push_back(std::move(*record));
  }
}

Result<Store::Protection> read_protection(const Statement::Use& row) {
  return Store::Protection{row.text(0), row.text(1)};
}

}  // namespace

Result<std::vector<RunRecord>> Store::runs(std::size_t limit) const {
  auto rows = impl_->statements.select_runs.use();
  // A negative limit is none.
  rows.bind(limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(limit));
  return read_all(rows, read_run);
}

Result<std::optional<RunRecord>> Store::run(RunId run) const {
  auto rows = impl_->statements.select_run.use();
  auto row = rows.bind(run).next();
  if (!row) return tl::make_unexpected(row.error());
  if (!*row) return std::nullopt;
  auto record = read_run(rows);
  if (!record) return tl::make_unexpected(record.error());
  return std::move(*record);
}

Result<std::optional<RunRecord>> Store::last_sent_by(const std::string& command) const {
  auto statement = impl_->database.prepare(
      "SELECT id FROM runs WHERE command = ? "
      "AND EXISTS (SELECT 1 FROM intents WHERE run = runs.id) ORDER BY id DESC LIMIT 1");
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  auto row = rows.bind(command).next();
  if (!row) return tl::make_unexpected(row.error());
  if (!*row) return std::nullopt;
  return run(rows.integer(0));
}

Result<std::optional<ChainHead>> Store::head_at(std::int64_t seq) const {
  auto statement = impl_->database.prepare("SELECT seq, hash FROM log WHERE seq = ?");
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  auto row = rows.bind(seq).next();
  if (!row) return tl::make_unexpected(row.error());
  if (!*row) return std::nullopt;
  return ChainHead{rows.integer(0), rows.text(1)};
}

Result<std::optional<Instant>> Store::latest_after(std::int64_t seq) const {
  // The tables of the log whose rows have a time.
  std::string times;
  for (const LogTable& table : log_tables()) {
    for (const LogColumn& column : table.columns) {
      if (column.name != "at") continue;
      times += fmt::format(" WHEN '{}' THEN (SELECT at FROM {} WHERE {} = log.row)", table.type,
                           table.table, table.columns.front().name);
    }
  }
  auto statement = impl_->database.prepare(
      fmt::format("SELECT ifnull(max(CASE type{} END), '') FROM log WHERE seq > ?", times));
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  auto row = rows.bind(seq).next();
  if (!row) return tl::make_unexpected(row.error());
  return parse_instant(rows.text(0));
}

Result<std::vector<CallRecord>> Store::calls(RunId run) const {
  auto rows = impl_->statements.select_calls.use();
  rows.bind(run);
  return read_all(rows, read_call);
}

Result<std::vector<CallRecord>> Store::open_intents() const {
  auto rows = impl_->statements.select_open_intents.use();
  return read_all(rows, read_call);
}

Result<std::vector<Store::Protection>> Store::remembered_protections(
    const std::string& organization) const {
  auto rows = impl_->statements.select_protections.use();
  rows.bind(organization);
  return read_all(rows, read_protection);
}

}  // namespace rolecall
