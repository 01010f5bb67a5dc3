#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/policy.h"
#include "state/api/api_client.h"
#include "state/model/result.h"

namespace rolecall {

/// A policy as it is wanted at one instant, read and resolved, for commands that look at it beside
/// or without a plan.
struct Wanted {
  std::vector<SourceFile> files{};
  Desired desired{};
  Diagnostics diagnostics{};
  std::optional<Error> error{};

  /// `desired` means something.
  [[nodiscard]] bool usable() const { return !error && !diagnostics.has_errors(); }
};

/// Without a client nothing is looked up (see resolve_policy).
[[nodiscard]] Wanted read_wanted(const std::string& policy_path, Instant at, ReadClient* client,
                                 Catalog& catalog);
/// The same of files that are in memory.
[[nodiscard]] Wanted resolve_wanted(std::vector<SourceFile> files, Instant at, ReadClient* client,
                                    Catalog& catalog);

}  // namespace rolecall
