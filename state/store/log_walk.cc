#include "state/store/log_walk.h"

#include <fmt/format.h>

#include <array>

namespace rolecall {
namespace {

class Walk {
 public:
  Walk(Database& database, const ChainHead& from) : database_(database) {
    walked_.head = from;
    walked_.rows_of.resize(log_tables().size());
    selects_.resize(log_tables().size());
  }

  Result<Walked> run(const LogVisitor& visit) {
    auto log = database_.prepare("SELECT seq, type, row, hash FROM log WHERE seq > ? ORDER BY seq");
    if (!log) return tl::make_unexpected(log.error());
    auto rows = log->use();
    rows.bind(walked_.head.seq);
    while (true) {
      auto row = rows.next();
      if (!row) return at_row(row.error());
      if (!*row) return std::move(walked_);
      if (auto done = take(rows, visit); !done) return at_row(done.error());
      if (walked_.broken) return std::move(walked_);
    }
  }

 private:
  Result<void> take(const Statement::Use& entry, const LogVisitor& visit) {
    const std::int64_t seq = walked_.head.seq + 1;
    if (entry.integer(0) != seq) return stop("it is missing");
    const LogTable* table = find_log_table(entry.text_view(1));
    if (table == nullptr) return stop("it is of a type that does not exist");
    const auto type = static_cast<std::size_t>(table - log_tables().data());
    if (!selects_[type]) {
      auto select = database_.prepare(table->select_sql());
      if (!select) return tl::make_unexpected(select.error());
      selects_[type].emplace(std::move(*select));
    }
    auto row = selects_[type]->use();
    auto found = row.bind(entry.integer(2)).next();
    if (!found) return tl::make_unexpected(found.error());
    if (!*found) return stop(fmt::format("{} {} was removed", table->type, entry.integer(2)));
    if (!write_text(*table, row)) {
      return stop(fmt::format("{} {} was altered", table->type, entry.integer(2)));
    }
    const std::string_view text = text_.finish();
    std::string hash = hasher_.next(walked_.head.hash, text);
    if (hash != entry.text_view(3)) {
      return stop(fmt::format("{} {} was altered, or its hash was", table->type, entry.integer(2)));
    }
    walked_.head = {seq, std::move(hash)};
    ++walked_.rows_of[type];
    return visit ? visit({seq, table, text, walked_.head.hash, row}) : Result<void>{};
  }

  bool write_text(const LogTable& table, const Statement::Use& row) {
    text_.begin(walked_.head.seq + 1, table.type);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const LogColumn& column = table.columns[i];
      const auto at = static_cast<int>(i);
      if (column.kind == LogColumn::Kind::integer) {
        if (!row.is_integer(at)) return false;
        text_.add(column.name, row.integer(at));
      } else {
        if (!row.is_text(at)) return false;
        text_.add(column.name, row.text_view(at));
      }
    }
    return true;
  }

  Result<void> stop(std::string what) {
    walked_.broken = {walked_.head.seq + 1, std::move(what)};
    return {};
  }

  tl::unexpected<Error> at_row(const Error& error) const {
    return fail(fmt::format("row {}: {}", walked_.head.seq + 1, error.what), error.hint);
  }

  Database& database_;
  Walked walked_;
  std::vector<std::optional<Statement>> selects_;
  ChainHasher hasher_;
  RowText text_;
};

}  // namespace

Result<Walked> walk_log(Database& database, const ChainHead& from, const LogVisitor& visit) {
  return Walk(database, from).run(visit);
}

Result<ChainHead> recorded_head(Database& database, std::string_view store_id) {
  auto statement = database.prepare("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1");
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  auto row = rows.next();
  if (!row) return tl::make_unexpected(row.error());
  if (!*row) return ChainHasher().start(store_id);
  return ChainHead{rows.integer(0), rows.text(1)};
}

Result<std::string> recorded_hash(Database& database, std::int64_t seq) {
  auto statement = database.prepare("SELECT hash FROM log WHERE seq = ?");
  if (!statement) return tl::make_unexpected(statement.error());
  auto rows = statement->use();
  auto row = rows.bind(seq).next();
  if (!row) return tl::make_unexpected(row.error());
  return *row ? rows.text(0) : std::string();
}

Result<std::string> store_id_of(Database& database) {
  auto query = database.prepare("SELECT id FROM store");
  if (!query) return tl::make_unexpected(query.error());
  auto rows = query->use();
  auto row = rows.next();
  if (!row) return tl::make_unexpected(row.error());
  if (!*row) return fail(fmt::format("the store {} is damaged: it has no id", database.path()));
  return rows.text(0);
}

Result<std::string> find_damage(Database& database) {
  auto check = database.prepare("PRAGMA integrity_check(1)");
  if (!check) return tl::make_unexpected(check.error());
  auto rows = check->use();
  const auto row = rows.next();
  if (!row) return tl::make_unexpected(row.error());
  const std::string found = *row ? rows.text(0) : "no answer";
  return found == "ok" ? std::string() : "the file is damaged: " + found;
}

}  // namespace rolecall
