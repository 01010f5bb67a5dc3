#include "controller/lasting_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "controller/look_ups.h"

namespace rolecall {
namespace {

class LastingPaths {
 public:
  LastingPaths(ReadClient& client, const Endpoints& endpoints, const Plan& plan,
               const KnownIds& ids, Misread& misread)
      : reader_(client), look_ups_(reader_, endpoints, plan.directory), plan_(plan), ids_(ids) {
    misread.hear(reader_);
  }

  std::map<std::size_t, std::string> run(const std::vector<std::size_t>& changes) {
    for (const std::size_t i : changes) {
      for (const Plan::Lean* lean : leans_of(plan_.changes[i])) ask(*lean);
    }
    for (auto& [id, roles] : roles_of_groups_) look_ups_.roles_of_group(id, roles);
    for (auto& [id, roles] : roles_of_users_) look_ups_.roles_of_user(id, roles);
    search_people();
    reader_.run();
    for (const std::size_t i : changes) {
      for (const Plan::Lean* lean : leans_of(plan_.changes[i])) look_closer(*lean);
    }
    reader_.run();
    std::map<std::size_t, std::string> out;
    for (const std::size_t i : changes) {
      for (const Plan::Lean* lean : leans_of(plan_.changes[i])) {
        std::string why = why_lost(plan_.changes[i], *lean);
        if (!why.empty()) out.emplace(i, std::move(why));
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<const Plan::Lean*> leans_of(const Change& change) const {
    std::vector<const Plan::Lean*> out;
    const auto leans = plan_.leans.find(change.group);
    const bool revokes = change.kind == ChangeKind::revoke_group_access;
    const bool takes = revokes || change.kind == ChangeKind::delete_group;
    if (!takes || leans == plan_.leans.end()) return out;
    for (const Plan::Lean& lean : leans->second) {
      const bool concerned = !revokes || (lean.ari == change.ari && lean.role == change.role);
      if (concerned) out.push_back(&lean);
    }
    return out;
  }

  void search_people() {
    std::vector<std::string> accounts;
    for (const auto& [account, person] : people_) accounts.push_back(account);
    by_parts(accounts, Endpoints::kMostIds, [this](const std::vector<std::string>& part) {
      Endpoints::UserSearch search;
      search.account_ids = part;
      search.expand_groups = true;
      look_ups_.people(
          search,
          [this](ParsedUser user) {
            const auto place = people_.find(user.about.account_id);
            if (place != people_.end()) place->second.found = std::move(user);
          },
          [this, part] {
            for (const std::string& account : part) people_[account].read = true;
          });
    });
  }

  /// Their own list may be cut short.
  void look_closer(const Plan::Lean& lean) {
    const Asked<ParsedUser>& person = people_.at(lean.account_id);
    if (!lean.was_in_it || !person.found || groups_of_.contains(lean.account_id)) return;
    const bool shows = std::any_of(lean.groups.begin(), lean.groups.end(), [&](const auto& group) {
      return lists(*person.found, id_of(group));
    });
    if (!shows && !lean.groups.empty()) {
      look_ups_.groups_of(*person.found, groups_of_[lean.account_id], {});
    }
  }

  /// A search in a group would tell too, and may know no filter, or hide whoever is suspended.
  [[nodiscard]] std::optional<bool> is_in(const std::string& account,
                                          const std::string& group) const {
    const Asked<ParsedUser>& person = people_.at(account);
    if (!person.read) return std::nullopt;
    if (!person.found) return false;
    if (lists(*person.found, group)) return true;
    const auto held = groups_of_.find(account);
    if (held == groups_of_.end()) return false;
    if (held->second.found->ids.contains(group)) return true;
    return held->second.read ? std::optional<bool>(false) : std::nullopt;
  }

  /// Empty while it is not known.
  [[nodiscard]] std::string id_of(const std::pair<std::string, std::string>& group) const {
    if (!group.second.empty()) return group.second;
    const auto made = ids_.groups.find(group.first);
    return made == ids_.groups.end() ? std::string() : made->second;
  }

  void ask(const Plan::Lean& lean) {
    people_[lean.account_id];
    if (!lean.was_in_it) return;
    for (const auto& group : lean.groups) {
      if (const std::string id = id_of(group); !id.empty()) roles_of_groups_[id];
    }
    if (lean.direct) roles_of_users_[lean.account_id];
  }

  [[nodiscard]] std::string why_lost(const Change& change, const Plan::Lean& lean) const {
    if (!lean.was_in_it) {
      const std::optional<bool> joined = is_in(lean.account_id, change.group_id);
      return joined.value_or(false)
                 ? fmt::format(
                       "{}, who is protected, has been added to the group meanwhile: it "
                       "takes another plan",
                       lean.user)
                 : std::string();
    }
    bool all_read = true;
    const auto has = [&](const Asked<HeldRoles>& roles) {
      all_read = all_read && roles.read;
      return roles.read && roles.found->held.contains({lean.ari, lean.role});
    };
    if (lean.direct && has(roles_of_users_.at(lean.account_id))) return {};
    for (const auto& group : lean.groups) {
      const std::string id = id_of(group);
      if (id.empty()) continue;
      const std::optional<bool> inside = is_in(lean.account_id, id);
      all_read = all_read && inside;
      if (has(roles_of_groups_.at(id)) && inside.value_or(false)) return {};
    }
    if (all_read) {
      return fmt::format(
          "{}, who is protected, does not show as having it by other ways: it takes another plan",
          lean.user);
    }
    return fmt::format("whether {}, who is protected, still has it by other ways could not be read",
                       lean.user);
  }

  Reader reader_;
  LookUps look_ups_;
  const Plan& plan_;
  const KnownIds& ids_;
  std::map<std::string, Asked<HeldRoles>> roles_of_groups_, roles_of_users_;  ///< by id
  std::map<std::string, Asked<ParsedUser>> people_;                           ///< by account
  std::map<std::string, Asked<HeldGroups>> groups_of_;                        ///< likewise
};

}  // namespace

std::map<std::size_t, std::string> lost_paths(ReadClient& client, const Endpoints& endpoints,
                                              const Plan& plan,
                                              const std::vector<std::size_t>& changes,
                                              const KnownIds& ids, Misread& misread) {
  if (plan.leans.empty()) return {};
  return LastingPaths(client, endpoints, plan, ids, misread).run(changes);
}

}  // namespace rolecall
