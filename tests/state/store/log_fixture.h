#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "state/store/log_walk.h"
#include "state/store/read_only.h"
#include "state/store/verify.h"
#include "tests/state/store/store_fixture.h"

namespace rolecall {

/// A store with a row of every type, and with its head file.
inline void make_full_log(const std::string& path, int changes = 3) {
  make_store(path, changes);
  std::filesystem::remove(path + ".head");
  auto store = Store::open(path, Store::Access::write, AcceptedGap{kNoon, "kim@laptop", "a test"});
  ASSERT_TRUE(store) << store.error().what;
  ASSERT_TRUE(store->remember_protections(
      "org-1", std::vector<Store::Protection>{{"group", "admins"}, {"user", "ada@acme.example"}}));
  const auto run = store->begin_run(some_run());
  ASSERT_TRUE(run);
  Store::Remembered learned;
  learned.counts = Counts{kNoon, "dir-1", 5, 1, 2, 3, 4};
  ASSERT_TRUE(store->remember("org-1", learned));
  ASSERT_TRUE(
      store->record_losses(*run, std::vector<Store::Loss>{{"create_group", "", "", "legacy", "g-9",
                                                           "", "", "what it was for", true}}));
  ASSERT_TRUE(store->record_intents(*run, kNoon, std::vector{some_intent(1)}));
}

inline LogVerdict verified(const std::string& path, const std::vector<ExpectedHead>& heads = {}) {
  auto verdict = verify_store(path, heads);
  if (verdict) return *verdict;
  LogVerdict unreadable;
  unreadable.broken = verdict.error().what;
  return unreadable;
}

/// Every value of every table, in words: equal for equal contents.
inline std::string dump(const std::string& path) {
  std::string out;
  const auto read = [&](Database& database) -> Result<void> {
    std::vector<std::string> queries = {
        "SELECT seq || '|' || type || '|' || row || '|' || hash FROM log",
        "SELECT one || '|' || id FROM store",
        "SELECT organization || '|' || kind || '|' || key FROM protections"};
    for (const LogTable& table : log_tables()) {
      std::string sql;
      for (const LogColumn& column : table.columns) {
        sql +=
            (sql.empty() ? "SELECT quote(" : " || '|' || quote(") + std::string(column.name) + ")";
      }
      queries.push_back(sql + " FROM " + std::string(table.table));
    }
    for (const std::string& sql : queries) {
      auto statement = database.prepare(sql);
      if (!statement) return tl::make_unexpected(statement.error());
      auto rows = statement->use();
      while (true) {
        auto row = rows.next();
        if (!row) return tl::make_unexpected(row.error());
        if (!*row) break;
        out += rows.text(0) + "\n";
      }
    }
    return {};
  };
  const auto done = read_without_traces(path, WhenWritten::keep, read);
  return done ? out : "unreadable: " + done.error().what;
}

/// Gives rows `from` to `to` of the log the hashes that they would have had with what they now
/// hold.
inline void rechain(const std::string& path, std::int64_t from, std::int64_t to) {
  std::string sql;
  const auto read = [&](Database& database) -> Result<void> {
    ChainHasher hasher;
    std::string previous = from == 1 ? hasher.start(store_id_of(database).value()).hash
                                     : recorded_hash(database, from - 1).value();
    for (std::int64_t seq = from; seq <= to; ++seq) {
      auto entry = database.prepare("SELECT type, row FROM log WHERE seq = ?").value();
      auto row = entry.use();
      if (!row.bind(seq).next().value()) continue;
      const LogTable& table = *find_log_table(row.text(0));
      auto select = database.prepare(table.select_sql()).value();
      auto columns = select.use();
      if (!columns.bind(row.integer(1)).next().value()) continue;
      RowText text;
      text.begin(seq, table.type);
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const auto at = static_cast<int>(i);
        if (table.columns[i].kind == LogColumn::Kind::integer) {
          text.add(table.columns[i].name, columns.integer(at));
        } else {
          text.add(table.columns[i].name, columns.text_view(at));
        }
      }
      previous = hasher.next(previous, text.finish());
      sql += "UPDATE log SET hash = '" + previous + "' WHERE seq = " + std::to_string(seq) + ";";
    }
    return {};
  };
  ASSERT_TRUE(read_without_traces(path, WhenWritten::keep, read));
  alter(path, sql);
}

/// Takes the rows after `last` out of the log and out of their tables.
inline void cut_log(const std::string& path, std::int64_t last) {
  std::string sql;
  for (const LogTable& table : log_tables()) {
    sql += fmt::format(
        "DELETE FROM {} WHERE {} IN (SELECT row FROM log WHERE type = '{}' AND seq > {});",
        table.table, table.columns.front().name, table.type, last);
  }
  alter(path, sql + fmt::format("DELETE FROM log WHERE seq > {}", last));
}

/// Copies a store with what is beside it.
inline void copy_store(const std::string& from, const std::string& to) {
  for (const char* suffix : {"", ".head", "-wal", "-shm"}) {
    std::filesystem::remove(to + suffix);
    if (std::filesystem::exists(from + suffix)) write_bytes(to + suffix, read_bytes(from + suffix));
  }
}

}  // namespace rolecall
