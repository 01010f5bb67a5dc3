#include "diff/goes_along.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "diff/plan_view.h"
#include "state/model/digest.h"

namespace rolecall {
namespace {

constexpr std::size_t kDigits = 12;

/// "2 members, 1 grant (9f86d081884c)"; nothing where there is nothing.
class Company {
 public:
  void add(std::string_view word) { words_.emplace_back(word); }
  void add(std::size_t n, std::string_view what) {
    if (n > 0) words_.push_back(fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"));
    counted_ = counted_ || n > 0;
  }
  /// `which`: who and what was counted.
  [[nodiscard]] std::string in_words(Digest&& which) const {
    const std::string all = fmt::format("{}", fmt::join(words_, ", "));
    return counted_ ? fmt::format("{} ({})", all, which.hex().substr(0, kDigits)) : all;
  }

 private:
  std::vector<std::string> words_;
  bool counted_ = false;
};

using Grants = std::set<std::pair<std::string, std::string>>;  ///< ARI, role

void put(const Grants& grants, Digest& digest) {
  for (const auto& [ari, role] : grants) {
    digest.field(ari);
    digest.field(role);
  }
}

bool holds_org_role(const Plan& plan, const Change& change) {
  const std::vector<std::string>& all = plan.org_role_holders;
  return std::binary_search(all.begin(), all.end(), change.user);
}

std::string with_who_comes_back(const Plan::Holdings& holdings, bool org_admin) {
  Company company;
  if (org_admin) company.add(kOrgAdmin);
  company.add(holdings.groups.size(), "group");
  company.add(holdings.grants.size(), "grant");
  Digest which("rolecall holdings 1");
  for (const std::string& group : holdings.groups) which.field(group);
  put(holdings.grants, which);
  return company.in_words(std::move(which));
}

std::string with_group(const PlanInput& input, const Change& deletion) {
  const auto ref = input.catalog.find_group(GroupName::from_server(deletion.group));
  const Group* group = ref ? input.live.live.find(*ref) : nullptr;
  if (group == nullptr) return {};
  std::vector<std::string> accounts;
  for (const UserRef member : group->members) {
    accounts.push_back(input.live.about(member).account_id);
  }
  std::sort(accounts.begin(), accounts.end());
  Grants grants;
  for (const Grant& grant : group->grants) {
    grants.emplace(input.catalog.name(grant.resource), std::string(name(grant.role)));
  }
  const LiveGroup& about = input.live.about(*ref);
  grants.insert(about.other_grants.begin(), about.other_grants.end());
  Company company;
  company.add(accounts.size(), "member");
  company.add(grants.size(), "grant");
  const bool counted = about.resource_count != LiveGroup::kNotCounted;
  if (!about.grants_read && counted) company.add(about.resource_count, "app");
  Digest which("rolecall members 1");
  for (const std::string& account : accounts) which.field(account);
  put(grants, which);
  return company.in_words(std::move(which));
}

/// Who they are to whom the change is made: "org-admin" goes with whoever goes.
std::string with_person(const PlanInput& input, const Plan& plan, const Change& change) {
  const auto email = Email::parse(change.user);
  const auto ref = email ? input.catalog.find_user(*email) : std::nullopt;
  const User* user = ref ? input.live.live.find(*ref) : nullptr;
  if (user == nullptr) return {};
  const bool leaves =
      change.kind == ChangeKind::suspend_user || change.kind == ChangeKind::remove_user;
  Company company;
  if (leaves && holds_org_role(plan, change)) company.add(kOrgAdmin);
  if (user->presence == Presence::suspended) company.add(kSuspended);
  if (!input.live.about(*ref).account_active) company.add(kDeactivated);
  return company.in_words(Digest(""));
}

}  // namespace

void tell_what_goes_along(const PlanInput& input, Plan& plan) {
  for (Change& change : plan.changes) {
    if (change.kind == ChangeKind::delete_group) {
      change.goes_along = with_group(input, change);
    } else if (change.kind == ChangeKind::restore_user) {
      const auto held = plan.holdings.find(change.account_id);
      if (held == plan.holdings.end()) continue;
      change.goes_along = with_who_comes_back(held->second, holds_org_role(plan, change));
    } else if (!change.user.empty()) {
      change.goes_along = with_person(input, plan, change);
    }
  }
}

std::string different_company(const Change& then, const Change& now) {
  if (then.goes_along == now.goes_along) return {};
  // The digest of who and what they are says nothing to people.
  const auto words = [](const std::string& what, std::string_view nothing) {
    return what.empty() ? std::string(nothing) : what.substr(0, what.find(" ("));
  };
  if (!then.user.empty() && then.kind != ChangeKind::restore_user) {
    return fmt::format("{}: they were {} and are {} now", change_in_words(then),
                       words(then.goes_along, "active"), words(now.goes_along, "active"));
  }
  const std::string before = words(then.goes_along, "nothing");
  const std::string after = words(now.goes_along, "nothing");
  return fmt::format("{}: what goes along with it was {} and is {} now{}", change_in_words(then),
                     before, after, before == after ? ", but others" : "");
}

bool planned_for(const Change& change, std::string_view standing) {
  return !change.user.empty() && change.goes_along.find(standing) != std::string::npos;
}

}  // namespace rolecall
