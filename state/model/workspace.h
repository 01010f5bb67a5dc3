#pragma once

#include <string>

namespace rolecall {

/// An app instance as the workspaces search tells it.
struct Workspace {
  std::string ari;       ///< the resource id that grants name
  std::string type_key;  ///< "confluence", "jira-software"
  std::string name;
  std::string host;  ///< "acme.atlassian.net": host of hostUrl; empty where it has none
};

}  // namespace rolecall
