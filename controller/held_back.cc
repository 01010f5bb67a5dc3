#include "controller/held_back.h"

#include <fmt/format.h>

#include <algorithm>

namespace rolecall {
namespace {

/// What a path of somebody protected may rest on.
bool gives_a_path(ChangeKind kind) {
  return kind == ChangeKind::create_group || kind == ChangeKind::add_member ||
         kind == ChangeKind::grant_group_access || kind == ChangeKind::grant_user_access;
}

/// An undo may spell a group as the log does.
std::string gift_key(const std::string& group) {
  return group.empty() ? std::string() : GroupName::from_server(group).key();
}

}  // namespace

void Broken::add(std::size_t i) {
  if (!seen_.insert(i).second) return;
  const Change& change = plan_.changes[i];
  if (!change.group.empty()) incomplete_.insert(change.group);
  if (gives_a_path(change.kind)) {
    failed_gifts_.insert(
        {change.kind, change.user, gift_key(change.group), change.ari, change.role});
  }
  if (change.kind == ChangeKind::create_group) not_created_.insert(change.group);
  if (change.kind == ChangeKind::invite_user || change.kind == ChangeKind::restore_user) {
    not_present_.emplace(change.user, change.kind);
  }
  if (change.kind == ChangeKind::remove_user) not_removed_.emplace(change.account_id, change.user);
}

bool Broken::has_failed(const Plan::Lean& lean, const Plan::Lean::Path& path) const {
  const auto failed = [this](ChangeKind kind, const std::string& user, const std::string& group,
                             const std::string& ari, const std::string& role) {
    return failed_gifts_.contains({kind, user, gift_key(group), ari, role});
  };
  if (!path.given) return false;
  if (path.group.empty()) {
    return failed(ChangeKind::grant_user_access, lean.user, {}, lean.ari, lean.role);
  }
  return failed(ChangeKind::create_group, {}, path.group, {}, {}) ||
         failed(ChangeKind::add_member, lean.user, path.group, {}, {}) ||
         failed(ChangeKind::grant_group_access, {}, path.group, lean.ari, lean.role);
}

std::string Broken::costs_an_app(const Change& change) const {
  if (failed_gifts_.empty()) return {};
  for (const Plan::Lean* lean : plan_.leans_on(change)) {
    const bool keeps = !lean->was_in_it || std::any_of(lean->paths.begin(), lean->paths.end(),
                                                       [&](const Plan::Lean::Path& path) {
                                                         return !has_failed(*lean, path);
                                                       });
    if (!keeps) {
      return fmt::format(
          "{}, who is protected, would lose an app by it, since what the plan gives "
          "instead did not come about",
          lean->user);
    }
  }
  return {};
}

std::string Broken::holds_back(const Change& change) const {
  if (not_created_.contains(change.group)) {
    return fmt::format("group {} was not created", change.group);
  }
  if (const auto person = not_present_.find(change.user); person != not_present_.end()) {
    return fmt::format("{} did not succeed for this person", name(person->second));
  }
  if (std::string because = costs_an_app(change); !because.empty()) return because;
  if (change.kind != ChangeKind::delete_group) return {};
  if (const auto copied = plan_.copied.find(change.group); copied != plan_.copied.end()) {
    for (const std::string& account : copied->second.leaving) {
      if (const auto person = not_removed_.find(account); person != not_removed_.end()) {
        return fmt::format("the removal of {}, who was in it, did not come about", person->second);
      }
    }
  }
  const auto renamed = plan_.renamed.find(change.group);
  if (renamed == plan_.renamed.end() || !incomplete_.contains(renamed->second)) return {};
  return fmt::format("{} does not have everything yet", renamed->second);
}

}  // namespace rolecall
