#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

#include "policies/holdings.h"
#include "policies/policy.h"
#include "policies/run_tests.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// People whom a broken rule names; the rest are counted.
constexpr std::size_t kMostShown = 50;

/// Whom a rule is about, by PersonId.
class Selection {
 public:
  Selection(const Policy& policy, const EffectiveGroups& groups, const RuleDecl& rule)
      : policy_(policy) {
    const std::size_t count = policy.people.size();
    selected_.assign(count, true);
    if (!rule.users) return;
    const SelectorDecl& users = *rule.users;
    if (!users.groups.empty()) keep(in_any(groups, users.groups));
    for (PersonId person = 0; person < count; ++person) {
      selected_[person] = selected_[person] && is_at(person, users.domains) &&
                          agrees_with(person, users.attributes);
    }
  }

  [[nodiscard]] bool contains(PersonId person) const { return selected_[person]; }
  [[nodiscard]] bool empty() const {
    return std::find(selected_.begin(), selected_.end(), true) == selected_.end();
  }

 private:
  [[nodiscard]] std::vector<bool> in_any(const EffectiveGroups& groups,
                                         const std::vector<GroupNameAt>& names) const {
    std::vector<bool> in(selected_.size(), false);
    for (const GroupNameAt& name : names) {
      for (const EffectiveMember& member : groups[*policy_.group(name.name)]) {
        in[member.person] = true;
      }
    }
    return in;
  }
  void keep(const std::vector<bool>& these) {
    for (std::size_t i = 0; i < these.size(); ++i) selected_[i] = selected_[i] && these[i];
  }
  [[nodiscard]] bool is_at(PersonId person,
                           const std::vector<std::pair<std::string, At>>& domains) const {
    const std::string_view domain = policy_.people.email(person).domain();
    return domains.empty() || std::any_of(domains.begin(), domains.end(), [&](const auto& wanted) {
             return wanted.first == domain;
           });
  }
  [[nodiscard]] bool agrees_with(PersonId person, const std::vector<MatchKey>& keys) const {
    if (keys.empty()) return true;
    const UserDecl* user = policy_.user(person);
    return user != nullptr && std::all_of(keys.begin(), keys.end(),
                                          [&](const MatchKey& key) { return agrees(*user, key); });
  }

  const Policy& policy_;
  std::vector<bool> selected_;
};

class RuleCheck {
 public:
  RuleCheck(const Policy& policy, const EffectiveGroups& groups, Instant at, const RuleDecl& rule,
            Diagnostics& diagnostics)
      : policy_(policy),
        groups_(groups),
        at_(at),
        rule_(rule),
        diagnostics_(diagnostics),
        selection_(policy, groups, rule) {}

  void run() {
    if (selection_.empty()) return about_nobody();
    if (rule_.deny.roles && rule_.deny.roles->org_admin) deny_org_admin();
    if (rule_.deny.access) deny_access(*rule_.deny.access);
    if (!rule_.exclusive_groups.empty()) exclude();
    if (rule_.require) require(*rule_.require);
    if (broken_ > kMostShown) {
      say(policy_.place(rule_.at), fmt::format("broken {} times more", broken_ - kMostShown), {});
    }
  }

 private:
  void say(Place place, const std::string& what, std::string hint,
           std::vector<Place> related = {}) {
    std::string said = fmt::format("rule {}: {}", quote(rule_.name), what);
    if (rule_.severity == Severity::error) {
      diagnostics_.error(std::move(place), std::move(said), std::move(hint), std::move(related));
    } else {
      diagnostics_.warning(std::move(place), std::move(said), std::move(hint), std::move(related));
    }
  }
  void broken(Place place, const std::string& what, std::string hint,
              std::vector<Place> related = {}) {
    if (++broken_ > kMostShown) return;
    related.push_back(policy_.place(rule_.at));
    say(std::move(place), what, std::move(hint), std::move(related));
  }
  [[nodiscard]] std::string shown(PersonId person) const {
    return quote(policy_.people.email(person).str());
  }

