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

class GroupGrants {
 public:
  GroupGrants(Reader& reader, const Endpoints& endpoints, const FetchScope& scope, Catalog& catalog,
              Snapshot& out)
      : reader_(reader), endpoints_(endpoints), scope_(scope), catalog_(catalog), out_(out) {}

  void run() {
    for (const GroupRef ref : scope_.all_access) {
      if (holds_any(ref)) one_by_one_.insert(ref);
    }
    std::set<GroupRef> wanted;
    for (const GroupRef ref : scope_.group_access) {
      if (holds_any(ref) && !one_by_one_.contains(ref)) wanted.insert(ref);
    }
    if (scope_.resources.empty()) wanted.clear();
    if (wanted.size() <= cost_of_searches()) {
      one_by_one_.merge(wanted);
    } else {
      search(wanted);
    }
    for (const GroupRef ref : one_by_one_) read_one(ref);
    reader_.run();
    check_whole_ones();
    for (Group& group : out_.live.groups) {
      std::sort(group.grants.begin(), group.grants.end());
      group.grants.erase(std::unique(group.grants.begin(), group.grants.end()), group.grants.end());
    }
  }

 private:
  struct Found {
    std::set<ResourceRef> resources{};
    std::set<Role> roles{};
    bool other = false;  ///< some role besides
  };

  [[nodiscard]] bool holds_any(GroupRef ref) const {
    return out_.live.find(ref) != nullptr && out_.about(ref).resource_count > 0;
  }

  /// Roles that are asked for one by one; the rest share one search.
  [[nodiscard]] std::set<Role> single_roles() const {
    std::set<Role> roles(scope_.group_roles.begin(), scope_.group_roles.end());
    roles.insert(Role::user);
    roles.insert(Role::admin);
    roles.erase(Role::viewer);
    return roles;
  }

  [[nodiscard]] std::size_t cost_of_searches() const {
    const auto holders = static_cast<std::size_t>(
        std::count_if(out_.groups.begin(), out_.groups.end(),
                      [](const LiveGroup& group) { return group.resource_count > 0; }));
    const std::size_t pages = std::max<std::size_t>(1, (holders + kPage - 1) / kPage);
    return scope_.resources.size() * pages + single_roles().size() * pages + 1;
  }

  void search(const std::set<GroupRef>& wanted) {
    bool failed = false;
    std::size_t open = 0;
    const auto walk = [&](Endpoints::GroupSearch search, auto mark) {
      ++open;
      reader_.walk(
          [this, search](const std::string& cursor) {
            return endpoints_.groups(out_.directory_id, search, cursor);
          },
          [this, mark, &failed, &open](const Reader::Page& page) {
            failed = failed || !page.problem.empty();
            if (page.last) --open;
            if (page.data == nullptr) return;
            for (const json::value& item : *page.data) {
              const ParsedGroup group = parse_group(item);
              const auto ref = catalog_.find_group(GroupName::from_server(group.name));
              if (ref && out_.about(*ref).id == group.about.id) mark(found_[*ref]);
            }
          });
    };
    for (const ResourceRef resource : scope_.resources) {
      Endpoints::GroupSearch by_resource;
      by_resource.resource_ids = {catalog_.name(resource)};
      walk(by_resource, [resource](Found& found) { found.resources.insert(resource); });
    }
    const std::set<Role> single = single_roles();
    for (const Role role : single) {
      Endpoints::GroupSearch by_role;
      by_role.role_ids = {fmt::format("atlassian/{}", name(role))};
      walk(by_role, [role](Found& found) { found.roles.insert(role); });
    }
    Endpoints::GroupSearch by_other_roles;
    for (std::size_t i = 0; i < kRoleCount; ++i) {
      if (single.contains(static_cast<Role>(i))) continue;
      by_other_roles.role_ids.push_back(fmt::format("atlassian/{}", kRoleNames[i]));
    }
    for (const std::string_view role : kOtherRoles) {
      if (by_other_roles.role_ids.size() == Endpoints::kMostIds) break;
      by_other_roles.role_ids.push_back(fmt::format("atlassian/{}", role));
    }
    walk(by_other_roles, [](Found& found) { found.other = true; });
    reader_.run([&] { return open == 0; });
    for (const GroupRef ref : wanted) {
      if (failed || !conclude(ref, found_[ref])) one_by_one_.insert(ref);
    }
  }

  /// False where resources and roles do not say which role is on which resource.
  bool conclude(GroupRef ref, const Found& found) {
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

  void read_one(GroupRef ref) {
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
  void check_whole_ones() {
    for (const GroupRef ref : scope_.all_access) {
      const LiveGroup& about = out_.about(ref);
      if (!about.grants_read || about.resource_count == LiveGroup::kNotCounted) continue;
      if (listed_[ref].size() >= about.resource_count) continue;
      out_.gaps.push_back(fmt::format(
          "role-assignments of group {} listed {} resources, counts.resources says {}",
          quote(catalog_.name(ref).display()), listed_[ref].size(), about.resource_count));
    }
  }

  void add(GroupRef ref, const Result<ParsedRoles>& parsed) {
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
        out_.notes.push_back({"unmanageable_role", fmt::format("group {}: {}", shown, word)});
        continue;
      }
      out_.live.groups[index(ref)].grants.push_back({catalog_.resource(parsed->ari), *role});
    }
  }

  Reader& reader_;
  const Endpoints& endpoints_;
  const FetchScope& scope_;
  Catalog& catalog_;
  Snapshot& out_;
  std::set<GroupRef> one_by_one_;
  std::map<GroupRef, Found> found_;
  std::map<GroupRef, std::set<std::string>> listed_;  ///< resources of those read one by one
};

}  // namespace

void read_group_grants(Reader& reader, const Endpoints& endpoints, const FetchScope& scope,
                       Catalog& catalog, Snapshot& snapshot) {
  reader.asks_for("grants of groups");
  GroupGrants(reader, endpoints, scope, catalog, snapshot).run();
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
                snapshot.notes.push_back(
                    {"unmanageable_role", fmt::format("{}: {}", catalog.name(ref), quote(word))});
              }
              // org-admin and its like are not on an app; viewer cannot be written for people.
              if (!role || *role == Role::viewer) continue;
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
