#include "controller/org_admins.h"

#include <set>

#include "controller/look_ups.h"
#include "controller/standing.h"

namespace rolecall {

std::optional<std::vector<std::string>> lost_admins(
    ReadClient& client, const Endpoints& endpoints, const std::string& directory,
    const std::map<std::string, std::string>& admins, std::chrono::milliseconds delay,
    Misread& misread) {
  std::map<std::string, std::string> lost = admins;
  Reader reader(client);
  misread.hear(reader);
  const LookUps look_ups(reader, endpoints, directory, delay);
  std::size_t unread = 0;
  std::vector<std::string> accounts;
  for (const auto& [account, admin] : admins) accounts.push_back(account);
  by_parts(accounts, Endpoints::kMostIds, [&](const std::vector<std::string>& part) {
    Endpoints::UserSearch search;
    search.account_ids = part;
    ++unread;
    look_ups.people(
        search,
        [&](const ParsedUser& user) {
          const auto place = lost.find(user.about.account_id);
          if (place == lost.end() || !Standing::is_active(user) || !user.about.opaque.empty())
            return;
          if (user.org_admin && user.about.accepted) lost.erase(place);
        },
        [&] { --unread; });
  });
  reader.run();
  if (unread > 0) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& [account, admin] : lost) out.push_back(admin);
  return out;
}

HiddenAdmins hidden_admins(ReadClient& client, const Endpoints& endpoints,
                           const std::string& directory, const std::vector<std::string>& accounts,
                           Misread& misread) {
  std::set<std::string> found, unread;
  // One empty answer may be as untrue as the one before.
  for (int time = 0; time < 2; ++time) {
    Reader reader(client);
    misread.hear(reader);
    const LookUps look_ups(reader, endpoints, directory);
    std::map<std::string, Asked<bool>> asked;
    for (const std::string& account : accounts) {
      if (!found.contains(account)) look_ups.is_org_admin(account, asked[account]);
    }
    reader.run();
    for (const auto& [account, shows] : asked) {
      if (shows.found) {
        found.insert(account);
        unread.erase(account);
      } else if (!shows.read) {
        unread.insert(account);
      }
    }
  }
  return {{found.begin(), found.end()}, {unread.begin(), unread.end()}};
}

}  // namespace rolecall
