#include "diff/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "diff/diff.h"
#include "diff/goes_along.h"
#include "diff/near_names.h"
#include "diff/role_rules.h"
#include "diff/safety.h"
#include "diff/schedule.h"
#include "state/model/digest.h"

namespace rolecall {
namespace {

/// What comes with more than it should, since it keeps what is not taken away: people who are to be
/// restored, and groups that somebody joins.
struct KeepsMore {
  std::unordered_set<std::string> people;
  std::unordered_set<std::string> groups;
};

KeepsMore keeps_more(const PlanInput& input, const Plan& plan) {
  KeepsMore out;
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::revoke_group_access) out.groups.insert(change.group);
    if (takes_away(change.kind) && !change.user.empty()) out.people.insert(change.user);
  }
  for (const std::string& name : out.groups) {
    const auto ref = input.catalog.find_group(GroupName::from_server(name));
    const Group* group = ref ? input.live.live.find(*ref) : nullptr;
    if (group == nullptr) continue;
    for (const UserRef member : group->members) out.people.insert(input.catalog.name(member));
  }
  return out;
}

/// Leaves out what must not be done on reads that were not proved: nothing is taken away, nobody is
/// invited who may be there already, nobody restored or put into a group with something that was to
/// be taken from them or it, no group is created that may exist. By a clock that cannot be trusted
/// nobody is invited or restored either, who may have been so a minute ago or whose time may be
/// over, and where the policy says dates, nothing at all is done.
void withhold(const PlanInput& input, Plan& plan) {
  const Snapshot& live = input.live;
  if (live.complete()) return;
  const bool no_dates = live.clock_trusted || !input.desired.dated;
  std::unordered_set<std::string> not_invited;
  std::unordered_set<std::string> not_created;
  const KeepsMore more = keeps_more(input, plan);
  for (const Change& change : plan.changes) {
    const bool invited = change.kind == ChangeKind::invite_user;
    const bool restored = change.kind == ChangeKind::restore_user;
    if ((invited && !live.users_proved) || (restored && more.people.contains(change.user)) ||
        ((invited || restored) && !live.clock_trusted)) {
      not_invited.insert(change.user);
    }
    if (change.kind == ChangeKind::create_group && !live.groups_proved) {
      not_created.insert(change.group);
    }
  }
  const std::size_t before = plan.changes.size();
  std::erase_if(plan.changes, [&](const Change& change) {
    return takes_away(change.kind) || !no_dates || not_invited.contains(change.user) ||
           not_created.contains(change.group) ||
           (change.kind == ChangeKind::add_member && more.groups.contains(change.group));
  });
  plan.withheld = before - plan.changes.size();
}

/// Four bytes a number, the least significant first.
std::string bytes_of(const std::vector<std::uint32_t>& numbers) {
  std::string bytes;
  bytes.reserve(numbers.size() * 4);
  for (const std::uint32_t number : numbers) {
    for (const unsigned shift : {0U, 8U, 16U, 24U}) {
      bytes += static_cast<char>(static_cast<unsigned char>(number >> shift));
    }
  }
  return bytes;
}

