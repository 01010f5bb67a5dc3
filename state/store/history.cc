#include "state/store/history.h"

#include <fmt/format.h>

#include <optional>

namespace rolecall {
namespace {

constexpr std::string_view kReadCounts =
    "SELECT at, directory, users, suspended, org_admins, groups, memberships FROM counts "
    "WHERE organization = ? ORDER BY id";
constexpr std::string_view kLastCounts =
    "SELECT at, directory, users, suspended, org_admins, groups, memberships FROM counts "
    "WHERE organization = ? ORDER BY id DESC LIMIT 1";
constexpr std::string_view kReadLosses =
    "SELECT kind, user, account_id, group_name, group_id, resource, role, description, whole "
    "FROM losses WHERE run = ? ORDER BY id";
constexpr std::string_view kTouchedAfter =
    "SELECT i.run, i.kind, i.user, i.group_name, i.resource, i.role "
    "FROM runs r JOIN intents i ON i.run = r.id LEFT JOIN outcomes o ON o.intent = i.id "
    "WHERE r.id > ?1 AND r.organization = (SELECT organization FROM runs WHERE id = ?1) "
    "AND (o.result IS NULL OR o.result IN ('applied', 'in_doubt')) ORDER BY i.id";

Result<Counts> read_counts(const Statement::Use& row) {
  const auto at = parse_instant(row.text(0));
  if (!at) {
    return fail(fmt::format("the store is damaged: counts of \"{}\"", row.text(0)),
                "restore a copy of the store, or name another with --store");
  }
  return Counts{
      *at,           row.text(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5),
      row.integer(6)};
}

/// All rows of a query that is about one value.
template <class Row, class Key>
Result<std::vector<Row>> read_rows(Database& database, std::string_view sql, const Key& key,
                                   Result<Row> (*read)(const Statement::Use&)) {
  auto statement = database.prepare(sql);
  if (!statement) return tl::make_unexpected(statement.error());
  std::vector<Row> out;
  auto rows = statement->use();
  rows.bind(key);
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return out;
    auto value = read(rows);
    if (!value) return tl::make_unexpected(value.error());
    out.push_back(std::move(*value));
  }
}

Result<Store::Loss> read_loss(const Statement::Use& row) {
  return Store::Loss{row.text(0), row.text(1), row.text(2), row.text(3),        row.text(4),
                     row.text(5), row.text(6), row.text(7), row.integer(8) != 0};
}

Result<Store::Touch> read_touch(const Statement::Use& row) {
  return Store::Touch{row.integer(0), row.text(1), row.text(2),
                      row.text(3),    row.text(4), row.text(5)};
}

bool same_day_and_size(const Counts& before, Counts now) {
  constexpr std::size_t kDay = std::string_view("2026-12-01").size();
  const bool same_day =
      format_instant(before.at).substr(0, kDay) == format_instant(now.at).substr(0, kDay);
  now.at = before.at;
  return same_day && before == now;
}

}  // namespace

Result<void> append_counts(StoreCore& store, LogTransaction& transaction,
                           const std::string& organization, const Counts& counts) {
  const auto last = read_rows(store.database, kLastCounts, organization, read_counts);
  if (!last) return tl::make_unexpected(last.error());
  if (!last->empty() && same_day_and_size(last->front(), counts)) return {};
  const std::string moment = format_instant(counts.at);
  const auto done =
      transaction.append(LogType::counts, std::nullopt,
                         {moment, organization, counts.directory, counts.users, counts.suspended,
                          counts.org_admins, counts.groups, counts.memberships});
  return done ? Result<void>{} : tl::make_unexpected(done.error());
}

Result<std::vector<Counts>> Store::counts(const std::string& organization) const {
  return read_rows(impl_->database, kReadCounts, organization, read_counts);
}

Result<void> Store::record_losses(RunId run, std::span<const Loss> losses) {
  if (losses.empty()) return {};
  auto transaction = impl_->begin();
  if (!transaction) return tl::make_unexpected(transaction.error());
  for (const Loss& loss : losses) {
    const auto done = transaction->append(
        LogType::loss, std::nullopt,
        {run, loss.kind, loss.user, loss.account_id, loss.group, loss.group_id, loss.resource,
         loss.role, loss.description, std::int64_t{loss.whole ? 1 : 0}});
    if (!done) return tl::make_unexpected(done.error());
  }
  return transaction->commit();
}

Result<std::vector<Store::Loss>> Store::losses(RunId run) const {
  return read_rows(impl_->database, kReadLosses, run, read_loss);
}

Result<std::vector<Store::Touch>> Store::touched_after(RunId run) const {
  return read_rows(impl_->database, kTouchedAfter, run, read_touch);
}

}  // namespace rolecall
