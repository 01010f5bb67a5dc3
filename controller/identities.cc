#include "controller/identities.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "controller/look_ups.h"
#include "diff/schedule.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;

constexpr std::array kArrivalWaits = {milliseconds{0},     milliseconds{1'000},
                                      milliseconds{2'000}, milliseconds{4'000},
                                      milliseconds{8'000}, milliseconds{15'000}};
constexpr const char* kAccountGone = "the account is not to be seen in the directory any more";
constexpr const char* kGroupGone = "the group is not to be seen any more";
constexpr const char* kIdsNotRead =
    "whom or what its id means could not be read again before it was to be made";

std::string key_of(const std::string& group) {
  return GroupName::from_server(group).key();
}

std::string address_shown(const ParsedUser& user) {
  const auto email = Email::parse(user.email);
  return email ? email->str() : "-";
}

}  // namespace

Identities::Identities(ReadClient& client, const Endpoints& endpoints, const Plan& plan,
                       Misread& misread)
    : client_(client), endpoints_(endpoints), plan_(plan), misread_(misread), standing_(plan) {
  for (const Change& change : plan.changes) {
    if (change.kind == ChangeKind::invite_user) invited_.insert(change.user);
  }
}

bool Identities::confirm(const std::vector<std::size_t>& changes, const KnownIds& ids) {
  for (const milliseconds wait : kArrivalWaits) {
    if (!ask(changes, ids, wait)) return false;
    if (!waits_for(changes, ids)) break;
  }
  return true;
}

bool Identities::ask(const std::vector<std::size_t>& changes, const KnownIds& ids,
                     milliseconds delay) {
  std::vector<std::string> addresses;
  std::vector<std::string> names;
  for (const std::size_t i : changes) {
    const Change& change = plan_.changes[i];
    // What was asked for before the invitation, or before the wait, does not count.
    if (is_invited(change, ids) && (arrived_.insert(change.user).second || !seen(change, ids))) {
      addresses_.erase(change.user);
      accounts_.erase(ids.account(change));
    }
    const bool invites = change.kind == ChangeKind::invite_user;
    const bool about_account = invites || (!rides(change) && !ids.account(change).empty());
    const std::string address = about_account ? address_of(change) : std::string();
    if (!address.empty() && addresses_.try_emplace(address).second) addresses.push_back(address);
    if (ids.group(change).empty() || change.kind == ChangeKind::create_group) continue;
    if (group_names_.try_emplace(key_of(change.group)).second) names.push_back(change.group);
  }
  Reader reader(client_);
  misread_.hear(reader);
  const LookUps look_ups(reader, endpoints_, plan_.directory, delay);
  search_addresses(look_ups, addresses);
  search_names(look_ups, names);
  reader.run();
  std::vector<std::string> accounts;
  std::vector<std::string> groups;
  for (const std::size_t i : changes) {
    const Change& change = plan_.changes[i];
    const std::string account = rides(change) ? std::string() : ids.account(change);
    const auto shown = addresses_.find(address_of(change));
    const bool unseen = shown == addresses_.end() || shown->second.ids.empty();
    if (!account.empty() && unseen && accounts_.try_emplace(account).second) {
      accounts.push_back(account);
    }
    const std::string group = ids.group(change);
    const auto named = group_names_.find(key_of(change.group));
    if (named == group_names_.end() || !named->second.ids.empty()) continue;
    if (group_ids_.try_emplace(group).second) groups.push_back(group);
  }
  const LookUps more(reader, endpoints_, plan_.directory);
  search_accounts(more, accounts);
  search_groups(more, groups);
  reader.run();
  return !reader.key_refused();
}

bool Identities::waits_for(const std::vector<std::size_t>& changes, const KnownIds& ids) const {
  return std::any_of(changes.begin(), changes.end(), [&](std::size_t i) {
    return is_invited(plan_.changes[i], ids) && !seen(plan_.changes[i], ids);
  });
}

bool Identities::seen(const Change& change, const KnownIds& ids) const {
  const auto shown = addresses_.find(address_of(change));
  if (shown != addresses_.end() && !shown->second.ids.empty()) return true;
  const auto known = accounts_.find(ids.account(change));
  return known != accounts_.end() && !known->second.names.empty();
}

std::string Identities::doubt(const Change& change, const KnownIds& ids) const {
  if (change.kind == ChangeKind::invite_user) return doubt_about_invitation(change);
  if (std::string why = doubt_about_account(change, ids); !why.empty()) return why;
  const std::string group = ids.group(change);
  if (group.empty()) return {};
  std::string why = doubt(key_of(change.group), group, group_names_, group_ids_, "group");
  // What this run has made may not show yet.
  const bool is_made = change.group_id.empty();
  if (why.empty() && !is_made && misread_.seen().is_gone(group)) why = kGroupGone;
  const ParsedGroup* shown = misread_.seen().group(group);
  if (why.empty() && shown != nullptr) why = Standing::of(change, *shown).because;
  return why;
}

std::string Identities::doubt_about_invitation(const Change& change) const {
  const auto shown = addresses_.find(change.user);
  if (shown == addresses_.end()) return {};
  if (!shown->second.ids.empty()) {
    return "an account in the directory shows this address on reading again: it takes another plan";
  }
  const auto known = accounts_.find(change.account_id);
  if (known != accounts_.end() && !known->second.names.empty()) {
    return "the account is in the directory on reading again: it takes another plan";
  }
  const bool read = shown->second.read && (known == accounts_.end() || known->second.read);
  return read ? "" : kIdsNotRead;
}

