#include "state/api/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include <boost/json/array.hpp>

#include "state/api/endpoints.h"
#include "state/api/grants.h"
#include "state/api/parse.h"
#include "state/api/reader.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

class Fetch {
 public:
  Fetch(ReadClient& client, const FetchScope& scope, Catalog& catalog,
        const FetchProgress& progress)
      : scope_(scope), catalog_(catalog), endpoints_(scope.organization), reader_(client) {
    for (const auto& [account_id, ref] : scope_.pins) pinned_.insert(ref);
    if (progress) {
      reader_.on_call = [this, progress] {
        progress(reader_.calls(), listed_users_ + listed_groups_, counted());
      };
    }
  }

  Result<Snapshot> run() {
    if (const auto found = find_directory(); !found) return tl::make_unexpected(found.error());
    read_listings();
    if (listed_users_ == 0 && listed_groups_ == 0 && !users_closed_ && !groups_closed_) {
      return fail(out_.gaps.empty() ? "nothing could be read" : out_.gaps.front());
    }
    assemble_members();
    check_counts();
    reread_mismatched();
    for (Group& group : out_.live.groups) {
      std::sort(group.members.begin(), group.members.end());
      group.members.erase(std::unique(group.members.begin(), group.members.end()),
                          group.members.end());
    }
    const bool widens = scope_.every_group || scope_.every_user;
    const FetchScope wide = widens ? widened_scope() : FetchScope();
    read_group_grants(reader_, endpoints_, widens ? wide : scope_, catalog_, out_);
    read_user_grants(reader_, endpoints_, widens ? wide : scope_, catalog_, out_);
    out_.read_calls = reader_.calls();
    out_.server_date = reader_.server_date();
    std::sort(out_.gaps.begin(), out_.gaps.end());
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::size_t counted() const {
    return static_cast<std::size_t>(user_count_.value_or(0) + group_count_.value_or(0));
  }
  void gap(std::string what) { out_.gaps.push_back(std::move(what)); }

  Result<void> find_directory() {
    std::vector<Directory> found;
    std::string problem;
    reader_.walk([this](const std::string& cursor) { return endpoints_.directories(cursor); },
                 [&](const Reader::Page& page) {
                   problem += page.problem;
                   if (page.data == nullptr) return;
                   for (const json::value& item : *page.data) {
                     const json::string* id = string_member(item, "directoryId");
                     const json::string* label = string_member(item, "name");
                     if (id == nullptr) continue;
                     found.push_back({std::string(*id), label ? std::string(*label) : ""});
                   }
                 });
    reader_.run();
    if (!problem.empty()) {
      return fail(problem, fmt::format("check the organization id {} and the API key",
                                       quote(scope_.organization)));
    }
    std::string list;
    for (const Directory& directory : found) {
      list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", quote(directory.name),
                          escape_terminal(directory.id));
    }
    if (scope_.directory.empty() && found.size() > 1) {
      return fail("the organization has more than one directory: " + list,
                  "name one with `directory` in [organization]");
    }
    if (found.empty()) return fail("the organization shows no directory to this API key");
    const auto chosen = std::find_if(found.begin(), found.end(), [&](const Directory& directory) {
      return scope_.directory.empty() || directory.id == scope_.directory ||
             directory.name == scope_.directory;
    });
    if (chosen == found.end()) {
      return fail(fmt::format("no directory {} in the organization", quote(scope_.directory)),
                  "there are: " + list);
    }
    out_.directory_id = chosen->id;
    out_.directory_name = chosen->name;
    return {};
  }

