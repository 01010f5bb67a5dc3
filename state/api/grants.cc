#include "state/api/grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include <boost/json/array.hpp>

#include "state/api/parse.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

// Readable roles that no policy manages; they make a group's roles ambiguous (facts.md section 7).
constexpr std::array<std::string_view, 3> kOtherRoles = {"org-admin", "site-admin", "ai-access"};
constexpr std::size_t kHolderPage = 100;
constexpr std::string_view kPurpose = "grants of groups";
constexpr std::size_t kMostWitnesses = 2;

template <class T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

/// Others wait for it.
Reader::Walking to_the_end() {
  Reader::Walking how;
  how.pages = Reader::kMostPages;
  how.purpose = kPurpose;
  return how;
}

std::string role_id(Role role) {
  return fmt::format("atlassian/{}", name(role));
}

}  // namespace

void GroupGrants::start(std::size_t groups) {
  if (scope_.group_access.size() >= 2 * cost_of_searches(groups)) ask();
}

void GroupGrants::run() {
  reader_.asks_for(kPurpose);
  std::set<GroupRef> whole;
  for (const GroupRef ref : scope_.all_access) {
    if (holds_any(ref)) whole.insert(ref);
  }
  for (const GroupRef ref : whole) read_one(ref);
  std::vector<GroupRef> wanted;
  for (const GroupRef ref : scope_.group_access) {
    if (holds_any(ref) && !whole.contains(ref)) wanted.push_back(ref);
  }
  sort_unique(wanted);
  if (!scope_.resources.empty()) conclude(wanted);
  reader_.run();
  check_whole_ones();
  for (Group& group : out_.live.groups) sort_unique(group.grants);
}

bool GroupGrants::holds_any(GroupRef ref) const {
  const LiveGroup& about = out_.about(ref);
  return out_.live.find(ref) != nullptr && !about.id.empty() && about.resource_count > 0;
}

/// Roles that are asked for one by one; the rest share one search.
std::set<Role> GroupGrants::single_roles() const {
  std::set<Role> roles(scope_.group_roles.begin(), scope_.group_roles.end());
  roles.insert(Role::user);
  roles.insert(Role::admin);
  roles.erase(Role::viewer);
  return roles;
}

/// Of one resource, where all of these hold something on it.
std::size_t GroupGrants::pages_of(std::size_t holders) {
  return std::max<std::size_t>(1, (holders + kHolderPage - 1) / kHolderPage);
}

/// Most of what groups have on a resource is one role.
std::size_t GroupGrants::cost_of_searches(std::size_t holders) const {
  return scope_.resources.size() * (pages_of(holders) + single_roles().size() - 1) + 1;
}

void GroupGrants::ask() {
  asked_ = true;
  const std::set<Role> single = single_roles();
  for (const ResourceRef resource : scope_.resources) {
    for (const Role role : single) {
      Endpoints::GroupSearch search;
      search.resource_ids = {catalog_.name(resource)};
      search.role_ids = {role_id(role)};
      walk(search, [grant = Grant{resource, role}](Found& found) { found.grants.insert(grant); });
    }
  }
  Endpoints::GroupSearch by_other_roles;
  for (std::size_t i = 0; i < kRoleCount; ++i) {
    const Role role = static_cast<Role>(i);
    if (!single.contains(role)) by_other_roles.role_ids.push_back(role_id(role));
  }
  for (const std::string_view role : kOtherRoles) {
    if (by_other_roles.role_ids.size() == Endpoints::kMostIds) break;
    by_other_roles.role_ids.push_back(fmt::format("atlassian/{}", role));
  }
  walk(by_other_roles, [](Found& found) { found.other = true; });
}

template <class Mark>
void GroupGrants::walk(const Endpoints::GroupSearch& search, Mark mark) {
  ++open_;
  reader_.walk(
      [this, search](const std::string& cursor) {
        return endpoints_.groups(out_.directory_id, search, cursor);
      },
      [this, mark](const Reader::Page& page) {
        failed_ = failed_ || !page.problem.empty();
        if (page.last) --open_;
        if (page.data == nullptr) return;
        for (const json::value& item : *page.data) mark(found_[parse_group(item).about.id]);
      },
      to_the_end());
}

