#pragma once

#include <string>
#include <vector>

#include "policies/policy.h"
#include "state/model/result.h"

namespace rolecall {

inline constexpr std::size_t kMaxPolicyFiles = 1'000;

struct PolicyFiles {
  std::vector<SourceFile> files;  ///< in byte order of their paths
  std::string base;               ///< what was asked for, without a slash at its end
};

/// Reads one file, or every `*.toml` below a folder. Paths are such that they open from the current
/// folder. Hidden files and folders are skipped; so are symbolic links that leave the folder, while
/// what others point to is read once. Anything that is not a regular file, cannot be read, is too
/// large or changes meanwhile is an error: half a policy must not look like a policy.
[[nodiscard]] Result<PolicyFiles> read_policy_files(const std::string& path);

/// Where a policy is when nobody says: `rolecall.toml`, else the folder `access`, in `folder`.
[[nodiscard]] Result<std::string> default_policy_path(const std::string& folder = ".");

}  // namespace rolecall