/// Of everything that was read, by account and group id: names people change do not hide a change.
std::string digest_of(const Snapshot& live, const Catalog& catalog) {
  Digest digest("rolecall live 2");
  digest.field(live.directory_id);
  std::vector<UserRef> people;
  for (std::size_t i = 0; i < live.live.users.size(); ++i) {
    if (live.live.find(static_cast<UserRef>(i)) != nullptr) {
      people.push_back(static_cast<UserRef>(i));
    }
  }
  const auto grants = [&](const std::vector<Grant>& held) {
    std::vector<std::string> words;
    for (const Grant& grant : held) {
      words.push_back(catalog.name(grant.resource) + ' ' + std::string(name(grant.role)));
    }
    std::sort(words.begin(), words.end());
    for (const std::string& word : words) digest.field(word);
  };
  const auto key = [&](UserRef ref) -> const std::string& { return live.about(ref).account_id; };
  std::sort(people.begin(), people.end(), [&](UserRef a, UserRef b) {
    return std::tie(key(a), catalog.name(a)) < std::tie(key(b), catalog.name(b));
  });
  // Of members only the place among all people is digested: who has it stands there.
  constexpr std::uint32_t kNobody = ~std::uint32_t{0};
  std::vector<std::uint32_t> places(live.live.users.size(), kNobody);
  for (std::uint32_t i = 0; i < people.size(); ++i) places[index(people[i])] = i;
  for (const UserRef ref : people) {
    const User& user = *live.live.find(ref);
    digest.field("user");
    digest.field(key(ref));
    digest.field(catalog.name(ref));
    digest.field(user.presence == Presence::active ? "active" : "suspended");
    digest.field(user.org_admin ? "org-admin" : "");
    grants(user.grants);
  }
  std::vector<GroupRef> groups;
  for (std::size_t i = 0; i < live.live.groups.size(); ++i) {
    if (live.live.find(static_cast<GroupRef>(i)) != nullptr) {
      groups.push_back(static_cast<GroupRef>(i));
    }
  }
  std::sort(groups.begin(), groups.end(),
            [&](GroupRef a, GroupRef b) { return live.about(a).id < live.about(b).id; });
  std::vector<std::uint32_t> members;
  for (const GroupRef ref : groups) {
    const Group& group = *live.live.find(ref);
    digest.field("group");
    digest.field(live.about(ref).id);
    digest.field(catalog.name(ref).key());
    members.clear();
    for (const UserRef member : group.members) {
      members.push_back(index(member) < places.size() ? places[index(member)] : kNobody);
    }
    std::sort(members.begin(), members.end());
    digest.field(bytes_of(members));
    grants(group.grants);
  }
  return digest.hex();
}

std::vector<std::string> org_admins(const PlanInput& input, Presence presence) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < input.live.live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    const User* user = input.live.live.find(ref);
    const LiveUser& about = input.live.about(ref);
    if (user != nullptr && user->org_admin && user->presence == presence && about.account_active &&
        about.accepted && about.opaque.empty()) {
      out.push_back(input.catalog.name(ref));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> org_role_holders(const PlanInput& input) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < input.live.live.users.size(); ++i) {
    const auto ref = static_cast<UserRef>(i);
    const User* user = input.live.live.find(ref);
    if (user != nullptr && user->org_admin) out.push_back(input.catalog.name(ref));
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Who is to become an admin and has not come yet: no admin that one could do without others for.
std::vector<std::string> pending_admins(const PlanInput& input, const Plan& plan) {
  std::vector<std::string> out;
  for (const Change& change : plan.changes) {
    if (change.kind != ChangeKind::grant_org_role) continue;
    const auto email = Email::parse(change.user);
    const auto ref = email ? input.catalog.find_user(*email) : std::nullopt;
    if (ref && !input.live.about(*ref).accepted) out.push_back(change.user);
  }
  return out;
}

void collect_names(const PlanInput& input, Plan& plan) {
  for (const Change& change : plan.changes) {
    if (change.user.empty() || plan.names.contains(change.user)) continue;
    const auto email = Email::parse(change.user);
    const auto ref = email ? input.catalog.find_user(*email) : std::nullopt;
    plan.names[change.user] = ref ? input.live.about(*ref).name : std::string();
  }
}

/// Roles that go with their group or person are not left alone.
void drop_notes_on_what_goes(Plan& plan) {
  std::vector<std::string> gone;
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::delete_group) gone.push_back("group " + change.group + ": ");
    if (change.kind == ChangeKind::remove_user) gone.push_back(change.user + ": ");
  }
  std::erase_if(plan.notes, [&](const Note& note) {
    return note.kind == kUnmanageableRole &&
           std::any_of(gone.begin(), gone.end(), [&](const std::string& subject) {
             return note.subject.starts_with(subject);
           });
  });
}

