#include "state/store/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/model/digest.h"

namespace rolecall {
namespace {

constexpr std::string_view kLastDigest =
    "SELECT digest FROM memories WHERE name = ? AND organization = ? ORDER BY id DESC LIMIT 1";

Result<std::string> digest_of(Database& database, const MemoryTable& table,
                              const std::string& organization) {
  auto statement = database.prepare(table.rows);
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  rows.bind(organization);
  Digest digest("rolecall memory 1");
  digest.field(table.name);
  digest.field(organization);
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return digest.hex();
    digest.field(rows.text_view(0));
    digest.field(rows.text_view(1));
  }
}

/// What the digest of no rows would be, where none was recorded.
Result<std::string> recorded_digest(Database& database, const MemoryTable& table,
                                    const std::string& organization) {
  auto statement = database.prepare(kLastDigest);
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  auto row = rows.bind(table.name).bind(organization).next();
  if (!row) return tl::make_unexpected(row.error());
  if (*row) return rows.text(0);
  Digest nothing("rolecall memory 1");
  nothing.field(table.name);
  nothing.field(organization);
  return nothing.hex();
}

Result<std::vector<std::string>> organizations_of(Database& database, const MemoryTable& table) {
  auto statement = database.prepare(std::string(table.organizations) +
                                    " UNION SELECT organization FROM memories WHERE name = ?");
  if (!statement) return tl::make_unexpected(statement.error());
  std::vector<std::string> found;
  auto rows = statement->use();
  rows.bind(table.name);
  while (true) {
    auto row = rows.next();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return found;
    found.push_back(rows.text(0));
  }
}

Result<std::string> first_unlisted(Database& database, const LogTable& table) {
  const std::string_view key = table.columns.front().name;
  const auto id = database.query_integer(fmt::format(
      "SELECT {0} FROM {1} WHERE {0} NOT IN (SELECT row FROM log WHERE type = '{2}') LIMIT 1", key,
      table.table, table.type));
  if (!id) return tl::make_unexpected(id.error());
  return fmt::format("{} {} is not in the chain", table.type, *id);
}

Result<void> find_unsealed(Database& database, const MemoryTable& table,
                           std::vector<std::string>& strays) {
  const auto organizations = organizations_of(database, table);
  if (!organizations) return tl::make_unexpected(organizations.error());
  for (const std::string& organization : *organizations) {
    const auto now = digest_of(database, table, organization);
    if (!now) return tl::make_unexpected(now.error());
    const auto recorded = recorded_digest(database, table, organization);
    if (!recorded) return tl::make_unexpected(recorded.error());
    if (*now == *recorded) continue;
    strays.push_back(fmt::format("the {} remembered for organization {} are not those recorded",
                                 table.name, organization));
  }
  return {};
}

}  // namespace

Result<void> seal_memory(StoreCore& store, LogTransaction& transaction, const MemoryTable& table,
                         const std::string& organization) {
  const auto now = digest_of(store.database, table, organization);
  if (!now) return tl::make_unexpected(now.error());
  const auto before = recorded_digest(store.database, table, organization);
  if (!before) return tl::make_unexpected(before.error());
  if (*now == *before) return {};
  const auto done =
      transaction.append(LogType::memory, std::nullopt, {table.name, organization, *now});
  return done ? Result<void>{} : tl::make_unexpected(done.error());
}

Result<std::vector<std::string>> find_strays(Database& database, const Walked& walked) {
  std::vector<std::string> strays;
  const auto entries = database.query_integer("SELECT count(*) FROM log");
  if (!entries) return tl::make_unexpected(entries.error());
  if (*entries != walked.head.seq) strays.emplace_back("there are rows before the first");
  for (std::size_t type = 0; type < log_tables().size(); ++type) {
    const LogTable& table = log_tables()[type];
    const auto rows = database.query_integer(fmt::format("SELECT count(*) FROM {}", table.table));
    if (!rows) return tl::make_unexpected(rows.error());
    if (*rows == walked.rows_of[type]) continue;
    auto stray = *rows > walked.rows_of[type]
                     ? first_unlisted(database, table)
                     : fmt::format("a row of {} is in the chain twice", table.table);
    if (!stray) return tl::make_unexpected(stray.error());
    strays.push_back(std::move(*stray));
  }
  for (const MemoryTable& table : kMemoryTables) {
    if (auto done = find_unsealed(database, table, strays); !done) {
      return tl::make_unexpected(done.error());
    }
  }
  return strays;
}

}  // namespace rolecall
