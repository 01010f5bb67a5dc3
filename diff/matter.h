#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "diff/change.h"

namespace rolecall {

/// What a change is about, whichever way it changes it.
enum class Matter : std::uint8_t { group, group_access, presence, membership, user_access, role };
[[nodiscard]] Matter matter_of(ChangeKind kind);

/// GroupName::key; empty for no group.
[[nodiscard]] std::string key_of(const std::string& group);

/// The same for a change and for the one that takes it back: matter, user, group, ARI, role.
using ChangeKey = std::tuple<Matter, std::string, std::string, std::string, std::string>;
[[nodiscard]] ChangeKey key_of(const Change& change);

}  // namespace rolecall