  void read_listings() {
    const std::string& directory = out_.directory_id;
    reader_.walk(
        [this, &directory](const std::string& cursor) {
          Endpoints::UserSearch search;
          search.expand_groups = true;
          search.expand_products = static_cast<bool>(scope_.on_user);
          return endpoints_.users(directory, search, cursor);
        },
        [this](const Reader::Page& page) {
          if (!page.problem.empty()) gap(page.problem);
          if (page.data == nullptr) return;
          for (const json::value& item : *page.data) {
            const auto ref = add_user(parse_user(item));
            if (ref && scope_.on_user) scope_.on_user(*ref, item);
          }
          users_closed_ = page.last;
        });
    reader_.walk(
        [this, &directory](const std::string& cursor) {
          Endpoints::GroupSearch search;
          search.expand_counts = true;
          return endpoints_.groups(directory, search, cursor);
        },
        [this](const Reader::Page& page) {
          if (!page.problem.empty()) gap(page.problem);
          if (page.data == nullptr) return;
          for (const json::value& item : *page.data) add_group(parse_group(item));
          groups_closed_ = page.last;
        });
    const auto count = [this](ReadRequest request, std::optional<std::int64_t>& into) {
      reader_.get(std::move(request), [this, &into](const Result<json::value>& value) {
        if (!value) return gap(value.error().what);
        const std::int64_t* number = integer_member(*value, "count");
        if (number == nullptr) return gap("a count was asked for and $.count is no whole number");
        into = *number;
      });
    };
    count(endpoints_.user_count(directory), user_count_);
    count(endpoints_.group_count(directory), group_count_);
    reader_.run();
  }

  // --- people -------------------------------------------------------------------------------

  /// Where a live account stands: by pinned id first, then by address.
  [[nodiscard]] UserRef place_of(ParsedUser& user) {
    if (const auto pin = scope_.pins.find(user.about.account_id); pin != scope_.pins.end()) {
      return pin->second;
    }
    const auto email = Email::parse(user.email);
    const std::string& shown = user.email.empty() ? user.about.account_id : user.email;
    if (!email) {
      if (user.about.opaque.empty()) {
        user.about.opaque =
            user.email.empty() ? "no e-mail address is visible" : "its address is not understood";
      }
      return catalog_.nameless_user(shown);
    }
    const UserRef ref = catalog_.user(*email);
    const bool pinned_to_another = pinned_.contains(ref);
    const bool taken = out_.live.find(ref) != nullptr;
    if (!pinned_to_another && !taken) return ref;
    out_.conflicts.push_back({ref, user.about.account_id});
    if (taken && !pinned_to_another) {
      out_.users[index(ref)].opaque = "two accounts have this address";
    }
    user.about.opaque = "another account has this address";
    return catalog_.nameless_user(shown);
  }

  /// Where they stand; nothing for somebody who is not in the directory, or was listed before.
  std::optional<UserRef> add_user(ParsedUser user) {
    ++listed_users_;
    if (user.presence == Presence::absent && user.about.opaque.empty()) return std::nullopt;
    if (!user.about.account_id.empty() && !account_ids_.insert(user.about.account_id).second) {
      gap(fmt::format("users/search listed account {} twice",
                      escape_terminal(user.about.account_id)));
      return std::nullopt;
    }
    saw_platform_roles_ = saw_platform_roles_ || user.has_platform_roles;
    const UserRef ref = place_of(user);
    User& live = out_.live.user(ref);
    live.presence = user.presence == Presence::absent ? Presence::active : user.presence;
    live.org_admin = user.org_admin;
    if (out_.users.size() < out_.live.users.size()) out_.users.resize(out_.live.users.size());
    out_.users[index(ref)] = std::move(user.about);
    for (const std::string& id : user.group_ids) memberships_.emplace_back(id_index(id), ref);
    return ref;
  }

  std::uint32_t id_index(const std::string& id) {
    return id_indices_.try_emplace(id, static_cast<std::uint32_t>(id_indices_.size()))
        .first->second;
  }

  // --- groups -------------------------------------------------------------------------------

