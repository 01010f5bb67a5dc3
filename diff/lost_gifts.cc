#include "diff/lost_gifts.h"

#include <algorithm>
#include <optional>

#include "diff/leans.h"

namespace rolecall {
namespace {

using Path = Plan::Lean::Path;

/// Nothing: that was not read.
std::optional<bool> does_give(const RolesRead& read, const std::string& id, const std::string& ari,
                              const std::string& lost) {
  const auto found = read.find(id);
  const auto lost_role = parse_role(lost);
  if (found == read.end() || !lost_role) return std::nullopt;
  return std::any_of(found->second.begin(), found->second.end(), [&](const auto& one) {
    const auto role = parse_role(one.second);
    return one.first == ari && role && stands_in(*role, *lost_role);
  });
}

/// An undo may spell a group as the log does.
std::string gift_key(const std::string& group) {
  return group.empty() ? std::string() : GroupName::from_server(group).key();
}

}  // namespace

void LostGifts::add(const Change& change) {
  if (change.kind == ChangeKind::restore_user) not_restored_.insert(change.user);
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

bool LostGifts::are_needed(const Plan::Lean& lean, const Path& path) const {
  if (!path.given) return false;
  if (path.group.empty()) {
    return has(ChangeKind::grant_user_access, lean.user, {}, lean.ari, path.role);
  }
  return has(ChangeKind::create_group, {}, path.group, {}, {}) ||
         has(ChangeKind::add_member, lean.user, path.group, {}, {}) ||
         has(ChangeKind::grant_group_access, {}, path.group, lean.ari, path.role);
}

bool LostGifts::concern(const Plan::Lean& lean) const {
  if (!lean.is_in_it || (!lean.is_protected && not_restored_.contains(lean.user))) return false;
  return std::any_of(lean.paths.begin(), lean.paths.end(),
                     [&](const Path& path) { return are_needed(lean, path); });
}

bool LostGifts::cost_app(const Plan::Lean& lean, const std::string& ari, const std::string& role,
                         const RolesRead* read) const {
  bool loses = false;
  for (const Path& path : lean.paths) {
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

const Plan::Lean* LostGifts::cost(const Plan& plan, const Change& change,
                                  const RolesRead* read) const {
  if (gifts_.empty()) return nullptr;
  for (const Plan::Lean* lean : plan.leans_on(change)) {
    if (!concern(*lean)) continue;
    if (!lean->ari.empty()) {
      if (cost_app(*lean, lean->ari, lean->role, read)) return lean;
      continue;
    }
    if (read == nullptr) continue;
    const auto from = read->find(change.group_id);
    const bool costs = from == read->end() ||
                       std::any_of(from->second.begin(), from->second.end(), [&](const auto& one) {
                         return cost_app(*lean, one.first, one.second, read);
                       });
    if (costs) return lean;
  }
  return nullptr;
}

std::set<std::string> LostGifts::unread(const Plan& plan, const Change& change) const {
  std::set<std::string> out;
  if (gifts_.empty()) return out;
  for (const Plan::Lean* lean : plan.leans_on(change)) {
    if (!concern(*lean)) continue;
    if (lean->ari.empty()) out.insert(change.group_id);
    for (const Path& path : lean->paths) {
      if (path.role.empty() && !path.id.empty()) out.insert(path.id);
    }
  }
  return out;
}

}  // namespace rolecall
