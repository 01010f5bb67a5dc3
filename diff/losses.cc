#include <unordered_map>

#include "diff/undo.h"

namespace rolecall {
namespace {

class Losses {
 public:
  explicit Losses(const PlanInput& input)
      : live_(input.live), catalog_(input.catalog), desired_(input.desired) {}

  void person(const Change& removal) {
    const auto email = Email::parse(removal.user);
    const auto ref = email ? catalog_.find_user(*email) : std::nullopt;
    const User* user = ref ? live_.live.find(*ref) : nullptr;
    if (user == nullptr) return;
    // Direct grants are read only where the policy manages them.
    const LiveUser& about = live_.about(*ref);
    add(ChangeKind::invite_user, removal).whole = desired_.scope(*ref).access_managed &&
                                                  about.other_grants.empty() &&
                                                  about.other_groups.empty();
    if (user->presence == Presence::suspended) add(ChangeKind::suspend_user, removal);
    if (user->org_admin) add(ChangeKind::grant_org_role, removal).change.role = kOrgAdmin;
    for (const GroupRef group : groups_of(*ref)) {
      about_group(add(ChangeKind::add_member, removal).change, group);
    }
    for (const Grant& grant : user->grants) {
      about_grant(add(ChangeKind::grant_user_access, removal).change, grant);
    }
  }

  void group(const Change& deletion) {
    const auto ref = catalog_.find_group(GroupName::from_server(deletion.group));
    const Group* group = ref ? live_.live.find(*ref) : nullptr;
    if (group == nullptr) return;
    const LiveGroup& about = live_.about(*ref);
    Loss& whole = add(ChangeKind::create_group, deletion);
    whole.whole = (about.grants_read && about.other_grants.empty()) || about.resource_count == 0;
    whole.change.description = group->description;
    for (const UserRef member : group->members) {
      Change& change = add(ChangeKind::add_member, deletion).change;
      change.user = catalog_.name(member);
      change.account_id = live_.about(member).account_id;
    }
    for (const Grant& grant : group->grants) {
      about_grant(add(ChangeKind::grant_group_access, deletion).change, grant);
    }
  }

  std::vector<Loss> out;

 private:
  Loss& add(ChangeKind kind, const Change& of) {
    Loss& loss = out.emplace_back();
    loss.change.kind = kind;
    loss.change.user = of.user;
    loss.change.account_id = of.account_id;
    loss.change.group = of.group;
    loss.change.group_id = of.group_id;
    return loss;
  }
  void about_group(Change& change, GroupRef ref) const {
    change.group = catalog_.name(ref).display();
    change.group_id = live_.about(ref).id;
  }
  void about_grant(Change& change, const Grant& grant) const {
    change.ari = catalog_.name(grant.resource);
    change.resource = change.ari;
    change.role = name(grant.role);
  }
  const std::vector<GroupRef>& groups_of(UserRef ref) {
    if (groups_of_.empty()) {
      for (std::size_t i = 0; i < live_.live.groups.size(); ++i) {
        const auto group = static_cast<GroupRef>(i);
        if (live_.live.find(group) == nullptr) continue;
        for (const UserRef member : live_.live.groups[i].members) {
          groups_of_[member].push_back(group);
        }
      }
    }
    return groups_of_[ref];
  }

  const Snapshot& live_;
  const Catalog& catalog_;
  const Desired& desired_;
  std::unordered_map<UserRef, std::vector<GroupRef>> groups_of_;
};

}  // namespace

std::vector<Loss> losses_of(const PlanInput& input, const Plan& plan) {
  Losses losses(input);
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::remove_user) losses.person(change);
    if (change.kind == ChangeKind::delete_group) losses.group(change);
  }
  return std::move(losses.out);
}

}  // namespace rolecall
