#pragma once

#include <span>
#include <string>

#include "policies/policy.h"
#include "state/model/result.h"

namespace rolecall {

/// Whether a policy can be written there: to be asked before anything long is begun. A folder that
/// holds anything is refused, unless `overwrite` and there is nothing in it but policy files.
[[nodiscard]] Result<void> check_policy_folder(const std::string& path, bool overwrite);

/// Writes all files (paths within the folder) whole or not at all: into a new folder beside it,
/// which then takes its name. What was there is kept under another name, which is returned; empty
/// where there was nothing.
[[nodiscard]] Result<std::string> write_policy_folder(const std::string& path,
                                                      std::span<const SourceFile> files,
                                                      bool overwrite);

/// Adds one file to a folder, making the folders between, under the name `stem`.toml, or the first
/// `stem`-2.toml that is free. Nothing is overwritten. Returns its path within the folder.
[[nodiscard]] Result<std::string> add_policy_file(const std::string& folder,
                                                  const std::string& stem,
                                                  std::string_view content);

}  // namespace rolecall
