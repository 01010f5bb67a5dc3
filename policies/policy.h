#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "policies/desired.h"
#include "policies/diagnostics.h"
#include "state/model/instant.h"
#include "state/model/workspace.h"

namespace rolecall {

/// One policy file, as bytes. `path` is what messages call it (relative to the policy folder, or
/// the name of the single file).
struct SourceFile {
  std::string path;
  std::string bytes;
};

/// Everything the files say, checked as far as one can without an instant or a network. Its parts
/// are private to policies/.
struct Policy;
struct PolicyDeleter {
  void operator()(Policy* policy) const;
};
using PolicyPtr = std::unique_ptr<Policy, PolicyDeleter>;

struct ParsedPolicy {
  PolicyPtr policy;         ///< never null; only to be used further when there are no errors
  Diagnostics diagnostics;  ///< every problem of every file
};

/// Calls make(i) and then take(i) for each i from 0 to count - 1: `make` in any order, and from
/// several threads where the caller has some, `take` in the order of the numbers and on the calling
/// thread.
using InOrder = std::function<void(std::size_t count, const std::function<void(std::size_t)>& make,
                                   const std::function<void(std::size_t)>& take)>;
void one_by_one(std::size_t count, const std::function<void(std::size_t)>& make,
                const std::function<void(std::size_t)>& take);

/// Reads, checks and merges policy files. Pure: bytes in, policy and problems out, whatever
/// `in_order` is. Never throws on any bytes; bounded in time and stack (see byte_scan.h for why
/// toml++ does not see raw bytes).
[[nodiscard]] ParsedPolicy parse_policy(std::span<const SourceFile> files,
                                        const InOrder& in_order = one_by_one);

/// The organization id, empty when the policy has none (then there are errors).
[[nodiscard]] const std::string& organization_id(const Policy& policy);

/// Whether any resource has to be looked up, so that a run needs the workspaces.
[[nodiscard]] bool needs_workspaces(const Policy& policy);

struct ResolvedPolicy {
  Desired desired;
  Diagnostics diagnostics;
};

/// The wanted organization at `at`. With `workspaces`, resources declared by app and host are
/// looked up in them (no match or several is an error that lists the candidates); without
/// (offline), such a resource stands under a made-up ARI that no live one equals. `catalog` gains
/// what is named.
[[nodiscard]] ResolvedPolicy resolve_policy(const Policy& policy, Instant at,
                                            const std::vector<Workspace>* workspaces,
                                            Catalog& catalog);

}  // namespace rolecall
