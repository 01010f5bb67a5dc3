#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "policies/effective_groups.h"
#include "policies/file_reader.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Names of a cycle that are printed; a longer one is cut in the middle.
constexpr std::size_t kLongestCycle = 12;

class Checker {
 public:
  Checker(Policy& policy, bool incomplete, Diagnostics& diagnostics)
      : policy_(policy), incomplete_(incomplete), diagnostics_(diagnostics) {}

  void run() {
    for (const UserDecl& user : policy_.users) check_access(user.access);
    for (GroupDecl& group : policy_.groups) {
      check_access(group.access);
      check_members(group);
      check_include(group);
      check_additive(group);
    }
    check_accounts();
    check_previous_names();
    check_attributes();
    order_groups();
    check_emptiness();
  }

 private:
  void error(const At& at, std::string what, std::string hint = {},
             std::vector<Place> related = {}) {
    diagnostics_.error(policy_.place(at), std::move(what), std::move(hint), std::move(related));
  }

  /// One account is one person: of two entries nobody knows which one is meant.
  void check_accounts() {
    std::unordered_map<std::string_view, const UserDecl*> pinned;
    for (const UserDecl& user : policy_.users) {
      if (user.account_id.empty()) continue;
      const auto [first, added] = pinned.try_emplace(user.account_id, &user);
      if (added) continue;
      error(user.at,
            fmt::format("{} and {} have the same account_id", email(first->second->person),
                        email(user.person)),
            "one account is one person: keep the entry with the address of today",
            {policy_.place(first->second->at)});
    }
  }

  std::string guess(std::string_view word, const std::vector<std::string_view>& known,
                    std::string otherwise) {
    return did_you_mean(policy_, word, known, std::move(otherwise));
  }

  void check_access(const std::optional<AccessDecl>& access) {
    if (!access || incomplete_) return;
    for (const GrantDecl& grant : access->grants) {
      if (policy_.resource_by_alias.contains(grant.alias)) continue;
      std::vector<std::string_view> known;
      for (const ResourceDecl& resource : policy_.resources) known.push_back(resource.alias);
      error(grant.alias_at, fmt::format("unknown resource {}", quote(grant.alias)),
            guess(grant.alias, known, "declare it in [resources]"));
    }
  }

  void check_members(GroupDecl& group) {
    std::unordered_map<PersonId, At> excluded(group.exclude.begin(), group.exclude.end());
    const bool must_be_declared = !incomplete_ && policy_.organization &&
                                  policy_.organization->unlisted_users != UnlistedUsers::ignore;
    for (const MemberEntry& entry : group.members) {
      const UserDecl* user = policy_.user(entry.person);
      if (user == nullptr && must_be_declared) {
        error(
            entry.at, fmt::format("unknown user {}", email(entry.person)),
            "declare them in [users]: \"unlisted_users\" says what happens to people who are not");
      } else if (user != nullptr && user->state != UserState::active) {
        const bool removed = user->state == UserState::removed;
        error(entry.at,
              fmt::format("{} is listed in \"members\" of group {}, and is wanted {}",
                          email(entry.person), quote(group.name.display()),
                          removed ? "removed" : "suspended"),
              removed ? "take the address out of \"members\""
                      : "take the address out of \"members\"; while suspended, people keep their "
                        "live memberships",
              {policy_.place(*user->state_at)});
      }
      if (const auto both = excluded.find(entry.person); both != excluded.end()) {
        error(both->second,
              fmt::format("{} is both in \"members\" and in \"exclude\" of group {}",
                          email(entry.person), quote(group.name.display())),
              "keep one of the two", {policy_.place(entry.at)});
      }
    }
  }

  void check_include(GroupDecl& group) {
    for (IncludeRef& include : group.include) {
      include.group = policy_.group(include.name);
      const std::string shown = quote(include.name.display());
      if (!include.group) {
        group.membership_broken = true;
        if (!incomplete_) unknown_group(include.name, include.at);
        continue;
      }
      const GroupDecl& other = policy_.groups[*include.group];
      if (other.tombstone) {
        group.membership_broken = true;
        error(include.at, fmt::format("included group {} is wanted absent", shown),
              "take it out of \"include\"", {policy_.place(other.state_at)});
      } else if (!other.members_managed()) {
        group.membership_broken = true;
        error(include.at, fmt::format("membership of the included group {} is not managed", shown),
              "give it \"members\", \"include\" or \"match\", so that its members are known",
              {policy_.place(other.at)});
      }
    }
  }

  /// What reads like somebody's end in a group that has none.
  void check_additive(const GroupDecl& group) {
    if (!group.additive || group.tombstone) return;
    const auto warn = [&](const At& at, std::string_view because) {
      diagnostics_.warning(
          policy_.place(at),
          fmt::format("nobody is taken out of an additive group: {} of group {} {}", because,
                      quote(group.name.display()), "does nothing to people who are in it"),
          "leave out membership = \"additive\", or take them out by hand");
    };
    const auto ends = std::find_if(
        group.members.begin(), group.members.end(),
        [&](const MemberEntry& entry) { return policy_.windows[entry.window].until.has_value(); });
    if (ends != group.members.end()) warn(ends->at, "\"until\"");
    if (!group.exclude.empty()) warn(*group.exclude_at, "\"exclude\"");
  }

  void unknown_group(const GroupName& name, const At& at) {
    std::vector<std::string_view> known;
    if (policy_.guesses_left > 0) {
      for (const GroupDecl& group : policy_.groups) known.push_back(group.name.display());
    }
    error(at, fmt::format("unknown group {}", quote(name.display())),
          guess(name.display(), known, "declare it as a table below [groups]"));
  }

