#include "controller/read_back.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <boost/json/array.hpp>
#include <utility>

#include "controller/look_ups.h"

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostWitnesses = 2;
constexpr std::chrono::milliseconds kBetweenTwo{1000};

struct AskedPerson : Asked<ParsedUser> {
  bool ambiguous = false;    ///< `found` is one of several accounts that have the address
  bool roles_shown = false;  ///< the answer says who are org admins, if of others only
};

class ReadBack {
 public:
  ReadBack(ReadClient& client, const Endpoints& endpoints, const Plan& plan, KnownIds& ids,
           std::chrono::milliseconds delay, Misread* misread)
      : reader_(client),
        endpoints_(endpoints),
        plan_(plan),
        ids_(ids),
        look_ups_(reader_, endpoints, plan.directory, delay),
        at_once_(reader_, endpoints, plan.directory),
        delay_(delay),
        witnesses_(witnesses(plan)) {
    if (misread != nullptr) misread->hear(reader_);
  }

  std::vector<Effect> run(const std::vector<std::size_t>& changes, bool closely) {
    for (const std::size_t i : changes) ask(plan_.changes[i]);
    search_people();
    search_groups();
    for (auto& [id, roles] : group_roles_) look_ups_.roles_of_group(id, roles);
    for (auto& [id, roles] : user_roles_) look_ups_.roles_of_user(id, roles);
    reader_.run();
    read_roles_of_the_found(changes);
    look_for_unreadable_groups();
    read_groups_of_the_found(changes, closely);
    std::vector<Effect> out;
    for (const std::size_t i : changes) out.push_back(effect(plan_.changes[i]));
    return out;
  }

 private:
  /// Accounts that were there when the plan was made and that it leaves there: who looks whether
  /// somebody is gone asks for them too. An answer without any of them proves nothing. Rather those
  /// who stay org admins: they have to show as such.
  static std::set<std::string> witnesses(const Plan& plan) {
    std::set<std::string> out(plan.org_admin_accounts.begin(), plan.org_admin_accounts.end());
    for (const Change& change : plan.changes) {
      if (change.kind == ChangeKind::remove_user) out.erase(change.account_id);
    }
    out.erase("");
    std::set<std::string> staying = out;
    for (const Change& change : plan.changes) {
      if (change.kind == ChangeKind::revoke_org_role) staying.erase(change.account_id);
    }
    // Whoever is made an admin is one before others are none any more.
    const bool nobody_stays = staying.empty();
    for (const Change& change : plan.changes) {
      const bool made = change.kind == ChangeKind::grant_org_role && !change.account_id.empty();
      if (nobody_stays && made) staying.insert(change.account_id);
    }
    if (!staying.empty()) out = std::move(staying);
    while (out.size() > kMostWitnesses) out.erase(std::prev(out.end()));
    return out;
  }

  void ask(const Change& change) {
    switch (change.kind) {
      case ChangeKind::create_group:
      case ChangeKind::delete_group:
        groups_[change.group];
        break;
      case ChangeKind::grant_group_access:
      case ChangeKind::revoke_group_access:
        group_roles_[ids_.group(change)];
        break;
      case ChangeKind::grant_user_access:
      case ChangeKind::revoke_user_access:
        if (!ids_.account(change).empty()) user_roles_[ids_.account(change)];
        people_[change.user];
        break;
      default:
        people_[change.user];
    }
  }

  /// The direct roles of people whose accounts came to light only now, by their addresses.
  void read_roles_of_the_found(const std::vector<std::size_t>& changes) {
    for (const std::size_t i : changes) {
      const Change& change = plan_.changes[i];
      if (change.kind != ChangeKind::grant_user_access &&
          change.kind != ChangeKind::revoke_user_access) {
        continue;
      }
      const std::string account = ids_.account(change);
      if (account.empty()) continue;
      const auto [roles, fresh] = user_roles_.try_emplace(account);
      if (fresh) look_ups_.roles_of_user(account, roles->second);
    }
    reader_.run();
  }

  /// The roles of a group cannot be read once it is gone: then nobody holds them.
  void look_for_unreadable_groups() {
    for (const auto& [group, roles] : group_roles_) {
      const std::string& id = group;
      if (roles.read || id.empty()) continue;
      Endpoints::GroupSearch request;
      request.ids = {id};
      reader_.walk(
          [this, request](const std::string& cursor) {
            return endpoints_.groups(plan_.directory, request, cursor);
          },
          [this, id](const Reader::Page& page) {
            if (page.data == nullptr || !page.data->empty() || !page.last) return;
            gone_groups_.insert(id);
            reader_.tell_gone(id);
          });
    }
    reader_.run();
  }

