#pragma once

#include <string>

#include "state/store/sqlite.h"
#include "state/store/store.h"

namespace rolecall {

/// The statements of a store, prepared once when it is opened.
struct StoreStatements {
  Statement insert_run, insert_end, insert_intent, insert_outcome;
  Statement select_runs, select_run, select_calls, select_open_intents;
  Statement select_unended, count_run;
  Statement select_protections, delete_protections, insert_protection;

  [[nodiscard]] static Result<StoreStatements> prepare(Database& database);
};

struct Store::Impl {
  // In this order: the statements go before their database.
  Database database;
  StoreStatements statements;
  std::string id;

  /// A transaction that writes, on the file that is still at its path.
  [[nodiscard]] Result<Transaction> begin();
  [[nodiscard]] Result<void> insert_end(RunId run, const RunEnd& end);
};

}  // namespace rolecall
