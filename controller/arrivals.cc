#include "controller/arrivals.h"

#include <map>

#include "controller/look_ups.h"

namespace rolecall {

void confirm_arrivals(ReadClient& client, const std::string& organization, const Memory& memory,
                      const Catalog& catalog, Snapshot& live) {
  std::map<std::string, UserRef> arrived;  ///< by account
  std::vector<std::string> addresses;
  std::vector<std::string> accounts;  ///< of pinned ones who show another address, or none
  for (const OpenInvitation& open : memory.open_invitations) {
    const auto email = Email::parse(open.email);
    const auto ref = email ? catalog.find_user(*email) : std::nullopt;
    if (!ref || live.live.find(*ref) == nullptr || !live.about(*ref).opaque.empty()) continue;
    const LiveUser& about = live.about(*ref);
    if (!arrived.emplace(about.account_id, *ref).second) continue;
    if (about.shows.empty()) {
      addresses.push_back(email->str());
    } else {
      accounts.push_back(about.account_id);
    }
  }
  if (arrived.empty()) return;
  const Endpoints endpoints(organization);
  Reader reader(client);
  reader.asks_for("people");
  const LookUps look_ups(reader, endpoints, live.directory_id);
  std::set<std::string> seen;
  const auto ask = [&](const Endpoints::UserSearch& search) {
    look_ups.people(
        search,
        [&](const ParsedUser& user) {
          const auto place = arrived.find(user.about.account_id);
          if (place == arrived.end() || user.presence == Presence::absent) return;
          const auto email = Email::parse(user.email);
          const bool by_address = live.about(place->second).shows.empty();
          if (by_address && (!email || email->str() != catalog.name(place->second))) return;
          seen.insert(place->first);
        },
        [] {});
  };
  by_parts(addresses, Endpoints::kMostEmails, [&](const std::vector<std::string>& part) {
    Endpoints::UserSearch search;
    search.emails = part;
    ask(search);
  });
  by_parts(accounts, Endpoints::kMostIds, [&](const std::vector<std::string>& part) {
    Endpoints::UserSearch search;
    search.account_ids = part;
    ask(search);
  });
  reader.run();
  live.read_calls += reader.calls();
  for (const auto& [what, calls] : reader.calls_for()) live.calls_for[std::string(what)] += calls;
  for (const auto& [account, ref] : arrived) {
    if (seen.contains(account)) continue;
    live.users[index(ref)].opaque =
        "what became of their invitation is not known, and only one of two readings shows them";
  }
}

}  // namespace rolecall