  /// Whoever's groups, as they were sent, lack the one that a change is about: they may be cut
  /// short.
  void read_groups_of_the_found(const std::vector<std::size_t>& changes, bool of_additions) {
    for (const std::size_t i : changes) {
      const Change& change = plan_.changes[i];
      const bool adds = change.kind == ChangeKind::add_member && of_additions;
      if (!adds && change.kind != ChangeKind::remove_member) continue;
      const AskedPerson& person = people_[change.user];
      if (!person.read || !person.found || is_listed_in(change, *person.found)) continue;
      const auto [groups, fresh] = groups_of_.try_emplace(change.user);
      if (fresh) at_once_.groups_of(*person.found, groups->second);
    }
    reader_.run();
    for (const std::size_t i : changes) {
      const Change& change = plan_.changes[i];
      const auto groups = groups_of_.find(change.user);
      // (That somebody shows proves no membership, where a server does not know the filter.)
      if (!takes_away(change.kind) || groups == groups_of_.end() || !groups->second.read ||
          groups->second.found->shown) {
        continue;
      }
      const std::string group = ids_.group(change);
      if (group.empty() || groups->second.found->ids.contains(group)) continue;
      const auto [inside, fresh] = in_groups_.try_emplace({change.user, group});
      if (!fresh) continue;
      at_once_.in_group(people_[change.user].found->about.account_id, group, inside->second);
    }
    reader_.run();
  }

  void search_people() {
    std::vector<std::string> emails;
    std::vector<std::string> accounts;
    for (const auto& [user, asked] : people_) {
      const auto known = ids_.accounts.find(user);
      if (known == ids_.accounts.end()) {
        emails.push_back(user);
      } else {
        accounts.push_back(known->second);
        users_of_[known->second] = user;
      }
    }
    const auto search = [&](const std::vector<std::string>& all, std::size_t most, bool by_email) {
      for (std::size_t i = 0; i < all.size(); i += most) {
        Endpoints::UserSearch request;
        request.expand_groups = true;
        const auto from = all.begin() + static_cast<std::ptrdiff_t>(i);
        const auto to = all.begin() + static_cast<std::ptrdiff_t>(std::min(i + most, all.size()));
        (by_email ? request.emails : request.account_ids).assign(from, to);
        walk_people(std::move(request));
      }
    };
    search(emails, Endpoints::kMostEmails, true);
    search(accounts, Endpoints::kMostIds - kMostWitnesses, false);
  }

  void walk_people(Endpoints::UserSearch request) {
    std::vector<std::string> asked = request.emails;
    for (const std::string& account : request.account_ids) asked.push_back(users_of_.at(account));
    const bool by_email = !request.emails.empty();
    if (!by_email) {
      for (const std::string& witness : witnesses_) {
        if (!users_of_.contains(witness)) request.account_ids.push_back(witness);
      }
    }
    reader_.walk(
        [this, request](const std::string& cursor) {
          return endpoints_.users(plan_.directory, request, cursor);
        },
        [this, asked, by_email, proved = by_email || witnesses_.empty(),
         roles_shown = false](const Reader::Page& page) mutable {
          if (page.data == nullptr) return;
          for (const json::value& item : *page.data) {
            ParsedUser user = parse_user(item);
            if (!user.about.opaque.empty()) reader_.tell(user.about.opaque);
            reader_.tell_opaque(user.about.account_id, user.about.opaque);
            reader_.tell_seen(user);
            proved = proved || witnesses_.contains(user.about.account_id);
            roles_shown = roles_shown || user.has_platform_roles;
            take(std::move(user), by_email);
          }
          if (!page.last) return;
          for (const std::string& user : asked) {
            people_[user].roles_shown = roles_shown;
            if (proved || people_[user].found) conclude(user);
          }
        },
        delay_);
  }

  /// Whoever was asked for by their account is nobody else, whatever address others have.
  void take(ParsedUser user, bool by_email) {
    const std::string& account = user.about.account_id;
    const auto email = Email::parse(user.email);
    const auto of_account = users_of_.find(account);
    auto place = people_.end();
    if (by_email && email) place = people_.find(email->str());
    if (!by_email && of_account != users_of_.end()) place = people_.find(of_account->second);
    if (place == people_.end()) return;
    AskedPerson& person = place->second;
    if (person.found && person.found->about.account_id != account) person.ambiguous = true;
    person.found = std::move(user);
  }

  void conclude(const std::string& user) {
    AskedPerson& person = people_[user];
    person.read = true;
    const auto known = ids_.accounts.find(user);
    if (!person.found && known != ids_.accounts.end()) reader_.tell_gone(known->second);
    if (!person.found || person.ambiguous || person.found->about.account_id.empty()) return;
    ids_.accounts.try_emplace(user, person.found->about.account_id);
  }

