#include "state/api/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <boost/json/array.hpp>

#include "state/api/directory.h"
#include "state/api/endpoints.h"
#include "state/api/grants.h"
#include "state/api/parse.h"
#include "state/api/people_listing.h"
#include "state/api/reader.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr std::string_view kTwoAccounts = "two accounts have this address";
constexpr std::string_view kTwoGroups = "another group was listed under its id";

/// As LiveUser::shows.
std::string address_shown(const ParsedUser& user, const std::string& stands_for) {
  const auto email = Email::parse(user.email);
  if (!email) return "-";
  return email->str() == stands_for ? std::string() : email->str();
}

class Fetch {
 public:
  Fetch(ReadClient& client, const FetchScope& scope, Catalog& catalog,
        const FetchProgress& progress)
      : scope_(scope),
        catalog_(catalog),
        endpoints_(scope.organization),
        reader_(client),
        people_(
            reader_, endpoints_,
            [this](ParsedUser user, const json::value& item) {
              const UserRef ref = add_user(std::move(user));
              if (scope_.on_user) scope_.on_user(ref, item);
            },
            [this](std::string what) { gap(std::move(what)); },
            [this](const ParsedUser& user) { see_again(user); }),
        group_grants_(reader_, endpoints_, scope_, catalog_, out_) {
    people_.expand_products = static_cast<bool>(scope_.on_user);
    // Who looks at people as the API sent them gets all of it.
    if (!scope_.on_user) reader_.wanted = wanted_members;
    for (const auto& [account_id, ref] : scope_.pins) pinned_.insert(ref);
    if (progress) {
      reader_.on_call = [this, progress] {
        progress(reader_.calls(), people_.listed() + listed_groups_, counted());
      };
    }
  }

