#include "controller/look_ups.h"

#include <memory>

#include <fmt/format.h>

#include <boost/json/array.hpp>

namespace rolecall {
namespace {

using Parse = Result<ParsedRoles> (*)(const boost::json::value&);

Reader::OnPage into_roles(const Reader& reader, const std::string& holder, Parse parse,
                          Asked<HeldRoles>& roles) {
  roles.found.emplace();
  return [&reader, holder, parse, &roles, fine = true](const Reader::Page& page) mutable {
    if (page.data == nullptr) return;
    for (const boost::json::value& item : *page.data) {
      const auto parsed = parse(item);
      fine = fine && parsed;
      if (!parsed) reader.tell(fmt::format("role-assignments: {}", parsed.error().what));
      if (!parsed) continue;
      if (!parsed->opaque.empty()) reader.tell(parsed->opaque);
      if (!parsed->opaque.empty()) roles.found->opaque.insert(parsed->ari);
      for (const std::string& role : parsed->roles) roles.found->held.emplace(parsed->ari, role);
    }
    roles.read = page.last && fine;
    if (roles.read && roles.found->opaque.empty()) reader.tell_roles(holder, roles.found->held);
  };
}

const std::string& id_of(const LiveUser& user) {
  return user.account_id;
}
const std::string& id_of(const LiveGroup& group) {
  return group.id;
}

/// `named`: they were asked for one by one, so that each of them matters. `ids`: those asked for by
/// id, all of whom would be shown.
template <class Parsed, class Take>
Reader::OnPage each(const Reader& reader, bool named, const std::vector<std::string>& ids,
                    Parsed (*parse)(const boost::json::value&), Take take,
                    std::function<void()> ended) {
  return [&reader, named, gone = std::set<std::string>(ids.begin(), ids.end()), parse,
          take = std::move(take), ended = std::move(ended)](const Reader::Page& page) mutable {
    if (page.data == nullptr) return;
    for (const boost::json::value& item : *page.data) {
      Parsed parsed = parse(item);
      if (named && !parsed.about.opaque.empty()) reader.tell(parsed.about.opaque);
      reader.tell_opaque(id_of(parsed.about), parsed.about.opaque);
      gone.erase(id_of(parsed.about));
      reader.tell_seen(parsed);
      take(std::move(parsed));
    }
    if (!page.last) return;
    for (const std::string& id : gone) reader.tell_gone(id);
    ended();
  };
}

}  // namespace

void LookUps::people(const Endpoints::UserSearch& search, std::function<void(ParsedUser)> take,
                     std::function<void()> ended) const {
  const bool named = !search.emails.empty() || !search.account_ids.empty();
  static const std::vector<std::string> kNobody;
  const std::vector<std::string>& ids = search.group_ids.empty() ? search.account_ids : kNobody;
  reader_.walk(
      [this, search](const std::string& cursor) {
        return endpoints_.users(directory_, search, cursor);
      },
      each(reader_, named, ids, parse_user, std::move(take), std::move(ended)), delay_);
}

void LookUps::groups(const Endpoints::GroupSearch& search, std::function<void(ParsedGroup)> take,
                     std::function<void()> ended) const {
  reader_.walk(
      [this, search](const std::string& cursor) {
        return endpoints_.groups(directory_, search, cursor);
      },
      each(reader_, search.account_ids.empty(), search.ids, parse_group, std::move(take),
           std::move(ended)),
      delay_);
}

namespace {

/// `take` is given what the group of this name is found to be, if it is found.
template <class Found, class Take>
void look_for(const LookUps& look_ups, const std::string& group, bool counts, Asked<Found>& into,
              Take take) {
  Endpoints::GroupSearch search;
  search.names = {group};
  search.expand_counts = counts;
  look_ups.groups(
      search,
      [&into, take, name = GroupName::from_server(group)](const ParsedGroup& found) {
        if (GroupName::from_server(found.name) == name) into.found = take(found);
      },
      [&into] { into.read = true; });
}

}  // namespace

void LookUps::id_of(const std::string& group, Asked<std::string>& into) const {
  look_for(*this, group, false, into, [](const ParsedGroup& found) { return found.about.id; });
}

void LookUps::named(const std::string& group, Asked<ParsedGroup>& into) const {
  look_for(*this, group, true, into, [](const ParsedGroup& found) { return found; });
}

void LookUps::members(const std::string& group_id, Asked<ListedMembers>& into) const {
  Endpoints::UserSearch search;
  search.group_ids = {group_id};
  search.expand_groups = true;
  into.found.emplace();
  people(
      search,
      [&into, group_id](const ParsedUser& user) {
        if (user.presence == Presence::absent) return;
        into.found->all.insert(user.about.account_id);
        const bool active = user.about.account_active && user.about.opaque.empty();
        if (active) into.found->active.insert(user.about.account_id);
        if (lists(user, group_id)) into.found->certain.insert(user.about.account_id);
      },
      [&into] { into.read = true; });
}

void LookUps::groups_of(const ParsedUser& user, Asked<HeldGroups>& into,
                        const std::set<std::string>& unlisted) const {
  Endpoints::GroupSearch search;
  search.account_ids = {user.about.account_id};
  into.found = HeldGroups{{user.group_ids.begin(), user.group_ids.end()}, false, false};
  const bool active = user.presence == Presence::active && user.about.account_active;
  const auto shown = std::make_shared<std::set<std::string>>();
  groups(
      search,
      [&into, shown](const ParsedGroup& group) {
        shown->insert(group.about.id);
        into.found->ids.insert(group.about.id);
      },
      [&into, listed = user.group_ids, unlisted, active, shown] {
        const auto is_shown = [&](const std::string& id) { return shown->contains(id); };
        const auto is_unlisted = [&](const std::string& id) { return unlisted.contains(id); };
        into.read = true;
        into.found->shown = std::any_of(listed.begin(), listed.end(), is_shown);
        into.found->whole =
            into.found->shown || (active && std::all_of(listed.begin(), listed.end(), is_unlisted));
      });
}

void LookUps::in_group(const std::string& account, const std::string& group_id,
                       Asked<bool>& into) const {
  Endpoints::UserSearch search;
  search.account_ids = {account};
  search.group_ids = {group_id};
  people(
      search,
      [&into, account](const ParsedUser& user) {
        if (user.about.account_id == account && user.presence != Presence::absent)
          into.found = true;
      },
      [&into] { into.read = true; });
}

void LookUps::roles_of_group(const std::string& id, Asked<HeldRoles>& into) const {
  reader_.walk(
      [this, id](const std::string& cursor) {
        return endpoints_.group_roles(directory_, id, cursor);
      },
      into_roles(reader_, id, parse_group_roles, into), delay_);
}

void LookUps::roles_of_user(const std::string& id, Asked<HeldRoles>& into) const {
  reader_.walk(
      [this, id](const std::string& cursor) {
        return endpoints_.user_roles(directory_, id, cursor);
      },
      into_roles(reader_, id, parse_direct_user_roles, into), delay_);
}

void LookUps::is_org_admin(const std::string& id, Asked<bool>& into) const {
  reader_.walk(
      [this, id](const std::string& cursor) {
        return endpoints_.user_roles(directory_, id, cursor);
      },
      [this, &into, fine = true](const Reader::Page& page) mutable {
        if (page.data == nullptr) return;
        for (const boost::json::value& item : *page.data) {
          const Result<bool> shows = shows_org_admin(item);
          fine = fine && shows;
          if (!shows) reader_.tell(fmt::format("role-assignments: {}", shows.error().what));
          if (shows && *shows) into.found = true;
        }
        into.read = page.last && fine;
      },
      delay_);
}

}  // namespace rolecall
