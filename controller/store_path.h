#pragma once

#include <string>

#include "controller/options.h"

namespace rolecall {

/// Where the store is: as said with --store, else .rolecall/rolecall.db in the folder that holds
/// the policy (file or folder). An empty `policy_path` stands for the current folder. A folder has
/// one store, however its path is written: inside it where it holds a rolecall.toml or is the top
/// of a git repository.
[[nodiscard]] std::string store_path(const GlobalOptions& global, const std::string& policy_path);

/// The same for commands that take no policy: beside the default one.
[[nodiscard]] std::string default_store_path(const GlobalOptions& global);

}  // namespace rolecall
