#include "diff/lost_gifts.h"

#include <algorithm>
#include <optional>

#include "diff/role_rules.h"

namespace rolecall {
namespace {

using Path = Lean::Path;

bool does_for(const std::string& role, const std::string& lost) {
  if (role == lost) return true;
  const auto has = parse_role(role);
  const auto lost_role = parse_role(lost);
  return has && lost_role && stands_in(*has, *lost_role);
}

/// Nothing: that was not read.
std::optional<bool> does_give(const RolesRead& read, const std::string& id, const std::string& ari,
                              const std::string& lost) {
  const auto found = read.find(id);
  if (found == read.end()) return std::nullopt;
  const bool gives = std::any_of(found->second.begin(), found->second.end(), [&](const auto& one) {
    return one.first == ari && does_for(one.second, lost);
  });
  // What a role does that rolecall does not know nobody knows.
  return gives || parse_role(lost) ? std::optional(gives) : std::nullopt;
}

/// An undo may spell a group as the log does.
std::string gift_key(const std::string& group) {
  return group.empty() ? std::string() : GroupName::from_server(group).key();
}

}  // namespace

void LostGifts::add(const Change& change, bool in_doubt) {
  if (change.kind == ChangeKind::remove_member) {
    not_removed_.insert({change.user, gift_key(change.group)});
  }
  if (change.kind == ChangeKind::restore_user) {
    (in_doubt ? maybe_restored_ : not_restored_).insert(change.user);
  }
  const bool gives =
      change.kind == ChangeKind::create_group || change.kind == ChangeKind::add_member ||
      change.kind == ChangeKind::grant_group_access || change.kind == ChangeKind::grant_user_access;
  if (!gives) return;
  gifts_.insert({change.kind, change.user, gift_key(change.group), change.ari, change.role});
}

bool LostGifts::has(ChangeKind kind, const std::string& user, const std::string& group,
                    const std::string& ari, const std::string& role) const {
  return gifts_.contains({kind, user, gift_key(group), ari, role});
}

bool LostGifts::would_let_in(const Plan& plan, const TakenKey& held_back) const {
  const auto found = plan.lets_in.find(held_back);
  if (found == plan.lets_in.end()) return false;
  const std::string& group = std::get<0>(held_back);
  const LetsIn& gifts = found->second;
  const auto joins = [&](const auto& who) {
    return !has(ChangeKind::add_member, who->address, group, {}, {});
  };
  const auto is_back = [&](const auto& who) {
    return !not_restored_.contains(who->address) && !maybe_restored_.contains(who->address);
  };
  const auto is_given = [&](const auto& role) {
    return !has(ChangeKind::grant_group_access, {}, group, role.first, role.second);
  };
  return std::any_of(gifts.joining.begin(), gifts.joining.end(), joins) ||
         std::any_of(gifts.coming_back.begin(), gifts.coming_back.end(), is_back) ||
         std::any_of(gifts.roles.begin(), gifts.roles.end(), is_given);
}

bool LostGifts::are_needed(const Lean& lean, const Path& path) const {
  if (!path.given) return false;
  const std::string& ari = path.ari.empty() ? lean.ari() : path.ari;
  if (path.group.empty()) {
    return has(ChangeKind::grant_user_access, lean.user(), {}, ari, path.role);
  }
  return has(ChangeKind::create_group, {}, path.group, {}, {}) ||
         has(ChangeKind::add_member, lean.user(), path.group, {}, {}) ||
         has(ChangeKind::grant_group_access, {}, path.group, ari, path.role);
}

bool LostGifts::concern(const Lean& lean) const {
  if (!lean.is_in_it || (!lean.is_protected && not_restored_.contains(lean.user()))) return false;
  return std::any_of(lean.paths().begin(), lean.paths().end(),
                     [&](const Path& path) { return are_needed(lean, path); });
}

bool LostGifts::cost_app(const Lean& lean, const std::string& ari, const std::string& role,
                         const RolesRead* read) const {
  bool loses = false;
  for (const Path& path : lean.paths()) {
    if (!path.ari.empty() && (path.ari != ari || !does_for(path.role, role))) continue;
    const bool lost = are_needed(lean, path);
    std::optional<bool> gives = true;
    if (path.role.empty()) {
      if (read == nullptr) gives = !lost;
      if (read != nullptr && !path.id.empty()) gives = does_give(*read, path.id, ari, role);
    }
    if (!lost && gives == true) return false;
    loses = loses || (lost && gives != false);
  }
  return loses;
}

bool LostGifts::costs(const Change& change, const Lean& lean, const RolesRead* read) const {
  if (!concern(lean)) return false;
  if (!lean.ari().empty()) return cost_app(lean, lean.ari(), lean.role(), read);
  if (read == nullptr) return false;
  const auto from = read->find(change.group_id);
  return from == read->end() ||
         std::any_of(from->second.begin(), from->second.end(),
                     [&](const auto& one) { return cost_app(lean, one.first, one.second, read); });
}

const Lean* LostGifts::cost(const Plan& plan, const Change& change) const {
  if (gifts_.empty()) return nullptr;
  for (const Lean* lean : plan.leans_on(change)) {
    if (costs(change, *lean, nullptr)) return lean;
  }
  return nullptr;
}

const Lean* LostGifts::cost_if_made(const Plan& plan, const Change& change,
                                    const RolesRead* read) const {
  if (gifts_.empty()) return nullptr;
  const std::vector<const Lean*> leans = plan.leans_on(change);
  if (leans.empty()) return nullptr;
  const bool lets_in = would_let_in(plan, {change.group, change.user, change.ari, change.role});
  for (const Lean* lean : leans) {
    if (!costs(change, *lean, read)) continue;
    if (lean->is_protected) return lean;
    if (lets_in) continue;
    // Whoever is let go from the group all the same has nothing of what stays there.
    const bool is_let_go = change.user.empty() &&
                           !not_removed_.contains({lean->user(), gift_key(change.group)}) &&
                           would_let_in(plan, {change.group, lean->user(), {}, {}});
    if (!is_let_go) return lean;
  }
  return nullptr;
}

std::set<std::string> LostGifts::unread(const Plan& plan, const Change& change) const {
  std::set<std::string> out;
  if (gifts_.empty()) return out;
  for (const Lean* lean : plan.leans_on(change)) {
    if (!concern(*lean)) continue;
    if (lean->ari().empty()) out.insert(change.group_id);
    for (const Path& path : lean->paths()) {
      if (path.role.empty() && !path.id.empty()) out.insert(path.id);
    }
  }
  return out;
}

}  // namespace rolecall
