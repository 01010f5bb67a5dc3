#include "diff/safety.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "diff/effects.h"
#include "diff/leans.h"
#include "diff/matter.h"
#include "diff/schedule.h"

namespace rolecall {
namespace {

bool passes(const Limit& limit, std::int64_t n, std::int64_t of) {
  if (n <= limit.free) return true;
  return n <= limit.count && n * 100 <= limit.percent * of;
}

std::string in_words(const Limit& limit) {
  return fmt::format("free {}, percent {}, count {}", limit.free, limit.percent, limit.count);
}

/// How many there are of what each class of removals takes from (policy-language.md, "Population").
struct Populations {
  std::int64_t users = 0, groups = 0, memberships = 0, group_grants = 0, user_grants = 0,
               admins = 0;
  std::map<std::string, std::int64_t> members_of;
};

std::int64_t grants_in_scope(const std::vector<Grant>& grants, const std::vector<bool>& declared) {
  return std::count_if(grants.begin(), grants.end(),
                       [&](const Grant& grant) { return declared[index(grant.resource)]; });
}

bool is_active_admin(const PlanInput& input, UserRef ref) {
  const User* user = input.live.live.find(ref);
  const LiveUser& about = input.live.about(ref);
  return user != nullptr && user->org_admin && user->presence == Presence::active &&
         about.account_active && about.opaque.empty();
}

Populations count_populations(const PlanInput& input) {
  Populations out;
  std::vector<bool> declared(input.catalog.resource_count());
  for (const Resource& resource : input.desired.resources) declared[index(resource.ref)] = true;
  const OrgState& live = input.live.live;
  for (std::size_t i = 0; i < live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    if (live.find(ref) == nullptr) continue;
    ++out.users;
    if (is_active_admin(input, ref)) ++out.admins;
    if (input.desired.scope(ref).access_managed) {
      out.user_grants += grants_in_scope(live.users[i].grants, declared);
    }
  }
  for (std::size_t i = 0; i < live.groups.size(); ++i) {
    const auto ref = static_cast<GroupRef>(i);
    if (live.find(ref) == nullptr) continue;
    const LiveGroup& about = input.live.about(ref);
    if (!about.synced && about.deletable && about.modifiable) ++out.groups;
    const GroupScope& scope = input.desired.scope(ref);
    if (scope.members_managed) {
      const auto size = static_cast<std::int64_t>(live.groups[i].members.size());
      out.memberships += size;
      out.members_of[input.catalog.name(ref).display()] = size;
    }
    if (scope.access_managed) out.group_grants += grants_in_scope(live.groups[i].grants, declared);
  }
  return out;
}

/// Why the acknowledgement does not admit `n` removals by this plan, or nothing.
std::string unfit(const Acknowledgement& ack, const PlanInput& input, const Plan& plan,
                  std::int64_t n) {
  if (input.history != nullptr) {
    const auto used = input.history->used.find(ack.id);
    if (used != input.history->used.end()) {
      return fmt::format(
          "was used up by run {}; to acknowledge once more, write it anew with "
          "another reason or date",
          used->second);
    }
  }
  if (input.desired.at >= ack.until) return fmt::format("ended {}", ack.until_text);
  if (!plan.digest.starts_with(ack.plan)) {
    return fmt::format("is for plan {}, this is {}", ack.plan.substr(0, 12),
                       plan.digest.substr(0, 12));
  }
  if (n > ack.count) return fmt::format("admits {}, the plan has {}", ack.count, n);
  return {};
}

class Limits {
 public:
  Limits(const PlanInput& input, Plan& plan) : input_(input), plan_(plan) {}

  void check(LimitClass klass, std::int64_t taken, std::int64_t of, std::int64_t recent,
             const std::string& subject = {}) {
    const Limit& limit = input_.desired.safety.limits[static_cast<std::size_t>(klass)];
    if (taken == 0 || passes(limit, taken + recent, of)) return;
    if (admitted(klass, taken)) return;
    std::string words = in_words(limit);
    if (recent > 0)
      words += fmt::format("; {} already in the last 24 hours, which count too", recent);
    plan_.refusals.push_back({std::string(name(klass)), taken, of, std::move(words), subject});
  }