  void about_nobody() {
    std::string hint = "mend it, or leave it for those to come";
    std::set<std::string_view> names;
    std::set<std::string_view> domains;
    for (PersonId person = 0; person < policy_.people.size(); ++person) {
      domains.insert(policy_.people.email(person).domain());
    }
    for (const UserDecl& user : policy_.users) {
      for (const Attribute& attribute : user.attributes) names.insert(attribute.name);
    }
    const auto guess = [&](const std::string& word, const std::set<std::string_view>& known) {
      if (known.contains(word)) return;
      const std::vector<std::string_view> candidates(known.begin(), known.end());
      const std::optional<std::string> near = closest(word, candidates);
      if (near) hint = fmt::format("did you mean {}?", quote(*near));
    };
    if (rule_.users) {
      for (const auto& [domain, at] : rule_.users->domains) guess(domain, domains);
      for (const MatchKey& key : rule_.users->attributes) guess(key.attribute, names);
    }
    diagnostics_.warning(policy_.place(rule_.users ? rule_.users->at : rule_.at),
                         fmt::format("rule {} is about nobody", quote(rule_.name)),
                         std::move(hint));
  }

  /// What [users] gives somebody waits for them while they are suspended or before their time, so
  /// it counts then too; only the removed have nothing.
  [[nodiscard]] const UserDecl* holder(const UserDecl& user) const {
    const bool counts = user.state != UserState::removed && selection_.contains(user.person);
    return counts ? &user : nullptr;
  }
  [[nodiscard]] std::string_view waiting(PersonId person) const {
    return is_wanted_active(policy_, person, at_) ? "" : ", which waits while they are suspended";
  }

  void deny_org_admin() {
    for (const UserDecl& user : policy_.users) {
      if (holder(user) == nullptr || !user.roles || !user.roles->org_admin) continue;
      broken(policy_.place(*user.roles->org_admin),
             fmt::format("{} has organization role \"org-admin\"{}", shown(user.person),
                         waiting(user.person)),
             "take it out of \"roles\"");
    }
  }

  void deny_access(const AccessDecl& denied) {
    for (const GrantDecl& grant : denied.grants) {
      for (const auto& [role, at] : grant.roles) deny_grant(grant.alias, role);
    }
  }

  void deny_grant(const std::string& alias, Role role) {
    const std::string what = fmt::format("role {} on {}", quote(name(role)), quote(alias));
    for (const UserDecl& user : policy_.users) {
      const At* given = find_role(user.access, alias, role);
      if (given == nullptr || holder(user) == nullptr) continue;
      broken(policy_.place(*given),
             fmt::format("{} has {}{}", shown(user.person), what, waiting(user.person)),
             "take it out of \"access\"");
    }
    for (std::uint32_t group = 0; group < policy_.groups.size(); ++group) {
      const At* given = find_role(policy_.groups[group].access, alias, role);
      if (given == nullptr) continue;
      for (const EffectiveMember& member : groups_[group]) {
        if (!selection_.contains(member.person)) continue;
        Way way = way_into(policy_, groups_, group, member);
        std::vector<Place> related(way.places.begin() + 1, way.places.end());
        related.push_back(policy_.place(*given));
        broken(way.places.front(),
               fmt::format("{} has {} through {}", shown(member.person), what, way.words),
               "take them out of the group, or the role out of its \"access\"", std::move(related));
      }
    }
  }

  void exclude() {
    std::vector<std::uint8_t> count(policy_.people.size(), 0);
    std::vector<std::uint32_t> listed;
    for (const GroupNameAt& name : rule_.exclusive_groups) {
      listed.push_back(*policy_.group(name.name));
      for (const EffectiveMember& member : groups_[listed.back()]) {
        if (count[member.person] < 2) ++count[member.person];
      }
    }
    for (PersonId person = 0; person < count.size(); ++person) {
      if (count[person] > 1 && selection_.contains(person)) in_several(person, listed);
    }
  }

