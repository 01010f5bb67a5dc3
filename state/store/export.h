#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "state/model/result.h"
#include "state/store/checkpoints.h"
#include "state/store/verify.h"

namespace rolecall {

enum class ExportFormat : std::uint8_t { jsonl, csv };

/// Takes the bytes of an export, in order.
using ExportSink = std::function<Result<void>(std::string_view)>;

/// Writes the whole log of a store, and checks it on the way: an error when it is not right, with
/// nothing after the last row that is. Never writes to the store.
///
/// JSON Lines, in this order and without any other byte:
///
///     {"rolecall_audit_export":1,"store":ID,"organizations":[...]}
///     {"hash":HASH,"row":ROWTEXT}                        a line for each row of the log, by seq
///     {"checkpoint":{"seq":N,"hash":HASH,"signature":TEXT}}      a line for each checkpoint
///     {"rows":N,"head":"N:HASH","sha256":DIGEST}         of all bytes before this line
///
/// HASH and ROWTEXT are as in chain.h. CSV (RFC 4180) has a column for every column of any row;
/// a cell that a spreadsheet would take for a formula, and one that begins with an apostrophe,
/// gets an apostrophe in front. Before the rows stands one of type "store" with the hash before
/// row 1, after them one of type "head". It has no checkpoints.
[[nodiscard]] Result<ChainHead> export_log(const std::string& store_path, ExportFormat format,
                                           const ExportSink& sink);

/// What verify_store does, for the bytes of an export in either format. Every byte counts: one
/// that is changed, added or missing, a line that is cut, doubled or moved makes it fail.
struct ExportVerdict : LogVerdict {
  std::vector<Checkpoint> checkpoints;
};
[[nodiscard]] Result<ExportVerdict> verify_export(const std::string& path,
                                                  const std::vector<ExpectedHead>& expected);
/// The same of bytes that are at hand already.
[[nodiscard]] ExportVerdict verify_export(std::istream& in,
                                          const std::vector<ExpectedHead>& expected);

}  // namespace rolecall
