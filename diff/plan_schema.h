#pragma once

#include <string>

namespace rolecall {

/// The JSON Schema (draft 7) of what `plan --format json` and `undo --format json` print. Made of
/// the names that the program itself uses; always the same bytes.
[[nodiscard]] std::string plan_schema();

/// Likewise of a plan that `--out` saved. That a file is of this shape does not make it one: see
/// plan_file.h.
[[nodiscard]] std::string plan_file_schema();

}  // namespace rolecall
