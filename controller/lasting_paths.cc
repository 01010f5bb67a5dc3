#include "controller/lasting_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controller/look_ups.h"

namespace rolecall {
namespace {

class LastingPaths {
 public:
  LastingPaths(ReadClient& client, const Endpoints& endpoints, const Plan& plan, Misread& misread)
      : reader_(client), look_ups_(reader_, endpoints, plan.directory), plan_(plan) {
    misread.hear(reader_);
  }

  std::map<std::size_t, std::string> run(const std::vector<std::size_t>& changes) {
    for (const std::size_t i : changes) {
      for (const Plan::Lean* lean : leans_of(plan_.changes[i])) ask(*lean);
    }
    for (auto& [id, roles] : roles_of_groups_) look_ups_.roles_of_group(id, roles);
    for (auto& [id, roles] : roles_of_users_) look_ups_.roles_of_user(id, roles);
    for (auto& [in, found] : in_groups_) look_ups_.in_group(in.first, in.second, found);
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

  void ask(const Plan::Lean& lean) {
    for (const std::string& group : lean.groups) {
      roles_of_groups_[group];
      in_groups_[{lean.account_id, group}];
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
    for (const std::string& group : lean.groups) {
      const Asked<bool>& inside = in_groups_.at({lean.account_id, group});
      all_read = all_read && inside.read;
      if (has(roles_of_groups_.at(group)) && inside.found) return {};
    }
    if (all_read) {
      return fmt::format(
          "{}, who is protected, does not have it by other ways any more: it takes another plan",
          lean.user);
    }
    return fmt::format("whether {}, who is protected, still has it by other ways could not be read",
                       lean.user);
  }

  Reader reader_;
  LookUps look_ups_;
  const Plan& plan_;
  std::map<std::string, Asked<HeldRoles>> roles_of_groups_, roles_of_users_;  ///< by id
  std::map<std::pair<std::string, std::string>, Asked<bool>> in_groups_;  ///< by account and group
};

}  // namespace

std::map<std::size_t, std::string> lost_paths(ReadClient& client, const Endpoints& endpoints,
                                              const Plan& plan,
                                              const std::vector<std::size_t>& changes,
                                              Misread& misread) {
  if (plan.leans.empty()) return {};
  return LastingPaths(client, endpoints, plan, misread).run(changes);
}

}  // namespace rolecall
