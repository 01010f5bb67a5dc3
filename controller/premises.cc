#include "controller/premises.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "controller/look_ups.h"
#include "diff/role_rules.h"

namespace rolecall {
namespace {

constexpr const char* kPremiseNotRead =
    "what it rests on could not be read again before it was to be made";
constexpr const char* kOnlyGroupsTell =
    "only groups themselves show which suspended people are in them: it takes a plan that is less "
    "than half a minute old";
constexpr const char* kAnotherPlan = "it takes another plan";
constexpr const char* kAppMeanwhile =
    "somebody else has taken it from the group that is renamed meanwhile: it takes another plan";
constexpr const char* kMoreAccess = "the group has been given app access meanwhile";
constexpr const char* kMoreMembers = "somebody has been added to the group meanwhile";

Premise no(std::string because) {
  return {false, std::move(because)};
}

template <class Value>
std::vector<std::string> keys(const std::map<std::string, Value>& map) {
  std::vector<std::string> out;
  for (const auto& [key, value] : map) out.push_back(key);
  return out;
}

class PremiseReader {
 public:
  PremiseReader(ReadClient& client, const Endpoints& endpoints, const Plan& plan, Misread& misread,
                LookFrom look_from)
      : reader_(client),
        look_ups_(reader_, endpoints, plan.directory),
        plan_(plan),
        standing_(plan),
        from_(look_from) {
    misread.hear(reader_);
    for (const Change& change : plan.changes) {
      if (change.kind == ChangeKind::invite_user) invited_.insert(change.user);
    }
    if (!plan.other_roles_stay.empty()) {
      for (const Change& change : plan.changes) {
        if (!takes_away(change.kind) || change.ari.empty()) continue;
        revoked_.emplace(change.group_id.empty() ? change.account_id : change.group_id, change.ari,
                         change.role);
      }
    }
    for (const auto& [from, copied] : plan.copied) {
      copied_from_[copied.successor].push_back(&copied);
    }
  }

  Premises run(const std::vector<std::size_t>& changes) {
    for (const std::size_t i : changes) ask(plan_.changes[i]);
    search_addresses();
    search_groups();
    search_names();
    for (auto& [id, members] : members_) look_ups_.members(id, members);
    for (auto& [id, roles] : group_roles_) look_ups_.roles_of_group(id, roles);
    for (auto& [id, roles] : user_roles_) look_ups_.roles_of_user(id, roles);
    reader_.run();
    search_accounts();
    reader_.run();
    for (const std::size_t i : changes) look_closer(plan_.changes[i]);
    reader_.run();
    for (const std::size_t i : changes) look_in_the_groups(plan_.changes[i]);
    reader_.run();
    Premises out;
    out.key_refused = reader_.key_refused();
    for (const std::size_t i : changes) out.of.push_back(judge(plan_.changes[i]));
    for (const auto& [id, group] : groups_) {
      if (group.found && group.found->has_counts) out.counts[id] = group.found->about.user_count;
    }
    return out;
  }

 private:
  // --- what is asked for ----------------------------------------------------------------------

  void ask(const Change& change) {
    if (!change.group_id.empty()) groups_[change.group_id];
    if (change.kind == ChangeKind::create_group) names_[change.group];
    const bool walks = change.kind == ChangeKind::delete_group && !lives_on(change);
    if (walks && from_.counted == nullptr) members_[change.group_id];
    // What rides on an invitation rests on nobody yet.
    if (change.kind == ChangeKind::invite_user) addresses_[change.user];
    if (!change.account_id.empty()) {
      addresses_[change.user];
      accounts_[change.account_id];
    }
    if (needs_roles(change)) user_roles_[change.account_id];
    if (change.ari.empty()) return;
    for (const Plan::Copied* source : sources_of(change)) group_roles_[source->id];
    if (!change.group_id.empty()) group_roles_[change.group_id];
    if (!change.account_id.empty()) user_roles_[change.account_id];
  }

  /// Most people are shown for their address, a hundred a call.
  void search_addresses() {
    by_parts(keys(addresses_), Endpoints::kMostEmails,
             [this](const std::vector<std::string>& part) {
               Endpoints::UserSearch search;
               search.emails = part;
               search.expand_groups = true;
               look_ups_.people(
                   search,
                   [this](ParsedUser user) {
                     const auto email = Email::parse(user.email);
                     const auto place = email ? addresses_.find(email->str()) : addresses_.end();
                     if (place == addresses_.end()) return;
                     if (!place->second.found) place->second.found.emplace();
                     place->second.found->insert(user.about.account_id);
                     take(std::move(user));
                   },
                   [this, search] {
                     for (const std::string& address : search.emails)
                       addresses_[address].read = true;
                   });
             });
  }

