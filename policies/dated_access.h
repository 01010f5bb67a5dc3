#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/policy.h"

namespace rolecall {

/// Access that a policy gives for a time.
struct DatedAccess {
  std::string user;
  std::string group;  ///< empty: it is about the person as a whole
  std::optional<Instant> from;
  std::optional<Instant> until;  ///< the first instant outside
  std::string from_text, until_text;
  std::string reason;
  Place place;
};

/// All of it, in the order of the files.
[[nodiscard]] std::vector<DatedAccess> dated_access(const Policy& policy);

}  // namespace rolecall
