#include "state/api/grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <boost/json/array.hpp>

#include "state/api/parse.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

// Readable roles that no policy manages; they make a group's roles ambiguous (facts.md section 7).
constexpr std::array<std::string_view, 3> kOtherRoles = {"org-admin", "site-admin", "ai-access"};
constexpr std::size_t kPage = 100;
constexpr std::string_view kPurpose = "grants of groups";

template <class T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
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

std::size_t GroupGrants::cost_of_searches(std::size_t holders) const {
  const std::size_t pages = std::max<std::size_t>(1, (holders + kPage - 1) / kPage);
  return (scope_.resources.size() + single_roles().size()) * pages + 1;
}

void GroupGrants::ask() {
  asked_ = true;
  for (const ResourceRef resource : scope_.resources) {
    Endpoints::GroupSearch by_resource;
    by_resource.resource_ids = {catalog_.name(resource)};
    walk(by_resource, [resource](Found& found) { found.resources.insert(resource); });
  }
  const std::set<Role> single = single_roles();
  for (const Role role : single) {
    Endpoints::GroupSearch by_role;
    by_role.role_ids = {role_id(role)};
    walk(by_role, [role](Found& found) { found.roles.insert(role); });
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
  Reader::Walking how;
  how.pages = Reader::kMostPages;  // others wait for their end
  how.purpose = kPurpose;
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
      std::move(how));
}

void GroupGrants::conclude(const std::vector<GroupRef>& wanted) {
  if (!asked_) {
    const auto holders = static_cast<std::size_t>(
        std::count_if(out_.groups.begin(), out_.groups.end(),
                      [](const LiveGroup& group) { return group.resource_count > 0; }));
    if (wanted.size() <= cost_of_searches(holders)) {
      for (const GroupRef ref : wanted) read_one(ref);
      return;
    }
    ask();
  }
  reader_.run([this] { return open_ == 0; });
  std::vector<GroupRef> ambiguous;
  for (const GroupRef ref : wanted) {
    const Found& found = found_[out_.about(ref).id];
    if (!failed_ && conclude_one(ref, found)) continue;
    if (failed_ || found.other || found.roles.empty()) {
      read_one(ref);
    } else {
      ambiguous.push_back(ref);
    }
  }
  tell_apart(ambiguous);
}

/// False where resources and roles do not say which role is on which resource.
bool GroupGrants::conclude_one(GroupRef ref, const Found& found) {
  if (found.resources.empty()) {
    out_.groups[index(ref)].grants_read = true;
    return true;
  }
  const bool one_resource = out_.about(ref).resource_count == 1;
  if (found.other || found.roles.empty() || (!one_resource && found.roles.size() > 1)) {
    return false;
  }
  for (const ResourceRef resource : found.resources) {
    for (const Role role : found.roles) {
      out_.live.groups[index(ref)].grants.push_back({resource, role});
    }
  }
  out_.groups[index(ref)].grants_read = true;
  return true;
}

/// By a search for each resource with each role, a hundred groups a call.
void GroupGrants::tell_apart(const std::vector<GroupRef>& ambiguous) {
  std::set<Grant> pairs;
  for (const GroupRef ref : ambiguous) {
    for (const ResourceRef resource : found_[out_.about(ref).id].resources) {
      for (const Role role : found_[out_.about(ref).id].roles) pairs.insert({resource, role});
    }
  }
  constexpr std::size_t kMost = Endpoints::kMostGroupNames;
  const std::size_t cost = pairs.size() * ((ambiguous.size() + kMost - 1) / kMost);
  if (ambiguous.size() < 2 * cost) {
    for (const GroupRef ref : ambiguous) read_one(ref);
    return;
  }
  for (std::size_t i = 0; i < ambiguous.size(); i += kMost) {
    Endpoints::GroupSearch search;
    for (std::size_t j = i; j < std::min(i + kMost, ambiguous.size()); ++j) {
      search.names.push_back(catalog_.name(ambiguous[j]).display());
    }
    for (const Grant& pair : pairs) {
      search.resource_ids = {catalog_.name(pair.resource)};
      search.role_ids = {role_id(pair.role)};
      walk(search, [pair](Found& found) { found.possible.insert(pair); });
    }
  }
  reader_.run([this] { return open_ == 0; });
  for (const GroupRef ref : ambiguous) {
    if (failed_ || !conclude_from_possible(ref, found_[out_.about(ref).id])) read_one(ref);
  }
}

/// What a group may hold it does hold, where each of these is its resource's only role or its
/// role's only resource: a server may take the two filters of a search to speak of one grant, or
/// of any two, so what it shows may be too much but is never too little.
bool GroupGrants::conclude_from_possible(GroupRef ref, const Found& found) {
  // Else a role may be on a resource that nobody asked for.
  const bool knows_all = found.resources.size() == out_.about(ref).resource_count;
  std::map<ResourceRef, std::size_t> roles_on;
  std::map<Role, std::size_t> places_of;
  for (const Grant& grant : found.possible) {
    ++roles_on[grant.resource];
    ++places_of[grant.role];
  }
  if (roles_on.size() != found.resources.size()) return false;
  if (knows_all && places_of.size() != found.roles.size()) return false;
  for (const Grant& grant : found.possible) {
    if (!found.resources.contains(grant.resource) || !found.roles.contains(grant.role) ||
        (roles_on[grant.resource] > 1 && !(knows_all && places_of[grant.role] == 1))) {
      return false;
    }
  }
  auto& grants = out_.live.groups[index(ref)].grants;
  grants.insert(grants.end(), found.possible.begin(), found.possible.end());
  out_.groups[index(ref)].grants_read = true;
  return true;
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
