#include "diff/near_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>

#include "state/model/text.h"

namespace rolecall {
namespace {

/// More of them than anybody misspells are the beginning of something: nobody is near by mistake.
constexpr std::size_t kMostMissing = 1000;

bool is_short(std::string_view name) {
  const std::size_t at = name.find('@');
  return at == std::string_view::npos ? name.size() < 5 : at < 4;
}

/// Whether `longer` is `shorter` with one character, no digit, put in.
bool has_one_more(std::string_view shorter, std::string_view longer) {
  const auto at = std::mismatch(shorter.begin(), shorter.end(), longer.begin());
  const auto put_in = static_cast<std::size_t>(at.second - longer.begin());
  return !is_digit(longer[put_in]) && shorter.substr(put_in) == longer.substr(put_in + 1);
}

bool is_near(std::string_view a, std::string_view b) {
  if (a.size() + 1 == b.size()) return has_one_more(a, b);
  if (b.size() + 1 == a.size()) return has_one_more(b, a);
  if (a.size() != b.size() || a == b) return false;
  const auto at =
      static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  if (is_digit(a[at]) || is_digit(b[at])) return false;
  if (a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

/// Hands on the hash of the name and of the name without each of its characters: two near names
/// have one of these in common.
template <class Use>
void for_each_hash(std::string_view name, const Use& use) {
  const std::hash<std::string_view> hash;
  use(hash(name));
  std::string part(name.substr(std::min<std::size_t>(1, name.size())));
  for (std::size_t i = 0; i < name.size(); ++i) {
    use(hash(part));
    if (i < part.size()) part[i] = name[i];
  }
}

/// `declared` and `present` are how many references policy and organization have, `name` how they
/// are called; `about` stands before the names in a note. `spoken_of`: known to the policy
/// otherwise.
template <class Ref, class Name>
void note_near(std::size_t declared, std::size_t present, const PlanInput& input,
               const std::set<Ref>& spoken_of, const Name& name, std::string_view about,
               std::vector<Note>& notes) {
  std::vector<std::string_view> missing;
  for (std::size_t i = 0; i < declared; ++i) {
    const auto ref = static_cast<Ref>(i);
    const bool is_missing =
        input.desired.scope(ref).declared && input.live.live.find(ref) == nullptr;
    if (is_missing) missing.push_back(name(ref));
  }
  if (missing.empty() || missing.size() > kMostMissing) return;
  std::vector<std::string_view> there;
  for (std::size_t i = 0; i < present; ++i) {
    const auto ref = static_cast<Ref>(i);
    if (input.live.live.find(ref) == nullptr || input.desired.scope(ref).declared) continue;
    if (!spoken_of.contains(ref)) there.push_back(name(ref));
  }
  for (const auto& [one, other] : near_names(missing, there)) {
    notes.push_back({std::string(kNearName),
                     fmt::format("{}{}: {} is there", about, missing[one], there[other])});
  }
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> near_names(
    const std::vector<std::string_view>& missing, const std::vector<std::string_view>& there) {
  std::unordered_multimap<std::size_t, std::size_t> hashes;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (is_short(missing[i])) continue;
    for_each_hash(missing[i], [&](std::size_t hash) { hashes.emplace(hash, i); });
  }
  std::set<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t i = 0; i < there.size(); ++i) {
    if (is_short(there[i])) continue;
    for_each_hash(there[i], [&](std::size_t hash) {
      const auto [first, last] = hashes.equal_range(hash);
      for (auto at = first; at != last; ++at) {
        if (is_near(missing[at->second], there[i])) found.emplace(at->second, i);
      }
    });
  }
  return {found.begin(), found.end()};
}

void note_near_names(const PlanInput& input, std::vector<Note>& notes) {
  const Desired& desired = input.desired;
  std::set<UserRef> people(desired.safety.protected_users.begin(),
                           desired.safety.protected_users.end());
  for (const Group& group : desired.state.groups) {
    people.insert(group.members.begin(), group.members.end());
  }
  std::set<GroupRef> groups(desired.safety.protected_groups.begin(),
                            desired.safety.protected_groups.end());
  for (const GroupScope& group : desired.groups) {
    groups.insert(group.previous.begin(), group.previous.end());
  }
  note_near(
      desired.users.size(), input.live.users.size(), input, people,
      [&](UserRef ref) -> std::string_view { return input.catalog.name(ref); }, "", notes);
  note_near(
      desired.groups.size(), input.live.live.groups.size(), input, groups,
      [&](GroupRef ref) -> std::string_view { return input.catalog.name(ref).key(); }, "group ",
      notes);
}

}  // namespace rolecall