  void check_previous_names() {
    std::unordered_map<std::string_view, At> used;
    for (const GroupDecl& group : policy_.groups) {
      for (const GroupNameAt& previous : group.previous_names) {
        const std::string shown = quote(previous.name.display());
        if (previous.name == group.name) {
          error(previous.at, fmt::format("group {} cannot be its own previous name", shown),
                "group names ignore case, so another spelling is no other name");
        } else if (const auto declared = policy_.group(previous.name)) {
          error(previous.at,
                fmt::format("previous name {} is declared as a group of its own", shown),
                "a rename retires the old name; take its table out",
                {policy_.place(policy_.groups[*declared].at)});
        }
        const auto [first, added] = used.try_emplace(previous.name.key(), previous.at);
        if (!added) {
          error(previous.at, fmt::format("{} is a previous name twice", shown),
                "one group can become one other", {policy_.place(first->second)});
        }
      }
    }
  }

  /// A misspelt attribute in `match` matches nobody, which need not show when others are in too.
  void check_attributes() {
    if (incomplete_ || policy_.users_broken) return;
    std::unordered_set<std::string_view> names;
    for (const UserDecl& user : policy_.users) {
      for (const Attribute& attribute : user.attributes) names.insert(attribute.name);
    }
    std::vector<std::string_view> known(names.begin(), names.end());
    std::sort(known.begin(), known.end());
    for (const GroupDecl& group : policy_.groups) {
      for (const MatchKey& key : group.match) {
        if (group.empty || names.contains(key.attribute)) continue;
        diagnostics_.warning(policy_.place(key.at),
                             fmt::format("no user has an attribute {}", quote(key.attribute)),
                             guess(key.attribute, known, {}));
      }
    }
  }

  /// Depth first without recursion: a policy may chain all its groups.
  void order_groups() {
    enum class Mark : std::uint8_t { fresh, open, done };
    std::vector<Mark> marks(policy_.groups.size(), Mark::fresh);
    struct Step {
      std::uint32_t group;
      std::size_t next;
    };
    std::vector<Step> path;
    for (std::uint32_t start = 0; start < policy_.groups.size(); ++start) {
      if (marks[start] != Mark::fresh) continue;
      path.push_back({start, 0});
      marks[start] = Mark::open;
      while (!path.empty()) {
        const std::uint32_t current = path.back().group;
        GroupDecl& group = policy_.groups[current];
        if (path.back().next == group.include.size()) {
          marks[current] = Mark::done;
          policy_.group_order.push_back(current);
          path.pop_back();
          continue;
        }
        const IncludeRef& include = group.include[path.back().next++];
        if (!include.group || marks[*include.group] == Mark::done) continue;
        if (marks[*include.group] == Mark::open) {
          std::vector<std::uint32_t> cycle;
          for (const Step& step : path) cycle.push_back(step.group);
          report_cycle(cycle, *include.group, include.at);
          continue;
        }
        marks[*include.group] = Mark::open;
        path.push_back({*include.group, 0});
      }
    }
  }

  void report_cycle(const std::vector<std::uint32_t>& path, std::uint32_t first, const At& at) {
    const auto begin = std::find(path.begin(), path.end(), first);
    const auto length = static_cast<std::size_t>(path.end() - begin);
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      if (i + 2 > kLongestCycle && i + 1 < length) {
        if (i + 1 == kLongestCycle) text += "... -> ";
        continue;
      }
      text += shown(begin[static_cast<std::ptrdiff_t>(i)]) + " -> ";
    }
    policy_.groups[path.back()].membership_broken = true;
    error(at, fmt::format("groups include each other: {}{}", text, shown(first)),
          "take one of them out of \"include\"");
  }

  void check_emptiness() {
    if (incomplete_) return;
    std::vector<bool> unknown(policy_.groups.size(), false);
    for (const std::uint32_t index : policy_.group_order) {
      const GroupDecl& group = policy_.groups[index];
      unknown[index] =
          group.membership_broken || (group.match_at && policy_.users_broken) ||
          std::any_of(group.include.begin(), group.include.end(), [&](const IncludeRef& include) {
            return !include.group || unknown[*include.group];
          });
    }
    const std::optional<EffectiveGroups> effective = effective_groups(policy_, std::nullopt);
    if (!effective) {
      diagnostics_.error(
          {}, fmt::format("the groups have more than {} members all together", kMaxMemberships),
          "look for long chains of \"include\"");
      return;
    }
    for (std::uint32_t i = 0; i < policy_.groups.size(); ++i) {
      const GroupDecl& group = policy_.groups[i];
      if (group.tombstone || !group.members_managed() || unknown[i]) continue;
      const bool empty = (*effective)[i].empty();
      if (empty == group.empty) continue;
      if (empty) {
        error(group.empty_at.value_or(group.at),
              fmt::format("group {} has no members", quote(group.name.display())),
              "write empty = true if you mean it; leave out \"members\", \"include\" and "
              "\"match\" to leave its membership alone");
      } else {
        error(*group.empty_at,
              fmt::format("group {} says empty = true, and has {} member{}",
                          quote(group.name.display()), (*effective)[i].size(),
                          (*effective)[i].size() == 1 ? "" : "s"),
              "take \"empty\" out");
      }
    }
  }

  [[nodiscard]] std::string email(PersonId person) const {
    return quote(policy_.people.email(person).str());
  }
  [[nodiscard]] std::string shown(std::uint32_t group) const {
    return escape_terminal(policy_.groups[group].name.display());
  }

  Policy& policy_;
  bool incomplete_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_policy(Policy& policy, bool incomplete, Diagnostics& diagnostics) {
  Checker(policy, incomplete, diagnostics).run();
}

}  // namespace rolecall
