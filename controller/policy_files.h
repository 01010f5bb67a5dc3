#pragma once

#include <string>
#include <vector>

#include "policies/policy.h"
#include "state/model/result.h"

namespace rolecall {

/// An export of a hundred thousand people is some 20 MiB.
inline constexpr std::size_t kMaxRosterBytes = std::size_t{64} << 20;

struct PolicyFiles {
  std::vector<SourceFile> files;  ///< TOML in byte order of their paths, then the rosters likewise
  std::string base;               ///< what was asked for, without a slash at its end
};

/// Reads one file, or every `*.toml` below a folder. Paths are such that they open from the current
/// folder. Hidden files and folders are skipped; so are symbolic links that leave the folder, while
/// what others point to is read once. Anything that is not a regular file, cannot be read, is too
/// large or changes meanwhile is an error: half a policy must not look like a policy. Nothing
/// outside the folder is read, also where names in it change meanwhile (policy_tree.h).
///
/// With them come the CSV files that [[rosters]] name, inside the folder (of one file: the folder
/// it is in). What is wrong with one of those is for parse_policy to say, where it is named.
[[nodiscard]] Result<PolicyFiles> read_policy_files(const std::string& path);

/// Of the bytes as they lie there, acknowledgements and all.
[[nodiscard]] std::string fingerprint(const std::vector<SourceFile>& files);
/// The same of what is at `path` now; where it cannot be read, or git is just writing it, why.
[[nodiscard]] std::string fingerprint_at(const std::string& path);

/// Where a policy is when nobody says: `rolecall.toml`, else the folder `access`, in `folder`.
[[nodiscard]] Result<std::string> default_policy_path(const std::string& folder = ".");
/// What the command line asks for, else the policy of the current folder. Says to stderr which one
/// it is where there are two.
[[nodiscard]] Result<std::string> policy_path_or_default(const std::string& asked);

}  // namespace rolecall
