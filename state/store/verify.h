#pragma once

#include <optional>
#include <string>
#include <vector>

#include "state/model/instant.h"
#include "state/model/result.h"
#include "state/store/chain.h"

namespace rolecall {

/// What was found in a log: of a store, or in an export of one.
struct LogVerdict {
  std::string store_id;
  std::vector<std::string> organizations;  ///< that its runs were about
  ChainHead head;                          ///< the last row that is right
  std::string broken;                      ///< empty: every row is right
  std::int64_t broken_seq = 0;             ///< the first row that is wrong, if it is a row
  /// Where a head that was asked for, or kept elsewhere, is not the log's.
  std::vector<std::string> mismatches;
  std::optional<ChainHead> head_file;  ///< what the head file beside the store says
  std::vector<std::string> gaps;       ///< what people accepted: "row 7: WHO at WHEN: WHY (FOUND)"

  [[nodiscard]] bool good() const { return broken.empty() && mismatches.empty(); }
};

/// Heads that the log must have had, each with where that is known from.
struct ExpectedHead {
  ChainHead head;
  std::string from;  ///< "--head"
};

/// Computes every hash anew, compares the tables with the chain, the heads with the log, and has
/// SQLite check the file. Never writes, needs no key, and works on a copy that may only be read. A
/// file at `path` that is no store, or cannot be read, is an error.
[[nodiscard]] Result<LogVerdict> verify_store(const std::string& path,
                                              const std::vector<ExpectedHead>& expected);

}  // namespace rolecall