 private:
  [[nodiscard]] bool admitted(LimitClass klass, std::int64_t n) {
    std::vector<std::string> because;
    for (const Acknowledgement& ack : input_.desired.safety.acknowledgements) {
      if (ack.klass != klass) continue;
      const std::string where = fmt::format("{}:{}", ack.place.file, ack.place.line);
      std::string why = unfit(ack, input_, plan_, n);
      if (!why.empty()) {
        because.push_back(fmt::format("{}: the acknowledgement of {} {}", where, name(klass), why));
        continue;
      }
      const Admission admission{klass, ack.id};
      if (std::find(plan_.admitted.begin(), plan_.admitted.end(), admission) ==
          plan_.admitted.end()) {
        plan_.admitted.push_back(admission);
        plan_.notes.push_back({"acknowledged", fmt::format("{}, up to {}: {} ({})", name(klass),
                                                           ack.count, ack.reason, where)});
      }
      return true;
    }
    auto& all = plan_.unfit_acknowledgements;
    for (std::string& why : because) {
      if (std::find(all.begin(), all.end(), why) == all.end()) all.push_back(std::move(why));
    }
    return false;
  }

  const PlanInput& input_;
  Plan& plan_;
};

/// Members of a group that is deleted who are not in the one it lives on as.
std::vector<std::string> left_behind(const PlanInput& input, const Plan& plan,
                                     const Change& deletion) {
  const auto group = input.catalog.find_group(GroupName::from_server(deletion.group));
  const Group* live = group ? input.live.live.find(*group) : nullptr;
  if (live == nullptr) return {};
  std::set<std::string> carried;
  if (const auto renamed = plan.renamed.find(deletion.group); renamed != plan.renamed.end()) {
    const auto to = input.catalog.find_group(GroupName::from_server(renamed->second));
    const Group* there = to ? input.live.live.find(*to) : nullptr;
    if (there != nullptr) {
      for (const UserRef member : there->members) carried.insert(input.catalog.name(member));
    }
    for (const Change& change : plan.changes) {
      if (change.group != renamed->second) continue;
      if (change.kind == ChangeKind::add_member) carried.insert(change.user);
    }
  }
  std::vector<std::string> out;
  for (const UserRef member : live->members) {
    const std::string& user = input.catalog.name(member);
    if (!carried.contains(user)) out.push_back(user);
  }
  return out;
}

/// Whoever is not in the group that a renamed one lives on as has been removed from it. (What goes
/// with somebody who is removed from the directory counts as that one removal.)
std::int64_t removed_by_rename(const PlanInput& input, const Plan& plan, const Change& deletion) {
  if (!plan.renamed.contains(deletion.group)) return 0;
  std::set<std::string> leaving;
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::remove_user) leaving.insert(change.user);
  }
  const std::vector<std::string> behind = left_behind(input, plan, deletion);
  return std::count_if(behind.begin(), behind.end(),
                       [&](const std::string& user) { return !leaving.contains(user); });
}

void check_limits(const PlanInput& input, Plan& plan) {
  static const SafetyHistory kNone;
  const SafetyHistory& history = input.history == nullptr ? kNone : *input.history;
  Populations population = count_populations(input);
  auto counts = plan.counts();

  const std::set<std::string> admins(plan.org_admins.begin(), plan.org_admins.end());
  std::set<std::string> demoted;
  std::map<std::string, std::int64_t> removed_from;
  for (const Change& change : plan.changes) {
    const bool loses_role =
        change.kind == ChangeKind::suspend_user || change.kind == ChangeKind::remove_user;
    if (change.kind == ChangeKind::revoke_org_role ||
        (loses_role && admins.contains(change.user))) {
      demoted.insert(change.user);
    }
    if (change.kind == ChangeKind::remove_member) ++removed_from[change.group];
    if (change.kind != ChangeKind::delete_group) continue;
    if (const std::int64_t behind = removed_by_rename(input, plan, change); behind > 0) {
      removed_from[change.group] += behind;
      counts[static_cast<std::size_t>(ChangeKind::remove_member)] +=
          static_cast<std::size_t>(behind);
      const auto group = input.catalog.find_group(GroupName::from_server(change.group));
      const Group* live = group ? input.live.live.find(*group) : nullptr;
      const auto size = live == nullptr ? 0 : static_cast<std::int64_t>(live->members.size());
      if (population.members_of.emplace(change.group, size).second) population.memberships += size;
    }
  }
  Limits limits(input, plan);
  const auto check = [&](LimitClass klass, std::size_t taken, std::int64_t of) {
    limits.check(klass, static_cast<std::int64_t>(taken), of,
                 history.recent[static_cast<std::size_t>(klass)]);
  };
  const auto n = [&](ChangeKind kind) { return counts[static_cast<std::size_t>(kind)]; };
  check(LimitClass::suspend_users, n(ChangeKind::suspend_user), population.users);
  check(LimitClass::remove_users, n(ChangeKind::remove_user), population.users);
  check(LimitClass::delete_groups, n(ChangeKind::delete_group), population.groups);
  check(LimitClass::remove_members, n(ChangeKind::remove_member), population.memberships);
  check(LimitClass::revoke_group_access, n(ChangeKind::revoke_group_access),
        population.group_grants);
  check(LimitClass::revoke_user_access, n(ChangeKind::revoke_user_access), population.user_grants);
  check(LimitClass::revoke_admins, demoted.size(), population.admins);
  for (const auto& [group, removed] : removed_from) {
    const auto size = population.members_of.find(group);
    const auto recent = history.recent_members.find(GroupName::from_server(group).key());
    limits.check(LimitClass::remove_members_per_group, removed,
                 size == population.members_of.end() ? 0 : size->second,
                 recent == history.recent_members.end() ? 0 : recent->second, group);
  }
}

