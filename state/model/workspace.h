#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rolecall {

/// An app instance as the workspaces search tells it.
struct Workspace {
  std::string ari;       ///< the resource id that grants name
  std::string type_key;  ///< "confluence", "jira-software"
  std::string name;
  std::string host;  ///< "acme.atlassian.net": host of hostUrl; empty where it has none
  std::optional<std::int64_t> capacity{};  ///< seats; nothing where the API does not tell
  std::optional<std::int64_t> usage{};     ///< seats taken; likewise
};

}  // namespace rolecall
