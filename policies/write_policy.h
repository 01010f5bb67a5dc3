#pragma once

#include <span>
#include <string>
#include <vector>

#include "policies/policy.h"
#include "policies/write_declarations.h"
#include "state/model/snapshot.h"
#include "state/model/workspace.h"

namespace rolecall {

/// A live organization that is to become a policy, read completely: with the grants of every group
/// and, where `direct_access`, those of every person.
struct LiveOrganization {
  const Snapshot& live;
  Catalog& catalog;  ///< gains the workspaces
  std::string id;
  bool names_directory = false;  ///< there are others: the policy has to say which one it means
  std::span<const Workspace> workspaces;
  bool direct_access = false;
  Instant at;
};

struct WrittenPolicy {
  std::vector<SourceFile> files;  ///< paths within the policy's folder; by path
  std::vector<LeftOut> left_out;  ///< sorted
  std::size_t users = 0;
  std::size_t groups = 0;
};

/// A policy folder that says what is live, so that a plan of it is empty: one concern a file, all
/// lists sorted, account ids pinned, and comments on what is left alone.
[[nodiscard]] WrittenPolicy write_policy(const LiveOrganization& organization);

/// One file that adds groups to a policy, and those of their members whom it does not declare yet.
/// Its declarations change nothing of what the policy plans. `groups` are live ones that the policy
/// does not declare; empty where nothing of them can be declared.
struct Adoption {
  std::string text;
  std::vector<LeftOut> left_out;  ///< sorted; groups that cannot be declared are among them
  std::size_t users = 0;
  std::size_t groups = 0;
};
[[nodiscard]] Adoption write_adoption(const Snapshot& live, const Catalog& catalog,
                                      const Desired& wanted, std::span<const GroupRef> groups);

/// A file name without its ending for a group or a domain: ASCII letters, digits, "-", "_", ".";
/// never hidden, never empty.
[[nodiscard]] std::string file_stem(std::string_view name);

}  // namespace rolecall
