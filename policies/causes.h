#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policies/diagnostics.h"

namespace rolecall {

/// Why something is wanted, in terms of the policy. For people and the log; never decides anything.
struct Cause {
  Place place;         ///< the line that says so
  std::string why;     ///< "listed in members", "matches department = Engineering"
  std::string reason;  ///< the policy's own `reason`, may be empty
  auto operator<=>(const Cause&) const = default;
};

/// Index into a Causes.
using CauseRef = std::uint32_t;

/// All causes of a desired state. A million memberships have a million lines to point to, so what
/// is kept of each is 20 bytes; the few different texts are kept once. Entry 0 is an empty cause.
class Causes {
 public:
  Causes();

  CauseRef push_back(const Cause& cause);

  /// A text to be used by several causes.
  std::uint32_t text(std::string_view text);
  /// `file`, `why` and `reason` are results of text().
  CauseRef add(std::uint32_t file, std::uint32_t line, std::uint32_t column, std::uint32_t why,
               std::uint32_t reason);

  [[nodiscard]] Cause operator[](CauseRef ref) const;
  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  struct Item {
    std::uint32_t file;
    std::uint32_t line;
    std::uint32_t column;
    std::uint32_t why;
    std::uint32_t reason;
  };
  std::vector<Item> items_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> text_refs_;
};

}  // namespace rolecall
