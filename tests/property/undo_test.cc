// Undoing a run brings back what was there before it, on random organizations and policies. What is
// there is judged by a model of its own (tests/support/random_world.h).

#include "diff/undo.h"

#include <gtest/gtest.h>

#include "tests/support/random_world.h"

namespace rolecall {
namespace {

using test::Dice;
using test::GroupSpec;
using test::Holdings;
using test::PersonSpec;
using test::Spec;

constexpr std::uint64_t kUsual = 2000;

/// The same policy for an organization that has become another.
Spec after(Spec spec, const Holdings& world) {
  for (std::size_t i = 0; i < spec.people.size(); ++i) {
    PersonSpec& one = spec.people[i];
    const auto found = world.people.find(test::spec_person(static_cast<int>(i)));
    const bool here = found != world.people.end();
    one.live = !here                     ? Presence::absent
               : found->second.suspended ? Presence::suspended
                                         : Presence::active;
    one.live_admin = here && found->second.admin;
    one.live_grant = here && found->second.grant;
  }
  for (std::size_t g = 0; g < spec.groups.size(); ++g) {
    GroupSpec& group = spec.groups[g];
    const auto found = world.groups.find(test::spec_group(static_cast<int>(g)));
    group.live = found != world.groups.end();
    group.live_grant = group.live && found->second.grant;
    group.live_members.clear();
    for (std::size_t i = 0; group.live && i < spec.people.size(); ++i) {
      const int person = static_cast<int>(i);
      if (found->second.members.contains(test::spec_person(person))) {
        group.live_members.insert(person);
      }
    }
  }
  return spec;
}

PlanInput input_of(test::PlanBuilder& b) {
  return {b.desired, b.live, b.catalog, {}, {}, {}, &b.history};
}

/// As the log would have it.
LoggedRun logged(std::int64_t run, const PlanInput& input, const Plan& plan) {
  LoggedRun out;
  out.run = run;
  out.made = plan.changes;
  for (Change& change : out.made) change.resource = change.ari;
  out.lost = losses_of(input, plan);
  return out;
}

std::string in_words(const Holdings& world) {
  std::string out;
  for (const auto& [name, one] : world.people) {
    out += name + (one.suspended ? " suspended" : "") + (one.admin ? " admin" : "") +
           (one.grant ? " grant" : "") + "\n";
  }
  for (const auto& [name, crowd] : world.groups) {
    out += name + (crowd.grant ? " grant:" : ":");
    for (const std::string& member : crowd.members) out += " " + member;
    out += "\n";
  }
  return out;
}

/// Who cannot come back: somebody suspended would have access again.
void forget(const std::string& person, Holdings& world) {
  world.people.erase(person);
  for (auto& [name, crowd] : world.groups) crowd.members.erase(person);
}

TEST(UndoProperty, WhatWasThereBeforeTheRunIsThereAgainAndUndoingTheUndoBringsItBackOnceMore) {
  const std::uint64_t n = test::cases(kUsual);
  std::uint64_t checked = 0;
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    const Spec spec = test::random_spec(dice, 5, 4);
    test::PlanBuilder builder = test::build(spec);
    const PlanInput input = input_of(builder);
    const PlanResult made = make_plan(input);
    if (made.diagnostics.has_errors() || made.plan.changes.empty()) continue;
    ++checked;
    Holdings before = test::holdings(spec);
    Holdings world = before;
    for (const Change& change : made.plan.changes) test::happen(change, world);
    const std::string done = in_words(world);
    for (const Change& change : made.plan.changes) {
      if (change.kind != ChangeKind::remove_user) continue;
      if (before.people.at(change.user).suspended) forget(change.user, before);
    }

    test::PlanBuilder later = test::build(after(spec, world));
    const PlanInput undo_input = input_of(later);
    const Plan undo = make_undo_plan(logged(1, input, made.plan), undo_input).plan;
    for (const Change& change : undo.changes) test::happen(change, world);
    ASSERT_EQ(in_words(world), in_words(before)) << "seed " << seed;

    test::PlanBuilder last = test::build(after(spec, world));
    const Plan redo = make_undo_plan(logged(2, undo_input, undo), input_of(last)).plan;
    for (const Change& change : redo.changes) test::happen(change, world);
    ASSERT_EQ(in_words(world), done) << "seed " << seed;
  }
  EXPECT_GT(checked, n / 3);
}

/// Whatever happened since, an undo takes only what the run gave and gives only what it took.
TEST(UndoProperty, NothingIsTouchedThatTheRunDidNotTouch) {
  const std::uint64_t n = test::cases(kUsual);
  std::uint64_t checked = 0;
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Dice dice(seed);
    const Spec spec = test::random_spec(dice, 5, 4);
    test::PlanBuilder builder = test::build(spec);
    const PlanInput input = input_of(builder);
    const PlanResult made = make_plan(input);
    if (made.diagnostics.has_errors()) continue;
    Holdings world = test::holdings(spec);
    for (const Change& change : made.plan.changes) test::happen(change, world);
    // Somebody else changes things: people and groups come, go, and hold other things.
    const Spec now = after(spec, world);
    Spec since = test::random_spec(dice, 5, 4);
    since.people.resize(spec.people.size());
    since.groups.resize(spec.groups.size());
    for (GroupSpec& group : since.groups) {
      std::erase_if(group.live_members, [&](int i) {
        return i >= static_cast<int>(since.people.size()) ||
               since.people[static_cast<std::size_t>(i)].live == Presence::absent;
      });
      group.ask = GroupSpec::Ask::undeclared;
    }
    for (std::size_t i = 0; i < since.people.size(); ++i) {
      if (dice.chance(2) || now.people[i].live == Presence::absent) continue;
      since.people[i].live = now.people[i].live;
    }
    test::PlanBuilder later = test::build(since);
    const Holdings found = test::holdings(since);
    const LoggedRun run = logged(1, input, made.plan);
    const Plan undo = make_undo_plan(run, input_of(later)).plan;
    Holdings left = found;
    for (const Change& change : undo.changes) test::happen(change, left);
    std::set<std::pair<std::string, std::string>> touched;
    for (const Change& change : run.made) touched.emplace(change.user, change.group);
    for (const Loss& loss : run.lost) touched.emplace(loss.change.user, loss.change.group);
    const auto was_touched = [&](const std::string& user, const std::string& group) {
      return touched.contains({user, group});
    };
    for (const auto& [name, one] : found.people) {
      const bool gone = !left.people.contains(name);
      EXPECT_TRUE(!gone || was_touched(name, "")) << "seed " << seed << ": " << name;
      if (gone || was_touched(name, "")) continue;
      const Holdings::Person& then = left.people.at(name);
      EXPECT_TRUE(then.suspended == one.suspended && then.admin == one.admin &&
                  then.grant == one.grant)
          << "seed " << seed << ": " << name;
    }
    for (const auto& [name, crowd] : found.groups) {
      const bool gone = !left.groups.contains(name);
      EXPECT_TRUE(!gone || was_touched("", name)) << "seed " << seed << ": " << name;
      for (const std::string& member : crowd.members) {
        const bool stays = !gone && left.groups.at(name).members.contains(member);
        EXPECT_TRUE(stays || was_touched(member, name)) << "seed " << seed << ": " << member;
      }
    }
    if (!undo.changes.empty()) ++checked;
  }
  EXPECT_GT(checked, n / 10);
}

}  // namespace
}  // namespace rolecall
