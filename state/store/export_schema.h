#pragma once

#include <string>

namespace rolecall {

/// The JSON Schema (draft 7) of each line of `audit export` as JSON Lines (export.h). Made of the
/// tables of the log; always the same bytes.
[[nodiscard]] std::string export_schema();

}  // namespace rolecall
