#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/misread.h"
#include "state/api/api_client.h"
#include "state/api/endpoints.h"

namespace rolecall {

/// Which of these org admins (account id -> address) are not to be seen as active ones; nothing
/// where that could not be read. Costs a call for each ten. `delay`: before the reads.
[[nodiscard]] std::optional<std::vector<std::string>> lost_admins(
    ReadClient& client, const Endpoints& endpoints, const std::string& directory,
    const std::map<std::string, std::string>& admins, std::chrono::milliseconds delay,
    Misread& misread);

/// Which of these accounts hold org admin by their role assignments, though they were shown without
/// it: an answer may leave out `platformRoles`, or some of them. Two calls each.
struct HiddenAdmins {
  std::vector<std::string> found;   ///< account ids
  std::vector<std::string> unread;  ///< likewise, of whom that could not be read
};
[[nodiscard]] HiddenAdmins hidden_admins(ReadClient& client, const Endpoints& endpoints,
                                         const std::string& directory,
                                         const std::vector<std::string>& accounts,
                                         Misread& misread);

}  // namespace rolecall
