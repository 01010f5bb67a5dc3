#pragma once

#include <string>

namespace rolecall {

/// The commit that the files at `path` were checked out from, with "+dirty" at its end when they
/// differ from it; empty where there is no git or no repository. For the log only.
[[nodiscard]] std::string git_commit_of(const std::string& path);

}  // namespace rolecall
