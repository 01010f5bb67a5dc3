#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "state/store/chain.h"
#include "state/store/head_file.h"
#include "state/store/log_tables.h"
#include "state/store/sqlite.h"
#include "state/store/store.h"

namespace rolecall {

/// The statements of a store, prepared once when it is opened.
struct StoreStatements {
  std::vector<Statement> insert_rows;  ///< in the order of LogType
  Statement insert_log;
  Statement select_runs, select_run, select_calls, select_open_intents;
  Statement select_unended, count_run;
  Statement select_protections, delete_protections, insert_protection;

  [[nodiscard]] static Result<StoreStatements> prepare(Database& database);
};

struct StoreCore;
using LogValue = std::variant<std::int64_t, std::string_view>;

/// A transaction that writes. Rows of the log and their places in the chain are committed together,
/// or none of them.
class LogTransaction {
 public:
  /// Writes a row and chains it. Without a key it gets the next one. `values` are those of the
  /// other columns, in their order. Returns the key.
  [[nodiscard]] Result<std::int64_t> append(LogType type, std::optional<std::int64_t> key,
                                            std::initializer_list<LogValue> values);
  enum class Head : std::uint8_t { on_disk, written };
  /// Commits and, when rows were added, brings the head file up to date. When the latter fails the
  /// rows are in the log all the same.
  [[nodiscard]] Result<void> commit(Head head = Head::on_disk);

 private:
  friend struct StoreCore;
  LogTransaction(StoreCore& store, Transaction transaction);

  StoreCore& store_;
  Transaction transaction_;
  ChainHead head_;
};

/// What a store consists of while it is open.
struct StoreCore {
  // In this order: the statements go before their database.
  Database database;
  StoreStatements statements;
  std::string id;
  HeadFile head_file;
  ChainHasher hasher;
  RowText row_text;
  ChainHead head;
  std::function<bool()> lock_is_ours{};

  /// A transaction that writes, on the file that is still at its path.
  [[nodiscard]] Result<LogTransaction> begin();
};

struct Store::Impl : StoreCore {};

}  // namespace rolecall