void GroupGrants::conclude(const std::vector<GroupRef>& wanted) {
  const auto holders = static_cast<std::size_t>(
      std::count_if(out_.groups.begin(), out_.groups.end(),
                    [](const LiveGroup& group) { return group.resource_count > 0; }));
  if (!asked_) {
    if (wanted.size() <= cost_of_searches(holders)) {
      for (const GroupRef ref : wanted) read_one(ref);
      return;
    }
    ask();
  }
  reader_.run([this] { return open_ == 0; });
  prove_one_grant(wanted);
  std::vector<GroupRef> left = take_known(wanted, false);
  std::erase_if(left, [this](GroupRef ref) {
    const Found& found = found_[out_.about(ref).id];
    const bool needs_its_own = failed_ || (found.other && !found.grants.empty());
    if (needs_its_own) read_one(ref);
    return needs_its_own;
  });
  const std::size_t cost = (scope_.resources.size() + single_roles().size()) * pages_of(holders);
  const auto more = static_cast<std::size_t>(
      std::count_if(left.begin(), left.end(), [this](GroupRef ref) { return has_more(ref); }));
  if (more > cost) {
    ask_further();
    reader_.run([this] { return open_ == 0; });
    prove_one_grant(left);
    left = take_known(left, true);
  }
  for (const GroupRef ref : left) read_one(ref);
}

/// What may say of those that are left that they have nothing on the declared resources, or show
/// what a search for a role on a resource means.
void GroupGrants::ask_further() {
  for (const ResourceRef resource : scope_.resources) {
    Endpoints::GroupSearch search;
    search.resource_ids = {catalog_.name(resource)};
    walk(search, [resource](Found& found) { found.resources.insert(resource); });
  }
  for (const Role role : single_roles()) {
    Endpoints::GroupSearch search;
    search.role_ids = {role_id(role)};
    walk(search, [role](Found& found) { found.roles.insert(role); });
  }
}

/// Returns those of which the searches do not say enough. `further`: it has been asked.
std::vector<GroupRef> GroupGrants::take_known(const std::vector<GroupRef>& groups, bool further) {
  std::vector<GroupRef> unknown;
  for (const GroupRef ref : groups) {
    const Found& found = found_[out_.about(ref).id];
    const bool all = !has_more(ref) || (further && resources_of(found) == found.resources);
    const bool sure = found.grants.empty() || (!found.other && (one_grant_ || is_clear(ref)));
    if (!failed_ && all && sure) {
      take(ref, found);
    } else {
      unknown.push_back(ref);
    }
  }
  return unknown;
}

/// Something on a resource that is not declared, or a role that no search knows.
bool GroupGrants::has_more(GroupRef ref) {
  const LiveGroup& about = out_.about(ref);
  return resources_of(found_[about.id]).size() != about.resource_count;
}

std::set<ResourceRef> GroupGrants::resources_of(const Found& found) {
  std::set<ResourceRef> out;
  for (const Grant& grant : found.grants) out.insert(grant.resource);
  return out;
}

/// Of one resource that is its only one no search says too much.
bool GroupGrants::is_clear(GroupRef ref) {
  return resources_of(found_[out_.about(ref).id]).size() == 1 &&
         out_.about(ref).resource_count == 1;
}