  void search_groups() {
    std::vector<std::string> names;
    for (const auto& [group, asked] : groups_) names.push_back(group);
    for (std::size_t i = 0; i < names.size(); i += Endpoints::kMostGroupNames) {
      Endpoints::GroupSearch request;
      request.names.assign(names.begin() + static_cast<std::ptrdiff_t>(i),
                           names.begin() + static_cast<std::ptrdiff_t>(std::min(
                                               i + Endpoints::kMostGroupNames, names.size())));
      reader_.walk(
          [this, request](const std::string& cursor) {
            return endpoints_.groups(plan_.directory, request, cursor);
          },
          [this, request, ids = std::set<std::string>()](const Reader::Page& page) mutable {
            if (page.data == nullptr) return;
            for (const json::value& item : *page.data) {
              const ParsedGroup group = parse_group(item);
              if (!group.about.opaque.empty()) reader_.tell(group.about.opaque);
              reader_.tell_opaque(group.about.id, group.about.opaque);
              reader_.tell_seen(group);
              // Which group that is nobody knows: it might be any of those asked for.
              const bool fresh = ids.insert(group.about.id).second;
              if (group.name.empty() || group.about.id.empty() || !fresh) ids.insert("");
              const GroupName found = GroupName::from_server(group.name);
              for (const std::string& asked : request.names) {
                if (GroupName::from_server(asked) != found) continue;
                // Two of one name are none: what is given to one must not go to the other.
                if (groups_[asked].found && *groups_[asked].found != group.about.id) ids.insert("");
                groups_[asked].found = group.about.id;
              }
            }
            if (!page.last || ids.contains("")) return;
            for (const std::string& asked : request.names) groups_[asked].read = true;
          },
          delay_);
    }
  }

  [[nodiscard]] static Effect as_wanted(bool yes) {
    return yes ? Effect::there : Effect::not_there;
  }

  [[nodiscard]] Effect effect(const Change& change) {
    switch (change.kind) {
      case ChangeKind::create_group:
      case ChangeKind::delete_group: {
        const Asked<std::string>& group = groups_[change.group];
        if (!group.read) return Effect::unknown;
        if (change.kind == ChangeKind::create_group) {
          if (group.found) ids_.groups[change.group] = *group.found;
          return as_wanted(group.found.has_value());
        }
        return as_wanted(!group.found || *group.found != ids_.group(change));
      }
      case ChangeKind::grant_group_access:
      case ChangeKind::revoke_group_access:
        if (gone_groups_.contains(ids_.group(change))) return as_wanted(takes_away(change.kind));
        return effect_on_roles(change, group_roles_[ids_.group(change)]);
      case ChangeKind::grant_user_access:
      case ChangeKind::revoke_user_access: {
        const std::string account = ids_.account(change);
        const AskedPerson& person = people_[change.user];
        if (person.ambiguous) return Effect::ambiguous;
        if (person.read && !person.found) return as_wanted(takes_away(change.kind));
        return account.empty() ? Effect::unknown : effect_on_roles(change, user_roles_[account]);
      }
      default:
        return effect_on_person(change, people_[change.user]);
    }
  }

  [[nodiscard]] static Effect effect_on_roles(const Change& change, const Asked<HeldRoles>& roles) {
    if (!roles.read || roles.found->opaque.contains(change.ari)) return Effect::unknown;
    return as_wanted(roles.found->held.contains({change.ari, change.role}) !=
                     takes_away(change.kind));
  }

  [[nodiscard]] Effect effect_on_person(const Change& change, const AskedPerson& person) {
    if (!person.read) return Effect::unknown;
    if (person.ambiguous) return Effect::ambiguous;
    if (!person.found) {
      // Out of the directory: everything that takes away is as wanted.
      return as_wanted(takes_away(change.kind));
    }
    const ParsedUser& user = *person.found;
    // Only who is in the directory was asked for.
    if (user.presence == Presence::absent) {
      return change.kind == ChangeKind::remove_user ? Effect::there : Effect::unknown;
    }
    if (change.kind == ChangeKind::remove_user) return Effect::not_there;
    if (!user.about.opaque.empty()) return Effect::unknown;
    if (change.kind == ChangeKind::invite_user) return Effect::there;
    switch (change.kind) {
      case ChangeKind::restore_user:
        return as_wanted(user.presence == Presence::active);
      case ChangeKind::suspend_user:
        return as_wanted(user.presence != Presence::active);
      case ChangeKind::add_member:
      case ChangeKind::remove_member:
        return effect_on_member(change, user);
      case ChangeKind::grant_org_role:
        return as_wanted(user.org_admin);
      case ChangeKind::revoke_org_role:
        // Of those who have none they may be left out.
        if (!person.roles_shown) return Effect::unknown;
        return as_wanted(!user.org_admin);
      default:
        return Effect::unknown;
    }
  }

