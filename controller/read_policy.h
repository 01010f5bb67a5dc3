#pragma once

#include <string>
#include <vector>

#include "controller/policy_files.h"
#include "policies/policy.h"
#include "state/model/result.h"

namespace rolecall {

/// A policy, and the files that its diagnostics are about.
struct ReadPolicy {
  ParsedPolicy parsed;
  std::vector<SourceFile> files;
  std::string base;  ///< the path, without a slash at its end
};

/// The files of a policy (policy_files.h); an error where the one file that is named is a part of
/// the policy in its folder.
[[nodiscard]] Result<PolicyFiles> read_whole_policy(const std::string& path);

/// A policy file or folder, read and parsed, its files side by side. An error where a file cannot
/// be read (policy_files.h), or where it is a part of the policy around it; problems in what they
/// say are in the result.
[[nodiscard]] Result<ReadPolicy> read_policy(const std::string& path);

}  // namespace rolecall