/// A server may take a search's resource and role to speak of one grant, or of any two: then it
/// would show a group for each of its roles on each of its resources. Groups that it does not show
/// so tell which; but one that is given something between two searches looks like that as well, or
/// one that replicas know in two ways. So of one or two of them it is read what they have, which
/// must be just what the searches show; and then the search for a pair that they have not is made
/// once more: they must not be in it, though they have that role and something on that resource.
/// Of the groups that are shown with all of their roles everywhere one is read likewise, if there
/// are any.
void GroupGrants::prove_one_grant(const std::vector<GroupRef>& wanted) {
  const bool needed = std::any_of(wanted.begin(), wanted.end(), [this](GroupRef ref) {
    return !found_[out_.about(ref).id].grants.empty() && !is_clear(ref);
  });
  if (failed_ || !needed || proof_tried_) return;
  std::map<Grant, std::set<std::string>> lacking;
  for (const auto& [id, found] : found_) {
    const std::optional<Grant> pair = missing_pair(found);
    if (!id.empty() && pair) lacking[*pair].insert(id);  // an empty id may be several groups'
  }
  if (lacking.empty()) return;
  proof_tried_ = true;
  // What most of them lack, and the same ones each time: the plan is the same, too.
  const auto& [pair, groups] = *std::max_element(
      lacking.begin(), lacking.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  std::map<std::string, Witness> witnesses;
  // Rather those that would be read without the proof: others the key may not be let read.
  std::set<std::string> asked_for;
  for (const GroupRef ref : wanted) asked_for.insert(out_.about(ref).id);
  for (const bool first : {true, false}) {
    for (const std::string& id : groups) {
      if (asked_for.contains(id) != first || witnesses.size() == kMostWitnesses) continue;
      read_witness(id, witnesses[id]);
    }
  }
  const std::string full = shown_with_everything(asked_for);
  Witness everywhere;
  if (!full.empty()) read_witness(full, everywhere);
  reader_.run([this] { return open_ == 0; });
  std::vector<std::string> ids;
  for (const auto& [id, witness] : witnesses) ids.push_back(id);
  one_grant_ = std::all_of(witnesses.begin(), witnesses.end(), [&, lacks = pair](const auto& one) {
    const Witness& has = one.second;
    return has.whole && has.grants == found_[one.first].grants && has.roles.contains(lacks.role) &&
           std::any_of(has.grants.begin(), has.grants.end(),
                       [&](const Grant& grant) { return grant.resource == lacks.resource; });
  });
  // (One that nobody asked for the key may not be let read.)
  const bool heard = everywhere.whole || asked_for.contains(full);
  const bool as_shown = everywhere.whole && everywhere.grants == found_[full].grants;
  one_grant_ = one_grant_ && (full.empty() || !heard || as_shown);
  // One alone is looked at twice.
  for (std::size_t i = witnesses.size(); one_grant_ && i <= kMostWitnesses; ++i) {
    search_again(pair, ids);
  }
}

/// A role that the group has, on a resource on which it has something, that is not shown there.
std::optional<Grant> GroupGrants::missing_pair(const Found& found) {
  std::set<ResourceRef> resources = found.resources;
  std::set<Role> roles = found.roles;
  for (const Grant& grant : found.grants) {
    resources.insert(grant.resource);
    roles.insert(grant.role);
  }
  for (const ResourceRef resource : resources) {
    for (const Role role : roles) {
      if (!found.grants.contains({resource, role})) return Grant{resource, role};
    }
  }
  return std::nullopt;
}

/// Rather one of `rather`; empty where there is none that has two roles on two resources.
std::string GroupGrants::shown_with_everything(const std::set<std::string>& rather) const {
  std::string out;
  for (const auto& [id, found] : found_) {
    std::set<Role> roles;
    for (const Grant& grant : found.grants) roles.insert(grant.role);
    const std::size_t resources = resources_of(found).size();
    const bool mixed = resources > 1 && roles.size() > 1;
    if (id.empty() || !mixed || found.grants.size() != resources * roles.size()) continue;
    const auto rank = [&](const std::string& one) { return std::pair(!rather.contains(one), one); };
    if (out.empty() || rank(id) < rank(out)) out = id;
  }
  return out;
}

/// What it has of the declared resources and the roles that are asked for one by one.
void GroupGrants::read_witness(const std::string& id, Witness& into) {
  ++open_;
  reader_.walk(
      [this, id](const std::string& cursor) {
        return endpoints_.group_roles(out_.directory_id, id, cursor);
      },
      [this, &into, single = single_roles()](const Reader::Page& page) {
        if (page.last) --open_;
        into.whole = page.last && page.problem.empty();
        if (page.data == nullptr) return;
        for (const json::value& item : *page.data) {
          const auto parsed = parse_group_roles(item);
          if (!parsed) continue;
          for (const std::string& word : parsed->roles) {
            const auto role = parse_role(word);
            if (!role || !single.contains(*role)) continue;
            into.roles.insert(*role);
            for (const ResourceRef resource : scope_.resources) {
              if (catalog_.name(resource) == parsed->ari) into.grants.insert({resource, *role});
            }
          }
        }
      },
      to_the_end());
}

/// Takes the proof back where one of these groups is shown for the pair.
void GroupGrants::search_again(const Grant& pair, const std::vector<std::string>& groups) {
  Endpoints::GroupSearch search;
  search.ids = groups;
  search.resource_ids = {catalog_.name(pair.resource)};
  search.role_ids = {role_id(pair.role)};
  ++open_;
  reader_.walk(
      [this, search](const std::string& cursor) {
        return endpoints_.groups(out_.directory_id, search, cursor);
      },
      [this,
       asked = std::set<std::string>(groups.begin(), groups.end())](const Reader::Page& page) {
        if (page.last) --open_;
        if (!page.problem.empty()) one_grant_ = false;
        if (page.data == nullptr) return;
        for (const json::value& item : *page.data) {
          const std::string id = parse_group(item).about.id;
          if (id.empty() || asked.contains(id)) one_grant_ = false;
        }
      },
      to_the_end());
  reader_.run([this] { return open_ == 0; });
}

void GroupGrants::take(GroupRef ref, const Found& found) {
  auto& grants = out_.live.groups[index(ref)].grants;
  grants.insert(grants.end(), found.grants.begin(), found.grants.end());
  out_.groups[index(ref)].grants_read = true;
}

void GroupGrants::read_one(GroupRef ref) {
  const std::string id = out_.about(ref).id;
  reader_.walk(
      [this, id](const std::string& cursor) {
        return endpoints_.group_roles(out_.directory_id, id, cursor);
      },
      [this, ref](const Reader::Page& page) {
        if (!page.problem.empty()) out_.gaps.push_back(page.problem);
        if (page.data == nullptr) return;
        for (const json::value& item : *page.data) add(ref, parse_group_roles(item));
        out_.groups[index(ref)].grants_read = page.last;
      });
}

/// What a group gives is lost with it, so where all of it is wanted it is counted.
void GroupGrants::check_whole_ones() {
  for (const GroupRef ref : scope_.all_access) {
    const LiveGroup& about = out_.about(ref);
    if (!about.grants_read || about.resource_count == LiveGroup::kNotCounted) continue;
    if (listed_[ref].size() >= about.resource_count) continue;
    out_.gaps.push_back(fmt::format(
        "role-assignments of group {} listed {} resources, counts.resources says {}",
        quote(catalog_.name(ref).display()), listed_[ref].size(), about.resource_count));
  }
}

void GroupGrants::add(GroupRef ref, const Result<ParsedRoles>& parsed) {
  const std::string& shown = catalog_.name(ref).display();
  if (!parsed) {
    out_.gaps.push_back(
        fmt::format("role-assignments of group {}: {}", quote(shown), parsed.error().what));
    return;
  }
  listed_[ref].insert(parsed->ari);
  for (const std::string& word : parsed->roles) {
    const auto role = parse_role(word);
    if (!role) {
      out_.notes.push_back(
          {std::string(kUnmanageableRole), fmt::format("group {}: {}", shown, word)});
      out_.groups[index(ref)].other_grants.emplace_back(parsed->ari, word);
      continue;
    }
    out_.live.groups[index(ref)].grants.push_back({catalog_.resource(parsed->ari), *role});
  }
}

void read_user_grants(Reader& reader, const Endpoints& endpoints, const FetchScope& scope,
                      Catalog& catalog, Snapshot& snapshot) {
  if (scope.resources.empty() && !scope.whole_user_access) return;
  reader.asks_for("grants of people");
  for (const UserRef ref : scope.user_access) {
    if (snapshot.live.find(ref) == nullptr || !snapshot.about(ref).opaque.empty()) continue;
    const std::string account = snapshot.about(ref).account_id;
    reader.walk(
        [&endpoints, &snapshot, account](const std::string& cursor) {
          return endpoints.user_roles(snapshot.directory_id, account, cursor);
        },
        [&catalog, &snapshot, ref](const Reader::Page& page) {
          if (!page.problem.empty()) snapshot.gaps.push_back(page.problem);
          if (page.data == nullptr) return;
          for (const json::value& item : *page.data) {
            const auto parsed = parse_direct_user_roles(item);
            if (!parsed) {
              snapshot.gaps.push_back(fmt::format("role-assignments of {}: {}", catalog.name(ref),
                                                  parsed.error().what));
              continue;
            }
            if (!parsed->opaque.empty()) snapshot.users[index(ref)].opaque = parsed->opaque;
            for (const std::string& word : parsed->roles) {
              const auto role = parse_role(word);
              if (!role &&
                  std::find(kOtherRoles.begin(), kOtherRoles.end(), word) == kOtherRoles.end()) {
                snapshot.notes.push_back({std::string(kUnmanageableRole),
                                          fmt::format("{}: {}", catalog.name(ref), quote(word))});
              }
              // org-admin and its like are not on an app; viewer cannot be written for people.
              if (!role || *role == Role::viewer) {
                snapshot.users[index(ref)].other_grants.emplace_back(parsed->ari, word);
                continue;
              }
              snapshot.live.users[index(ref)].grants.push_back(
                  {catalog.resource(parsed->ari), *role});
            }
          }
        });
  }
  reader.run();
  for (User& user : snapshot.live.users) {
    std::sort(user.grants.begin(), user.grants.end());
    user.grants.erase(std::unique(user.grants.begin(), user.grants.end()), user.grants.end());
  }
}

}  // namespace rolecall
