// What explain says of tomorrow is what apply makes true, and what a plan tells of its base is what
// the base's own plan says.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "controller/base_plan.h"
#include "diff/explain.h"
#include "state/model/text.h"
#include "tests/support/cases.h"
#include "tests/support/random_case.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

using ::testing::IsEmpty;
using Words = std::set<std::string>;

/// For everybody: the groups they are in and what they may do, now or after the plan.
struct Held {
  std::map<std::string, Words> now;
  std::map<std::string, Words> after;
};

struct Looked {
  Planned planned;
  Held people, groups;
};

void note(const Explanation& one, Held& into) {
  for (const HoldingList& list : one.lists) {
    if (list.title == "lost" || list.title == "kept") continue;
    for (const Holding& held : list.items) {
      std::string words = list.title + " " + held.subject;
      for (const std::string& way : held.through) words += " by " + way;
      if (held.now && held.through.empty()) into.now[one.subject].insert(words);
      if (held.after) into.after[one.subject].insert(words);
      // The ways told are those of after, where there are any.
      if (held.now && !held.through.empty()) {
        into.now[one.subject].insert(list.title + " " + held.subject);
      }
      if (held.after && !held.through.empty()) {
        into.after[one.subject].insert(list.title + " " + held.subject);
      }
    }
  }
  for (const Holding& fact : one.facts) {
    if (fact.now && fact.subject == "org-admin") into.now[one.subject].insert("org-admin");
    if (fact.after && fact.subject == "org-admin") into.after[one.subject].insert("org-admin");
  }
}

Looked look(Rehearsal& rehearsal, const std::string& policy) {
  Looked out;
  PlanRequest request;
  request.policy_path = policy;
  request.at = rehearsal.client().clock().now();
  request.widen = [](Catalog&, FetchScope& scope) -> Result<void> {
    scope.every_group = scope.every_user = true;
    return {};
  };
  request.inspect = [&](const PlanInput& input, const Plan& plan) {
    const ExplainInput about{input.desired, input.catalog, &input.live, &plan};
    for (std::size_t i = 0; i < input.catalog.user_count(); ++i) {
      note(explain_user(about, static_cast<UserRef>(i), nullptr), out.people);
    }
    for (std::size_t i = 0; i < input.catalog.group_count(); ++i) {
      note(explain_group(about, static_cast<GroupRef>(i)), out.groups);
    }
  };
  out.planned = plan_policy(rehearsal.client(), request, {});
  return out;
}

/// Without the ways of access: those of now are not told where there are some after.
std::map<std::string, Words> plain(const std::map<std::string, Words>& all) {
  std::map<std::string, Words> out;
  for (const auto& [subject, words] : all) {
    for (const std::string& word : words) {
      if (word.find(" by ") == std::string::npos) out[subject].insert(word);
    }
  }
  return out;
}

TEST(ExplainProperty, WhatIsToBeIsWhatApplyMakes) {
  std::size_t changed = 0;
  for (std::uint64_t n = 1; n <= cases(40); ++n) {
    SCOPED_TRACE(n);
    const RandomCase random = make_random_case(n);
    Rehearsal rehearsal(random.seed);
    const TempDir dir;
    const std::string policy = dir.write("rolecall.toml", random.policy);
    const Looked before = look(rehearsal, policy);
    ASSERT_TRUE(before.planned.plan.has_value()) << render(before.planned.diagnostics);
    ASSERT_THAT(before.planned.plan->refusals, IsEmpty());
    changed += before.planned.plan->changes.size();
    (void)rehearsal.apply(before.planned);
    rehearsal.client().clock().advance(std::chrono::minutes(2));
    const Looked after = look(rehearsal, policy);
    ASSERT_TRUE(after.planned.plan.has_value());
    EXPECT_EQ(plain(before.people.after), plain(after.people.now)) << random.policy;
    EXPECT_EQ(plain(before.groups.after), plain(after.groups.now)) << random.policy;
    EXPECT_EQ(after.people.after, before.people.after) << "the ways too";
  }
  EXPECT_GT(changed, 200U);
}

/// The policy without some of its groups' tables.
std::string without_some_groups(const std::string& policy, Dice& dice) {
  std::string out;
  bool keeps = true;
  for (std::size_t at = 0; at < policy.size();) {
    const std::size_t end = policy.find('\n', at) + 1;
    const std::string line = policy.substr(at, end - at);
    if (line.starts_with('[')) keeps = !line.starts_with("[groups.") || !dice.chance(3);
    if (keeps) out += line;
    at = end;
  }
  return out;
}

std::set<std::string> in_words(const std::vector<Change>& changes) {
  std::set<std::string> out;
  for (const Change& change : changes) {
    out.insert(fmt::format("{} {} {} {} {}", name(change.kind), change.user,
                           to_lower_ascii(change.group), change.resource, change.role));
  }
  return out;
}

TEST(BaseProperty, WhatWasToBeDoneBeforeIsWhatTheBaseAlonePlans) {
  std::size_t sound = 0;
  std::size_t own = 0;
  std::size_t earlier = 0;
  std::size_t dropped = 0;
  for (std::uint64_t n = 1; n <= cases(60); ++n) {
    SCOPED_TRACE(n);
    const RandomCase random = make_random_case(n);
    Dice dice(n);
    Rehearsal rehearsal(random.seed);
    const TempDir dir;
    std::string one = dir.write("one.toml", random.policy);
    std::string two = dir.write("two.toml", without_some_groups(random.policy, dice));
    if (dice.chance(2)) std::swap(one, two);
    const auto plan = [&](const std::string& policy, const std::string& base_path,
                          AgainstBase* against) {
      PlanRequest request;
      request.policy_path = policy;
      request.at = rehearsal.client().clock().now();
      BasePlan base(base_path, policy, request.at, rehearsal.client());
      if (against != nullptr) base.attach(request);
      Planned planned = plan_policy(rehearsal.client(), request, {});
      if (against != nullptr) *against = base.result();
      return planned;
    };
    const Planned alone = plan(one, "", nullptr);
    const Planned before = plan(two, "", nullptr);
    AgainstBase against;
    const Planned both = plan(one, two, &against);
    ASSERT_EQ(both.plan.has_value(), alone.plan.has_value());
    if (!both.plan) continue;
    EXPECT_EQ(both.plan->digest, alone.plan->digest) << "a base changes what is done";
    ASSERT_EQ(against.in_base.size(), both.plan->changes.size());
    EXPECT_EQ(against.problems.empty(), before.plan.has_value());
    const std::set<std::string> base_words =
        before.plan ? in_words(before.plan->changes) : std::set<std::string>();
    std::set<std::string> lost = base_words;
    for (std::size_t i = 0; i < against.in_base.size(); ++i) {
      const std::string words = *in_words({both.plan->changes[i]}).begin();
      EXPECT_EQ(against.in_base[i], base_words.contains(words)) << words;
      lost.erase(words);
      ++(against.in_base[i] ? earlier : own);
    }
    EXPECT_EQ(in_words(against.dropped), lost);
    if (before.plan) ++sound;
    dropped += lost.size();
  }
  EXPECT_GT(sound, 20U);
  EXPECT_GT(own, 10U);
  EXPECT_GT(earlier, 100U);
  EXPECT_GT(dropped, 10U);
}

}  // namespace
}  // namespace rolecall::test
