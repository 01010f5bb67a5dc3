#pragma once

#include <string_view>
#include <vector>

#include "policies/desired.h"
#include "state/model/memory.h"
#include "state/model/snapshot.h"
#include "state/store/store.h"

namespace rolecall {

/// What a reading showed that the next run has to know: accounts seen under an address for the
/// first time, invited people who have come, the organization's size where all of it was read.
[[nodiscard]] Store::Remembered learned_from(const Snapshot& live, const Catalog& catalog,
                                             const Desired& desired, const Memory& memory);

/// Whom and what the policy protects, sorted: protection outlives the deletion of its entry by one
/// apply (guarantees.md C4).
[[nodiscard]] std::vector<Store::Protection> protections_of(const Safety& safety,
                                                            const Catalog& catalog);

/// The keys of one kind, "user" or "group".
[[nodiscard]] std::vector<std::string> keys_of(const std::vector<Store::Protection>& all,
                                               std::string_view kind);

}  // namespace rolecall