  /// Those who were not: their address may be another one, or not visible.
  void search_accounts() {
    std::vector<std::string> left;
    for (const auto& [account, person] : accounts_) {
      if (!person.read) left.push_back(account);
    }
    by_parts(left, Endpoints::kMostIds, [this](const std::vector<std::string>& part) {
      Endpoints::UserSearch search;
      search.account_ids = part;
      search.expand_groups = true;
      look_ups_.people(
          search, [this](ParsedUser user) { take(std::move(user)); },
          [this, search] {
            for (const std::string& account : search.account_ids) accounts_[account].read = true;
          });
    });
  }

  void take(ParsedUser user) {
    const auto place = accounts_.find(user.about.account_id);
    if (place == accounts_.end()) return;
    place->second.read = true;
    place->second.found = std::move(user);
  }

  void search_groups() {
    by_parts(keys(groups_), Endpoints::kMostIds, [this](const std::vector<std::string>& part) {
      Endpoints::GroupSearch search;
      search.ids = part;
      search.expand_counts = true;
      look_ups_.groups(
          search,
          [this](ParsedGroup group) {
            const auto place = groups_.find(group.about.id);
            if (place != groups_.end()) place->second.found = std::move(group);
          },
          [this, search] {
            for (const std::string& id : search.ids) groups_[id].read = true;
          });
    });
  }

  void search_names() {
    by_parts(keys(names_), Endpoints::kMostGroupNames,
             [this](const std::vector<std::string>& part) {
               Endpoints::GroupSearch search;
               search.names = part;
               look_ups_.groups(
                   search,
                   [this, search](const ParsedGroup& group) {
                     for (const std::string& name : search.names) {
                       // One without a name might be any of them.
                       const bool same = group.name.empty() || GroupName::from_server(group.name) ==
                                                                   GroupName::from_server(name);
                       if (same) names_[name].found = true;
                     }
                   },
                   [this, search] {
                     for (const std::string& name : search.names) names_[name].read = true;
                   });
             });
  }

  /// Where it matters which groups somebody is not in: the list that was sent may be cut short.
  void look_closer(const Change& change) {
    const bool leaves = change.kind == ChangeKind::remove_member;
    if (!leaves && holdings_of(change) == nullptr) return;
    const auto person = accounts_.find(change.account_id);
    if (person == accounts_.end() || !person->second.found) return;
    if (leaves && is_member(change, person->second)) return;
    const auto [groups, fresh] = groups_of_.try_emplace(change.account_id);
    const auto planned = plan_.holdings.find(change.account_id);
    static const std::set<std::string> kNone;
    if (fresh) {
      look_ups_.groups_of(*person->second.found, groups->second,
                          planned == plan_.holdings.end() ? kNone : planned->second.unlisted);
    }
  }

  /// The renamed groups that what is given is copied from; none: it is not.
  [[nodiscard]] std::vector<const Plan::Copied*> sources_of(const Change& change) const {
    const auto from = copied_from_.find(change.group);
    if (from == copied_from_.end()) return {};
    std::vector<const Plan::Copied*> out;
    const bool grants = change.kind == ChangeKind::grant_group_access;
    const bool adds = change.kind == ChangeKind::add_member && !change.account_id.empty();
    for (const Plan::Copied* source : from->second) {
      const auto& accounts = source->accounts;
      const bool copied = (grants && source->keeps(change.ari) &&
                           source->grants.contains({change.ari, change.role})) ||
                          (adds && source->keeps_member(change.account_id) &&
                           std::binary_search(accounts.begin(), accounts.end(), change.account_id));
      if (copied) out.push_back(source);
    }
    return out;
  }

  /// Their own list shows most people in it: the group is not walked.
  void look_in_the_sources(const Change& change) {
    if (change.kind != ChangeKind::add_member) return;
    for (const Plan::Copied* source : sources_of(change)) {
      const auto person = accounts_.find(change.account_id);
      if (person == accounts_.end() || !person->second.found) return;
      if (lists(*person->second.found, source->id)) return;
      const auto [inside, fresh] = in_groups_.try_emplace({change.account_id, source->id});
      if (fresh) look_ups_.in_group(change.account_id, source->id, inside->second);
    }
  }