void remember_copied(const PlanInput& input, const std::map<std::string, std::string>& successors,
                     Plan& plan) {
  if (successors.empty()) return;
  std::set<std::string> removed;
  std::set<std::pair<std::string, std::string>> added;  // by group, accounts
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::remove_user) removed.insert(change.account_id);
    if (change.kind == ChangeKind::add_member) added.emplace(change.group, change.account_id);
  }
  for (const auto& [old, name_now] : successors) {
    const auto from = input.catalog.find_group(GroupName::from_server(old));
    const auto to = input.catalog.find_group(GroupName::from_server(name_now));
    const Group* group = from ? input.live.live.find(*from) : nullptr;
    if (group == nullptr || !to) continue;
    const LiveGroup& about = input.live.about(*from);
    const GroupScope& scope = input.desired.scope(*to);
    static const Group kNothing;
    const Group* wanted_group = input.desired.state.find(*to);
    const Group& said = wanted_group == nullptr ? kNothing : *wanted_group;
    Plan::Copied& copied = plan.copied[old];
    copied.id = about.id;
    copied.successor = name_now;
    if (input.live.live.find(*to) != nullptr) copied.successor_id = input.live.about(*to).id;
    copied.keeps_members = !scope.members_managed || scope.additive;
    if (scope.access_managed) {
      for (const Resource& resource : input.desired.resources) {
        copied.managed.insert(input.catalog.name(resource.ref));
      }
    }
    copied.members_known = group->members.size() >= about.user_count;
    for (const UserRef member : group->members) {
      const std::string& account = input.live.about(member).account_id;
      copied.accounts.push_back(account);
      if (copied.keeps_members && removed.contains(account)) copied.leaving.insert(account);
      const bool wanted = std::binary_search(said.members.begin(), said.members.end(), member);
      if (!wanted && added.contains({name_now, account})) copied.taken_over.insert(account);
    }
    std::sort(copied.accounts.begin(), copied.accounts.end());
    for (const Grant& grant : group->grants) {
      copied.grants.emplace(input.catalog.name(grant.resource), std::string(name(grant.role)));
    }
  }
}

/// Where a role on an app is revoked, and another one on it is there and stays.
void remember_other_roles(const PlanInput& input, Plan& plan) {
  std::set<std::tuple<std::string, std::string, std::string>> revoked;  // id, ARI, role
  const auto id_of = [](const Change& change) {
    return change.group_id.empty() ? change.account_id : change.group_id;
  };
  const auto revokes = [](const Change& change) {
    return change.kind == ChangeKind::revoke_group_access ||
           change.kind == ChangeKind::revoke_user_access;
  };
  for (const Change& change : plan.changes) {
    if (revokes(change)) revoked.insert({id_of(change), change.ari, change.role});
  }
  for (const Change& change : plan.changes) {
    if (!revokes(change)) continue;
    const auto resource = input.catalog.find_resource(change.ari);
    const auto group = input.catalog.find_group(GroupName::from_server(change.group));
    const auto email = Email::parse(change.user);
    const auto user = email ? input.catalog.find_user(*email) : std::nullopt;
    const Group* of_group = !change.group.empty() && group ? input.live.live.find(*group) : nullptr;
    const User* of_user = user ? input.live.live.find(*user) : nullptr;
    if (!resource || (of_group == nullptr && of_user == nullptr)) continue;
    const std::vector<Grant>& all = of_group != nullptr ? of_group->grants : of_user->grants;
    const auto role = parse_role(change.role);
    const bool stays =
        role && std::any_of(all.begin(), all.end(), [&](const Grant& grant) {
          return grant.resource == *resource && stands_in(grant.role, *role) &&
                 !revoked.contains({id_of(change), change.ari, std::string(name(grant.role))});
        });
    if (stays) plan.other_roles_stay.insert({id_of(change), change.ari, change.role});
  }
}

void remember_sizes(const PlanInput& input, Plan& plan) {
  std::map<std::string, std::set<std::string>> given;  // by group, resources
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::grant_group_access) given[change.group].insert(change.ari);
  }
  for (const Change& change : plan.changes) {
    const bool gives =
        change.kind == ChangeKind::grant_group_access || change.kind == ChangeKind::add_member;
    if (!gives || change.group_id.empty()) continue;
    const auto ref = input.catalog.find_group(GroupName::from_server(change.group));
    const Group* group = ref ? input.live.live.find(*ref) : nullptr;
    if (group == nullptr) continue;
    const GroupScope& scope = input.desired.scope(*ref);
    const LiveGroup& about = input.live.about(*ref);
    Plan::Size& size = plan.sizes[change.group_id];
    if (scope.members_managed && !scope.additive) {
      size.members = std::max(static_cast<std::uint32_t>(group->members.size()), about.user_count);
    }
    if (scope.access_managed && about.resource_count != LiveGroup::kNotCounted) {
      std::set<std::string> more = given[change.group];
      for (const Grant& grant : group->grants) more.erase(input.catalog.name(grant.resource));
      size.resources = about.resource_count + static_cast<std::uint32_t>(more.size());
    }
  }
}

