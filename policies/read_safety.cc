#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "policies/file_reader.h"
#include "policies/language_tables.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

constexpr auto kSafetyNames = language::names(language::kSafetyKeys);
constexpr auto kLimitKeys = language::names(language::kLimitKeys);

/// [safety] may be spread over files, each key set once.
bool set_once(FileReader& reader, const std::string& key, Position where) {
  const auto [first, added] = reader.policy().safety.set_at.try_emplace(key, reader.at(where));
  if (!added) {
    reader.declared_twice(where, fmt::format("{} of [safety] is set twice", quote(key)),
                          first->second);
  }
  return added;
}

void read_limit(FileReader& reader, const Entry& entry, LimitClass limit_class) {
  const std::string called = fmt::format("[safety.limits.{}]", name(limit_class));
  const Owner owner{called};
  Limit& limit = reader.policy().safety.limits[static_cast<std::size_t>(limit_class)];
  for (const Entry& key : reader.table(owner, {called, entry.at, entry.value}, kLimitKeys)) {
    if (!set_once(reader, fmt::format("limits.{}.{}", name(limit_class), key.key), key.at))
      continue;
    const bool percent = key.key == "percent";
    const auto number = reader.whole(owner, key, 0, percent ? 100 : language::kMostRemovals);
    if (!number) continue;
    (percent ? limit.percent : key.key == "free" ? limit.free : limit.count) = *number;
  }
}

void read_limits(FileReader& reader, const Entry& entry) {
  for (const Entry& limit :
       reader.table({"[safety.limits]"}, {"[safety.limits]", entry.at, entry.value})) {
    const auto* found = std::find(kLimitClassNames.begin(), kLimitClassNames.end(), limit.key);
    if (found == kLimitClassNames.end()) {
      std::string known;
      for (const std::string_view known_class : kLimitClassNames) {
        known += (known.empty() ? "one of " : ", ") + std::string(known_class);
      }
      reader.error(limit.at, fmt::format("unknown class {} in [safety.limits]", quote(limit.key)),
                   did_you_mean(reader.policy(), limit.key, kLimitClassNames, known));
      continue;
    }
    read_limit(reader, limit, static_cast<LimitClass>(found - kLimitClassNames.begin()));
  }
}

}  // namespace

std::array<Limit, kLimitClassCount> default_limits() {
  std::array<Limit, kLimitClassCount> limits{};
  limits[static_cast<std::size_t>(LimitClass::revoke_admins)] = {1, 25, 5};
  limits[static_cast<std::size_t>(LimitClass::remove_members_per_group)] = {5, 30, 100};
  return limits;
}

void read_safety(FileReader& reader, const Entry& entry) {
  const Owner owner{"[safety]"};
  SafetyDecl& safety = reader.policy().safety;
  for (const Entry& key : reader.table(owner, {owner.kind, entry.at, entry.value}, kSafetyNames)) {
    if (key.key == "limits") {
      read_limits(reader, key);
      continue;
    }
    if (!set_once(reader, std::string(key.key), key.at)) continue;
    if (key.key == "min_org_admins") {
      if (const auto number = reader.whole(owner, key, 0, language::kMostRemovals)) {
        safety.min_org_admins = *number;
      }
    } else if (key.key == "protected_users") {
      safety.protected_users = reader.people(owner, key);
    } else {
      safety.protected_groups = reader.group_names(owner, key);
    }
  }
}

}  // namespace rolecall
