#pragma once

#include <string>

namespace rolecall {

/// The JSON Schema (draft 7) of a policy file, for editors that complete and check TOML by one.
/// Made of the tables that the readers use; a date of TOML is a string to it. Always the same
/// bytes.
[[nodiscard]] std::string policy_schema();

}  // namespace rolecall
