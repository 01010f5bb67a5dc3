#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "state/store/chain.h"
#include "state/store/log_tables.h"

namespace rolecall {

// What the writer and the verifier of exports agree on; the formats are described in export.h.

inline constexpr std::string_view kRowHead = R"({"hash":")";
inline constexpr std::string_view kRowMiddle = R"(","row":)";
inline constexpr std::string_view kCheckpointHead = R"({"checkpoint":)";

/// `organizations` are JSON strings with their quotes.
[[nodiscard]] std::string header_line(std::string_view store_id,
                                      const std::set<std::string>& organizations);
[[nodiscard]] std::string last_line(const ChainHead& head, std::string_view sha256);

/// Columns of the CSV: seq, hash, type, then those of all tables, each name once.
[[nodiscard]] const std::vector<std::string_view>& csv_columns();
/// Where each column of a table is among them.
[[nodiscard]] std::vector<std::size_t> csv_places(const LogTable& table);
inline constexpr std::size_t kSeqCell = 0, kHashCell = 1, kTypeCell = 2, kIdCell = 3;

/// One record with its line break. Cells that begin like a formula get an apostrophe.
[[nodiscard]] std::string csv_record(const std::vector<std::string>& cells);
/// The same for people, who may look at it in a terminal: escape_terminal of each cell, so that a
/// record is a line whatever names hold (guarantees.md I5).
[[nodiscard]] std::string csv_line(const std::vector<std::string>& cells);
/// Takes that apostrophe off again.
[[nodiscard]] std::string_view csv_content(std::string_view cell);

}  // namespace rolecall
