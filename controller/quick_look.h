#pragma once

#include <optional>
#include <string>

#include "state/api/glance.h"
#include "state/model/instant.h"

namespace rolecall {

/// What was so when everything was read last and nothing was to be done: as long as policy, wanted
/// state and glance are the same, a quick look says that nothing is seen to have changed.
struct QuickLook {
  std::string organization;
  std::string policy_digest;
  std::string wanted_digest;  ///< dates that came meanwhile change it
  Glance seen;
  Instant at;
};

/// Kept in a file beside the store, as nothing is ever done because of it: it only spares a read
/// that would most likely show nothing. Nothing where there is none, or it cannot be understood.
[[nodiscard]] std::optional<QuickLook> load_look(const std::string& store_path,
                                                 const std::string& organization);
[[nodiscard]] Result<void> save_look(const std::string& store_path, const QuickLook& look);
void forget_look(const std::string& store_path);

}  // namespace rolecall
