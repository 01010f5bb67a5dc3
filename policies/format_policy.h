#pragma once

#include <optional>
#include <string>

#include "policies/diagnostics.h"
#include "policies/policy.h"

namespace rolecall {

/// The canonical form of one policy file, or nothing when it reported that it is no TOML.
///
/// What the file says, the order in which it says it, every key and scalar as it was spelled, and
/// every comment stay; formatting the result again changes nothing. Made canonical are:
/// - lines: no indentation but within arrays, LF, no byte-order mark, one line feed at the end;
/// - blank lines: one above a table and the comments on it (none at choice above a table below the
///   one before), never two together, none below a header or at either end of the file;
/// - `key = value` with the "=" of a paragraph below each other, and so the comments behind
///   neighbouring lines, unless there are more than 24: then a line more would change all others;
/// - arrays: on one line where they fit into 100 columns; else, or with a comma behind the last
///   element, or a comment within, one element a line.
[[nodiscard]] std::optional<std::string> format_policy(const SourceFile& file,
                                                       Diagnostics& diagnostics);

}  // namespace rolecall
