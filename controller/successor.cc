#include "controller/successor.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "controller/look_ups.h"
#include "controller/read_back.h"
#include "controller/settle_window.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr const char* kNotYet = "its successor does not show everything yet";
constexpr const char* kNotRead = "what it has, or its successor, could not be read";
constexpr const char* kGiven = "the group has been given app access meanwhile";
constexpr const char* kLost =
    "its successor does not have all any more that it had a moment ago: it takes another plan";
constexpr const char* kGone = "the group is not to be seen any more";
constexpr const char* kJoined = "somebody has been added to it meanwhile: it takes another plan";
constexpr const char* kTakenMeanwhile =
    "its successor has what somebody else has taken from it meanwhile: take that from the "
    "successor too, unless it is to be there";

using Grants = Successors::Grants;

/// Those of the roles that the policy leaves to the groups.
Grants kept_of(const Plan::Copied& copied, const Grants& all) {
  Grants out;
  for (const auto& grant : all) {
    if (copied.keeps(grant.first)) out.insert(grant);
  }
  return out;
}

bool looks_at_members(const Plan::Copied& copied) {
  return copied.keeps_members || !copied.taken_over.empty();
}

struct Again {
  Asked<std::string> id;
  Asked<ListedMembers> members;
  Asked<HeldRoles> roles;
  std::set<std::string> in_it{};  ///< whom the listing lacks, and whose own list has the group
};

/// A search in a group may leave out whom the directory shows as suspended.
void look_for_missing(const LookUps& look_ups, const Plan::Copied& copied, Again& again) {
  if (!again.members.read) return;
  std::vector<std::string> missing;
  for (const std::string& account : copied.accounts) {
    const bool goes_along = copied.keeps_member(account) || copied.leaving.contains(account);
    if (goes_along && !again.members.found->all.contains(account)) missing.push_back(account);
  }
  by_parts(missing, Endpoints::kMostIds, [&](const std::vector<std::string>& part) {
    Endpoints::UserSearch search;
    search.account_ids = part;
    search.expand_groups = true;
    look_ups.people(
        search,
        [&again, id = copied.id](const ParsedUser& user) {
          if (lists(user, id) && user.presence == Presence::suspended) {
            again.in_it.insert(user.about.account_id);
          }
        },
        [] {});
  });
}

/// As far as the policy does not say who is in its successor.
bool has_same_members(const Plan::Copied& copied, const Again& again) {
  if (!looks_at_members(copied)) return true;
  ListedMembers now = *again.members.found;
  now.all.insert(again.in_it.begin(), again.in_it.end());
  if (copied.keeps_members) return !copied.members_known || now.is(copied.accounts);
  return std::includes(now.all.begin(), now.all.end(), copied.taken_over.begin(),
                       copied.taken_over.end());
}

/// What one of the groups has.
struct Handed {
  ListedMembers members{};
  Grants roles{};
};

/// Why the new group cannot stand in for the old one, or nothing.
std::string why_it_lacks(const Plan::Copied& copied, const Handed& had, const Handed& has) {
  if (copied.keeps_members) {
    if (copied.members_known) {
      for (const std::string& account : had.members.joined(copied.accounts)) {
        if (!has.members.all.contains(account)) return kJoined;
      }
    }
    for (const std::string& account : had.members.active) {
      if (!has.members.all.contains(account) && !copied.leaving.contains(account)) return kNotYet;
    }
  }
  const Grants kept = kept_of(copied, had.roles);
  const bool has_all = std::includes(has.roles.begin(), has.roles.end(), kept.begin(), kept.end());
  return has_all ? std::string() : kNotYet;
}