  void in_several(PersonId person, const std::vector<std::uint32_t>& listed) {
    std::vector<Way> ways;
    for (const std::uint32_t group : listed) {
      const EffectiveMember* member = find_member(groups_, group, person);
      if (member != nullptr) ways.push_back(way_into(policy_, groups_, group, *member));
    }
    std::string names;
    std::vector<Place> places;
    for (const Way& way : ways) {
      names += &way == &ways.front() ? "" : &way == &ways.back() ? " and in " : ", in ";
      names += way.words;
      places.insert(places.end(), way.places.begin(), way.places.end());
    }
    const Place first = places.front();
    places.erase(places.begin());
    broken(first, fmt::format("{} is in {}", shown(person), names), "take them out of all but one",
           std::move(places));
  }

  // --- require ------------------------------------------------------------------------------

  void require(const RequireDecl& wanted) {
    for (const UserDecl& user : policy_.users) {
      if (user.state != UserState::active || !selection_.contains(user.person)) continue;
      require_of(wanted, user.at, policy_.windows[user.window], user.reason, shown(user.person));
    }
    // Of people who are in the directory already a policy may say nothing but in which groups they
    // are: then that has to end.
    for (std::uint32_t group = 0; group < policy_.groups.size(); ++group) {
      const GroupDecl& decl = policy_.groups[group];
      for (const EffectiveMember& member : groups_[group]) {
        if (member.origin != MemberOrigin::members || !selection_.contains(member.person) ||
            policy_.user(member.person) != nullptr) {
          continue;
        }
        const MemberEntry& entry = decl.members[member.index];
        require_of(wanted, entry.at, policy_.windows[entry.window], policy_.reasons[entry.reason],
                   fmt::format("{} in group {}", shown(member.person), quote(decl.name.display())));
      }
    }
  }

  void require_of(const RequireDecl& wanted, const At& at, const Window& window,
                  const std::string& reason, const std::string& who) {
    if (wanted.reason && trim_ascii(reason).empty()) {
      broken(policy_.place(at), fmt::format("{} has no \"reason\"", who),
             "write one, as in reason = \"PROC-77\"");
    }
    if (!wanted.until_within_days) return;
    if (!window.until) {
      broken(policy_.place(at), fmt::format("{} has no \"until\"", who),
             fmt::format("write one at most {} days from now", *wanted.until_within_days));
      return;
    }
    // Counted in days, like `until` itself, from now or from when it begins.
    const Instant start = window.from ? std::max(at_, window.from->instant) : at_;
    const auto first_day = std::chrono::floor<std::chrono::days>(start);
    const auto end = first_day + std::chrono::days(*wanted.until_within_days + 1);
    if (window.until->instant <= end) return;
    broken(policy_.place(window.until->at),
           fmt::format("{} has until = {}, more than {} days after {}", who, window.until->text,
                       *wanted.until_within_days, format_instant(first_day).substr(0, 10)),
           fmt::format("write {} or earlier",
                       format_instant(end - std::chrono::days(1)).substr(0, 10)));
  }

  const Policy& policy_;
  const EffectiveGroups& groups_;
  Instant at_;
  const RuleDecl& rule_;
  Diagnostics& diagnostics_;
  Selection selection_;
  std::size_t broken_ = 0;
};

}  // namespace

RulesChecked check_rules(const Policy& policy, Instant at) {
  RulesChecked out{policy.rules.size(), policy.tests.size()};
  // More memberships than can be resolved are an error already.
  if (!policy.rules.empty()) {
    if (const std::optional<EffectiveGroups> groups = effective_groups(policy, at)) {
      for (const RuleDecl& rule : policy.rules) {
        RuleCheck(policy, *groups, at, rule, out.diagnostics).run();
      }
    }
  }
  run_tests(policy, at, out.diagnostics);
  return out;
}

}  // namespace rolecall