void check_floor(const Plan& plan, std::vector<Refusal>& refusals) {
  AdminFloor floor(plan);
  bool broken = false;
  for (const Call& call : plan.calls) {
    for (const std::size_t i : call.changes) {
      broken = broken || floor.forbids(plan.changes[i]);
      floor.take(plan.changes[i]);
      floor.give(plan.changes[i]);
    }
  }
  if (!broken) return;
  refusals.push_back({"min_org_admins", floor.count(),
                      static_cast<std::int64_t>(plan.org_admins.size()),
                      fmt::format("at least {}", plan.min_org_admins), ""});
}

/// What nobody may take from: who is protected now, and who was when the last apply ended.
struct Protected {
  std::set<std::string> users;
  std::set<std::string> groups;
  std::set<std::string> said;  ///< those of them, as `klass key`, that the policy still protects

  [[nodiscard]] std::string rule(const std::string& klass, const std::string& key) const {
    return said.contains(klass + ' ' + key)
               ? "nothing may be taken from what is protected"
               : "the policy protected it until now, so this is refused once; the next apply "
                 "goes by what the policy says";
  }
};

Protected all_protected(const PlanInput& input) {
  Protected out;
  out.users.insert(input.remembered_users.begin(), input.remembered_users.end());
  for (const std::string& text : input.remembered_groups) {
    out.groups.insert(GroupName::from_server(text).key());
  }
  for (const UserRef ref : input.desired.safety.protected_users) {
    out.users.insert(input.catalog.name(ref));
    out.said.insert("protected_users " + input.catalog.name(ref));
  }
  for (const GroupRef ref : input.desired.safety.protected_groups) {
    out.groups.insert(input.catalog.name(ref).key());
    out.said.insert("protected_groups " + input.catalog.name(ref).key());
  }
  return out;
}

/// The organization as it is, but nobody suspended: what they have comes back with them.
Snapshot all_restored(const Snapshot& live) {
  Snapshot out = live;
  for (User& user : out.live.users) {
    if (user.presence == Presence::suspended) user.presence = Presence::active;
  }
  // Of whom is not understood nobody knows that the account is deactivated.
  for (LiveUser& about : out.users) {
    about.account_active = about.account_active || !about.opaque.empty();
  }
  return out;
}

/// What protected people would not have on apps any more, by any path that was read; by address.
std::map<std::string, std::int64_t> lost_access(const PlanInput& input,
                                                const std::vector<Change>& changes,
                                                const Protected& kept) {
  std::map<std::string, std::int64_t> out;
  Plan told;
  for (const Change& change : changes) {
    if (change.kind != ChangeKind::restore_user) told.changes.push_back(change);
  }
  if (told.changes.empty() || !takes_away(told.changes.back().kind)) return out;
  told.calls = schedule(told.changes);
  tell_effects(input, told);
  for (const PersonEffect& effect : told.effects) {
    if (!kept.users.contains(effect.user)) continue;
    for (const AppEffect& app : effect.apps) {
      const auto lost = std::count_if(app.before.begin(), app.before.end(), [&](Role role) {
        return std::find(app.after.begin(), app.after.end(), role) == app.after.end();
      });
      if (lost > 0) out[effect.user] += lost;
    }
  }
  return out;
}

