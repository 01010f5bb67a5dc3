#include "controller/arrivals.h"

#include <map>

#include "controller/look_ups.h"

namespace rolecall {

void confirm_arrivals(ReadClient& client, const std::string& organization, const Memory& memory,
                      const Catalog& catalog, Snapshot& live) {
  std::map<std::string, UserRef> arrived;
  std::vector<std::string> addresses;
  for (const OpenInvitation& open : memory.open_invitations) {
    const auto email = Email::parse(open.email);
    const auto ref = email ? catalog.find_user(*email) : std::nullopt;
    if (!ref || live.live.find(*ref) == nullptr || !live.about(*ref).opaque.empty()) continue;
    if (arrived.emplace(email->str(), *ref).second) addresses.push_back(email->str());
  }
  if (arrived.empty()) return;
  const Endpoints endpoints(organization);
  Reader reader(client);
  const LookUps look_ups(reader, endpoints, live.directory_id);
  std::set<UserRef> seen;
  by_parts(addresses, Endpoints::kMostEmails, [&](const std::vector<std::string>& part) {
    Endpoints::UserSearch search;
    search.emails = part;
    look_ups.people(
        search,
        [&](const ParsedUser& user) {
          const auto email = Email::parse(user.email);
          const auto place = email ? arrived.find(email->str()) : arrived.end();
          if (place == arrived.end()) return;
          const bool same = live.about(place->second).account_id == user.about.account_id;
          if (same) seen.insert(place->second);
        },
        [] {});
  });
  reader.run();
  live.read_calls += reader.calls();
  for (const auto& [address, ref] : arrived) {
    if (seen.contains(ref)) continue;
    live.users[index(ref)].opaque =
        "what became of their invitation is not known, and only one of two readings shows them";
  }
}

}  // namespace rolecall
