#include "policies/effective_groups.h"

#include <fmt/format.h>

#include <algorithm>

namespace rolecall {
namespace {

using PeopleByValue = std::unordered_map<std::string, std::vector<PersonId>>;

class Resolver {
 public:
  Resolver(const Policy& policy, std::optional<Instant> at, const std::vector<bool>* only)
      : policy_(policy), at_(at) {
    if (only != nullptr) {
      wanted_ = *only;
    } else {
      wanted_.assign(policy.people.size(), true);
    }
    for (const UserDecl& user : policy.users) {
      if (!wanted_[user.person]) continue;
      wanted_[user.person] = at_ ? wanted_active(policy, user, *at_)  //
                                 : user.state != UserState::removed;
    }
    index_attributes();
  }

  std::optional<EffectiveGroups> run() {
    EffectiveGroups groups(policy_.groups.size());
    std::size_t total = 0;
    for (const std::uint32_t index : policy_.group_order) {
      const GroupDecl& group = policy_.groups[index];
      std::vector<EffectiveMember>& members = groups[index];
      add_members(group, members);
      add_included(group, groups, members);
      add_matching(group, members);
      settle(group, members);
      total += members.size();
      if (total > kMaxMemberships) return std::nullopt;
    }
    return groups;
  }

 private:
  /// Only attributes that some group matches.
  void index_attributes() {
    for (const GroupDecl& group : policy_.groups) {
      for (const MatchKey& key : group.match) people_by_value_[key.attribute];
    }
    for (const UserDecl& user : policy_.users) {
      if (!wanted_[user.person]) continue;
      for (const auto& [name, value, at] : user.attributes) {
        const auto found = people_by_value_.find(name);
        if (found != people_by_value_.end()) found->second[value].push_back(user.person);
      }
    }
  }

  void add_members(const GroupDecl& group, std::vector<EffectiveMember>& out) const {
    out.reserve(group.members.size());
    for (std::uint32_t i = 0; i < group.members.size(); ++i) {
      const MemberEntry& entry = group.members[i];
      if (!wanted_[entry.person]) continue;
      if (at_ && entry.window != 0 && !is_inside(policy_.windows[entry.window], *at_)) continue;
      out.push_back({entry.person, MemberOrigin::members, i});
    }
  }

  static void add_included(const GroupDecl& group, const EffectiveGroups& groups,
                           std::vector<EffectiveMember>& out) {
    for (std::uint32_t i = 0; i < group.include.size(); ++i) {
      if (!group.include[i].group) continue;
      const std::vector<EffectiveMember>& included = groups[*group.include[i].group];
      if (&included == &out) continue;  // includes itself: an error already
      for (const EffectiveMember& member : included) {
        out.push_back({member.person, MemberOrigin::include, i});
      }
    }
  }

  /// People who have any of the key's values.
  [[nodiscard]] std::size_t reach(const MatchKey& key) const {
    const PeopleByValue& people = people_by_value_.at(key.attribute);
    std::size_t count = 0;
    for (const std::string& value : key.values) {
      const auto found = people.find(value);
      if (found != people.end()) count += found->second.size();
    }
    return count;
  }

  /// Walks the people of the key that fewest agree with, and asks those for the other keys.
  void add_matching(const GroupDecl& group, std::vector<EffectiveMember>& out) const {
    if (group.match.empty()) return;
    const auto rarest = std::min_element(
        group.match.begin(), group.match.end(),
        [this](const MatchKey& left, const MatchKey& right) { return reach(left) < reach(right); });
    const PeopleByValue& people = people_by_value_.at(rarest->attribute);
    for (const std::string& value : rarest->values) {
      const auto found = people.find(value);
      if (found == people.end()) continue;
      for (const PersonId person : found->second) {
        const UserDecl& user = *policy_.user(person);
        const bool all = std::all_of(group.match.begin(), group.match.end(),
                                     [&](const MatchKey& key) { return agrees(user, key); });
        if (all) out.push_back({person, MemberOrigin::match, 0});
      }
    }
  }

  /// Sorts, keeps the first origin of each person, and takes `exclude` out.
  static void settle(const GroupDecl& group, std::vector<EffectiveMember>& members) {
    std::vector<PersonId> excluded;
    excluded.reserve(group.exclude.size());
    for (const auto& [person, at] : group.exclude) excluded.push_back(person);
    std::sort(excluded.begin(), excluded.end());
    const auto by_person = [](const EffectiveMember& left, const EffectiveMember& right) {
      return left.person < right.person;
    };
    if (!std::is_sorted(members.begin(), members.end(), by_person)) {
      std::stable_sort(members.begin(), members.end(), by_person);
    }
    members.erase(std::unique(members.begin(), members.end(),
                              [](const EffectiveMember& left, const EffectiveMember& right) {
                                return left.person == right.person;
                              }),
                  members.end());
    if (excluded.empty()) return;
    std::erase_if(members, [&](const EffectiveMember& member) {
      return std::binary_search(excluded.begin(), excluded.end(), member.person);
    });
  }

  const Policy& policy_;
  std::optional<Instant> at_;
  std::vector<bool> wanted_;
  std::unordered_map<std::string, PeopleByValue> people_by_value_;
};

}  // namespace

const Attribute* attribute(const UserDecl& user, std::string_view name) {
  const auto found = std::find_if(user.attributes.begin(), user.attributes.end(),
                                  [&](const Attribute& one) { return one.name == name; });
  return found == user.attributes.end() ? nullptr : &*found;
}

bool agrees(const UserDecl& user, const MatchKey& key) {
  const Attribute* found = attribute(user, key.attribute);
  return found != nullptr &&
         std::find(key.values.begin(), key.values.end(), found->value) != key.values.end();
}

bool is_inside(const Window& window, Instant at) {
  return (!window.from || at >= window.from->instant) &&
         (!window.until || at < window.until->instant);
}

bool wanted_active(const Policy& policy, const UserDecl& user, Instant at) {
  return user.state == UserState::active && is_inside(policy.windows[user.window], at);
}

WhyInactive why_inactive(const Policy& policy, const UserDecl& user, Instant at) {
  if (user.state == UserState::removed) return {"state = \"removed\"", *user.state_at};
  if (user.state == UserState::suspended) {
    return {user.status.empty() ? "state = \"suspended\"" : user.status, *user.state_at};
  }
  const Window& window = policy.windows[user.window];
  if (window.from && at < window.from->instant) {
    return {fmt::format("outside its window (from {})", window.from->text), window.from->at};
  }
  return {fmt::format("outside its window (until {})", window.until->text), window.until->at};
}

std::optional<EffectiveGroups> effective_groups(const Policy& policy, std::optional<Instant> at,
                                                const std::vector<bool>* only) {
  return Resolver(policy, at, only).run();
}

}  // namespace rolecall
