#include "policies/run_tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "policies/holdings.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Everything is asked of the person as they are wanted at the test's instant: who is suspended,
/// removed or outside their window then has nothing.
class TestCheck {
 public:
  TestCheck(const Policy& policy, const EffectiveGroups& groups, Instant at, const TestDecl& test,
            Diagnostics& diagnostics)
      : policy_(policy),
        groups_(groups),
        at_(at),
        test_(test),
        person_(*policy.people.find(*test.user)),
        user_(policy.user(person_)),
        active_(is_wanted_active(policy, person_, at)),
        diagnostics_(diagnostics) {}

  void run() {
    check(test_.has, true);
    check(test_.lacks, false);
  }

 private:
  void check(const HoldingsDecl& holdings, bool wanted) {
    for (const GroupNameAt& name : holdings.groups) {
      std::vector<Way> ways;
      const std::uint32_t group = *policy_.group(name.name);
      const EffectiveMember* member = find_member(groups_, group, person_);
      if (member != nullptr) ways.push_back(way_into(policy_, groups_, group, *member));
      const std::string shown = fmt::format("group {}", quote(name.name.display()));
      settle(name.at, wanted, ways, "is in", "is not in " + shown);
    }
    if (holdings.roles && holdings.roles->org_admin) {
      std::vector<Way> ways;
      if (active_ && user_ != nullptr && user_->roles && user_->roles->org_admin) {
        ways.push_back({"", {policy_.place(*user_->roles->org_admin)}});
      }
      const std::string shown = fmt::format("organization role {}", quote(kOrgAdmin));
      settle(*holdings.roles->org_admin, wanted, ways, "has " + shown, "does not have " + shown);
    }
    if (!holdings.access) return;
    for (const GrantDecl& grant : holdings.access->grants) {
      for (const auto& [role, at] : grant.roles) {
        const std::string shown =
            fmt::format("role {} on {}", quote(name(role)), quote(grant.alias));
        settle(at, wanted, ways_to(grant.alias, role), "has " + shown, "does not have " + shown);
      }
    }
  }

  [[nodiscard]] std::vector<Way> ways_to(const std::string& alias, Role role) const {
    std::vector<Way> ways;
    const At* direct = user_ == nullptr ? nullptr : find_role(user_->access, alias, role);
    if (active_ && direct != nullptr) ways.push_back({"directly", {policy_.place(*direct)}});
    for (std::uint32_t group = 0; group < policy_.groups.size(); ++group) {
      const At* given = find_role(policy_.groups[group].access, alias, role);
      const EffectiveMember* member =
          given == nullptr ? nullptr : find_member(groups_, group, person_);
      if (member == nullptr) continue;
      Way& way = ways.emplace_back(way_into(policy_, groups_, group, *member));
      way.words = "through " + way.words;
      way.places.push_back(policy_.place(*given));
    }
    return ways;
  }

  void settle(const At& at, bool wanted, const std::vector<Way>& ways, const std::string& having,
              const std::string& lacking) {
    if (wanted != ways.empty()) return;
    std::vector<Place> related;
    std::string through;
    for (const Way& way : ways) {
      if (!way.words.empty()) through += (through.empty() ? " " : ", ") + way.words;
      related.insert(related.end(), way.places.begin(), way.places.end());
    }
    std::string hint;
    if (ways.empty() && !active_) {
      const WhyInactive why = why_inactive(policy_, *user_, at_);
      hint = "they are not wanted active then: " + why.words;
      related.push_back(policy_.place(why.at));
    }
    diagnostics_.error(
        policy_.place(at),
        fmt::format("test {}: on {} {} {}{}", quote(test_.name), day(), quote(test_.user->str()),
                    wanted ? lacking : having, wanted ? "" : through),
        std::move(hint), std::move(related));
  }

  [[nodiscard]] std::string day() const {
    return test_.when ? test_.when->text : format_instant(at_);
  }

  const Policy& policy_;
  const EffectiveGroups& groups_;
  Instant at_;
  const TestDecl& test_;
  PersonId person_;
  const UserDecl* user_;
  bool active_;
  Diagnostics& diagnostics_;
};

}  // namespace

void run_tests(const Policy& policy, Instant at, Diagnostics& diagnostics) {
  std::map<Instant, std::vector<const TestDecl*>> by_instant;
  std::vector<bool> asked(policy.people.size(), false);
  for (const TestDecl& test : policy.tests) {
    by_instant[test.when ? test.when->instant : at].push_back(&test);
    asked[*policy.people.find(*test.user)] = true;
  }
  for (const auto& [instant, tests] : by_instant) {
    const std::optional<EffectiveGroups> groups = effective_groups(policy, instant, &asked);
    if (!groups) return;
    for (const TestDecl* test : tests) {
      TestCheck(policy, *groups, instant, *test, diagnostics).run();
    }
  }
}

}  // namespace rolecall
