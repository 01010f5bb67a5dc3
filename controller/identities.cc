#include "controller/identities.h"

#include <boost/json/array.hpp>

#include "controller/by_parts.h"
#include "state/api/parse.h"
#include "state/api/reader.h"

namespace rolecall {
namespace {

constexpr const char* kNotRead =
    "whom or what its id means could not be read again before it was to be made";

}  // namespace

bool Identities::confirm(const std::vector<std::size_t>& changes) {
  std::vector<std::string> addresses;
  std::vector<std::string> names;
  for (const std::size_t i : changes) {
    const Change& change = plan_.changes[i];
    const std::string address = address_of(change);
    if (!address.empty() && people_.try_emplace(address).second) addresses.push_back(address);
    if (change.group_id.empty()) continue;
    const bool fresh = groups_.try_emplace(GroupName::from_server(change.group).key()).second;
    if (fresh) names.push_back(change.group);
  }
  if (addresses.empty() && names.empty()) return true;
  Reader reader(client_);
  by_parts(addresses, Endpoints::kMostEmails,
           [&](const std::vector<std::string>& part) { search_people(reader, part); });
  by_parts(names, Endpoints::kMostGroupNames,
           [&](const std::vector<std::string>& part) { search_groups(reader, part); });
  reader.run();
  return !reader.key_refused();
}

std::string Identities::doubt(const Change& change) const {
  if (const auto person = people_.find(address_of(change)); person != people_.end()) {
    const Shown& shown = person->second;
    if (shown.contradicts(change.account_id)) {
      return "another account shows this address on reading again: it takes another plan";
    }
    if (shown.ids.empty() && !shown.read) return kNotRead;
  }
  if (change.group_id.empty()) return {};
  const auto group = groups_.find(GroupName::from_server(change.group).key());
  if (group == groups_.end()) return {};
  if (group->second.contradicts(change.group_id)) {
    return "another group shows this name on reading again: it takes another plan";
  }
  return group->second.ids.empty() && !group->second.read ? kNotRead : "";
}

std::string Identities::address_of(const Change& change) const {
  if (change.account_id.empty()) return {};
  const auto other = plan_.shown.find(change.user);
  if (other == plan_.shown.end()) return change.user;
  const auto email = Email::parse(other->second);
  return email ? email->str() : std::string();
}

void Identities::search_people(Reader& reader, const std::vector<std::string>& addresses) {
  Endpoints::UserSearch search;
  search.emails = addresses;
  reader.walk(
      [this, search](const std::string& cursor) {
        return endpoints_.users(plan_.directory, search, cursor);
      },
      [this, search](const Reader::Page& page) {
        if (page.data == nullptr) return;
        for (const boost::json::value& item : *page.data) {
          const ParsedUser user = parse_user(item);
          const auto email = Email::parse(user.email);
          const auto place = email ? people_.find(email->str()) : people_.end();
          if (place != people_.end()) place->second.ids.insert(user.about.account_id);
        }
        if (!page.last) return;
        for (const std::string& address : search.emails) people_[address].read = true;
      });
}

void Identities::search_groups(Reader& reader, const std::vector<std::string>& names) {
  Endpoints::GroupSearch search;
  search.names = names;
  reader.walk(
      [this, search](const std::string& cursor) {
        return endpoints_.groups(plan_.directory, search, cursor);
      },
      [this, search](const Reader::Page& page) {
        if (page.data == nullptr) return;
        for (const boost::json::value& item : *page.data) {
          const ParsedGroup group = parse_group(item);
          const auto place = groups_.find(GroupName::from_server(group.name).key());
          if (place != groups_.end()) place->second.ids.insert(group.about.id);
        }
        if (!page.last) return;
        for (const std::string& name : search.names) {
          groups_[GroupName::from_server(name).key()].read = true;
        }
      });
}

}  // namespace rolecall