  void add_group(ParsedGroup group) {
    ++listed_groups_;
    if (group.about.id.empty()) {
      out_.notes.push_back({"opaque_group", group.name + ": id is missing"});
      return;
    }
    if (group_refs_.contains(group.about.id)) {
      gap(fmt::format("groups/search listed group {} twice", quote(group.name)));
      return;
    }
    const GroupRef ref = catalog_.group(GroupName::from_server(group.name));
    if (out_.live.find(ref) != nullptr) {
      out_.groups[index(ref)].opaque = "two groups have this name";
      return;
    }
    group_refs_.emplace(group.about.id, ref);
    Group& live = out_.live.group(ref);
    live.present = true;
    live.description = std::move(group.description);
    if (out_.groups.size() < out_.live.groups.size()) out_.groups.resize(out_.live.groups.size());
    if (!group.has_counts) uncounted_.insert(ref);
    out_.groups[index(ref)] = std::move(group.about);
  }

  void assemble_members() {
    std::vector<std::optional<GroupRef>> refs(id_indices_.size());
    for (const auto& [id, position] : id_indices_) {
      const auto found = group_refs_.find(id);
      if (found != group_refs_.end()) refs[position] = found->second;
    }
    for (const auto& [position, user] : memberships_) {
      if (refs[position]) out_.live.groups[index(*refs[position])].members.push_back(user);
    }
    memberships_ = {};
  }

  /// With what could not be named before the listings were read.
  [[nodiscard]] FetchScope widened_scope() const {
    FetchScope out = scope_;
    for (std::size_t i = 0; scope_.every_group && i < out_.live.groups.size(); ++i) {
      out.all_access.push_back(static_cast<GroupRef>(i));
    }
    for (std::size_t i = 0; scope_.every_user && i < out_.live.users.size(); ++i) {
      out.user_access.push_back(static_cast<UserRef>(i));
    }
    out.whole_user_access = scope_.whole_user_access || scope_.every_user;
    return out;
  }

  // --- proof --------------------------------------------------------------------------------

  void check_counts() {
    if (users_closed_ && user_count_ && static_cast<std::size_t>(*user_count_) != listed_users_) {
      gap(fmt::format("users/search listed {} people, users/count says {}", listed_users_,
                      *user_count_));
      users_closed_ = false;
    }
    if (groups_closed_ && group_count_ &&
        static_cast<std::size_t>(*group_count_) != listed_groups_) {
      gap(fmt::format("groups/search listed {} groups, groups/count says {}", listed_groups_,
                      *group_count_));
      groups_closed_ = false;
    }
    if (listed_users_ > 0 && !saw_platform_roles_) {
      gap("users/search gave nobody's platformRoles, so org admins are not known");
    }
    out_.users_proved = users_closed_ && user_count_.has_value();
    out_.groups_proved = groups_closed_ && group_count_.has_value();
  }

  /// Expanded groups may be cut short for people in very many; the groups' own counts tell.
  void reread_mismatched() {
    struct Reread {
      GroupRef ref{};
      std::vector<UserRef> members{};
      std::size_t listed = 0;
      std::optional<std::int64_t> count{};
      std::string problem{};
    };
    std::vector<std::unique_ptr<Reread>> rereads;
    for (std::size_t i = 0; i < out_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      const Group* group = out_.live.find(ref);
      if (group == nullptr) continue;
      if (!uncounted_.contains(ref) && group->members.size() == out_.groups[i].user_count) continue;
      rereads.push_back(std::make_unique<Reread>(Reread{ref}));
    }
    for (const auto& reread : rereads) {
      const std::string id = out_.groups[index(reread->ref)].id;
      reader_.walk(
          [this, id](const std::string& cursor) {
            Endpoints::UserSearch search;
            search.group_ids = {id};
            return endpoints_.users(out_.directory_id, search, cursor);
          },
          [this, target = reread.get()](const Reader::Page& page) {
            target->problem += page.problem;
            if (page.data == nullptr) return;
            for (const json::value& item : *page.data) {
              ++target->listed;
              const ParsedUser user = parse_user(item);
              if (const auto ref = known(user)) target->members.push_back(*ref);
            }
          });
      reader_.get(endpoints_.user_count(out_.directory_id, id),
                  [target = reread.get()](const Result<json::value>& value) {
                    if (!value) {
                      target->problem += value.error().what;
                      return;
                    }
                    if (const std::int64_t* n = integer_member(*value, "count")) target->count = *n;
                  });
    }
    reader_.run();
    for (const auto& reread : rereads) {
      const std::string& shown = catalog_.name(reread->ref).display();
      if (!reread->problem.empty()) gap(reread->problem);
      if (!reread->count || static_cast<std::size_t>(*reread->count) != reread->listed) {
        gap(fmt::format("group {}: users/search listed {} members, users/count says {}",
                        quote(shown), reread->listed,
                        reread->count ? std::to_string(*reread->count) : "nothing"));
      }
      out_.live.groups[index(reread->ref)].members = std::move(reread->members);
    }
  }

