#pragma once

#include <string>
#include <vector>

#include "state/store/log_walk.h"
#include "state/store/sqlite.h"
#include "state/store/store_impl.h"

namespace rolecall {

/// What is kept beside the log and may change, such as what the last apply protected. Whenever it
/// does, its digest becomes a row of the log.
struct MemoryTable {
  std::string_view name;           ///< of the table
  std::string_view organizations;  ///< SQL: those that have rows
  std::string_view rows;           ///< SQL: two columns of text for an organization, in order
};
inline constexpr MemoryTable kProtections = {
    "protections", "SELECT DISTINCT organization FROM protections",
    "SELECT kind, key FROM protections WHERE organization = ? ORDER BY kind, key"};

/// Records the digest of what is there now, where it is not the last one.
[[nodiscard]] Result<void> seal_memory(StoreCore& store, LogTransaction& transaction,
                                       const MemoryTable& table, const std::string& organization);

/// What is in the tables without being in the log, or other than it says; for a log whose rows are
/// all right. Each in words.
[[nodiscard]] Result<std::vector<std::string>> find_strays(Database& database,
                                                           const Walked& walked);

}  // namespace rolecall
