#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "state/api/parse.h"

namespace rolecall {

/// How each account and group looked in the last answer that told of it while a plan is applied,
/// whatever it was asked for: what an answer shows besides counts as well.
class LastSeen {
 public:
  using Roles = std::set<std::pair<std::string, std::string>>;  ///< ARI, role

  void note(const ParsedUser& user) {
    gone_.erase(user.about.account_id);
    people_.insert_or_assign(user.about.account_id, user);
    if (user.has_groups) memberships_.insert_or_assign(user.about.account_id, user.group_ids);
  }
  void note(const ParsedGroup& group) {
    gone_.erase(group.about.id);
    groups_.insert_or_assign(group.about.id, group);
  }
  void note_gone(const std::string& id) { gone_.insert(id); }

  void note_roles(const std::string& holder, const Roles& held) {
    roles_.insert_or_assign(holder, held);
  }

  /// Null: never seen.
  [[nodiscard]] const ParsedUser* account(const std::string& id) const { return find(people_, id); }
  [[nodiscard]] const ParsedGroup* group(const std::string& id) const { return find(groups_, id); }
  [[nodiscard]] const std::vector<std::string>* groups_of(const std::string& account) const {
    return find(memberships_, account);
  }
  [[nodiscard]] const Roles* roles(const std::string& holder) const { return find(roles_, holder); }
  /// Asked for by its id and not shown.
  [[nodiscard]] bool is_gone(const std::string& id) const { return gone_.contains(id); }

 private:
  template <class Parsed>
  static const Parsed* find(const std::map<std::string, Parsed>& all, const std::string& id) {
    const auto found = id.empty() ? all.end() : all.find(id);
    return found == all.end() ? nullptr : &found->second;
  }

  std::map<std::string, ParsedUser> people_;
  std::map<std::string, ParsedGroup> groups_;
  std::map<std::string, std::vector<std::string>> memberships_;  ///< group ids, by account
  std::map<std::string, Roles> roles_;
  std::set<std::string> gone_;  ///< ids of either
};

}  // namespace rolecall
