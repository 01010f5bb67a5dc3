// guarantees.md C3: the floor of org admins in every small organization under every policy for it,
// after every prefix of the plan's calls and whatever becomes of each. People are interchangeable:
// whoever comes first has the first address, so that one order of each set of people is enough.
// ROLECALL_CASES=10000 for up to four people, 100000 for five; the everyday run has up to three.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <set>

#include "tests/support/fates.h"
#include "tests/support/random_world.h"

namespace rolecall {
namespace {

using test::GroupSpec;
using test::Holdings;
using test::PersonSpec;
using test::Spec;
using Ask = PersonSpec::Ask;
using Managed = PersonSpec::Managed;

bool everything() {
  return test::cases(0) > 3000;
}
std::size_t most_people(std::size_t usual) {
  return test::cases(0) >= 100'000 ? 5 : everything() ? 4 : usual;
}

PersonSpec live(Presence presence, bool admin = false) {
  PersonSpec out;
  out.live = presence;
  out.live_admin = admin;
  return out;
}

/// Every way one person can be, as far as org admins go.
std::vector<PersonSpec> all_lives() {
  std::vector<PersonSpec> out = {live(Presence::absent), live(Presence::active),
                                 live(Presence::active, true), live(Presence::suspended),
                                 live(Presence::suspended, true)};
  for (const auto presence : {Presence::active, Presence::suspended}) {
    PersonSpec invited = live(presence, true);
    invited.accepted = false;
    out.push_back(invited);
  }
  PersonSpec invited = live(Presence::active);
  invited.accepted = false;
  PersonSpec deactivated = live(Presence::active, true);
  deactivated.account_active = false;
  PersonSpec taken = live(Presence::active, true);
  taken.taken_lately = true;
  out.insert(out.end(), {invited, deactivated, taken});
  return out;
}

/// And can be asked for. Whose time has run out is wanted suspended.
std::vector<PersonSpec> all_people() {
  std::vector<PersonSpec> out;
  for (PersonSpec one : all_lives()) {
    for (const auto& [ask, roles] : {std::pair{Ask::undeclared, Managed::no},
                                     {Ask::active, Managed::no},
                                     {Ask::active, Managed::none},
                                     {Ask::active, Managed::some},
                                     {Ask::suspended, Managed::no},
                                     {Ask::removed, Managed::no}}) {
      one.ask = ask;
      one.roles = roles;
      out.push_back(one);
    }
  }
  return out;
}

/// One of each set of people who are alike and to whom the same happens where they are alone.
std::vector<PersonSpec> that_differ(const std::vector<PersonSpec>& people) {
  std::vector<PersonSpec> out;
  std::set<std::vector<std::string>> seen;
  for (const PersonSpec& one : people) {
    Spec alone;
    alone.people = {one};
    std::vector<std::string> signature = test::words(test::build(alone).plan());
    for (const int fact : {static_cast<int>(one.live), int{one.live_admin}, int{one.accepted},
                           int{one.account_active}, int{one.taken_lately}}) {
      signature.push_back(std::to_string(fact));
    }
    if (seen.insert(signature).second) out.push_back(one);
  }
  return out;
}

/// Every set of 1 to `most` of `kinds` things, each as often as one likes, as sorted indices.
void each_set(std::size_t kinds, std::size_t most,
              const std::function<void(const std::vector<std::size_t>&)>& visit) {
  std::vector<std::size_t> chosen;
  const auto choose = [&](auto self, std::size_t from) -> void {
    if (!chosen.empty()) visit(chosen);
    if (chosen.size() == most || testing::Test::HasFailure()) return;
    for (std::size_t kind = from; kind < kinds; ++kind) {
      chosen.push_back(kind);
      self(self, kind);
      chosen.pop_back();
    }
  };
  choose(choose, 0);
}

bool is_here(const PersonSpec& one) {
  return one.live != Presence::absent;
}
bool may_be_listed(const PersonSpec& one) {
  return one.ask == Ask::active || (one.ask == Ask::undeclared && is_here(one));
}

/// What happens to a group: it is left alone, emptied, filled, deleted, made.
enum class Turn : std::uint8_t { left_alone, emptied, filled, deleted, made };
constexpr std::size_t kTurns = 5;

/// A group whose members, before or afterwards, are those of the people whose bit is set.
GroupSpec group(Turn turn, const std::vector<PersonSpec>& people, unsigned crowd) {
  GroupSpec out;
  out.live = turn != Turn::made;
  out.ask = turn == Turn::left_alone ? GroupSpec::Ask::undeclared
            : turn == Turn::deleted  ? GroupSpec::Ask::absent
                                     : GroupSpec::Ask::present;
  out.members_managed = turn == Turn::emptied || turn == Turn::filled || turn == Turn::made;
  out.live_grant = turn == Turn::emptied;
  if (turn == Turn::emptied) out.access = Managed::none;
  if (turn == Turn::made || turn == Turn::filled) out.access = Managed::some;
  for (std::size_t i = 0; i < people.size(); ++i) {
    if ((crowd >> i & 1U) == 0) continue;
    const bool joins = turn == Turn::made || turn == Turn::filled;
    if (joins && may_be_listed(people[i])) out.members.insert(static_cast<int>(i));
    if (!joins && is_here(people[i])) out.live_members.insert(static_cast<int>(i));
  }
  return out;
}

class SmallWorlds : public testing::Test {
 protected:
  /// Under each floor up to that.
  void check(Spec spec, std::int64_t highest_floor) {
    const Holdings before = test::holdings(spec);
    for (spec.floor = 1; spec.floor <= highest_floor; ++spec.floor) {
      const PlanResult made = test::build(spec).result();
      ASSERT_FALSE(made.diagnostics.has_errors()) << render(made.diagnostics);
      ++worlds_;
      if (!made.plan.applyable()) continue;
      ++applied_;
      const test::EveryFate all = test::follow_every_fate(made.plan, before);
      calls_ += all.calls;
      sets_ += all.sets;
      ASSERT_GE(all.fewest, std::min(spec.floor, before.admins())) << shown(spec, made.plan);
    }
  }
  void TearDown() override {
    std::cout << worlds_ << " worlds and policies, " << worlds_ - applied_ << " refused; " << sets_
              << " sets of fates in " << calls_ << " calls\n";
    EXPECT_GT(applied_, worlds_ / 10);
    EXPECT_GT(worlds_, applied_);
  }