  /// Where neither list nor search of somebody's groups shows one, the group itself may.
  void look_in_the_groups(const Change& change) {
    look_in_the_sources(change);
    const auto groups = groups_of_.find(change.account_id);
    if (groups == groups_of_.end() || !groups->second.read) return;
    const HeldGroups& held = *groups->second.found;
    const Plan::Holdings* planned = holdings_of(change);
    std::set<std::string> missed;
    if (planned != nullptr && !held.whole) missed = planned->groups;
    if (change.kind == ChangeKind::remove_member && !held.shown) missed.insert(change.group_id);
    for (const std::string& id : missed) {
      if (held.ids.contains(id)) continue;
      const auto [inside, fresh] = in_groups_.try_emplace({change.account_id, id});
      if (fresh) look_ups_.in_group(change.account_id, id, inside->second);
    }
  }

  [[nodiscard]] static bool is_member(const Change& change, const Asked<ParsedUser>& person) {
    return lists(*person.found, change.group_id);
  }

  // --- what it means --------------------------------------------------------------------------

  [[nodiscard]] Premise judge(const Change& change) const {
    switch (change.kind) {
      case ChangeKind::create_group:
        return about_new_group(names_.at(change.group));
      case ChangeKind::invite_user:
        return about_invitation(change);
      default:
        break;
    }
    if (Premise source = about_sources(change); !source.because.empty()) return source;
    if (!change.group_id.empty()) {
      Premise group = about_group(change, groups_.at(change.group_id));
      if (group.done || !group.because.empty()) return group;
    }
    if (!change.account_id.empty()) return about_person(change, accounts_.at(change.account_id));
    if (!change.ari.empty() && !change.group_id.empty()) {
      return about_roles(change, group_roles_.at(change.group_id));
    }
    return {};
  }

  /// What somebody else has taken from a renamed group meanwhile is not to be given back by a copy:
  /// nothing in the policy would tell later that it is wrong.
  [[nodiscard]] Premise about_sources(const Change& change) const {
    const std::vector<const Plan::Copied*> sources = sources_of(change);
    bool all_read = true;
    for (const Plan::Copied* source : sources) {
      const std::optional<bool> has = still_has(*source, change);
      if (has.value_or(false)) return {};
      all_read = all_read && has;
    }
    if (sources.empty()) return {};
    return no(all_read ? kAppMeanwhile : kPremiseNotRead);
  }

  /// Nothing: that could not be read.
  [[nodiscard]] std::optional<bool> still_has(const Plan::Copied& source,
                                              const Change& change) const {
    if (change.kind == ChangeKind::grant_group_access) {
      const Asked<HeldRoles>& roles = group_roles_.at(source.id);
      if (!roles.read) return std::nullopt;
      return roles.found->held.contains({change.ari, change.role});
    }
    const Asked<ParsedUser>& person = accounts_.at(change.account_id);
    if (!person.found || lists(*person.found, source.id)) return true;  // see about_person
    const auto inside = in_groups_.find({change.account_id, source.id});
    if (inside == in_groups_.end() || !inside->second.read) return std::nullopt;
    return inside->second.found.has_value();
  }

  [[nodiscard]] static Premise about_new_group(const Asked<bool>& group) {
    if (!group.read) return no(kPremiseNotRead);
    if (!group.found) return {};
    return no(for_another_plan("somebody else has made a group of this name meanwhile"));
  }

  [[nodiscard]] Premise about_invitation(const Change& change) const {
    const Asked<std::set<std::string>>& shown = addresses_.at(change.user);
    if (!shown.read) return no(kPremiseNotRead);
    const auto account = accounts_.find(change.account_id);
    if (account != accounts_.end()) {
      if (!account->second.read) return no(kPremiseNotRead);
      if (account->second.found) return {true};
    }
    if (!shown.found) return {};
    const bool theirs = change.account_id.empty() && shown.found->size() == 1;
    return theirs ? Premise{true} : no(for_another_plan("another account has this address now"));
  }

  [[nodiscard]] Premise about_group(const Change& change, const Asked<ParsedGroup>& group) const {
    if (!group.read) return no(kPremiseNotRead);
    const bool deletes = change.kind == ChangeKind::delete_group;
    if (!group.found) return {false, "the group is not to be seen any more", true};
    Premise standing = Standing::of(change, *group.found);
    if (!standing.because.empty()) return standing;
    if (!deletes) return about_size(change, *group.found);
    const LiveGroup& about = group.found->about;
    const auto resources = plan_.resources_of_deleted.find(change.group);
    if (resources != plan_.resources_of_deleted.end() && group.found->has_counts &&
        about.resource_count != LiveGroup::kNotCounted &&
        about.resource_count > resources->second) {
      return no(kMoreAccess);
    }
    const auto planned = plan_.members_of_deleted.find(change.group);
    if (planned == plan_.members_of_deleted.end()) return {};
    const bool known = plan_.accounts_in_deleted.contains(change.group);
    if (from_.counted != nullptr) return about_count(change, *group.found);
    if (!group.found->has_counts && !known) return no(kPremiseNotRead);
    if (group.found->has_counts && about.user_count > planned->second) return no(kMoreMembers);
    return about_members(change);
  }

