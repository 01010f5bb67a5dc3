#pragma once

#include <string>

#include "policies/policy.h"
#include "state/model/result.h"

namespace rolecall {

/// A policy file or folder, read and parsed, its files side by side. An error where a file cannot
/// be read (policy_files.h); problems in what they say are in the result.
[[nodiscard]] Result<ParsedPolicy> read_policy(const std::string& path);

}  // namespace rolecall
