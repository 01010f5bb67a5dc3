#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "controller/options.h"
#include "state/api/api_client.h"
#include "state/model/result.h"

namespace rolecall {

/// What `rolecall get` can show.
enum class ThingKind : std::uint8_t {
  org,
  orgs,
  directories,
  domains,
  domain,
  workspaces,
  users,
  user,
  groups,
  group,
  counts,
  pins,
};

struct Thing {
  ThingKind kind{};
  std::string_view name;
  std::string_view argument;  ///< what has to be given with it; empty for nothing
};

[[nodiscard]] const Thing* find_thing(std::string_view name);
[[nodiscard]] std::span<const std::string_view> thing_names();
/// "org, orgs, ..., user EMAIL|ID, ..." for help texts.
[[nodiscard]] std::string things_in_words();

/// Reads what is asked for and prints it. The error is for people.
[[nodiscard]] Result<void> get_thing(const GlobalOptions& global, const GetOptions& options,
                                     ReadClient& client);

}  // namespace rolecall