  [[nodiscard]] Premise about_count(const Change& deletion, const ParsedGroup& group) const {
    const auto before = from_.counted->find(deletion.group_id);
    if (before == from_.counted->end() || !group.has_counts) return no(kPremiseNotRead);
    return group.about.user_count > before->second ? no(kMoreMembers) : Premise{};
  }

  /// Whoever has joined a group since would get what it is given, and whoever is put into one what
  /// it has been given since; nobody has seen either.
  [[nodiscard]] Premise about_size(const Change& change, const ParsedGroup& group) const {
    const auto planned = plan_.sizes.find(change.group_id);
    if (planned == plan_.sizes.end() || !group.has_counts) return {};
    const auto& [members, resources] = planned->second;
    const bool grants = change.kind == ChangeKind::grant_group_access;
    if (grants && members && group.about.user_count > *members) {
      return no(for_another_plan(kMoreMembers));
    }
    const bool counted = group.about.resource_count != LiveGroup::kNotCounted;
    const bool adds = change.kind == ChangeKind::add_member;
    if (adds && resources && counted && group.about.resource_count > *resources) {
      return no(for_another_plan(kMoreAccess));
    }
    return {};
  }

  /// Whoever is in the group is in its successor by then, or it stays (successor.h).
  [[nodiscard]] bool lives_on(const Change& deletion) const {
    const auto copied = plan_.copied.find(deletion.group);
    return copied != plan_.copied.end() && copied->second.keeps_members;
  }

  [[nodiscard]] Premise about_members(const Change& deletion) const {
    const auto planned = plan_.accounts_in_deleted.find(deletion.group);
    if (planned == plan_.accounts_in_deleted.end() || lives_on(deletion)) return {};
    const Asked<ListedMembers>& now = members_.at(deletion.group_id);
    if (!now.read) return no(kPremiseNotRead);
    return now.found->within(planned->second) ? Premise{} : no(kMoreMembers);
  }

  [[nodiscard]] Premise about_person(const Change& change, const Asked<ParsedUser>& person) const {
    const Asked<std::set<std::string>>& shown = addresses_.at(change.user);
    if (!person.read || !shown.read) return no(kPremiseNotRead);
    const bool others = shown.found && *shown.found != std::set<std::string>{change.account_id};
    if (others) return no("another account has this address now");
    if (!person.found || person.found->presence == Presence::absent) {
      if (invited_.contains(change.user)) return {};  // by this run: they may not show yet
      // An empty answer is no proof that what is to be taken away is gone.
      return {false, "the account is not to be seen in the directory any more", true};
    }
    Premise standing = standing_.of(change, *person.found);
    if (standing.done || !standing.because.empty()) return standing;
    switch (change.kind) {
      case ChangeKind::remove_user:
      case ChangeKind::restore_user:
        return about_holdings(change);
      case ChangeKind::add_member:
        return {is_member(change, person)};
      case ChangeKind::remove_member:
        return about_member(change, person);
      case ChangeKind::grant_user_access:
      case ChangeKind::revoke_user_access:
        return about_roles(change, user_roles_.at(change.account_id));
      default:
        return standing;
    }
  }

  /// What must not have become more: of whom an undo removes, and of whom is restored.
  [[nodiscard]] const Plan::Holdings* holdings_of(const Change& change) const {
    if (change.kind != ChangeKind::remove_user && change.kind != ChangeKind::restore_user) {
      return nullptr;
    }
    const auto planned = plan_.holdings.find(change.account_id);
    return planned == plan_.holdings.end() ? nullptr : &planned->second;
  }

  /// Direct grants are read only where the policy manages them.
  [[nodiscard]] bool needs_roles(const Change& change) const {
    const Plan::Holdings* planned = holdings_of(change);
    return planned != nullptr && (change.kind == ChangeKind::remove_user || planned->grants_read);
  }

