#pragma once

#include <cstdint>
#include <string>

#include "state/model/result.h"
#include "state/store/sqlite.h"

namespace rolecall {

/// Where a store of that schema is kept when it is brought up to date: `<store>.schema-N`.
[[nodiscard]] std::string backup_file(const std::string& store_file, std::int64_t schema);

/// Copies a store there, for whoever has to go back to the rolecall that wrote it. Whole or not at
/// all, on disk when this returns, for its owner alone; what an earlier attempt left is replaced.
[[nodiscard]] Result<void> back_up(Database& database, const std::string& store_file,
                                   std::int64_t schema);

}  // namespace rolecall
