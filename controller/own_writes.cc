#include "controller/own_writes.h"

#include <algorithm>

#include "controller/logged_run.h"
#include "diff/matter.h"

namespace rolecall {
namespace {

constexpr std::size_t kRunsLookedAt = 200;

bool may_be_done(const CallRecord& call) {
  return !call.outcome || call.outcome->result == ChangeResult::applied ||
         call.outcome->result == ChangeResult::in_doubt;
}

/// Whether the live organization has it otherwise than the change made it.
class Contradiction {
 public:
  explicit Contradiction(const PlanInput& input)
      : live_(input.live), catalog_(input.catalog), desired_(input.desired) {}

  [[nodiscard]] bool operator()(const Change& change) const {
    const auto email = Email::parse(change.user);
    const auto found = email ? catalog_.find_user(*email) : std::nullopt;
    const UserRef who = found.value_or(UserRef{});
    const User* user = found ? live_.live.find(who) : nullptr;
    if (user != nullptr && live_.about(who).account_id != change.account_id) user = nullptr;
    const auto named = change.group.empty()
                           ? std::nullopt
                           : catalog_.find_group(GroupName::from_server(change.group));
    const GroupRef in = named.value_or(GroupRef{});
    const Group* group = named ? live_.live.find(in) : nullptr;
    switch (change.kind) {
      case ChangeKind::create_group:
        return group == nullptr;
      case ChangeKind::delete_group:
        return group != nullptr && live_.about(in).id == change.group_id;
      case ChangeKind::suspend_user:
        return user != nullptr && user->presence == Presence::active;
      case ChangeKind::restore_user:
        return user != nullptr && user->presence == Presence::suspended;
      case ChangeKind::remove_user:
        return user != nullptr;
      case ChangeKind::invite_user:
        return false;  // diff/plan.h, kFreshInvitation
      case ChangeKind::add_member:
      case ChangeKind::remove_member:
        return user != nullptr && group != nullptr && desired_.scope(in).members_managed &&
               takes_away(change.kind) ==
                   std::binary_search(group->members.begin(), group->members.end(), who);
      case ChangeKind::grant_group_access:
      case ChangeKind::revoke_group_access:
        return group != nullptr && live_.about(in).grants_read &&
               takes_away(change.kind) == holds(group->grants, change);
      case ChangeKind::grant_user_access:
      case ChangeKind::revoke_user_access:
        return user != nullptr && desired_.scope(who).access_managed &&
               takes_away(change.kind) == holds(user->grants, change);
      case ChangeKind::grant_org_role:
      case ChangeKind::revoke_org_role:
        break;
    }
    return user != nullptr && live_.about(who).accepted &&
           takes_away(change.kind) == user->org_admin;
  }

 private:
  [[nodiscard]] bool holds(const std::vector<Grant>& grants, const Change& change) const {
    const auto resource = catalog_.find_resource(change.ari);
    const auto role = parse_role(change.role);
    return resource && role &&
           std::binary_search(grants.begin(), grants.end(), Grant{*resource, *role});
  }

  const Snapshot& live_;
  const Catalog& catalog_;
  const Desired& desired_;
};

}  // namespace

Result<OwnWrites> own_writes(const Store& store, const std::string& organization, Instant since) {
  const auto runs = store.runs(kRunsLookedAt);
  if (!runs) return tl::make_unexpected(runs.error());
  OwnWrites out;
  std::set<ChangeKey> seen;
  std::set<std::pair<Matter, std::string>> decided;  // by the last that was done to their role
                                                     // and to their place in the directory
  std::set<std::string> gone_people, gone_groups;
  for (const RunRecord& run : *runs) {
    if (run.start.organization != organization || (run.end && run.end->at <= since)) continue;
    auto calls = store.calls(run.id);
    if (!calls) return tl::make_unexpected(calls.error());
    std::reverse(calls->begin(), calls->end());
    for (const CallRecord& call : *calls) {
      const auto change = logged_change(call);
      const Instant at = call.outcome_at.value_or(call.at);
      if (!change || at <= since || !may_be_done(call)) continue;
      const bool certain = call.outcome && call.outcome->result == ChangeResult::applied;
      const Matter matter = matter_of(change->kind);
      // Whoever is invited anew is no admin by that.
      const bool invited = change->kind == ChangeKind::invite_user;
      if (!invited && (matter == Matter::role || matter == Matter::presence)) {
        const bool takes = takes_away(change->kind);
        // What gives counts once it has certainly happened.
        if ((takes || certain) && decided.emplace(matter, change->user).second && takes) {
          out.admins_taken.insert(change->user);
        }
      }
      if (!certain) continue;
      const std::string group = key_of(change->group);
      // What went with its person or group is not there to be seen.
      if (gone_people.contains(change->user) || gone_groups.contains(group)) continue;
      if (change->kind == ChangeKind::remove_user) gone_people.insert(change->user);
      if (change->kind == ChangeKind::delete_group) gone_groups.insert(group);
      if (seen.insert(key_of(*change)).second) out.made.push_back({*change, run.id, at});
    }
  }
  return out;
}

std::vector<OwnWrite> not_shown(const std::vector<OwnWrite>& made, const PlanInput& input) {
  const Contradiction contradicts(input);
  std::vector<OwnWrite> out;
  std::copy_if(made.begin(), made.end(), std::back_inserter(out),
               [&](const OwnWrite& write) { return contradicts(write.change); });
  return out;
}

}  // namespace rolecall
