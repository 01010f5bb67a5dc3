#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "state/simulator/world.h"

namespace rolecall::simulator {

// Pieces of read_seed, for seed.cc and seed_items.cc alone.

[[nodiscard]] std::optional<Index> find_seed_directory(const World& world,
                                                       std::string_view id_or_name);
/// {"<ari>": ["user", ...]}
[[nodiscard]] Result<AccessList> read_seed_access(const World& world,
                                                  const boost::json::value& item,
                                                  std::string_view key);
[[nodiscard]] Result<void> read_seed_user(World& world, const boost::json::value& item,
                                          bool former);
[[nodiscard]] Result<void> read_seed_group(World& world, const boost::json::value& item);

}  // namespace rolecall::simulator
