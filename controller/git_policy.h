#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/policy.h"

namespace rolecall {

/// The policy files and rosters that `read_policy_files(path)` would give in a checkout of
/// `commit`, under the same names; nothing where there is no git, no such commit (a shallow clone),
/// or no such path in it. Symbolic links are not followed. Who uses them checks the policy's
/// digest: git may be told to answer anything.
[[nodiscard]] std::optional<std::vector<SourceFile>> policy_in_commit(const std::string& path,
                                                                      const std::string& commit);

/// The commit that a branch, a tag or whatever else git takes stands for, in the repository that
/// `path` is in; nothing where there is none.
[[nodiscard]] std::optional<std::string> commit_named(const std::string& path,
                                                      const std::string& revision);

}  // namespace rolecall
