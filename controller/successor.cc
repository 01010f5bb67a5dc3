#include "controller/successor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "controller/look_ups.h"
#include "controller/read_back.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr std::array kWaits = {milliseconds{0}, milliseconds{1000}, milliseconds{4000}};
constexpr const char* kNotYet = "its successor does not show everything yet";
constexpr const char* kTakenMeanwhile =
    "its successor was given what somebody else has taken from it meanwhile: take that from the "
    "successor too, unless the policy wants it there";

}  // namespace

bool Successors::confirm() {
  struct Again {
    Asked<std::string> id;
    Asked<ListedMembers> members;
    Asked<HeldRoles> roles;
  };
  if (plan_.copied.empty()) return true;
  std::map<std::string, Again> all;
  Reader reader(client_);
  misread_.hear(reader);
  const LookUps look_ups(reader, endpoints_, plan_.directory);
  for (const auto& [group, copied] : plan_.copied) {
    Again& again = all[group];
    look_ups.id_of(group, again.id);
    if (copied.keeps_members) look_ups.members(copied.id, again.members);
    if (copied.keeps_access) look_ups.roles_of_group(copied.id, again.roles);
  }
  reader.run();
  for (const auto& [group, copied] : plan_.copied) {
    const Again& again = all.at(group);
    const bool same_id = again.id.read && again.id.found == copied.id;
    const bool same_members = !copied.keeps_members || !copied.members_known ||
                              (again.members.read && again.members.found->is(copied.accounts));
    const bool same_access =
        !copied.keeps_access || (again.roles.read && again.roles.found->held == copied.grants);
    if (same_id && same_members && same_access) continue;
    const std::string because = fmt::format(
        "what the group {} has was not the same on reading again: it takes another plan", group);
    doubts_[group] = because;
    doubts_[plan_.renamed.at(group)] = because;
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
  for (const milliseconds wait : kWaits) {
    const std::vector<Effect> effects =
        read_back(client_, endpoints_, plan_, given, ids, wait, &misread_);
    const bool there = std::all_of(effects.begin(), effects.end(),
                                   [](Effect effect) { return effect == Effect::there; });
    why = there ? why_it_differs(*renamed, given.empty() ? wait : milliseconds{0}) : kNotYet;
    if (why != kNotYet) break;
  }
  return why;
}

std::string Successors::why_it_differs(const std::pair<const std::string, std::string>& renamed,
                                       milliseconds delay) {
  const auto found = plan_.copied.find(renamed.first);
  if (found == plan_.copied.end()) return kNotYet;
  const Plan::Copied& copied = found->second;
  Reader reader(client_);
  misread_.hear(reader);
  const LookUps look_ups(reader, endpoints_, plan_.directory, delay);
  Asked<std::string> id;
  look_ups.id_of(renamed.second, id);
  reader.run();
  const bool known = id.read && id.found && !id.found->empty();
  if (!known || (!copied.successor_id.empty() && *id.found != copied.successor_id)) return kNotYet;
  const LookUps more(reader, endpoints_, plan_.directory);
  Asked<ListedMembers> from, to;
  Asked<HeldRoles> had, has;
  if (copied.keeps_members) {
    more.members(copied.id, from);
    more.members(*id.found, to);
  }
  if (copied.keeps_access) {
    more.roles_of_group(copied.id, had);
    more.roles_of_group(*id.found, has);
  }
  reader.run();
  if (copied.keeps_members) {
    if (!from.read || !to.read) return kNotYet;
    for (const std::string& account : from.found->active) {
      if (!to.found->all.contains(account) && !copied.leaving.contains(account)) return kNotYet;
    }
    for (const std::string& account : copied.accounts) {
      const bool taken = !from.found->all.contains(account) && !copied.leaving.contains(account);
      if (taken && to.found->all.contains(account)) return kTakenMeanwhile;
    }
  }
  if (copied.keeps_access) {
    if (!had.read || !has.read) return kNotYet;
    const auto& all = has.found->held;
    if (!std::includes(all.begin(), all.end(), had.found->held.begin(), had.found->held.end())) {
      return kNotYet;
    }
    for (const auto& grant : copied.grants) {
      if (!had.found->held.contains(grant) && all.contains(grant)) return kTakenMeanwhile;
    }
  }
  return {};
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
