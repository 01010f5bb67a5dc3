#include "tests/support/random_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>
#include <random>
#include <vector>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using Names = std::set<std::string>;

/// Declared by no policy: what is granted on it stays.
constexpr std::string_view kUndeclared =
    "ari:cloud:bitbucket::site/70ef3a32-0000-4000-8000-000000000001";

struct Role {
  std::string_view alias, ari, role;
};
constexpr Role kGrants[] = {{"jira", kJira, "user"},
                            {"jira", kJira, "admin"},
                            {"confluence", kConfluence, "user"},
                            {"confluence", kConfluence, "guest"},
                            {"confluence", kConfluence, "admin"}};

constexpr const char* kLimits[] = {"suspend_users",
                                   "remove_users",
                                   "delete_groups",
                                   "remove_members",
                                   "remove_members_per_group",
                                   "revoke_group_access",
                                   "revoke_user_access",
                                   "revoke_admins"};

std::string grant(std::string_view ari, std::string_view role) {
  return fmt::format("{} {}", ari, role);
}

std::string spelled(const std::string& name, bool otherwise) {
  if (!otherwise) return name;
  std::string out = name;
  out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string list(const Names& names) {
  std::string out;
  for (const std::string& name : names)
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", name);
  return "[" + out + "]";
}

/// { jira = ["user"] } of the grants that stand on declared resources.
std::string access_table(const Names& grants) {
  std::map<std::string, Names> roles;
  for (const Role& one : kGrants) {
    if (grants.contains(grant(one.ari, one.role)))
      roles[std::string(one.alias)].insert(std::string(one.role));
  }
  std::string out;
  for (const auto& [alias, names] : roles) {
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", alias, list(names));
  }
  return "{ " + out + " }";
}

json::object access_of(const Names& grants) {
  json::object out;
  for (const std::string& one : grants) {
    const std::size_t space = one.find(' ');
    json::value& roles = out[one.substr(0, space)];
    if (!roles.is_array()) roles = json::array();
    roles.as_array().emplace_back(one.substr(space + 1));
  }
  return out;
}

enum class Wish { none, active, suspended, removed };

struct PersonPolicy {
  Wish wish = Wish::none;
  std::optional<bool> admin{};
  std::optional<Names> access{};
  std::string department{};
};

struct GroupPolicy {
  bool declared = false, absent = false, additive = false;
  std::optional<Names> members{}, access{};
  Names include{}, exclude{};
  std::string match{};
  [[nodiscard]] bool membership_managed() const {
    return declared && !absent && (members || !include.empty() || !match.empty());
  }
};

}  // namespace

