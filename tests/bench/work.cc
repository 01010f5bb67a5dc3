#include "tests/bench/work.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>
#include <unordered_set>

#include "state/simulator/fake_org.h"

namespace rolecall::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kUsersPerFile = 10'000;
constexpr std::size_t kGroupsPerFile = 500;
constexpr std::array<std::string_view, 3> kApps = {"jira-software", "confluence",
                                                   "jira-servicedesk"};
constexpr std::array<std::string_view, 3> kAliases = {"jira", "confluence", "service_desk"};
constexpr std::array<std::string_view, 5> kDepartments = {"Engineering", "Sales", "Finance",
                                                          "Support", "Marketing"};
constexpr std::array<std::string_view, 4> kSites = {"Berlin", "Lisbon", "Osaka", "Austin"};

std::string ari(std::size_t app) {
  return fmt::format("ari:cloud:{}::site/70ef3a32-0000-4000-8000-000000000001", kApps[app]);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// Of every hundred of these, one is different in the policy; `salt` picks another one.
bool one_in(std::size_t every, std::size_t i, std::size_t salt) {
  return (i + salt) % every == every / 2;
}

enum class Wish { active, suspended, removed };

class Maker {
 public:
  explicit Maker(std::size_t divisor)
      : seed_(simulator::generate_seed(
            {100'000 / divisor, 10'000 / divisor, 1'000'000 / divisor, 1})) {}

  Work run() {
    give_grants();
    people();
    groups();
    organization();
    Work out;
    out.seed = std::move(seed_);
    out.files = std::move(files_);
    out.plain_policy = {{"users", std::move(plain_users_)}, {"groups", std::move(plain_groups_)}};
    out.wanted_pairs = std::move(wanted_);
    out.live_pairs = std::move(live_);
    return out;
  }

 private:
  /// Two grants a group; of every twentieth they are of different roles.
  void give_grants() {
    std::size_t i = 0;
    for (json::value& group : seed_.at("groups").as_array()) {
      const char* second = i % 20 == 0 ? "admin" : "user";
      group.as_object()["access"] =
          json::object{{ari(i % 3), json::array{"user"}}, {ari((i + 1) % 3), json::array{second}}};
      ++i;
    }
  }

  void add_user(std::string_view email, Wish wish, std::size_t i, bool org_admin) {
    std::string& text = file("people", people_++, kUsersPerFile, "[users]\n");
    text += quoted(email);
    if (wish == Wish::active) {
      text += fmt::format(" = {{ attributes = {{ department = \"{}\", site = \"{}\" }}{} }}\n",
                          kDepartments[i % kDepartments.size()], kSites[i % kSites.size()],
                          org_admin ? ", roles = [\"org-admin\"]" : "");
    } else {
      text += fmt::format(" = {{ state = \"{}\", reason = \"HR-{}\" }}\n",
                          wish == Wish::suspended ? "suspended" : "removed", i);
    }
    plain_users_[email] = wish == Wish::active      ? "active"
                          : wish == Wish::suspended ? "suspended"
                                                    : "removed";
    if (wish == Wish::active) {
      active_.emplace_back(email);
    } else {
      away_.emplace(email);
    }
  }

  /// Out of a thousand: two invited, two suspended, one restored, one removed.
  void people() {
    std::size_t i = 0;
    for (const json::value& user : seed_.at("users").as_array()) {
      const json::object& about = user.as_object();
      const bool in_directory = !about.contains("directories");
      if (!in_directory) continue;
      const bool suspended = about.contains("status");
      const bool admin = about.contains("roles");
      Wish wish = suspended && !one_in(20, suspended_, 0) ? Wish::suspended : Wish::active;
      if (suspended) ++suspended_;
      if (!admin && !suspended && one_in(500, i, 0)) wish = Wish::suspended;
      if (!admin && !suspended && one_in(1'000, i, 100)) wish = Wish::removed;
      add_user(std::string_view(about.at("email").as_string()), wish, i, admin);
      if (one_in(500, i, 200)) {
        add_user(fmt::format("new.person{}@acme.example", i), Wish::active, i, false);
      }
      ++i;
    }
  }

  void groups() {
    const json::array& groups = seed_.at("groups").as_array();
    for (std::size_t i = 0; i < groups.size(); ++i) group(groups[i].as_object(), i);
    const std::size_t created = std::max<std::size_t>(1, groups.size() / 200);
    for (std::size_t i = 0; i < created; ++i) {
      const std::string name = fmt::format("new-team-{}", i + 1);
      start_group(name);
      members(name, {active_[i]});
    }
  }

  void group(const json::object& live, std::size_t i) {
    const std::string name(live.at("name").as_string());
    start_group(name);
    const bool foreign = live.contains("synced") || live.contains("built_in");
    if (!foreign && one_in(200, i, 0)) {
      text() += "state = \"absent\"\n";
      plain_groups_[name] = nullptr;
      return;
    }
    access(i);
    if (foreign) return;
    if (const json::value* about = live.if_contains("description")) {
      text() += fmt::format("description = {}\n", quoted(about->as_string()));
    }
    std::vector<std::string> wanted;
    std::unordered_set<std::string_view> there;
    for (const json::value& member : live.at("members").as_array()) {
      const std::string_view email = member.as_string();
      if (away_.contains(std::string(email))) continue;
      there.insert(email);
      live_ += fmt::format("{}\t{}\n", email, name);
      ++memberships_;
      // Nine in two thousand less, and nine in two thousand more.
      if (memberships_ * 9 % 2'000 < 9 && there.size() > 1) continue;
      wanted.emplace_back(email);
      if (memberships_ * 9 % 2'000 >= 1'000 && memberships_ * 9 % 2'000 < 1'009) owed_ += 1;
    }
    for (std::size_t at = i * 7'919; owed_ > 0 && there.size() < active_.size(); ++at) {
      const std::string& more = active_[at % active_.size()];
      if (!there.insert(more).second) continue;
      wanted.push_back(more);
      --owed_;
    }
    members(name, wanted);
  }

  /// As it is; out of a hundred groups one has one grant less and one has one more.
  void access(std::size_t i) {
    const char* second = i % 20 == 0 ? "admin" : "user";
    std::string grants = fmt::format("{} = [\"user\"]", kAliases[i % 3]);
    if (!one_in(66, i, 3)) {
      grants += fmt::format(", {} = [\"{}\"]", kAliases[(i + 1) % 3], second);
    }
    if (one_in(66, i, 9)) grants += fmt::format(", {} = [\"user\"]", kAliases[(i + 2) % 3]);
    text() += fmt::format("access = {{ {} }}\n", grants);
  }

  void start_group(const std::string& name) {
    file("teams", teams_++, kGroupsPerFile, "") += fmt::format("[groups.{}]\n", quoted(name));
  }

  void members(const std::string& name, const std::vector<std::string>& wanted) {
    json::array plain;
    text() += "members = [\n";
    for (const std::string& email : wanted) {
      text() += fmt::format("  {},\n", quoted(email));
      wanted_ += fmt::format("{}\t{}\n", email, name);
      plain.emplace_back(email);
    }
    text() += wanted.empty() ? "]\nempty = true\n\n" : "]\n\n";
    plain_groups_[name] = std::move(plain);
  }

  void organization() {
    std::string text =
        "version = 1\n\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n\n"
        "[resources]\n";
    for (std::size_t app = 0; app < kApps.size(); ++app) {
      text += fmt::format("{} = \"{}\"\n", kAliases[app], ari(app));
    }
    text += "\n[safety]\nmin_org_admins = 2\n";
    for (const std::string_view limit : kLimitClassNames) {
      text +=
          fmt::format("limits.{} = {{ free = 1000000, percent = 100, count = 1000000 }}\n", limit);
    }
    files_.push_back({"organization.toml", std::move(text)});
  }

  std::string& file(std::string_view kind, std::size_t number, std::size_t per_file,
                    std::string_view head) {
    if (number % per_file == 0) {
      files_.push_back(
          {fmt::format("{}-{:02}.toml", kind, number / per_file + 1), std::string(head)});
    }
    return files_.back().bytes;
  }
  std::string& text() { return files_.back().bytes; }

  json::value seed_;
  std::vector<SourceFile> files_;
  json::object plain_users_, plain_groups_;
  std::string wanted_, live_;
  std::vector<std::string> active_;       ///< wanted active
  std::unordered_set<std::string> away_;  ///< wanted suspended or removed
  std::size_t people_ = 0, teams_ = 0, suspended_ = 0, memberships_ = 0, owed_ = 0;
};

}  // namespace

Work make_work(std::size_t divisor) {
  return Maker(divisor).run();
}

}  // namespace rolecall::bench
