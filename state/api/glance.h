#pragma once

#include <cstdint>
#include <string>

#include "state/api/fetch.h"

namespace rolecall {

/// What a few calls show of an organization: how many people there are, and every group with its
/// own counts. The same for two organizations does not mean that they are the same.
struct Glance {
  std::string directory_id;
  std::int64_t users = 0;
  std::int64_t groups = 0;
  std::string groups_digest;  ///< of ids, names, descriptions, counts and what may be done to them
  bool operator==(const Glance&) const = default;
};

struct Glanced {
  Glance seen;
  std::size_t calls = 0;
};
/// Costs 3 calls and one for each hundred groups. Error: something could not be read.
[[nodiscard]] Result<Glanced> glance(ReadClient& client, const FetchScope& scope);

/// What a glance would have shown when all this was read.
[[nodiscard]] Glance glance_of(const Snapshot& live, const Catalog& catalog);

}  // namespace rolecall