class RandomPolicy::Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}
  Maker(std::uint64_t seed, const Model& live, int min_org_admins, bool strict)
      : random_(seed), floor_(min_org_admins), living_(true), before_(live) {
    make_people_policy();
    make_groups_policy();
    work_out();
    if (strict) make_safety();
  }

  RandomCase make() {
    make_organization();
    make_people_policy();
    make_groups_policy();
    RandomCase out;
    out.seed = seed();
    work_out();
    out.policy = policy();
    out.expected = std::move(after_);
    return out;
  }

  Model wanted(const Model& live) {
    before_ = live;
    work_out();
    return after_;
  }

  [[nodiscard]] bool declared(const std::string& email) const {
    const auto found = people_.find(email);
    return found != people_.end() && found->second.wish != Wish::none;
  }

  [[nodiscard]] std::string policy(
      const std::map<std::string, RandomPolicy::Account>& accounts = {}) {
    const auto word = [](Wish wish) {
      return wish == Wish::suspended ? "suspend" : wish == Wish::removed ? "remove" : "ignore";
    };
    std::string out = fmt::format(
        "version = 1\n[organization]\nid = \"{}\"\nunlisted_users = \"{}\"\n"
        "unlisted_groups = \"{}\"\n[resources]\njira = \"{}\"\nconfluence = \"{}\"\n"
        "[safety]\nmin_org_admins = {}\n",
        kOrganization, word(unlisted_users_), unlisted_groups_ ? "delete" : "ignore", kJira,
        kConfluence, floor_);
    if (!safety.protected_users.empty()) {
      out += fmt::format("protected_users = {}\n", list(safety.protected_users));
    }
    if (!safety.protected_groups.empty()) {
      out += fmt::format("protected_groups = {}\n", list(safety.protected_groups));
    }
    for (const char* limit : kLimits) {
      const auto free = safety.free.find(limit);
      out += fmt::format("[safety.limits.{}]\nfree = {}\n", limit,
                         free == safety.free.end() ? 1000 : free->second);
      if (free != safety.free.end()) out += "percent = 0\ncount = 0\n";
    }
    for (const auto& [email, one] : people_) {
      if (one.wish == Wish::none) continue;
      out += fmt::format("[users.\"{}\"]\n", spelled(email, chance(10)));
      if (const auto known = accounts.find(email); known != accounts.end()) {
        out += fmt::format("account_id = \"{}\"\n", known->second.id);
      }
      if (one.wish == Wish::removed) {
        out += "state = \"removed\"\n";
        continue;
      }
      if (one.wish == Wish::suspended) out += "state = \"suspended\"\n";
      out += fmt::format("attributes = {{ department = \"{}\" }}\n", one.department);
      if (one.admin) out += *one.admin ? "roles = [\"org-admin\"]\n" : "roles = []\n";
      if (one.access) out += fmt::format("access = {}\n", access_table(*one.access));
    }
    for (const auto& [email, account] : accounts) {
      if (declared(email)) continue;
      const char* state = unlisted_users_ == Wish::removed                          ? "removed"
                          : unlisted_users_ == Wish::suspended || account.suspended ? "suspended"
                                                                                    : "active";
      out += fmt::format("[users.\"{}\"]\naccount_id = \"{}\"\nstate = \"{}\"\n", email, account.id,
                         state);
    }
    for (const auto& [name, one] : groups_) {
      if (!one.declared) continue;
      out += fmt::format("[groups.{}]\n",
                         spelled(name, !living_ && before_.groups.contains(name) && chance(10)));
      if (one.absent) {
        out += "state = \"absent\"\n";
        continue;
      }
      if (one.members) out += fmt::format("members = {}\n", list(*one.members));
      if (!one.include.empty()) out += fmt::format("include = {}\n", list(one.include));
      if (!one.match.empty()) out += fmt::format("match = {{ department = \"{}\" }}\n", one.match);
      if (!one.exclude.empty()) out += fmt::format("exclude = {}\n", list(one.exclude));
      if (one.additive) out += "membership = \"additive\"\n";
      if (one.membership_managed() && named_.at(name).empty()) out += "empty = true\n";
      if (one.access) {
        std::string access = access_table(*one.access);
        if (one.access->contains(grant(kJira, "viewer"))) access = with_viewer(access);
        out += fmt::format("access = {}\n", access);
      }
    }
    return out;
  }

  RandomPolicy::Safety safety;

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  void make_safety() {
    for (const char* limit : kLimits) {
      if (chance(40)) safety.free[limit] = 2 + below(8);
    }
    for (const auto& [email, one] : people_) {
      if (before_.people.contains(email) && chance(5)) safety.protected_users.insert(email);
    }
    for (const auto& [name, one] : before_.groups) {
      if (chance(5)) safety.protected_groups.insert(name);
    }
  }

  Names some_grants(unsigned percent) {
    Names out;
    for (const Role& one : kGrants) {
      if (chance(percent)) out.insert(grant(one.ari, one.role));
    }
    return out;
  }

  // --- the organization ---------------------------------------------------------------------

  void make_organization() {
    before_.people["root@acme.example"] = {false, true, {}};
    const std::size_t people = 4 + below(9);
    for (std::size_t i = 0; i < people; ++i) {
      Model::Person& one = before_.people[fmt::format("u{}@acme.example", i)];
      one.suspended = chance(20);
      one.admin = chance(20);
      if (chance(40)) one.access = some_grants(30);
      if (chance(15)) one.access.insert(grant(kUndeclared, "user"));
    }
    const std::size_t groups = 2 + below(6);
    for (std::size_t i = 0; i < groups; ++i) {
      Model::Group& one = before_.groups[fmt::format("group-{}", i)];
      for (const auto& [email, about] : before_.people) {
        if (chance(40)) one.members.insert(email);
      }
      if (chance(60)) one.access = some_grants(30);
      if (chance(20)) one.access.insert(grant(kJira, "viewer"));
      if (chance(20)) one.access.insert(grant(kUndeclared, "admin"));
    }
  }

  json::object seed() const {
    json::object out = acme();
    out["workspaces"].as_array().push_back(json::object{{"ari", kUndeclared}});
    json::array users, groups;
    for (const auto& [email, about] : before_.people) {
      json::object one{{"email", email}, {"status", about.suspended ? "suspended" : "active"}};
      if (about.admin) one["roles"] = json::array{"org-admin"};
      if (!about.access.empty()) one["access"] = access_of(about.access);
      users.push_back(std::move(one));
    }
    for (const auto& [name, about] : before_.groups) {
      json::object one{{"name", name},
                       {"members", json::array(about.members.begin(), about.members.end())}};
      if (!about.access.empty()) one["access"] = access_of(about.access);
      groups.push_back(std::move(one));
    }
    out["users"] = std::move(users);
    out["groups"] = std::move(groups);
    return out;
  }

  // --- the policy ---------------------------------------------------------------------------

  void make_people_policy() {
    unlisted_users_ = chance(20) ? Wish::suspended : chance(15) ? Wish::removed : Wish::none;
    Names everybody{"new0@acme.example", "new1@acme.example", "new2@acme.example"};
    for (const auto& [email, about] : before_.people) everybody.insert(email);
    for (const std::string& email : everybody) {
      const auto live = before_.people.find(email);
      const bool present = live != before_.people.end();
      PersonPolicy& one = people_[email];
      if (email.starts_with("root@")) {
        one = {Wish::active, true, std::nullopt, "admin"};
        continue;
      }
      // Somebody undeclared who is suspended is left alone: what that means for groups they are in
      // the policy's language leaves open.
      if (chance(present ? 30 : 50) && !(present && live->second.suspended)) continue;
      one.wish = chance(15) ? Wish::suspended : chance(12) ? Wish::removed : Wish::active;
      one.department = chance(50) ? "red" : "blue";
      if (one.wish == Wish::removed) continue;
      if (chance(50)) one.admin = present && chance(30);
      if (chance(40)) one.access = some_grants(35);
    }
  }

  [[nodiscard]] Wish wish_of(const std::string& email) const {
    const auto found = people_.find(email);
    const Wish wish = found == people_.end() ? Wish::none : found->second.wish;
    return wish == Wish::none && before_.people.contains(email) ? unlisted_users_ : wish;
  }

  void make_groups_policy() {
    unlisted_groups_ = chance(25);
    Names names{"new-a", "new-b"};
    for (const auto& [name, about] : before_.groups) names.insert(name);
    std::vector<std::string> managed;
    for (const std::string& name : names) {
      const bool present = before_.groups.contains(name);
      GroupPolicy& one = groups_[name];
      if (chance(present ? 20 : 40)) continue;
      one.declared = true;
      one.absent = chance(15);
      if (one.absent) continue;
      one.additive = chance(20);
      if (chance(70)) one.members = some_people();
      if (chance(25)) one.match = chance(50) ? "red" : "blue";
      if (!managed.empty() && chance(30)) one.include.insert(managed[below(managed.size())]);
      if (one.membership_managed()) {
        if (chance(20)) one.exclude = some_people();
        // To want somebody in and out by name is an error.
        if (one.members)
          std::erase_if(one.exclude,
                        [&](const auto& email) { return one.members->contains(email); });
        managed.push_back(name);
      } else {
        one.additive = false;
      }
      if (chance(60)) one.access = some_grants(35);
      if (one.access && chance(20)) one.access->insert(grant(kJira, "viewer"));
    }
  }

  /// Who may stand in a list of members.
  Names some_people() {
    Names out;
    for (const auto& [email, about] : people_) {
      // Where the organization lives on, who is in it may leave; members must be known then too.
      const bool known = declared(email) || (!living_ && before_.people.contains(email) &&
                                             unlisted_users_ == Wish::none);
      const Wish wish = wish_of(email);
      if (known && (wish == Wish::active || wish == Wish::none) && chance(35)) out.insert(email);
    }
    return out;
  }

  static std::string with_viewer(const std::string& access) {
    if (access.find("jira = [") != std::string::npos) {
      return with(access, "jira = [", "jira = [\"viewer\", ");
    }
    return with(access, "{ ",
                access == "{  }" ? "{ jira = [\"viewer\"]" : "{ jira = [\"viewer\"], ");
  }

  // --- what the organization is afterwards ----------------------------------------------------

  void work_out() {
    after_ = before_;
    named_.clear();
    wanted_.clear();
    for (auto& [name, one] : groups_) want_members(name);
    for (const auto& [email, one] : people_) settle_person(email, one);
    for (const auto& [email, one] : before_.people) {
      if (!people_.contains(email)) settle_person(email, {});
    }
    for (const auto& [name, one] : groups_) settle_group(name, one);
    for (const auto& [name, one] : before_.groups) {
      if (!groups_.contains(name)) settle_group(name, {});
    }
  }

  /// In the order of the names: what is included stands before.
  void want_members(const std::string& name) {
    const GroupPolicy& one = groups_.at(name);
    if (!one.membership_managed()) return;
    Names& out = named_[name];
    if (one.members) out = *one.members;
    for (const std::string& other : one.include) {
      out.insert(named_.at(other).begin(), named_.at(other).end());
    }
    for (const auto& [email, person] : people_) {
      const bool agrees = !one.match.empty() && person.department == one.match;
      if (agrees && declared(email) && person.wish != Wish::removed) out.insert(email);
    }
    for (const std::string& email : one.exclude) out.erase(email);
    for (const std::string& email : out) {
      if (wish_of(email) != Wish::suspended) wanted_[name].insert(email);
    }
  }

  void settle_person(const std::string& email, const PersonPolicy& one) {
    const Wish wish = wish_of(email);
    const auto live = after_.people.find(email);
    if (wish == Wish::removed) {
      after_.people.erase(email);
      for (auto& [name, group] : after_.groups) group.members.erase(email);
      return;
    }
    if (wish == Wish::suspended) {  // and otherwise as before: restoring brings everything back
      if (live != after_.people.end()) live->second.suspended = true;
      return;
    }
    if (wish == Wish::none) return;
    Model::Person& person = after_.people[email];
    person.suspended = false;
    if (one.admin) person.admin = *one.admin;
    if (one.access) person.access = managed(person.access, *one.access);
  }

  /// Grants on resources that nobody declares are out of scope.
  static Names managed(const Names& live, const Names& wanted) {
    Names out = wanted;
    for (const std::string& one : live) {
      if (one.starts_with(kUndeclared)) out.insert(one);
    }
    return out;
  }

  void settle_group(const std::string& name, const GroupPolicy& one) {
    if (one.absent || (!one.declared && unlisted_groups_)) {
      after_.groups.erase(name);
      return;
    }
    if (!one.declared) return;
    Model::Group& group = after_.groups[name];
    if (one.access) group.access = managed(group.access, *one.access);
    if (!one.membership_managed()) return;
    Names members = wanted_[name];
    for (const std::string& email : group.members) {
      // Suspended people count neither as missing nor as too many.
      if (one.additive || wish_of(email) == Wish::suspended) members.insert(email);
    }
    group.members = std::move(members);
  }

  std::mt19937_64 random_;
  int floor_ = 1;
  bool living_ = false;
  Model before_, after_;
  std::map<std::string, PersonPolicy> people_;
  std::map<std::string, GroupPolicy> groups_;
  std::map<std::string, Names> named_;   ///< by the group's policy, whoever is suspended too
  std::map<std::string, Names> wanted_;  ///< of those who is to be made a member
  Wish unlisted_users_ = Wish::none;
  bool unlisted_groups_ = false;
};

RandomCase make_random_case(std::uint64_t seed) {
  return RandomPolicy::Maker(seed).make();
}

RandomPolicy::RandomPolicy(std::uint64_t seed, const Model& live, int min_org_admins, bool strict)
    : maker_(std::make_unique<Maker>(seed, live, min_org_admins, strict)),
      toml_(maker_->policy()) {}
RandomPolicy::RandomPolicy(RandomPolicy&&) noexcept = default;
RandomPolicy& RandomPolicy::operator=(RandomPolicy&&) noexcept = default;
RandomPolicy::~RandomPolicy() = default;

const std::string& RandomPolicy::toml() const {
  return toml_;
}

const RandomPolicy::Safety& RandomPolicy::safety() const {
  return maker_->safety;
}

void RandomPolicy::relax() {
  maker_->safety = {};
  toml_ = maker_->policy();
}

std::string RandomPolicy::toml(const std::map<std::string, Account>& accounts) const {
  return maker_->policy(accounts);
}

Model RandomPolicy::wanted(const Model& live) const {
  return maker_->wanted(live);
}

bool RandomPolicy::declares(const std::string& email) const {
  return maker_->declared(email);
}

}  // namespace rolecall::test
