#include <optional>

#include "state/store/store_impl.h"

namespace rolecall {
namespace {

constexpr std::string_view kRunColumns =
    "SELECT r.id, r.at, r.command, r.user, r.host, r.pid, r.tool_version, r.organization, "
    "r.directory, r.policy_path, r.policy_digest, r.git_commit, r.plan_digest, "
    "e.at, e.exit_code, e.state, e.reads, e.writes, e.applied, e.already_so, e.failed, "
    "e.in_doubt, e.skipped FROM runs r LEFT JOIN run_ends e ON e.run = r.id ";

constexpr std::string_view kCallColumns =
    "SELECT i.id, i.run, i.at, i.call, i.kind, i.user, i.account_id, i.group_name, i.group_id, "
    "i.resource, i.role, i.cause_file, i.cause_line, i.why, i.reason, i.request, i.body_digest, "
    "o.at, o.result, o.http_status, o.attempts, o.duration_ms, o.message "
    "FROM intents i LEFT JOIN outcomes o ON o.intent = i.id ";

// Prepares one after the other and keeps the first failure.
class Preparer {
 public:
  explicit Preparer(Database& database) : database_(database) {}

  std::optional<Statement> operator()(std::string_view head, std::string_view tail = {}) {
    auto prepared = database_.prepare(std::string(head).append(tail));
    if (prepared) return std::move(*prepared);
    if (!error_) error_ = prepared.error();
    return std::nullopt;
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  Database& database_;
  std::optional<Error> error_;
};

}  // namespace

Result<StoreStatements> StoreStatements::prepare(Database& database) {
  Preparer prepare(database);
  std::vector<Statement> insert_rows;
  for (const LogTable& table : log_tables()) {
    if (auto prepared = prepare(table.insert_sql())) insert_rows.push_back(std::move(*prepared));
  }
  auto insert_log = prepare("INSERT INTO log (seq, type, row, hash) VALUES (?, ?, ?, ?)");
  auto select_runs = prepare(kRunColumns, "ORDER BY r.id DESC LIMIT ?");
  auto select_run = prepare(kRunColumns, "WHERE r.id = ?");
  auto select_calls = prepare(kCallColumns, "WHERE i.run = ? ORDER BY i.id");
  auto select_open_intents = prepare(kCallColumns, "WHERE o.intent IS NULL ORDER BY i.id");
  auto select_unended = prepare(
      "SELECT id FROM runs r WHERE NOT EXISTS (SELECT 1 FROM run_ends WHERE run = r.id) "
      "ORDER BY id");
  auto count_run = prepare(
      "SELECT count(DISTINCT i.call), count(*) FILTER (WHERE o.result = 'applied'), "
      "count(*) FILTER (WHERE o.result = 'already_so'), "
      "count(*) FILTER (WHERE o.result = 'failed'), "
      "count(*) FILTER (WHERE o.result IS NULL OR o.result = 'in_doubt') "
      "FROM intents i LEFT JOIN outcomes o ON o.intent = i.id WHERE i.run = ?");
  auto select_protections =
      prepare("SELECT kind, key FROM protections WHERE organization = ? ORDER BY kind, key");
  auto delete_protections = prepare("DELETE FROM protections WHERE organization = ?");
  auto insert_protection =
      prepare("INSERT OR IGNORE INTO protections (organization, kind, key) VALUES (?, ?, ?)");
  if (prepare.error()) return tl::make_unexpected(*prepare.error());
  return StoreStatements{
      std::move(insert_rows),         std::move(*insert_log),       std::move(*select_runs),
      std::move(*select_run),         std::move(*select_calls),     std::move(*select_open_intents),
      std::move(*select_unended),     std::move(*count_run),        std::move(*select_protections),
      std::move(*delete_protections), std::move(*insert_protection)};
}

}  // namespace rolecall