  [[nodiscard]] std::optional<UserRef> known(const ParsedUser& user) const {
    if (const auto pin = scope_.pins.find(user.about.account_id); pin != scope_.pins.end()) {
      return pin->second;
    }
    const auto email = Email::parse(user.email);
    return email ? catalog_.find_user(*email) : std::nullopt;
  }

  const FetchScope& scope_;
  Catalog& catalog_;
  Endpoints endpoints_;
  Reader reader_;
  Snapshot out_;
  std::size_t listed_users_ = 0;
  std::size_t listed_groups_ = 0;
  std::optional<std::int64_t> user_count_;
  std::optional<std::int64_t> group_count_;
  bool users_closed_ = false;
  bool groups_closed_ = false;
  bool saw_platform_roles_ = false;
  std::unordered_set<std::string> account_ids_;
  std::unordered_map<std::string, std::uint32_t> id_indices_;
  std::vector<std::pair<std::uint32_t, UserRef>> memberships_;
  std::unordered_map<std::string, GroupRef> group_refs_;
  std::set<GroupRef> uncounted_;
  std::set<UserRef> pinned_;
};

}  // namespace

Result<Snapshot> fetch(ReadClient& client, const FetchScope& scope, Catalog& catalog,
                       const FetchProgress& progress) {
  return Fetch(client, scope, catalog, progress).run();
}

Result<std::vector<Workspace>> fetch_workspaces(ReadClient& client, const std::string& organization,
                                                std::size_t* calls) {
  const Endpoints endpoints(organization);
  Reader reader(client);
  std::vector<Workspace> out;
  std::string problem;
  reader.walk([&](const std::string& cursor) { return endpoints.workspaces(cursor); },
              [&](const Reader::Page& page) {
                problem += page.problem;
                if (page.data == nullptr) return;
                for (const json::value& item : *page.data) {
                  const json::string* ari = string_member(item, "id");
                  const json::value* attributes = member(item, "attributes");
                  if (ari == nullptr || attributes == nullptr) continue;
                  const auto text = [&](std::string_view key) {
                    const json::string* found = string_member(*attributes, key);
                    return found == nullptr ? std::string() : std::string(*found);
                  };
                  std::string host = text("hostUrl");
                  if (const std::size_t at = host.find("://"); at != std::string::npos) {
                    host.erase(0, at + 3);
                  }
                  host = host.substr(0, host.find_first_of("/?#"));
                  const auto number = [&](std::string_view key) -> std::optional<std::int64_t> {
                    const std::int64_t* found = integer_member(*attributes, key);
                    return found == nullptr ? std::nullopt : std::optional(*found);
                  };
                  out.push_back({std::string(*ari), text("typeKey"), text("name"), host,
                                 number("capacity"), number("usage")});
                }
              });
  reader.run();
  if (calls != nullptr) *calls += reader.calls();
  if (!problem.empty()) return fail(problem);
  return out;
}

}  // namespace rolecall