/// Whether others took something from the old group since the plan, and the new one has it.
bool has_what_was_taken(const Plan::Copied& copied, const Handed& had, const Handed& has) {
  const Grants kept = kept_of(copied, copied.grants);
  return std::any_of(kept.begin(), kept.end(),
                     [&](const Grants::value_type& grant) {
                       return !had.roles.contains(grant) && has.roles.contains(grant);
                     }) ||
         std::any_of(
             copied.accounts.begin(), copied.accounts.end(), [&](const std::string& account) {
               return copied.keeps_member(account) && !copied.leaving.contains(account) &&
                      !had.members.all.contains(account) && has.members.all.contains(account);
             });
}

}  // namespace

bool Successors::confirm() {
  if (plan_.copied.empty()) return true;
  std::map<std::string, Again> all;
  Reader reader(client_);
  misread_.hear(reader);
  const LookUps look_ups(reader, endpoints_, plan_.directory);
  for (const auto& [group, copied] : plan_.copied) {
    // Of one that stays, what is copied is looked at as it is to be given (premises.h).
    if (!plan_.renamed.contains(group)) continue;
    Again& again = all[group];
    look_ups.id_of(group, again.id);
    if (looks_at_members(copied)) look_ups.members(copied.id, again.members);
    look_ups.roles_of_group(copied.id, again.roles);
  }
  reader.run();
  for (auto& [group, again] : all) look_for_missing(look_ups, plan_.copied.at(group), again);
  reader.run();
  for (const auto& [group, again] : all) {
    const Plan::Copied& copied = plan_.copied.at(group);
    const bool read =
        again.id.read && again.roles.read && (!looks_at_members(copied) || again.members.read);
    const bool same = read && again.id.found == copied.id && has_same_members(copied, again) &&
                      kept_of(copied, again.roles.found->held) == kept_of(copied, copied.grants);
    if (same) continue;
    const std::string because =
        fmt::format("what the group {} has {}", group,
                    read ? "was not the same on reading again: it takes another plan"
                         : "could not be read again");
    doubts_[group] = doubts_[copied.successor] = because;
    for (const auto& [other, about] : plan_.copied) {
      if (about.successor == copied.successor) doubts_.emplace(other, because);
    }
  }
  return !reader.key_refused();
}

std::string Successors::doubt(const Change& change) const {
  const auto found = doubts_.find(change.group);
  return found == doubts_.end() ? std::string() : found->second;
}

std::string Successors::why_it_stays(const Change& deletion, KnownIds& ids) {
  const auto renamed = plan_.renamed.find(deletion.group);
  if (renamed == plan_.renamed.end()) return {};
  const std::vector<std::size_t>& given = given_to(renamed->second);
  std::string why = kNotYet;
  bool there = false;
  for (const milliseconds wait : kRoleWaits) {
    if (wait.count() > 0 && waited_in_vain_) break;
    const std::vector<Effect> effects =
        read_back(client_, endpoints_, plan_, given, ids, wait, &misread_);
    there = std::all_of(effects.begin(), effects.end(),
                        [](Effect effect) { return effect == Effect::there; });
    const bool unread = std::find(effects.begin(), effects.end(), Effect::unknown) != effects.end();
    why = there    ? why_it_differs(*renamed, given.empty() ? wait : milliseconds{0})
             : unread ? kNotRead
                   : kNotYet;
    if (why != kNotYet && why != kNotRead) return why;
  }
  waited_in_vain_ = true;
  // No later plan would see what others took.
  const bool taken = !there && why_it_differs(*renamed, milliseconds{0}) == kTakenMeanwhile;
  return taken ? kTakenMeanwhile : why;
}