  [[nodiscard]] static std::string shown(const Spec& spec, const Plan& plan) {
    std::string out = "floor " + std::to_string(spec.floor) + '\n';
    for (const PersonSpec& one : spec.people) {
      out += "live " + std::to_string(static_cast<int>(one.live)) +
             (one.live_admin ? " admin" : "") + (one.accepted ? "" : " invited") +
             (one.account_active ? "" : " deactivated") + (one.taken_lately ? " taken" : "") +
             ", asked " + std::to_string(static_cast<int>(one.ask)) + '\n';
    }
    for (const std::string& line : test::words(plan)) out += line + '\n';
    return out;
  }

  const std::vector<PersonSpec> kinds_ = that_differ(all_people());
  std::uint64_t worlds_ = 0, applied_ = 0, calls_ = 0;
  double sets_ = 0;
};

TEST_F(SmallWorlds, KeepTheFloorWithUpToFivePeople) {
  each_set(kinds_.size(), most_people(3), [&](const std::vector<std::size_t>& chosen) {
    Spec spec;
    for (const std::size_t kind : chosen) spec.people.push_back(kinds_[kind]);
    check(spec, 2);
  });
}

/// That people who are alike are interchangeable is not taken for granted here.
TEST_F(SmallWorlds, KeepTheFloorWithPeopleWhoAreAlike) {
  const std::vector<PersonSpec> all = all_people();
  each_set(all.size(), everything() ? 3 : 2, [&](const std::vector<std::size_t>& chosen) {
    Spec spec;
    for (const std::size_t kind : chosen) spec.people.push_back(all[kind]);
    check(spec, 2);
  });
}

/// Everybody is in all of three groups, of which one goes, one changes its people and one comes.
TEST_F(SmallWorlds, KeepTheFloorWhereGroupsTurnOver) {
  each_set(kinds_.size(), most_people(2), [&](const std::vector<std::size_t>& chosen) {
    Spec spec;
    for (const std::size_t kind : chosen) spec.people.push_back(kinds_[kind]);
    for (const Turn turn : {Turn::deleted, Turn::emptied, Turn::made}) {
      spec.groups.push_back(group(turn, spec.people, ~0U));
    }
    check(spec, 1);
  });
}

/// Up to three groups of every kind, with every set of their people.
TEST_F(SmallWorlds, KeepTheFloorWithEverySetOfGroups) {
  each_set(kinds_.size(), everything() ? 2 : 1, [&](const std::vector<std::size_t>& chosen) {
    Spec people;
    for (const std::size_t kind : chosen) people.people.push_back(kinds_[kind]);
    const std::size_t crowds = std::size_t{1} << chosen.size();
    each_set(kTurns * crowds, 3, [&](const std::vector<std::size_t>& groups) {
      Spec spec = people;
      for (const std::size_t one : groups) {
        spec.groups.push_back(group(static_cast<Turn>(one / crowds), spec.people,
                                    static_cast<unsigned>(one % crowds)));
      }
      check(spec, 1);
    });
  });
}

}  // namespace
}  // namespace rolecall
