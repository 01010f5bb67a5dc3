#include "diff/change.h"

#include <tuple>

namespace rolecall {

std::optional<ChangeKind> parse_change_kind(std::string_view text) {
  for (std::size_t i = 0; i < kChangeKindCount; ++i) {
    if (kChangeKindNames[i] == text) return static_cast<ChangeKind>(i);
  }
  return std::nullopt;
}

std::strong_ordering Change::order(const Change& other) const {
  return std::tie(kind, group, user, resource, role) <=>
         std::tie(other.kind, other.group, other.user, other.resource, other.role);
}

}  // namespace rolecall
