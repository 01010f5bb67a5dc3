#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policies/desired.h"
#include "policies/diagnostics.h"
#include "state/model/instant.h"
#include "state/model/result.h"
#include "state/model/workspace.h"

namespace rolecall {

/// One policy file, as bytes. `path` is what messages call it (relative to the policy folder, or
/// the name of the single file).
struct SourceFile {
  std::string path;
  std::string bytes;
  bool roster = false;  ///< CSV that a [[rosters]] table names (see roster_paths); else TOML
  /// Why a roster could not be read: said where the policy names it. `bytes` are empty then.
  std::optional<Error> unreadable{};
};

/// The CSV files that the [[rosters]] of a TOML file name, each as `path` of a SourceFile: beside
/// `toml.path`. Whoever reads them sees to it that they are inside the policy's folder. Nothing
/// where the bytes are no policy; parse_policy says why.
[[nodiscard]] std::vector<std::string> roster_paths(const SourceFile& toml);

/// What a TOML file is to a policy, by its tables. Of what is no TOML (yet), by its headers.
enum class FileRole {
  none,   ///< has none of a policy's tables
  part,   ///< has some, but no [organization]: only together with others is it a policy
  whole,  ///< has [organization]
};
[[nodiscard]] FileRole role_of(const SourceFile& toml);

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

/// Reads, checks and merges policy files, and the rosters they name. Pure: bytes in, policy and
/// problems out, whatever `in_order` is. Never throws on any bytes; bounded in time and stack (see
/// byte_scan.h for why toml++ does not see raw bytes).
[[nodiscard]] ParsedPolicy parse_policy(std::span<const SourceFile> files,
                                        const InOrder& in_order = one_by_one);

/// The organization id, empty when the policy has none (then there are errors).
[[nodiscard]] const std::string& organization_id(const Policy& policy);

/// Whether any resource has to be looked up, so that a run needs the workspaces.
[[nodiscard]] bool needs_workspaces(const Policy& policy);

/// What [[rules]] and [[tests]] say of the wanted organization at `at` (tests that name an instant:
/// at theirs). For a policy without errors.
struct RulesChecked {
  std::size_t rules = 0;
  std::size_t tests = 0;
  Diagnostics diagnostics{};  ///< what broke one, as an error or, where the rule says so, a warning
};
[[nodiscard]] RulesChecked check_rules(const Policy& policy, Instant at);

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
