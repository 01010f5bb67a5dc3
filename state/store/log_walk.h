#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/model/result.h"
#include "state/store/chain.h"
#include "state/store/log_tables.h"
#include "state/store/sqlite.h"

namespace rolecall {

/// One row of the log whose hash is right.
struct LogRow {
  std::int64_t seq = 0;
  const LogTable* table = nullptr;
  std::string_view text;  ///< valid during the visit
  std::string_view hash;
  const Statement::Use& columns;
};
using LogVisitor = std::function<Result<void>(const LogRow&)>;

/// The first row that is not what was recorded.
struct ChainBreak {
  std::int64_t seq = 0;
  std::string what;
};

struct Walked {
  ChainHead head;  ///< the last row that is right
  std::optional<ChainBreak> broken;
  std::vector<std::int64_t> rows_of;  ///< how many of each type, in the order of log_tables()
};

/// Computes the hash of every row after `from` anew and compares it. Stops at the first that
/// differs. Error: the store cannot be read, or `visit` fails.
[[nodiscard]] Result<Walked> walk_log(Database& database, const ChainHead& from,
                                      const LogVisitor& visit);

/// The last row as it is recorded, right or not.
[[nodiscard]] Result<ChainHead> recorded_head(Database& database, std::string_view store_id);
/// The hash that is recorded for a row; empty when there is no such row.
[[nodiscard]] Result<std::string> recorded_hash(Database& database, std::int64_t seq);

[[nodiscard]] Result<std::string> store_id_of(Database& database);

/// What SQLite itself finds wrong, in words, indexes that do not match their tables among it;
/// empty: nothing. Reads the whole file.
[[nodiscard]] Result<std::string> find_damage(Database& database);

}  // namespace rolecall
