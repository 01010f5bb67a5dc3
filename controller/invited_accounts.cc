#include "controller/invited_accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <map>
#include <string>
#include <string_view>

#include "state/api/parse.h"
#include "state/api/reader.h"

namespace rolecall {
namespace {

/// The address that each account shows; none for one that is not to be seen. An Error: it could not
/// be read.
Result<std::map<std::string, std::string>> addresses_of(ReadClient& client,
                                                        const Endpoints& endpoints,
                                                        const std::string& directory,
                                                        const std::vector<std::string>& accounts) {
  Reader reader(client);
  std::map<std::string, std::string> out;
  std::string problem;
  for (std::size_t i = 0; i < accounts.size(); i += Endpoints::kMostIds) {
    Endpoints::UserSearch request;
    const auto from = accounts.begin() + static_cast<std::ptrdiff_t>(i);
    request.account_ids.assign(from, from + static_cast<std::ptrdiff_t>(std::min(
                                                Endpoints::kMostIds, accounts.size() - i)));
    reader.walk(
        [&, request](const std::string& cursor) {
          return endpoints.users(directory, request, cursor);
        },
        [&](const Reader::Page& page) {
          problem += page.problem;
          if (page.data == nullptr) return;
          for (const boost::json::value& item : *page.data) {
            const ParsedUser user = parse_user(item);
            const auto email = Email::parse(user.email);
            out[user.about.account_id] = email ? email->str() : user.email;
          }
        });
  }
  reader.run();
  if (!problem.empty()) return fail(problem);
  return out;
}

void forget(KnownIds& ids, const std::string& user, std::string_view whose) {
  const auto invited = ids.invited.find(user);
  if (invited == ids.invited.end()) return;  // the plan itself knows them
  invited->second =
      fmt::format("the invitation was answered with account {} {}", ids.accounts[user], whose);
  ids.accounts.erase(user);
}

}  // namespace

void check_invited_accounts(const Plan& plan, const std::vector<std::size_t>& following,
                            ReadClient& client, const Endpoints& endpoints, KnownIds& ids) {
  std::map<std::string, std::vector<std::string>> users_of;
  for (const auto& [user, account] : ids.accounts) users_of[account].push_back(user);
  std::map<std::string, std::string> asked;  // by account
  for (const std::size_t i : following) {
    const Change& change = plan.changes[i];
    if (!ids.invited.contains(change.user)) continue;
    if (const std::string account = ids.account(change); !account.empty()) {
      asked[account] = change.user;
    }
  }
  std::erase_if(asked, [&](const auto& it) {
    const std::vector<std::string>& users = users_of[it.first];
    if (users.size() == 1) return false;
    for (const std::string& user : users) forget(ids, user, "of two people");
    return true;
  });
  if (asked.empty()) return;
  std::vector<std::string> accounts;
  for (const auto& [account, user] : asked) accounts.push_back(account);
  const auto shown = addresses_of(client, endpoints, plan.directory, accounts);
  for (const auto& [account, user] : asked) {
    if (!shown) {
      forget(ids, user, "that could not be read back");
    } else if (const auto it = shown->find(account); it != shown->end() && it->second != user) {
      forget(ids, user, fmt::format("of {}", it->second.empty() ? "somebody" : it->second));
    }
  }
}

}  // namespace rolecall
