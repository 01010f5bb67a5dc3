#include "controller/held_back.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "controller/look_ups.h"
#include "diff/schedule.h"

namespace rolecall {

Broken::Broken(const Plan& plan) : plan_(plan), lesser_(lesser_gifts(plan)) {
  for (const Change& change : plan.left_out) lost_.add(change);
}

void Broken::add(std::size_t i, bool in_doubt) {
  if (!seen_.insert(i).second) return;
  const Change& change = plan_.changes[i];
  lost_.add(change, in_doubt);
  if (!change.group.empty()) incomplete_.insert(change.group);
  if (lesser_.contains(i)) not_lessened_.emplace(change.group, change.resource + ' ' + change.role);
  if (change.kind == ChangeKind::create_group) not_created_.insert(change.group);
  if (change.kind == ChangeKind::invite_user || change.kind == ChangeKind::restore_user) {
    not_present_.emplace(change.user, change.kind);
  }
  if (change.kind == ChangeKind::remove_user) not_removed_.emplace(change.account_id, change.user);
}

bool Broken::read_groups(ReadClient& client, const Endpoints& endpoints, Misread& misread) {
  has_read_ = true;
  if (lost_.empty()) return true;
  std::map<std::string, Asked<HeldRoles>> asked;
  for (const Change& change : plan_.changes) {
    for (const std::string& id : lost_.unread(plan_, change)) {
      if (!read_.contains(id)) asked[id];
    }
  }
  if (asked.empty()) return true;
  Reader reader(client);
  misread.hear(reader);
  const LookUps look_ups(reader, endpoints, plan_.directory);
  for (auto& [id, roles] : asked) look_ups.roles_of_group(id, roles);
  reader.run();
  for (auto& [id, roles] : asked) {
    if (roles.read && roles.found->opaque.empty()) read_[id] = std::move(roles.found->held);
  }
  // Nobody keeps an app by what is about to go.
  for (const Change& change : plan_.changes) {
    if (change.kind != ChangeKind::revoke_group_access) continue;
    const auto found = read_.find(change.group_id);
    if (found != read_.end()) found->second.erase({change.ari, change.role});
  }
  return !reader.key_refused();
}

std::string Broken::holds_back(const Change& change) const {
  if (not_created_.contains(change.group)) {
    return fmt::format("group {} was not created", change.group);
  }
  if (const auto person = not_present_.find(change.user); person != not_present_.end()) {
    return fmt::format("{} did not succeed for this person", name(person->second));
  }
  if (const auto group = not_lessened_.find(change.group);
      group != not_lessened_.end() && change.kind == ChangeKind::add_member) {
    return fmt::format("{} keeps more than it is to have until it has {}", change.group,
                       group->second);
  }
  if (const Lean* lean = lost_.cost_if_made(plan_, change, has_read_ ? &read_ : nullptr)) {
    return fmt::format(
        "{}{} {} lose an app by it, since what the plan gives instead did not come about",
        lean->user(), lean->is_protected ? ", who is protected," : "",
        lean->ari().empty() ? "might" : "would");
  }
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