std::string Identities::doubt_about_account(const Change& change, const KnownIds& ids) const {
  const std::string account = ids.account(change);
  if (account.empty() || rides(change)) return {};
  std::string address = address_of(change);
  if (address.empty()) address.assign(1, '-');
  std::string why = doubt(address, account, addresses_, accounts_, "account");
  if (!why.empty()) return why;
  if (is_invited(change, ids)) {
    if (arrived_.contains(change.user) && !seen(change, ids)) {
      return "whether the account that the invitation was answered with is theirs is not to be "
             "seen yet";
    }
  } else if (!change.account_id.empty() && plan_.complete && misread_.seen().is_gone(account)) {
    return kAccountGone;
  }
  return seen_last(change, ids).because;
}

bool Identities::found_done(const Change& change, const KnownIds& ids) const {
  if (rides(change)) return false;
  if (change.kind == ChangeKind::add_member && is_member(change, ids).value_or(false)) return true;
  if (change.ari.empty()) return seen_last(change, ids).done;
  const std::string holder = change.group.empty() ? ids.account(change) : ids.group(change);
  const LastSeen::Roles* held = misread_.seen().roles(holder);
  return held != nullptr && held->contains({change.ari, change.role});
}

bool Identities::seems_done(const Change& change, const KnownIds& ids) const {
  return change.kind == ChangeKind::remove_member && !is_member(change, ids).value_or(true);
}

std::optional<bool> Identities::is_member(const Change& change, const KnownIds& ids) const {
  const std::vector<std::string>* groups = misread_.seen().groups_of(ids.account(change));
  if (groups == nullptr) return std::nullopt;
  return std::find(groups->begin(), groups->end(), ids.group(change)) != groups->end();
}

Premise Identities::seen_last(const Change& change, const KnownIds& ids) const {
  const ParsedUser* shown = misread_.seen().account(ids.account(change));
  return shown == nullptr ? Premise{} : standing_.of(change, *shown);
}

std::string Identities::doubt(const std::string& name, const std::string& id, const Names& names,
                              const Ids& ids, const std::string& what) {
  const auto named = names.find(name);
  if (named != names.end() && !named->second.ids.empty()) {
    if (named->second.ids.contains(id)) return {};
    return fmt::format("another {} shows this {} on reading again: it takes another plan", what,
                       what == "group" ? "name" : "address");
  }
  const auto known = ids.find(id);
  if (known != ids.end() && !known->second.names.empty()) {
    if (known->second.names.contains(name)) return {};
    return fmt::format("the {} shows another {} on reading again: it takes another plan", what,
                       what == "group" ? "name" : "address");
  }
  const bool read =
      (named == names.end() || named->second.read) && (known == ids.end() || known->second.read);
  return read ? "" : kIdsNotRead;
}

std::string Identities::address_of(const Change& change) const {
  if (change.kind == ChangeKind::create_group || change.user.empty()) return {};
  const auto other = plan_.shown.find(change.user);
  if (other == plan_.shown.end()) return change.user;
  const auto email = Email::parse(other->second);
  return email ? email->str() : std::string();
}

bool Identities::rides(const Change& change) const {
  return rides_on_invitation(change) && invited_.contains(change.user);
}

bool Identities::is_invited(const Change& change, const KnownIds& ids) const {
  return invited_.contains(change.user) && change.kind != ChangeKind::invite_user &&
         !rides_on_invitation(change) && !ids.account(change).empty();
}

void Identities::search_addresses(const LookUps& look_ups,
                                  const std::vector<std::string>& addresses) {
  by_parts(addresses, Endpoints::kMostEmails, [&](const std::vector<std::string>& part) {
    Endpoints::UserSearch search;
    search.emails = part;
    look_ups.people(
        search,
        [this](const ParsedUser& user) {
          if (user.presence == Presence::absent) return;
          const auto place = addresses_.find(address_shown(user));
          if (place != addresses_.end()) place->second.ids.insert(user.about.account_id);
        },
        [this, part] {
          for (const std::string& address : part) addresses_[address].read = true;
        });
  });
}

void Identities::search_accounts(const LookUps& look_ups,
                                 const std::vector<std::string>& accounts) {
  by_parts(accounts, Endpoints::kMostIds, [&](const std::vector<std::string>& part) {
    Endpoints::UserSearch search;
    search.account_ids = part;
    const auto whole = std::make_shared<bool>(true);
    look_ups.people(
        search,
        [this, whole](const ParsedUser& user) {
          // Might be any of them.
          if (user.about.account_id.empty()) *whole = false;
          if (user.presence == Presence::absent) return;
          const auto place = accounts_.find(user.about.account_id);
          if (place != accounts_.end()) place->second.names.insert(address_shown(user));
        },
        [this, part, whole] {
          for (const std::string& account : part) accounts_[account].read = *whole;
        });
  });
}

void Identities::search_names(const LookUps& look_ups, const std::vector<std::string>& names) {
  by_parts(names, Endpoints::kMostGroupNames, [&](const std::vector<std::string>& part) {
    Endpoints::GroupSearch search;
    search.names = part;
    look_ups.groups(
        search,
        [this](const ParsedGroup& group) {
          const auto place = group_names_.find(key_of(group.name));
          if (place != group_names_.end()) place->second.ids.insert(group.about.id);
        },
        [this, part] {
          for (const std::string& name : part) group_names_[key_of(name)].read = true;
        });
  });
}

void Identities::search_groups(const LookUps& look_ups, const std::vector<std::string>& groups) {
  by_parts(groups, Endpoints::kMostIds, [&](const std::vector<std::string>& part) {
    Endpoints::GroupSearch search;
    search.ids = part;
    look_ups.groups(
        search,
        [this](const ParsedGroup& group) {
          const auto place = group_ids_.find(group.about.id);
          if (place != group_ids_.end()) place->second.names.insert(key_of(group.name));
        },
        [this, part] {
          for (const std::string& id : part) group_ids_[id].read = true;
        });
  });
}

}  // namespace rolecall