/// What an apply compares with when it reads again what the plan rests on.
void remember_grounds(const PlanInput& input, Plan& plan) {
  for (const std::string& admin : plan.org_admins) {
    const auto email = Email::parse(admin);
    const auto ref = email ? input.catalog.find_user(*email) : std::nullopt;
    plan.org_admin_accounts.push_back(ref ? input.live.about(*ref).account_id : std::string());
  }
  for (const Change& change : plan.changes) {
    const auto email = Email::parse(change.user);
    const auto user = email ? input.catalog.find_user(*email) : std::nullopt;
    if (user && !input.live.about(*user).shows.empty()) {
      plan.shown[change.user] = input.live.about(*user).shows;
    }
    if (change.kind != ChangeKind::delete_group) continue;
    const auto ref = input.catalog.find_group(GroupName::from_server(change.group));
    const Group* group = ref ? input.live.live.find(*ref) : nullptr;
    if (group == nullptr) continue;
    const auto shown = static_cast<std::uint32_t>(group->members.size());
    const std::uint32_t counted = input.live.about(*ref).user_count;
    const std::uint32_t resources = input.live.about(*ref).resource_count;
    if (resources != LiveGroup::kNotCounted) plan.resources_of_deleted[change.group] = resources;
    plan.members_of_deleted[change.group] = std::max(shown, counted);
    if (shown < counted) continue;
    std::vector<std::string>& accounts = plan.accounts_in_deleted[change.group];
    for (const UserRef member : group->members) {
      accounts.push_back(input.live.about(member).account_id);
    }
    std::sort(accounts.begin(), accounts.end());
  }
}

}  // namespace

std::array<std::size_t, kChangeKindCount> Plan::counts() const {
  std::array<std::size_t, kChangeKindCount> out{};
  for (const Change& change : changes) ++out[static_cast<std::size_t>(change.kind)];
  return out;
}

void remember_holdings(const PlanInput& input, Plan& plan, ChangeKind of) {
  const OrgState& live = input.live.live;
  std::unordered_map<UserRef, Plan::Holdings*> people;
  for (const Change& change : plan.changes) {
    if (change.kind != of) continue;
    const auto email = Email::parse(change.user);
    const auto ref = email ? input.catalog.find_user(*email) : std::nullopt;
    const User* user = ref ? live.find(*ref) : nullptr;
    if (user == nullptr) continue;
    Plan::Holdings& held = plan.holdings[change.account_id];
    people[*ref] = &held;
    held.grants_read = input.desired.scope(*ref).access_managed && !input.desired.resources.empty();
    const LiveUser& about = input.live.about(*ref);
    held.groups.insert(about.other_groups.begin(), about.other_groups.end());
    held.unlisted.insert(about.other_groups.begin(), about.other_groups.end());
    // What was read for another reason (--base) is no part of the same plan made without it.
    if (of == ChangeKind::restore_user && !held.grants_read) continue;
    for (const Grant& grant : user->grants) {
      held.grants.emplace(input.catalog.name(grant.resource), std::string(name(grant.role)));
    }
    held.grants.insert(about.other_grants.begin(), about.other_grants.end());
  }
  if (people.empty()) return;
  for (std::size_t i = 0; i < live.groups.size(); ++i) {
    const auto group = static_cast<GroupRef>(i);
    if (live.find(group) == nullptr) continue;
    for (const UserRef member : live.groups[i].members) {
      const auto held = people.find(member);
      if (held != people.end()) held->second->groups.insert(input.live.about(group).id);
    }
  }
}