/// What goes by way of their groups is no change of theirs.
void check_access_of_protected(
    const PlanInput& input, Plan& plan, const Protected& kept,
    std::map<std::pair<std::string, std::string>, std::int64_t>& losses) {
  if (plan.changes.empty() || !takes_away(plan.changes.back().kind)) return;
  const bool somebody_is_unclear =
      std::any_of(kept.users.begin(), kept.users.end(), [&](const std::string& address) {
        const auto email = Email::parse(address);
        const auto ref = email ? input.catalog.find_user(*email) : std::nullopt;
        const User* user = ref ? input.live.live.find(*ref) : nullptr;
        return user != nullptr &&
               (user->presence == Presence::suspended || !input.live.about(*ref).opaque.empty());
      });
  std::optional<Snapshot> restored;
  if (somebody_is_unclear) restored = all_restored(input.live);
  PlanInput seen{input.desired,          restored ? *restored : input.live, input.catalog,
                 input.remembered_users, input.remembered_groups,           input.open_invitations,
                 input.history};
  if (!kept.users.empty()) {
    for (const auto& [user, lost] : lost_access(seen, plan.changes, kept)) {
      losses.try_emplace({"protected_users", user}, lost);
    }
  }
  remember_leans(input, seen, kept.users, plan);
}

void check_protected(const PlanInput& input, Plan& plan) {
  const Protected kept = all_protected(input);
  std::map<std::pair<std::string, std::string>, std::int64_t> losses;
  for (const Change& change : plan.changes) {
    if (!takes_away(change.kind)) continue;
    if (!change.user.empty() && kept.users.contains(change.user)) {
      ++losses[{"protected_users", change.user}];
    }
    if (!change.group.empty() && kept.groups.contains(GroupName::from_server(change.group).key())) {
      ++losses[{"protected_groups", change.group}];
    }
    if (change.kind != ChangeKind::delete_group) continue;
    for (const std::string& user : left_behind(input, plan, change)) {
      if (kept.users.contains(user)) ++losses[{"protected_users", user}];
    }
  }
  check_access_of_protected(input, plan, kept, losses);
  for (const auto& [key, n] : losses) {
    const bool people = key.first == "protected_users";
    const auto& of = people ? kept.users : kept.groups;
    const std::string& subject = key.second;
    plan.refusals.push_back({key.first, n, static_cast<std::int64_t>(of.size()),
                             kept.rule(key.first, people ? subject : key_of(subject)), subject});
  }
}

}  // namespace

void check_safety(const PlanInput& input, Plan& plan) {
  plan.refusals.clear();
  plan.admitted.clear();
  plan.unfit_acknowledgements.clear();
  std::erase_if(plan.notes, [](const Note& note) { return note.kind == "acknowledged"; });
  check_limits(input, plan);
  check_floor(plan, plan.refusals);
  check_protected(input, plan);
  std::sort(plan.refusals.begin(), plan.refusals.end());
  std::sort(plan.admitted.begin(), plan.admitted.end(),
            [](const Admission& a, const Admission& b) { return a.klass < b.klass; });
  std::sort(plan.notes.begin(), plan.notes.end());
}

bool AdminFloor::takes_admin(const Change& change) const {
  return may_take_admin(change) && admins_.contains(change.user);
}

bool AdminFloor::may_take_admin(const Change& change) const {
  return (change.kind == ChangeKind::revoke_org_role || change.kind == ChangeKind::suspend_user ||
          change.kind == ChangeKind::remove_user) &&
         ever_.contains(change.user);
}

bool AdminFloor::leans_on_no_role_of(const Change& change) const {
  return locks_out(change) && !ever_.contains(change.user) && count() < floor_;
}

bool AdminFloor::forbids(const Change& change) const {
  return may_take_admin(change) && count() - (admins_.contains(change.user) ? 1 : 0) < floor_;
}

void AdminFloor::count_in(const std::string& admin) {
  admins_.insert(admin);
  ever_.insert(admin);
}

void AdminFloor::take(const Change& change) {
  if (may_take_admin(change)) taken_.insert(change.user);
  if (takes_admin(change)) admins_.erase(change.user);
}

void AdminFloor::give(const Change& change) {
  if (change.kind == ChangeKind::invite_user) invited_.insert(change.user);
  if (change.kind == ChangeKind::restore_user && suspended_admins_.contains(change.user)) {
    count_in(change.user);
  }
  if (change.kind == ChangeKind::grant_org_role && !invited_.contains(change.user)) {
    count_in(change.user);
  }
}

void AdminFloor::find(const Change& change) {
  const bool before = admins_.contains(change.user);
  take(change);
  give(change);
  if (!before && admins_.contains(change.user)) found_.insert(change.user);
}

}  // namespace rolecall
