#include "controller/access_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace rolecall {
namespace {

using std::chrono::days;

std::string day(const std::optional<Instant>& at) {
  return at ? format_instant(*at).substr(0, std::string_view("2026-12-01").size()) : std::string();
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

/// A role on an app that somebody has, and through what.
struct Holding {
  ResourceRef resource{};
  Role role{};
  std::vector<std::string> through{};  ///< group names, "direct"
};

class Report {
 public:
  explicit Report(const AccessReportInput& input)
      : in_(input), live_(input.live), catalog_(input.catalog) {
    std::map<std::string, int> namesakes, at_one_host;
    for (const Workspace& workspace : in_.workspaces) {
      ++namesakes[word_for(workspace)];
      ++at_one_host[with_host(workspace)];
    }
    for (const Workspace& workspace : in_.workspaces) {
      std::string shown = word_for(workspace);
      if (namesakes[shown] > 1) shown = with_host(workspace);
      // Two apps must never look like one.
      if (at_one_host[with_host(workspace)] > 1) shown = workspace.ari;
      apps_[workspace.ari] = std::move(shown);
    }
    for (std::size_t i = 0; i < live_.live.users.size(); ++i) {
      const auto ref = static_cast<UserRef>(i);
      if (live_.live.find(ref) != nullptr) people_.push_back(ref);
    }
    std::sort(people_.begin(), people_.end(),
              [&](UserRef a, UserRef b) { return catalog_.name(a) < catalog_.name(b); });
    for (std::size_t i = 0; i < live_.live.groups.size(); ++i) {
      const auto ref = static_cast<GroupRef>(i);
      if (live_.live.find(ref) != nullptr) groups_.push_back(ref);
    }
    std::sort(groups_.begin(), groups_.end(), [&](GroupRef a, GroupRef b) {
      return catalog_.name(a).key() < catalog_.name(b).key();
    });
    collect_holdings();
  }

  AccessReport run() {
    out_.organization = in_.organization;
    out_.directory = live_.directory_name.empty() ? live_.directory_id : live_.directory_name;
    out_.at = in_.at;
    out_.gaps = live_.gaps;
    out_.direct_access = in_.direct_access;
    out_.history = in_.history;
    figures();
    admins();
    ending();
    invitations();
    inactive();
    apps();
    groups();
    access();
    history();
    return std::move(out_);
  }

 private:
  /// What app it is, as policies say it. Its own name is often the site's, which all apps there
  /// share.
  static std::string word_for(const Workspace& workspace) {
    return workspace.type_key.empty() ? workspace.name : workspace.type_key;
  }
  static std::string with_host(const Workspace& workspace) {
    const std::string& host = workspace.host.empty() ? workspace.name : workspace.host;
    return fmt::format("{} ({})", word_for(workspace), host);
  }
  [[nodiscard]] std::string app(ResourceRef ref) const {
    const auto found = apps_.find(catalog_.name(ref));
    return found == apps_.end() ? catalog_.name(ref) : found->second;
  }
  [[nodiscard]] const std::string& group_name(GroupRef ref) const {
    return catalog_.name(ref).display();
  }
  [[nodiscard]] std::string state(UserRef ref) const {
    if (!live_.about(ref).account_active) return "deactivated";
    return live_.live.find(ref)->presence == Presence::suspended ? "suspended" : "active";
  }
  [[nodiscard]] const Activity& activity(UserRef ref) const {
    static const Activity kNone;
    const auto found = in_.activity.find(ref);
    return found == in_.activity.end() ? kNone : found->second;
  }
  [[nodiscard]] std::vector<std::string> person(UserRef ref) const {
    return {live_.about(ref).name, catalog_.name(ref)};
  }

  void collect_holdings() {
    std::unordered_map<UserRef, std::map<Grant, std::vector<std::string>>> found;
    for (const GroupRef group : groups_) {
      for (const UserRef member : live_.live.find(group)->members) {
        for (const Grant& grant : live_.live.find(group)->grants) {
          found[member][grant].push_back(group_name(group));
        }
      }
    }
    for (const UserRef ref : people_) {
      for (const Grant& grant : live_.live.find(ref)->grants)
        found[ref][grant].emplace_back("direct");
    }
    for (auto& [ref, grants] : found) {
      for (auto& [grant, through] : grants) {
        holdings_[ref].push_back({grant.resource, grant.role, std::move(through)});
      }
      std::sort(holdings_[ref].begin(), holdings_[ref].end(),
                [&](const Holding& a, const Holding& b) {
                  return std::pair(app(a.resource), a.role) < std::pair(app(b.resource), b.role);
                });
    }
  }
  [[nodiscard]] const std::vector<Holding>& holdings(UserRef ref) const {
    static const std::vector<Holding> kNone;
    const auto found = holdings_.find(ref);
    return found == holdings_.end() ? kNone : found->second;
  }

  ReportTable& table(std::string id, std::string title, std::string lead, std::string if_empty,
                     std::vector<std::string> header) {
    return out_.tables.emplace_back(ReportTable{std::move(id),
                                                std::move(title),
                                                std::move(lead),
                                                std::move(if_empty),
                                                std::move(header),
                                                {}});
  }

  // --- figures ------------------------------------------------------------------------------

  void figures() {
    std::size_t suspended = 0;
    std::size_t admins = 0;
    std::size_t memberships = 0;
    for (const UserRef ref : people_) {
      const User& user = *live_.live.find(ref);
      if (user.presence == Presence::suspended) ++suspended;
      if (user.org_admin) ++admins;
    }
    for (const GroupRef ref : groups_) memberships += live_.live.find(ref)->members.size();
    const auto add = [&](std::string label, std::size_t n) {
      out_.figures.emplace_back(std::move(label), std::to_string(n));
    };
    add("people", people_.size());
    add("suspended", suspended);
    add("org admins", admins);
    add("groups", groups_.size());
    add("memberships", memberships);
  }

  // --- tables -------------------------------------------------------------------------------

  void admins() {
    ReportTable& out =
        table("admins", "Who administers",
              "Organization admins, and whoever has the role admin or user-access-admin on an app.",
              "Nobody administers anything, as far as could be read.",
              {"Name", "Address", "State", "Administers", "Role", "Through", "Last active"});
    const auto add = [&](UserRef ref, std::string what, std::string_view role,
                         std::string through) {
      auto row = person(ref);
      row.insert(row.end(), {state(ref), std::move(what), std::string(role), std::move(through),
                             last_active(ref)});
      out.rows.push_back(std::move(row));
    };
    for (const UserRef ref : people_) {
      if (live_.live.find(ref)->org_admin) add(ref, "the organization", kOrgAdmin, "direct");
    }
    for (const UserRef ref : people_) {
      for (const Holding& held : holdings(ref)) {
        if (held.role != Role::admin && held.role != Role::user_access_admin) continue;
        add(ref, app(held.resource), name(held.role), joined(held.through));
      }
    }
  }

  void ending() {
    ReportTable& out =
        table("ending", "Dated access that ends soon",
              fmt::format("What the policy gives until a day within the next {} days.",
                          kEndsSoon.count()),
              in_.has_policy ? "Nothing of what the policy gives ends within that time."
                             : "No policy was given, so nothing is known of dates.",
              {"Ends after", "Name", "Address", "Group", "Reason", "Where"});
    std::vector<const DatedAccess*> soon;
    for (const DatedAccess& dated : in_.dated) {
      if (dated.until && *dated.until > in_.at && *dated.until <= in_.at + kEndsSoon) {
        soon.push_back(&dated);
      }
    }
    std::stable_sort(soon.begin(), soon.end(), [](const DatedAccess* a, const DatedAccess* b) {
      return *a->until < *b->until;
    });
    for (const DatedAccess* dated : soon) {
      const auto email = Email::parse(dated->user);
      const auto ref = email ? catalog_.find_user(*email) : std::nullopt;
      out.rows.push_back({dated->until_text, ref ? live_.about(*ref).name : std::string(),
                          dated->user, dated->group.empty() ? "all access" : dated->group,
                          dated->reason,
                          fmt::format("{}:{}", dated->place.file, dated->place.line)});
    }
  }

  void invitations() {
    ReportTable& out = table(
        "invitations", "Pending invitations",
        "People whose address has not been verified, which is how the API shows that an invitation "
        "was not accepted yet; and invitations of rolecall whose people nobody has seen yet.",
        "None, as far as the API shows.", {"Name", "Address", "Since", "What is known"});
    for (const UserRef ref : people_) {
      if (!activity(ref).unverified) continue;
      auto row = person(ref);
      row.insert(row.end(), {day(activity(ref).added), "address not verified"});
      out.rows.push_back(std::move(row));
    }
    for (const OpenInvitation& open : in_.open_invitations) {
      out.rows.push_back(
          {"", open.email, day(open.at),
           fmt::format("run {} sent it{}", open.run, open.answered ? "" : " and saw no answer")});
    }
  }

  void inactive() {
    ReportTable& out = table(
        "inactive", "People without recent activity",
        fmt::format("Active in the directory, and seen in no app for {} days. Activity comes from "
                    "the API, up to a day late.",
                    kInactiveAfter.count()),
        "Everybody who is active has been seen in an app.",
        {"Name", "Address", "Last active", "Added", "Apps"});
    std::vector<UserRef> found;
    std::array<std::int64_t, 5> ages{};
    for (const UserRef ref : people_) {
      if (state(ref) != "active") continue;
      const auto& last = activity(ref).last_active;
      const auto age = last ? in_.at - *last : Instant::duration::max();
      ++ages[!last ? 4 : age <= days{7} ? 0 : age <= days{30} ? 1 : age <= kInactiveAfter ? 2 : 3];
      if (!last || age > kInactiveAfter) found.push_back(ref);
    }
    const std::array<std::string, 5> labels = {
        "7 days", "30 days", fmt::format("{} days", kInactiveAfter.count()), "longer ago", "never"};
    for (std::size_t i = 0; i < ages.size(); ++i) out_.last_active.emplace_back(labels[i], ages[i]);
    std::stable_sort(found.begin(), found.end(), [&](UserRef a, UserRef b) {
      return activity(a).last_active < activity(b).last_active;
    });
    for (const UserRef ref : found) {
      auto row = person(ref);
      row.insert(row.end(), {last_active(ref), day(activity(ref).added), apps_in_words(ref)});
      out.rows.push_back(std::move(row));
    }
    out_.figures.emplace_back("not seen lately", std::to_string(found.size()));
  }

  [[nodiscard]] std::string last_active(UserRef ref) const {
    const auto& last = activity(ref).last_active;
    return last ? day(last) : "never";
  }

  [[nodiscard]] std::string apps_in_words(UserRef ref) const {
    std::vector<std::string> names;
    for (const Holding& held : holdings(ref)) {
      const std::string one = app(held.resource);
      if (names.empty() || names.back() != one) names.push_back(one);
    }
    return joined(names);
  }

  void apps() {
    ReportTable& out =
        table("apps", "Apps", "How many people have each app, and through which groups.",
              "Nobody has any app, as far as could be read.",
              {"App", "People", "Not active", "Admins", "Given by groups"});
    out.numbers = {1, 2, 3};
    struct Use {
      std::size_t people = 0, suspended = 0, admins = 0;
    };
    std::map<std::string, Use> uses;
    for (const UserRef ref : people_) {
      std::map<std::string, bool> mine;
      for (const Holding& held : holdings(ref)) {
        bool& admin = mine[app(held.resource)];
        admin = admin || held.role == Role::admin;
      }
      for (const auto& [one, admin] : mine) {
        Use& use = uses[one];
        ++use.people;
        if (admin) ++use.admins;
        if (state(ref) != "active") ++use.suspended;
      }
    }
    std::map<std::string, std::set<std::string>> givers;
    for (const GroupRef ref : groups_) {
      for (const Grant& grant : live_.live.find(ref)->grants) {
        givers[app(grant.resource)].insert(
            fmt::format("{}: {}", group_name(ref), name(grant.role)));
        uses[app(grant.resource)];
      }
    }
    for (const auto& [one, use] : uses) {
      const auto& by = givers[one];
      out.rows.push_back({one, std::to_string(use.people), std::to_string(use.suspended),
                          std::to_string(use.admins), joined({by.begin(), by.end()})});
      out_.people_per_app.emplace_back(one, static_cast<std::int64_t>(use.people));
    }
  }

  void groups() {
    ReportTable& out = table("groups", "Groups by size", "The largest first, with what they give.",
                             "There are no groups.",
                             {"Group", "Members", "Not active", "Gives", "Managed", "About"});
    out.numbers = {1, 2};
    std::vector<GroupRef> by_size = groups_;
    std::stable_sort(by_size.begin(), by_size.end(), [&](GroupRef a, GroupRef b) {
      return live_.live.find(a)->members.size() > live_.live.find(b)->members.size();
    });
    for (const GroupRef ref : by_size) {
      const Group& group = *live_.live.find(ref);
      const LiveGroup& about = live_.about(ref);
      const auto suspended =
          std::count_if(group.members.begin(), group.members.end(),
                        [&](UserRef member) { return state(member) != "active"; });
      std::vector<std::string> gives;
      for (const Grant& grant : group.grants) {
        gives.push_back(fmt::format("{}: {}", app(grant.resource), name(grant.role)));
      }
      if (!about.grants_read && about.resource_count > 0) gives.emplace_back("could not be read");
      out.rows.push_back({group_name(ref), std::to_string(group.members.size()),
                          std::to_string(suspended), joined(gives),
                          about.synced                            ? "by an identity provider"
                          : !about.deletable || !about.modifiable ? "built in"
                                                                  : "here",
                          group.description});
      out_.largest_groups.emplace_back(group_name(ref),
                                       static_cast<std::int64_t>(group.members.size()));
    }
  }

  void access() {
    ReportTable& out =
        table("access", "Who has which app, and through what",
              "A line for each role that somebody has on an app. " + in_.direct_access,
              "Nobody has any app, as far as could be read.",
              {"Name", "Address", "State", "App", "Role", "Through", "Last active"});
    for (const UserRef ref : people_) {
      for (const Holding& held : holdings(ref)) {
        auto row = person(ref);
        row.insert(row.end(), {state(ref), app(held.resource), std::string(name(held.role)),
                               joined(held.through), last_active(ref)});
        out.rows.push_back(std::move(row));
      }
    }
  }

  void history() {
    ReportTable& out =
        table("history", "Counts over time", "As runs and get counts --record have kept them.",
              "The store has none yet: they come with each apply, or rolecall get counts --record.",
              {"At", "People", "Suspended", "Org admins", "Groups", "Memberships"});
    out.numbers = {1, 2, 3, 4, 5};
    for (auto counts = in_.history.rbegin(); counts != in_.history.rend(); ++counts) {
      out.rows.push_back({format_instant(counts->at), std::to_string(counts->users),
                          std::to_string(counts->suspended), std::to_string(counts->org_admins),
                          std::to_string(counts->groups), std::to_string(counts->memberships)});
    }
  }

  const AccessReportInput& in_;
  const Snapshot& live_;
  const Catalog& catalog_;
  std::map<std::string, std::string> apps_;  ///< ARI -> what people call it
  std::vector<UserRef> people_;              ///< by address
  std::vector<GroupRef> groups_;             ///< by name
  std::unordered_map<UserRef, std::vector<Holding>> holdings_;
  AccessReport out_;
};

}  // namespace

AccessReport make_access_report(const AccessReportInput& input) {
  return Report(input).run();
}

}  // namespace rolecall