std::vector<const Lean*> Plan::leans_on(const Change& change) const {
  std::vector<const Lean*> out;
  const auto of_group = leans.find(change.group);
  const bool takes = change.kind == ChangeKind::revoke_group_access ||
                     change.kind == ChangeKind::revoke_user_access ||
                     change.kind == ChangeKind::remove_member ||
                     change.kind == ChangeKind::delete_group;
  if (!takes || of_group == leans.end()) return out;
  const std::vector<Lean>& all = of_group->second;
  auto lean = all.begin();
  if (!change.user.empty()) {
    lean =
        std::lower_bound(all.begin(), all.end(), change.user,
                         [](const Lean& one, const std::string& who) { return one.user() < who; });
  }
  for (; lean != all.end(); ++lean) {
    if (!change.user.empty() && lean->user() != change.user) break;
    const bool of_role =
        change.ari.empty() || (lean->ari() == change.ari && lean->role() == change.role);
    if (of_role) out.push_back(&*lean);
  }
  return out;
}

bool Plan::has_open_invitations() const {
  return std::any_of(notes.begin(), notes.end(), [](const Note& note) {
    return note.kind == kOpenInvitation || note.kind == kConflictingInvitation;
  });
}

std::string digest_of(const Plan& plan) {
  Digest digest("rolecall plan 1");
  digest.field(plan.organization);
  digest.field(plan.directory);
  for (const Change& change : plan.changes) {
    digest.field(name(change.kind));
    digest.field(change.user);
    digest.field(change.account_id);
    digest.field(change.group);
    digest.field(change.group_id);
    digest.field(change.ari);
    digest.field(change.role);
    digest.field(change.description);
    if (!change.goes_along.empty()) digest.field(change.goes_along);
  }
  return digest.hex();
}

void reschedule(Plan& plan) {
  plan.calls = schedule(plan.changes);
  const std::size_t created = plan.counts()[static_cast<std::size_t>(ChangeKind::create_group)];
  constexpr std::size_t kNamesPerLookUp = 100;  // facts.md section 2
  plan.look_ups = (created + kNamesPerLookUp - 1) / kNamesPerLookUp;
  plan.digest = digest_of(plan);
}

PlanResult make_plan(const PlanInput& input) {
  Differences differences = diff(input);
  note_near_names(input, differences.notes);
  return plan_of(input, std::move(differences));
}

PlanResult plan_of(const PlanInput& input, Differences differences) {
  PlanResult result;
  result.diagnostics = std::move(differences.diagnostics);
  Plan& plan = result.plan;
  plan.organization = input.desired.organization_id;
  plan.directory = input.live.directory_id;
  plan.at = input.desired.at;
  plan.policy_digest = input.desired.policy_digest;
  plan.live_digest = digest_of(input.live, input.catalog);
  plan.complete = input.live.complete();
  plan.gaps = input.live.gaps;
  plan.reads = input.live.read_calls;
  plan.reads_for = input.live.calls_for;
  plan.renamed = std::move(differences.renamed);
  plan.min_org_admins = input.desired.safety.min_org_admins;
  plan.org_admins = org_admins(input, Presence::active);
  plan.suspended_org_admins = org_admins(input, Presence::suspended);
  plan.org_role_holders = org_role_holders(input);
  if (input.history != nullptr) {
    for (const std::string& admin : plan.org_admins) {
      if (input.history->admins_taken.contains(admin)) plan.org_admins_in_doubt.insert(admin);
    }
  }

  plan.changes = std::move(differences.changes);
  std::sort(plan.changes.begin(), plan.changes.end(),
            [](const Change& a, const Change& b) { return a.order(b) < 0; });
  withhold(input, plan);
  remember_holdings(input, plan, ChangeKind::restore_user);
  tell_what_goes_along(input, plan);
  reschedule(plan);

  plan.notes = std::move(differences.notes);
  plan.notes.insert(plan.notes.end(), input.live.notes.begin(), input.live.notes.end());
  drop_notes_on_what_goes(plan);
  std::sort(plan.notes.begin(), plan.notes.end());
  plan.notes.erase(std::unique(plan.notes.begin(), plan.notes.end()), plan.notes.end());

  collect_names(input, plan);
  remember_grounds(input, plan);
  remember_sizes(input, plan);
  remember_other_roles(input, plan);
  remember_copied(input, differences.copied, plan);
  plan.pending_org_admins = pending_admins(input, plan);
  check_safety(input, plan);
  return result;
}

}  // namespace rolecall
