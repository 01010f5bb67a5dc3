#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "state/model/role.h"

// The keys of the policy language with the words and numbers they take: what the readers know and
// what the JSON Schema says is one and the same. The tables are in language_tables.h.

namespace rolecall::language {

enum class Form : std::uint8_t {
  text,                    ///< that matches `pattern`, where there is one
  word,                    ///< one of `words`
  whole,                   ///< a whole number from `low` to `high`
  boolean,                 //
  day,                     ///< a date or a date-time
  texts,                   ///< a list of different texts
  text_or_texts,           ///< a text, or a list of one or more
  words,                   ///< a list of different `words`
  table,                   ///< with `keys`
  tables,                  ///< a list of tables with `keys`
  texts_by_name,           ///< a table of any keys, a text each
  choice_by_name,          ///< a table of one or more keys, a text or a list of one or more each
  words_by_name,           ///< a table of any keys, a list of different `words` each
  tables_by_name,          ///< a table of any keys, or of `words` alone; a table with `keys` each
  texts_or_tables,         ///< a list of texts, or tables with `keys`
  texts_or_tables_by_name  ///< a table of any keys; a text, or a table with `keys`, each
};

struct Key {
  std::string_view name;
  Form form = Form::text;
  std::string_view what;  ///< for whoever writes a policy
  std::string_view pattern{};
  std::span<const std::string_view> words{};
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::span<const Key> keys{};
  std::string_view name_pattern{};  ///< of the names in tables_by_name
  std::size_t least = 0;            ///< fewest elements, or keys
  bool required = false;
};

/// The names alone, as FileReader::table takes them.
template <std::size_t N>
[[nodiscard]] constexpr std::array<std::string_view, N> names(const std::array<Key, N>& keys) {
  std::array<std::string_view, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = keys[i].name;
  return out;
}

inline constexpr std::int64_t kVersion = 1;
/// Far over any organization, and far from overflow in n * 100 <= percent * N.
inline constexpr std::int64_t kMostRemovals = 1'000'000'000;
inline constexpr std::int64_t kMostDays = 36'500;

inline constexpr std::string_view kAddress = "@";
inline constexpr std::string_view kNotEmpty = "\\S";

// Words, in the order of the enumerations they stand for.
inline constexpr std::array<std::string_view, 3> kUnlistedUsers = {"ignore", "suspend", "remove"};
inline constexpr std::array<std::string_view, 2> kUnlistedGroups = {"ignore", "delete"};
inline constexpr std::array<std::string_view, 3> kUserStates = {"active", "suspended", "removed"};
inline constexpr std::array<std::string_view, 2> kGroupStates = {"present", "absent"};
inline constexpr std::array<std::string_view, 2> kMembership = {"exclusive", "additive"};
inline constexpr std::array<std::string_view, 2> kSeverities = {"error", "warning"};
inline constexpr std::array<std::string_view, 1> kOrgRoles = {kOrgAdmin};
/// All but "viewer", which is the last and for groups only.
inline constexpr std::span<const std::string_view> kUserRoles =
    std::span(kRoleNames).first<kRoleCount - 1>();

}  // namespace rolecall::language