std::string Successors::why_it_differs(const Renamed& renamed, milliseconds delay) {
  const auto found = plan_.copied.find(renamed.first);
  if (found == plan_.copied.end()) return kNotYet;
  const Plan::Copied& copied = found->second;
  Reader reader(client_);
  misread_.hear(reader);
  const LookUps look_ups(reader, endpoints_, plan_.directory, delay);
  Asked<std::string> old_id;
  Asked<ParsedGroup> successor;
  look_ups.id_of(renamed.first, old_id);
  look_ups.named(renamed.second, successor);
  reader.run();
  // Somebody else may have deleted it: an empty list would look like a group that was emptied.
  if (old_id.read && !old_id.found) return kGone;
  if (!successor.read) return kNotRead;
  const std::string id = successor.found ? successor.found->about.id : std::string();
  if (id.empty() || (!copied.successor_id.empty() && id != copied.successor_id)) return kNotYet;
  const LookUps more(reader, endpoints_, plan_.directory);
  Asked<ListedMembers> from, to;
  Asked<HeldRoles> had, has;
  if (looks_at_members(copied)) {
    more.members(copied.id, from);
    more.members(id, to);
  }
  more.roles_of_group(copied.id, had);
  more.roles_of_group(id, has);
  reader.run();
  const bool members_read = !looks_at_members(copied) || (from.read && to.read);
  if (!had.read || !has.read || !members_read) return kNotRead;
  const Handed had_it{from.found.value_or(ListedMembers{}), had.found->held};
  const Handed has_it{to.found.value_or(ListedMembers{}), has.found->held};
  // Said first, as no later plan would see it.
  if (has_what_was_taken(copied, had_it, has_it)) return kTakenMeanwhile;
  if (std::string why = why_it_lacks(copied, had_it, has_it); !why.empty()) return why;
  let_go_[renamed.first] = {had_it.roles, has_it.roles, *successor.found};
  return {};
}

std::string Successors::why_it_stays_after_all(const Change& deletion) {
  const auto found = let_go_.find(deletion.group);
  if (found == let_go_.end()) return {};
  const LetGo& before = found->second;
  Reader reader(client_);
  misread_.hear(reader);
  const LookUps look_ups(reader, endpoints_, plan_.directory);
  Asked<HeldRoles> had, has;
  Asked<ParsedGroup> successor;
  look_ups.roles_of_group(deletion.group_id, had);
  look_ups.roles_of_group(before.successor.about.id, has);
  look_ups.named(before.successor.name, successor);
  reader.run();
  if (!had.read || !has.read || !successor.read) return kNotRead;
  const std::string& name = plan_.copied.at(deletion.group).successor;
  if (!successor.found || successor.found->about.id != before.successor.about.id) return kLost;
  if (!takes_people_from(name)) {
    if (!before.successor.has_counts || !successor.found->has_counts) return kNotRead;
    if (successor.found->about.user_count < before.successor.about.user_count) return kLost;
  }
  if (has_lost(name, before.has, has.found->held)) return kLost;
  const Grants& roles = before.had;
  const Grants& held = had.found->held;
  return std::includes(roles.begin(), roles.end(), held.begin(), held.end()) ? std::string()
                                                                             : kGiven;
}

bool Successors::has_lost(const std::string& successor, const Grants& before,
                          const Grants& now) const {
  return std::any_of(before.begin(), before.end(), [&](const Grants::value_type& grant) {
    const bool taken =
        std::any_of(plan_.changes.begin(), plan_.changes.end(), [&](const Change& change) {
          return change.kind == ChangeKind::revoke_group_access && change.group == successor &&
                 change.ari == grant.first && change.role == grant.second;
        });
    return !taken && !now.contains(grant);
  });
}

/// Of whoever is removed from the directory it is not known here.
bool Successors::takes_people_from(const std::string& successor) const {
  return std::any_of(plan_.changes.begin(), plan_.changes.end(), [&](const Change& change) {
    return change.kind == ChangeKind::remove_user ||
           (change.kind == ChangeKind::remove_member && change.group == successor);
  });
}

const std::vector<std::size_t>& Successors::given_to(const std::string& group) {
  if (given_.empty()) {
    for (std::size_t i = 0; i < plan_.changes.size(); ++i) {
      const Change& change = plan_.changes[i];
      if (!takes_away(change.kind)) given_[change.group].push_back(i);
    }
  }
  return given_[group];
}

}  // namespace rolecall
