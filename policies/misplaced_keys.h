#pragma once

#include <string_view>

namespace rolecall {

/// Why a policy has no such key, where it would hold a secret or the address of the API; else
/// empty.
[[nodiscard]] std::string_view hint_for_misplaced(std::string_view key);

/// Whether a text has in it what keys are called that hold a secret.
[[nodiscard]] bool names_a_secret(std::string_view text);

}  // namespace rolecall
