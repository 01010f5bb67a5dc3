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
  const LookUps look_ups(reader, endpoints_, plan_.directory);
  for (const auto& [group, copied] : plan_.copied) {
    Again& again = all[group];
    Endpoints::GroupSearch search;
    search.names = {group};
    look_ups.groups(
        search,
        [&again, name = GroupName::from_server(group)](const ParsedGroup& found) {
          if (GroupName::from_server(found.name) == name) again.id.found = found.about.id;
        },
        [&again] { again.id.read = true; });
    if (copied.members) look_ups.members(copied.id, again.members);
    if (copied.access) look_ups.roles_of_group(copied.id, again.roles);
  }
  reader.run();
  for (const auto& [group, copied] : plan_.copied) {
    const Again& again = all.at(group);
    const bool same_id = again.id.read && again.id.found == copied.id;
    const bool same_members =
        !copied.members || (again.members.read && again.members.found->is(copied.accounts));
    const bool same_access =
        !copied.access || (again.roles.read && again.roles.found->held == copied.grants);
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

bool Successors::complete(const Change& deletion, KnownIds& ids) {
  const auto renamed = plan_.renamed.find(deletion.group);
  if (renamed == plan_.renamed.end()) return true;
  const std::vector<std::size_t>& given = given_to(renamed->second);
  if (given.empty()) return true;
  return std::any_of(kWaits.begin(), kWaits.end(), [&](milliseconds wait) {
    const std::vector<Effect> effects = read_back(client_, endpoints_, plan_, given, ids, wait);
    return std::all_of(effects.begin(), effects.end(),
                       [](Effect effect) { return effect == Effect::there; });
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
