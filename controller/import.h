#pragma once

#include <string>
#include <vector>

#include "controller/wanted.h"
#include "policies/write_policy.h"
#include "state/api/fetch.h"

namespace rolecall {

/// What of an organization is to become a policy.
struct ImportRequest {
  std::string organization;
  std::string directory{};  ///< id or name; empty: the only one
  bool direct_access = false;
  Instant at;
};

struct Imported {
  WrittenPolicy policy;
  std::vector<std::string> gaps;  ///< not read completely: then there is no policy
};

/// Reads the whole organization and makes a policy of it. The policy has been parsed, resolved and
/// planned against what was read before it is handed out: that plan is empty.
[[nodiscard]] Result<Imported> import_policy(ReadClient& client, const ImportRequest& request,
                                             const FetchProgress& progress);

struct Adopted {
  Adoption adoption;
  std::string stem;               ///< of the file it goes into, within the policy's folder
  std::vector<std::string> gaps;  ///< not read completely: then there is nothing to add
};

/// Makes the file that adds live groups to the policy in `folder`. With it, the policy plans
/// nothing that it does not plan without it. Errors also where a group is declared already, or is
/// not there.
[[nodiscard]] Result<Adopted> adopt_groups(ReadClient& client, const std::string& folder,
                                           const Wanted& wanted, Catalog& catalog,
                                           const std::vector<std::string>& groups,
                                           const FetchProgress& progress);

}  // namespace rolecall
