#include "controller/lasting_paths.h"

#include <fmt/format.h>

#include <set>
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
    std::vector<std::string> accounts;
    for (const auto& [account, groups] : groups_of_) accounts.push_back(account);
    by_parts(accounts, Endpoints::kMostIds, [this](const std::vector<std::string>& part) {
      Endpoints::UserSearch search;
      search.account_ids = part;
      search.expand_groups = true;
      look_ups_.people(
          search,
          [this](const ParsedUser& user) {
            const auto place = groups_of_.find(user.about.account_id);
            if (place == groups_of_.end()) return;
            place->second.read = true;
            place->second.found.emplace(user.group_ids.begin(), user.group_ids.end());
          },
          [] {});
    });
    reader_.run();
    std::map<std::size_t, std::string> out;
    for (const std::size_t i : changes) {
      for (const Plan::Lean* lean : leans_of(plan_.changes[i])) {
        if (std::string why = why_lost(*lean); !why.empty()) out.emplace(i, std::move(why));
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<const Plan::Lean*> leans_of(const Change& change) const {
    std::vector<const Plan::Lean*> out;
    const auto leans = plan_.leans.find(change.group);
    const bool revokes = change.kind == ChangeKind::revoke_group_access;
    if (!revokes || leans == plan_.leans.end()) return out;
    for (const Plan::Lean& lean : leans->second) {
      if (lean.ari == change.ari && lean.role == change.role) out.push_back(&lean);
    }
    return out;
  }

  /// Empty while it is not known.
  [[nodiscard]] std::string id_of(const std::pair<std::string, std::string>& group) const {
    if (!group.second.empty()) return group.second;
    const auto made = ids_.groups.find(group.first);
    return made == ids_.groups.end() ? std::string() : made->second;
  }

  void ask(const Plan::Lean& lean) {
    if (!lean.groups.empty()) groups_of_[lean.account_id];
    for (const auto& group : lean.groups) {
      if (const std::string id = id_of(group); !id.empty()) roles_of_groups_[id];
    }
    if (lean.direct) roles_of_users_[lean.account_id];
  }

  [[nodiscard]] std::string why_lost(const Plan::Lean& lean) const {
    bool all_read = true;
    const auto has = [&](const Asked<HeldRoles>& roles) {
      all_read = all_read && roles.read;
      return roles.read && roles.found->held.contains({lean.ari, lean.role});
    };
    if (lean.direct && has(roles_of_users_.at(lean.account_id))) return {};
    for (const auto& group : lean.groups) {
      const std::string id = id_of(group);
      if (id.empty()) continue;
      const Asked<std::set<std::string>>& theirs = groups_of_.at(lean.account_id);
      all_read = all_read && theirs.read;
      // Their own list alone: a search in a group may know no filter, or hide whoever is suspended.
      const bool in_it = theirs.read && theirs.found->contains(id);
      if (has(roles_of_groups_.at(id)) && in_it) return {};
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
  std::map<std::string, Asked<std::set<std::string>>> groups_of_;             ///< ids, by account
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