  Result<Snapshot> run() {
    const auto directory = find_directory(reader_, endpoints_, scope_);
    if (!directory) return tl::make_unexpected(directory.error());
    out_.directory_id = directory->id;
    out_.directory_name = directory->name;
    read_groups_and_counts();
    // While people are still coming in.
    if (listed_groups_ > 0 && !widens()) group_grants_.run();
    reader_.run();
    people_.finish();
    if (people_.listed() == 0 && listed_groups_ == 0 && !people_.closed() && !groups_closed_) {
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
    if (widens()) {
      const FetchScope wide = widened_scope();
      GroupGrants(reader_, endpoints_, wide, catalog_, out_).run();
      read_user_grants(reader_, endpoints_, wide, catalog_, out_);
    } else {
      read_user_grants(reader_, endpoints_, scope_, catalog_, out_);
    }
    out_.read_calls = reader_.calls();
    for (const auto& [what, calls] : reader_.calls_for()) out_.calls_for.emplace(what, calls);
    out_.server_date = reader_.server_date();
    std::sort(out_.gaps.begin(), out_.gaps.end());
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::size_t counted() const {
    return static_cast<std::size_t>(user_count_.value_or(0) + group_count_.value_or(0));
  }
  void gap(std::string what) { out_.gaps.push_back(std::move(what)); }

  /// Starts on the people once their number is known; returns when all groups are there.
  void read_groups_and_counts() {
    const std::string& directory = out_.directory_id;
    std::size_t counting = 0;
    const auto count = [&](ReadRequest request, std::optional<std::int64_t>& into) {
      ++counting;
      const std::string path = request.request().target;
      reader_.get(std::move(request), [&, this, path](const Result<json::value>& value) {
        --counting;
        if (!value) return gap(value.error().what);
        const std::int64_t* number = integer_member(*value, "count");
        if (number == nullptr) {
          return gap(fmt::format("GET {}: $.count is no whole number",
                                 std::string_view(path).substr(0, path.find('?'))));
        }
        into = *number;
      });
    };
    reader_.asks_for("people");
    count(endpoints_.user_count(directory), user_count_);
    reader_.asks_for("groups");
    count(endpoints_.group_count(directory), group_count_);
    bool all_there = false;
    Reader::Walking first;  // for the searches that wait for its end
    first.pages = Reader::kMostPages;
    reader_.walk(
        [this, &directory](const std::string& cursor) {
          Endpoints::GroupSearch search;
          search.expand_counts = true;
          return endpoints_.groups(directory, search, cursor);
        },
        [&, this](const Reader::Page& page) {
          all_there = page.last;
          if (!page.problem.empty()) gap(page.problem);
          if (page.data == nullptr) return;
          for (const json::value& item : *page.data) add_group(parse_group(item));
          groups_closed_ = page.last;
        },
        first);
    reader_.run([&] { return counting == 0; });
    reader_.asks_for("people");
    people_.start(directory, user_count_, known_addresses());
    if (group_count_ && !widens()) group_grants_.start(static_cast<std::size_t>(*group_count_));
    reader_.run([&] { return all_there; });
  }

  // --- people -------------------------------------------------------------------------------

  /// Of those whom the policy names.
  [[nodiscard]] std::vector<std::string> known_addresses() const {
    std::vector<std::string> out;
    out.reserve(catalog_.user_count());
    for (std::size_t i = 0; i < catalog_.user_count(); ++i) {
      out.push_back(catalog_.name(static_cast<UserRef>(i)));
    }
    return out;
  }

  /// Where a live account stands: by pinned id first, then by address.
  [[nodiscard]] UserRef place_of(ParsedUser& user) {
    if (const auto pin = scope_.pins.find(user.about.account_id); pin != scope_.pins.end()) {
      take_address(pin->second, user);
      user.about.shows = address_shown(user, catalog_.name(pin->second));
      return pin->second;
    }
    const auto email = Email::parse(user.email);
    const std::string& shown = user.email.empty() ? user.about.account_id : user.email;
    if (!email) {
      if (user.about.account_id.empty()) {
        // Any address may be theirs: of nobody it is known that they are not there.
        gap(fmt::format("users/search listed somebody without account and address: {}",
                        user.about.opaque));
        faceless_people_ = true;
      }
      if (user.about.opaque.empty()) {
        user.about.opaque = fmt::format(
            "{} (users/search: $.data[].email)",
            user.email.empty() ? "no e-mail address is visible" : "its address is not understood");
      }
      return catalog_.nameless_user(shown);
    }
    const UserRef ref = catalog_.user(*email);
    const bool pinned_to_another = pinned_.contains(ref);
    const bool taken = out_.live.find(ref) != nullptr;
    if (!pinned_to_another && !taken) {
      if (shown_elsewhere_.contains(ref)) user.about.opaque = kTwoAccounts;
      return ref;
    }
    out_.conflicts.push_back({ref, user.about.account_id});
    if (taken && !pinned_to_another) {
      out_.users[index(ref)].opaque = kTwoAccounts;
    }
    user.about.opaque = "another account has this address";
    return catalog_.nameless_user(shown);
  }

  /// The address that a pinned account shows, where that is not the pinned person's: it is no free
  /// one, and whoever else shows it is one of two.
  void take_address(UserRef pinned, const ParsedUser& user) {
    const auto email = Email::parse(user.email);
    if (!email) return;
    const UserRef shown = catalog_.user(*email);
    if (shown == pinned) return;
    shown_elsewhere_.insert(shown);
    out_.conflicts.push_back({shown, user.about.account_id});
    const bool taken = out_.live.find(shown) != nullptr && !pinned_.contains(shown);
    if (taken) out_.users[index(shown)].opaque = kTwoAccounts;
  }

  /// An account that is shown under another address than before is nobody's for certain, and the
  /// other address is no free one. (Whom the policy pins to the account they are.)
  void see_again(const ParsedUser& user) {
    const std::string& account = user.about.account_id;
    if (!shown_again_) {
      shown_again_ = true;
      for (std::size_t i = 0; i < out_.users.size(); ++i) {
        ref_of_account_.emplace(out_.users[i].account_id, static_cast<UserRef>(i));
      }
    }
    const auto before = ref_of_account_.find(account);
    if (before == ref_of_account_.end() || scope_.pins.contains(account)) return;
    const auto email = Email::parse(user.email);
    const std::string& stands_as = catalog_.name(before->second);
    const auto known = Email::parse(stands_as);
    const bool same = email && known ? email->str() == known->str()
                                     : stands_as == (user.email.empty() ? account : user.email);
    if (same) return;
    out_.users[index(before->second)].opaque = "its account was shown under another address too";
    if (email) out_.conflicts.push_back({catalog_.user(*email), account});
  }

  /// Where they stand.
  UserRef add_user(ParsedUser user) {
    if (user.presence == Presence::absent && user.about.opaque.empty()) {
      // Believed, they would be invited anew.
      user.about.opaque =
          "no_membership was not asked for (users/search: $.data[].membershipStatus)";
    }
    saw_platform_roles_ = saw_platform_roles_ || user.has_platform_roles;
    const UserRef ref = place_of(user);
    User& live = out_.live.user(ref);
    live.presence = user.presence == Presence::absent ? Presence::active : user.presence;
    live.org_admin = user.org_admin;
    if (out_.users.size() < out_.live.users.size()) out_.users.resize(out_.live.users.size());
    out_.users[index(ref)] = std::move(user.about);
    if (shown_again_) ref_of_account_.emplace(out_.users[index(ref)].account_id, ref);
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
    if (group.name.empty()) {
      // Any name may be this one's: none is known to be free.
      gap(fmt::format("group {}: {}", quote(group.about.id), group.about.opaque));
      nameless_groups_ = true;
      const auto known = group_refs_.try_emplace(group.about.id, std::nullopt).first;
      if (known->second) out_.groups[index(*known->second)].opaque = kTwoGroups;
      return;
    }
    const bool has_id = !group.about.id.empty();
    const GroupRef ref = catalog_.group(GroupName::from_server(group.name));
    const auto known = has_id ? group_refs_.find(group.about.id) : group_refs_.end();
    if (known != group_refs_.end()) {
      gap(fmt::format("groups/search listed group {} twice", quote(group.name)));
      groups_repeated_ = true;
      if (known->second == ref) return;
      // Which of them the id means nobody knows.
      if (known->second) out_.groups[index(*known->second)].opaque = kTwoGroups;
      group.about.opaque = kTwoGroups;
    }
    if (out_.live.find(ref) != nullptr) {
      out_.groups[index(ref)].opaque = "two groups have this name";
      return;
    }
    if (has_id) group_refs_.try_emplace(group.about.id, ref);
    Group& live = out_.live.group(ref);
    live.present = true;
    live.description = std::move(group.description);
    if (out_.groups.size() < out_.live.groups.size()) out_.groups.resize(out_.live.groups.size());
    if (!group.has_counts) uncounted_.insert(ref);
    out_.groups[index(ref)] = std::move(group.about);
  }

  void assemble_members() {
    std::vector<std::optional<GroupRef>> refs(id_indices_.size());
    std::vector<const std::string*> ids(id_indices_.size());
    for (const auto& [id, position] : id_indices_) {
      const auto found = group_refs_.find(id);
      if (found != group_refs_.end()) refs[position] = found->second;
      ids[position] = &id;
    }
    for (const auto& [position, user] : memberships_) {
      if (refs[position]) {
        out_.live.groups[index(*refs[position])].members.push_back(user);
      } else {
        out_.users[index(user)].other_groups.push_back(*ids[position]);
      }
    }
    memberships_ = {};
    // Somebody who is named twice must not stand for somebody who is missing.
    for (Group& group : out_.live.groups) {
      std::sort(group.members.begin(), group.members.end());
      group.members.erase(std::unique(group.members.begin(), group.members.end()),
                          group.members.end());
    }
  }

  [[nodiscard]] bool widens() const {
    return scope_.every_group || scope_.every_user || !scope_.groups_of.empty() ||
           !scope_.group_keys.empty() || out_.live.groups.size() > scope_.deletable_groups_from;
  }
  /// With what could not be named before the listings were read.
  [[nodiscard]] FetchScope widened_scope() const {
    FetchScope out = scope_;
    for (std::size_t i = 0; i < out_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      const std::vector<UserRef>& members = out_.live.groups[i].members;
      const bool asked =
          scope_.every_group || (i >= scope_.deletable_groups_from && out_.groups[i].deletable) ||
          std::find(scope_.group_keys.begin(), scope_.group_keys.end(), catalog_.name(ref).key()) !=
              scope_.group_keys.end() ||
          std::any_of(scope_.groups_of.begin(), scope_.groups_of.end(), [&](UserRef one) {
            return std::binary_search(members.begin(), members.end(), one);
          });
      if (asked) out.all_access.push_back(ref);
    }
    for (std::size_t i = 0; scope_.every_user && i < out_.live.users.size(); ++i) {
      out.user_access.push_back(static_cast<UserRef>(i));
    }
    out.whole_user_access = scope_.whole_user_access || scope_.every_user;
    return out;
  }

  // --- proof --------------------------------------------------------------------------------

  void check_counts() {
    bool people_closed = people_.closed();
    const std::size_t people = people_.listed();
    if (people_closed && user_count_ && static_cast<std::size_t>(*user_count_) != people) {
      gap(fmt::format("users/search listed {} people, users/count says {}", people, *user_count_));
      people_closed = false;
    }
    if (groups_closed_ && group_count_ &&
        static_cast<std::size_t>(*group_count_) != listed_groups_) {
      gap(fmt::format("groups/search listed {} groups, groups/count says {}", listed_groups_,
                      *group_count_));
      groups_closed_ = false;
    }
    if (people > 0 && !saw_platform_roles_) {
      gap("users/search gave nobody's platformRoles, so org admins are not known");
    }
    out_.users_proved = people_closed && user_count_.has_value() && !faceless_people_;
    out_.groups_proved =
        groups_closed_ && group_count_.has_value() && !groups_repeated_ && !nameless_groups_;
  }

  /// Expanded groups may be cut short for people in very many; the groups' own counts tell.
  void reread_mismatched() {
    struct Reread {
      GroupRef ref{};
      std::vector<UserRef> members{};
      std::size_t listed = 0, strangers = 0;
      std::optional<std::int64_t> count{};
      std::string problem{};
    };
    std::vector<std::unique_ptr<Reread>> rereads;
    for (std::size_t i = 0; i < out_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      const Group* group = out_.live.find(ref);
      if (group == nullptr || out_.groups[i].id.empty()) continue;
      if (!uncounted_.contains(ref) && group->members.size() == out_.groups[i].user_count) continue;
      rereads.push_back(std::make_unique<Reread>(Reread{ref}));
    }
    if (rereads.empty()) return;
    for (std::size_t i = 0; i < out_.users.size(); ++i) {
      const std::string& account = out_.users[i].account_id;
      if (!account.empty()) by_account_.emplace(account, static_cast<UserRef>(i));
    }
    reader_.asks_for("members of groups");
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
              if (const auto ref = known(user)) {
                target->members.push_back(*ref);
              } else if (user.presence != Presence::absent) {
                ++target->strangers;
              }
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
      if (reread->strangers > 0) {
        gap(fmt::format("group {}: users/search listed {} members who are not among the people",
                        quote(shown), reread->strangers));
      }
      out_.live.groups[index(reread->ref)].members = std::move(reread->members);
    }
  }

  /// Of those who are listed.
  [[nodiscard]] std::optional<UserRef> known(const ParsedUser& user) const {
    const auto found = by_account_.find(user.about.account_id);
    if (found != by_account_.end()) return found->second;
    if (!user.about.account_id.empty()) return std::nullopt;
    const auto email = Email::parse(user.email);
    const auto ref = email ? catalog_.find_user(*email) : std::nullopt;
    return ref && out_.live.find(*ref) != nullptr ? ref : std::nullopt;
  }

  const FetchScope& scope_;
  Catalog& catalog_;
  Endpoints endpoints_;
  Reader reader_;
  PeopleListing people_;
  Snapshot out_;
  GroupGrants group_grants_;
  std::size_t listed_groups_ = 0;
  std::optional<std::int64_t> user_count_;
  std::optional<std::int64_t> group_count_;
  bool groups_closed_ = false;
  bool groups_repeated_ = false, nameless_groups_ = false;
  bool saw_platform_roles_ = false, faceless_people_ = false;
  bool shown_again_ = false;  ///< some account, by another walk or wrongly
  std::unordered_map<std::string, UserRef> ref_of_account_;   ///< from then on
  std::unordered_map<std::string_view, UserRef> by_account_;  ///< filled for rereading
  std::unordered_map<std::string, std::uint32_t> id_indices_;
  std::vector<std::pair<std::uint32_t, UserRef>> memberships_;
  std::unordered_map<std::string, std::optional<GroupRef>> group_refs_;  ///< by id; none: no name
  std::set<GroupRef> uncounted_;
  std::set<UserRef> pinned_;
  std::set<UserRef> shown_elsewhere_;  ///< whose addresses pinned accounts of other people show
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
  if (!problem.empty()) {
    return fail(problem, hint_for_first_call(problem, organization));
  }
  return out;
}

Result<std::vector<Workspace>> fetch_workspaces_twice(ReadClient& client,
                                                      const std::string& organization,
                                                      std::size_t* calls) {
  auto first = fetch_workspaces(client, organization, calls);
  if (!first) return first;
  auto second = fetch_workspaces(client, organization, calls);
  if (!second) return second;
  const auto names = [](const std::vector<Workspace>& all) {
    std::set<std::array<std::string, 3>> out;
    for (const Workspace& one : all) out.insert({one.ari, one.type_key, one.host});
    return out;
  };
  if (names(*first) == names(*second)) return first;
  return fail(
      "the organization's apps were not the same when they were read twice",
      "try again; if it stays so, write the ARIs in [resources], as rolecall get workspaces "
      "shows them");
}

}  // namespace rolecall