  [[nodiscard]] Effect effect_on_member(const Change& change, const ParsedUser& user) {
    bool inside = is_listed_in(change, user);
    const auto groups = groups_of_.find(change.user);
    if (!inside && groups != groups_of_.end()) {
      if (!groups->second.read) return Effect::unknown;
      inside = groups->second.found->ids.contains(ids_.group(change));
      const HeldGroups& held = *groups->second.found;
      if (!inside && !(takes_away(change.kind) ? held.shown : held.whole)) {
        const auto asked = in_groups_.find({change.user, ids_.group(change)});
        if (asked == in_groups_.end() || !asked->second.read) return Effect::unknown;
        inside = asked->second.found.has_value();
      }
    } else if (!inside && takes_away(change.kind)) {
      return Effect::unknown;
    }
    return as_wanted(inside != takes_away(change.kind));
  }

  [[nodiscard]] bool is_listed_in(const Change& change, const ParsedUser& user) const {
    return std::find(user.group_ids.begin(), user.group_ids.end(), ids_.group(change)) !=
           user.group_ids.end();
  }

  Reader reader_;
  const Endpoints& endpoints_;
  const Plan& plan_;
  KnownIds& ids_;
  LookUps look_ups_, at_once_;  ///< after the delay, and without it
  std::chrono::milliseconds delay_;
  std::set<std::string> witnesses_;  ///< account ids
  std::map<std::string, std::string>
      users_of_;  ///< address by account id, of those asked for by it
  std::map<std::string, AskedPerson> people_;
  std::map<std::string, Asked<std::string>> groups_;
  std::map<std::string, Asked<HeldRoles>> group_roles_;
  std::map<std::string, Asked<HeldRoles>> user_roles_;
  std::map<std::string, Asked<HeldGroups>> groups_of_;                    ///< by address
  std::map<std::pair<std::string, std::string>, Asked<bool>> in_groups_;  ///< and the group's id
  std::set<std::string> gone_groups_;                                     ///< ids
};

/// `made`: by id, the place of its effect.
void look_into_groups(ReadClient& client, const Endpoints& endpoints, const std::string& directory,
                      const std::map<std::string, std::size_t>& made, Misread* misread,
                      std::vector<Effect>& effects) {
  for (const auto& [id, place] : made) effects[place] = Effect::unknown;
  Reader reader(client);
  if (misread != nullptr) misread->hear(reader);
  const LookUps look_ups(reader, endpoints, directory);
  std::vector<std::string> ids;
  for (const auto& [id, place] : made) ids.push_back(id);
  by_parts(ids, Endpoints::kMostIds, [&](const std::vector<std::string>& part) {
    Endpoints::GroupSearch search;
    search.ids = part;
    search.expand_counts = true;
    look_ups.groups(
        search,
        [&](const ParsedGroup& group) {
          const auto place = made.find(group.about.id);
          if (place == made.end() || !group.has_counts) return;
          const bool empty = group.about.user_count == 0 && group.about.resource_count == 0;
          effects[place->second] = empty ? Effect::there : Effect::filled;
        },
        [] {});
  });
  reader.run();
}

}  // namespace

std::vector<Effect> read_back(ReadClient& client, const Endpoints& endpoints, const Plan& plan,
                              const std::vector<std::size_t>& changes, KnownIds& ids,
                              std::chrono::milliseconds delay, Misread* misread, bool closely) {
  return ReadBack(client, endpoints, plan, ids, delay, misread).run(changes, closely);
}

std::vector<Effect> read_back_for_sure(ReadClient& client, const Endpoints& endpoints,
                                       const Plan& plan, const std::vector<std::size_t>& changes,
                                       KnownIds& ids, std::chrono::milliseconds delay,
                                       Misread* misread, bool closely) {
  std::vector<Effect> effects =
      read_back(client, endpoints, plan, changes, ids, delay, misread, closely);
  std::vector<std::size_t> places;
  std::vector<std::size_t> taken;
  std::map<std::string, std::size_t> made;
  for (std::size_t k = 0; k < changes.size(); ++k) {
    const Change& change = plan.changes[changes[k]];
    if (effects[k] != Effect::there) continue;
    if (change.kind == ChangeKind::create_group) made.emplace(ids.group(change), k);
    if (!takes_away(change.kind)) continue;
    places.push_back(k);
    taken.push_back(changes[k]);
  }
  if (!taken.empty()) {
    const auto again =
        read_back(client, endpoints, plan, taken, ids, kBetweenTwo, misread, closely);
    for (std::size_t k = 0; k < taken.size(); ++k) effects[places[k]] = again[k];
  }
  if (!made.empty()) look_into_groups(client, endpoints, plan.directory, made, misread, effects);
  return effects;
}

}  // namespace rolecall