  [[nodiscard]] Premise about_holdings(const Change& change) const {
    const Plan::Holdings* planned = holdings_of(change);
    if (planned == nullptr) return {};
    const Asked<HeldGroups>& groups = groups_of_.at(change.account_id);
    for (const std::string& id : groups.found->ids) {
      if (!planned->groups.contains(id)) return no("they have been added to a group meanwhile");
    }
    if (!groups.read) return no(kPremiseNotRead);
    // Where no search shows the groups of somebody suspended, there is the list that came with
    // them. Where that is shorter than it was, the groups themselves may tell, as when the plan was
    // made; to which others they have been added since, the few that are asked here do not say.
    const bool listed = std::includes(groups.found->ids.begin(), groups.found->ids.end(),
                                      planned->groups.begin(), planned->groups.end());
    const bool shown = from_.plan_is_fresh && are_shown(change, *groups.found, planned->groups);
    if (!groups.found->whole && !listed && !shown) {
      return no(from_.plan_is_fresh ? kPremiseNotRead : kOnlyGroupsTell);
    }
    if (!needs_roles(change)) return {};
    const Asked<HeldRoles>& roles = user_roles_.at(change.account_id);
    if (!roles.read) return no(kPremiseNotRead);
    for (const auto& held : roles.found->held) {
      if (!planned->grants.contains(held)) return no("they have been given app access meanwhile");
    }
    return {};
  }

  [[nodiscard]] bool are_shown(const Change& change, const HeldGroups& held,
                               const std::set<std::string>& groups) const {
    return std::all_of(groups.begin(), groups.end(), [&](const std::string& id) {
      const auto inside = in_groups_.find({change.account_id, id});
      return held.ids.contains(id) ||
             (inside != in_groups_.end() && inside->second.read && inside->second.found);
    });
  }

  [[nodiscard]] Premise about_member(const Change& change, const Asked<ParsedUser>& person) const {
    if (is_member(change, person)) return {};
    const Asked<HeldGroups>& groups = groups_of_.at(change.account_id);
    if (!groups.read) return no(kPremiseNotRead);
    if (groups.found->ids.contains(change.group_id)) return {};
    if (groups.found->shown) return {true};
    const Asked<bool>& inside = in_groups_.at({change.account_id, change.group_id});
    return inside.read ? Premise{!inside.found} : no(kPremiseNotRead);
  }

  [[nodiscard]] Premise about_roles(const Change& change, const Asked<HeldRoles>& roles) const {
    if (!roles.read || roles.found->opaque.contains(change.ari)) return no(kPremiseNotRead);
    const auto& held = roles.found->held;
    const bool takes = takes_away(change.kind);
    const bool done = held.contains({change.ari, change.role}) != takes;
    const std::string& id = change.group_id.empty() ? change.account_id : change.group_id;
    if (done || !takes || !plan_.other_roles_stay.contains({id, change.ari, change.role})) {
      return {done};
    }
    const auto lost = parse_role(change.role);
    const bool stays = std::any_of(held.begin(), held.end(), [&](const auto& one) {
      const auto role = parse_role(one.second);
      return one.first == change.ari && role && stands_in(*role, *lost) && !is_revoked(id, one);
    });
    return stays ? Premise{} : no(for_another_plan("the role that was to stay is gone meanwhile"));
  }

  [[nodiscard]] bool is_revoked(const std::string& id,
                                const std::pair<std::string, std::string>& role) const {
    return revoked_.contains({id, role.first, role.second});
  }

  [[nodiscard]] static std::string for_another_plan(std::string_view what) {
    return std::string(what) + ": " + kAnotherPlan;
  }

  Reader reader_;
  LookUps look_ups_;
  const Plan& plan_;
  Standing standing_;
  LookFrom from_;
  /// By id, ARI and role; where another role stays.
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> revoked_;
  std::set<std::string> invited_;                                        ///< by this run, in time
  std::map<std::string, std::vector<const Plan::Copied*>> copied_from_;  ///< by the new group
  std::map<std::string, Asked<ParsedUser>> accounts_;
  std::map<std::string, Asked<std::set<std::string>>> addresses_;  ///< account ids that show them
  std::map<std::string, Asked<ParsedGroup>> groups_;               ///< by id
  std::map<std::string, Asked<ListedMembers>> members_;            ///< of groups that go, by id
  std::map<std::string, Asked<bool>> names_;                       ///< of groups that are made
  std::map<std::string, Asked<HeldRoles>> group_roles_, user_roles_;      ///< by id
  std::map<std::string, Asked<HeldGroups>> groups_of_;                    ///< by account id
  std::map<std::pair<std::string, std::string>, Asked<bool>> in_groups_;  ///< and the group's
};

}  // namespace

Premises read_premises(ReadClient& client, const Endpoints& endpoints, const Plan& plan,
                       const std::vector<std::size_t>& changes, Misread& misread, LookFrom from) {
  return PremiseReader(client, endpoints, plan, misread, from).run(changes);
}

}  // namespace rolecall
