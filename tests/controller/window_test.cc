// Many plans, each just under a limit, within a day.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <deque>
#include <set>

#include "tests/support/cases.h"
#include "tests/support/rehearsal.h"

namespace rolecall {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::Rehearsal;

constexpr int kPeople = 60;
constexpr int kGroups = 30;
constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
constexpr const char* kHead =
    "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n";

std::string person(int i) {
  return "p" + std::to_string(i) + "@acme.example";
}

/// Everybody is an org admin, in the group `all`, and may use Jira; so may every group.
boost::json::value seed() {
  const std::string access = std::string("\"access\": {\"") + kJira + "\": [\"user\"]}";
  std::string users;
  std::string members;
  std::string groups;
  for (int i = 0; i < kPeople; ++i) {
    const std::string comma = i == 0 ? "" : ", ";
    users +=
        comma + "{\"email\": \"" + person(i) + "\", \"roles\": [\"org-admin\"], " + access + "}";
    members += comma + "\"" + person(i) + "\"";
  }
  for (int g = 0; g < kGroups; ++g) {
    groups += ", {\"name\": \"g" + std::to_string(g) + "\", " + access + "}";
  }
  return boost::json::parse(std::string("{\"organization\": {\"id\": "
                                        "\"1b2c3d4e-0000-4000-8000-0000000000aa\"}, "
                                        "\"workspaces\": [{\"ari\": \"") +
                            kJira + "\"}], \"users\": [" + users +
                            "], \"groups\": [{\"name\": \"all\", \"members\": [" + members + "]}" +
                            groups + "]}");
}

/// A policy by which the first `n` of a class are gone, and nothing else is managed.
std::string policy(LimitClass klass, int n) {
  std::string out = kHead + std::string("[resources]\njira = \"") + kJira + "\"\n";
  out += "[safety]\nmin_org_admins = 0\n";
  for (const std::string_view other : kLimitClassNames) {
    out += "[safety.limits." + std::string(other) + "]\n";
    out += other == name(klass) ? "free = 3\npercent = 10\ncount = 5\n" : "free = 1000\n";
  }
  out += "[users]\n";
  for (int i = 0; i < kPeople; ++i) {
    const bool gone = i < n;
    std::string keys;
    if (klass == LimitClass::suspend_users && gone) keys = "state = \"suspended\"";
    if (klass == LimitClass::remove_users && gone) keys = "state = \"removed\"";
    // Org admins can be lost in three ways.
    if (klass == LimitClass::revoke_admins && gone) {
      keys = i % 3 == 0   ? "roles = []"
             : i % 3 == 1 ? "state = \"suspended\""
                          : "state = \"removed\"";
    }
    if (klass == LimitClass::revoke_user_access) {
      keys = gone ? "access = {}" : "access = { jira = [\"user\"] }";
    }
    if (!keys.empty()) out += "\"" + person(i) + "\" = { " + keys + " }\n";
  }
  if (klass == LimitClass::remove_members || klass == LimitClass::remove_members_per_group) {
    out += "[groups.all]\nmembers = [";
    for (int i = n; i < kPeople; ++i) out += "\"" + person(i) + "\", ";
    out += "]\n";
  }
  for (int g = 0; g < kGroups; ++g) {
    const std::string header = "[groups.g" + std::to_string(g) + "]\n";
    if (klass == LimitClass::delete_groups && g < n) out += header + "state = \"absent\"\n";
    if (klass == LimitClass::revoke_group_access) {
      out += header + (g < n ? "access = {}\n" : "access = { jira = [\"user\"] }\n");
    }
  }
  return out;
}

class EveryClassOfADay : public testing::TestWithParam<std::size_t> {};

TEST_P(EveryClassOfADay, AHundredPlansTakeNoMoreThanOneMay) {
  const auto klass = static_cast<LimitClass>(GetParam());
  test::Dice dice(GetParam());
  Rehearsal rehearsal(seed());
  std::deque<std::pair<Instant, int>> done;
  int gone = 0;
  int refused = 0;
  const int most = klass == LimitClass::delete_groups || klass == LimitClass::revoke_group_access
                       ? kGroups
                       : kPeople;
  constexpr int kPlans = 100;
  for (int i = 0; i < kPlans; ++i) {
    const int more = std::min(1 + dice.below(5), most - 1 - gone);
    if (more == 0) break;
    rehearsal.policy(policy(klass, gone + more));
    const Planned planned = rehearsal.plan();
    ASSERT_TRUE(planned.plan) << render(planned.diagnostics);
    ASSERT_FALSE(planned.plan->changes.empty());
    if (planned.plan->applyable()) {
      const ApplyReport report = rehearsal.apply(planned);
      ASSERT_EQ(report.count(ChangeOutcome::State::applied), planned.plan->changes.size());
      gone += more;
      done.emplace_back(rehearsal.client().clock().now(), more);
    } else {
      ++refused;
      EXPECT_EQ(planned.plan->refusals[0].klass, name(klass));
    }
    int within = 0;
    for (const auto& [at, n] : done) {
      if (at > rehearsal.client().clock().now() - hours(24)) within += n;
    }
    ASSERT_LE(within, 5) << "count is 5, plan " << i;
    // Two days of plans: the window opens again.
    rehearsal.client().clock().advance(minutes(29));
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(gone, 5) << "the day after";
}

INSTANTIATE_TEST_SUITE_P(Window, EveryClassOfADay, testing::Range(std::size_t{0}, kLimitClassCount),
                         [](const auto& each) {
                           return std::string(kLimitClassNames[each.param]);
                         });

}  // namespace
}  // namespace rolecall
