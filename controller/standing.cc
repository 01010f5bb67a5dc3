#include "controller/standing.h"

#include <algorithm>

#include "diff/goes_along.h"

namespace rolecall {
namespace {

constexpr const char* kNewAdmin = "they have been made an org admin meanwhile";

Premise not_so(std::string because) {
  return {false, std::move(because)};
}

std::string address_of(const ParsedUser& user) {
  const auto email = Email::parse(user.email);
  return email ? email->str() : "-";
}

}  // namespace

Standing::Standing(const Plan& plan) : plan_(plan) {
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::restore_user) restored_.insert(change.user);
  }
}

bool Standing::is_active(const ParsedUser& user) {
  return user.presence == Presence::active && user.about.account_active;
}

Premise Standing::of(const Change& change, const ParsedUser& user) const {
  if (address_of(user) != planned_address(change)) {
    return not_so("the account shows another address now");
  }
  // Whether they are an org admin may be what is not understood.
  if (!user.about.opaque.empty()) return not_so(user.about.opaque);
  if (change.kind == ChangeKind::remove_user) {
    return made_admin(change, user) ? not_so(kNewAdmin) : Premise{};
  }
  if (!user.about.account_active && !planned_for(change, kDeactivated)) {
    return not_so("the account has been deactivated meanwhile");
  }
  switch (change.kind) {
    case ChangeKind::suspend_user:
      return made_admin(change, user) ? not_so(kNewAdmin) : Premise{!is_active(user)};
    case ChangeKind::restore_user:
      if (is_active(user)) return {true};
      return made_admin(change, user) ? not_so(kNewAdmin) : Premise{};
    case ChangeKind::add_member:
    case ChangeKind::grant_user_access:
    case ChangeKind::grant_org_role:
      return if_active(change, user);
    case ChangeKind::revoke_org_role:
      if (!user.org_admin && !user.has_platform_roles) {
        return {false, "whether they are an org admin could not be read again", true};
      }
      if (user.org_admin) return {false, {}, false, is_active(user) && user.about.accepted};
      return {true};
    default:
      return {};
  }
}

/// Nothing is given to somebody who was suspended since. (Whom this run restored reads may still
/// show suspended.)
Premise Standing::if_active(const Change& change, const ParsedUser& user) const {
  const bool expected = restored_.contains(change.user) || planned_for(change, kSuspended);
  if (!is_active(user) && !expected) return not_so("the account has been suspended meanwhile");
  return {change.kind == ChangeKind::grant_org_role && user.org_admin};
}

Premise Standing::of(const Change& change, const ParsedGroup& group) {
  if (GroupName::from_server(group.name) != GroupName::from_server(change.group)) {
    return not_so("the group has another name now");
  }
  if (!group.about.opaque.empty()) return not_so(group.about.opaque);
  const bool deletes = change.kind == ChangeKind::delete_group;
  if ((deletes && !group.about.deletable) || (!change.user.empty() && !group.about.modifiable)) {
    return not_so("the group is not changed here any more");
  }
  return {};
}

std::string Standing::planned_address(const Change& change) const {
  const auto other = plan_.shown.find(change.user);
  return other == plan_.shown.end() ? change.user : other->second;
}

/// Since the plan was made: nobody has reviewed that, or its floor does not count them.
bool Standing::made_admin(const Change& change, const ParsedUser& user) const {
  const auto among = [&](const std::vector<std::string>& all) {
    return std::binary_search(all.begin(), all.end(), change.user);
  };
  const bool counts_now = is_active(user) && user.about.accepted && !among(plan_.org_admins);
  return user.org_admin && (counts_now || !among(plan_.org_role_holders));
}

}  // namespace rolecall
