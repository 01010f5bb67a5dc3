#include "diff/trust.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using std::chrono::minutes;
using test::PlanBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Instant kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)};

Memory knowing(std::vector<Identity> identities) {
  Memory memory;
  memory.identities = std::move(identities);
  return memory;
}

Plan plan_with(PlanBuilder& world, const Memory& memory) {
  hold_strangers(world.live, world.catalog, world.desired, memory);
  return world.plan();
}

TEST(HoldStrangers, AnotherAccountBehindAnAddressStopsThatPersonOnly) {
  PlanBuilder world;
  world.live_user("ada@acme.example").live_user("eve@acme.example");
  world.live_group("team", {"ada@acme.example"});
  world.user("ada@acme.example", Presence::suspended);
  world.user("eve@acme.example").group("team", {"eve@acme.example"});
  world.about("ada@acme.example").account_id = "new-account";
  const auto plan = plan_with(world, knowing({{"ada@acme.example", "old-account"}}));
  EXPECT_THAT(test::words(plan), ElementsAre("add_member eve@acme.example team"));
  EXPECT_THAT(plan.notes, Contains(Field(&Note::subject, HasSubstr("new-account"))));
}

TEST(HoldStrangers, APolicyThatNamesTheAccountDecides) {
  PlanBuilder world;
  world.live_user("ada@acme.example").user("ada@acme.example", Presence::suspended);
  world.about("ada@acme.example").account_id = "new-account";
  world.desired.users[index(world.ref("ada@acme.example"))].account_id = "new-account";
  const Memory memory = knowing({{"ada@acme.example", "old-account"}});
  EXPECT_THAT(test::words(plan_with(world, memory)), ElementsAre("suspend_user ada@acme.example"));
  EXPECT_THAT(new_identities(world.live, world.catalog, world.desired, memory),
              ElementsAre(Identity{"ada@acme.example", "new-account"}));
}

TEST(HoldStrangers, TheSameAccountIsNoStranger) {
  PlanBuilder world;
  world.live_user("ada@acme.example").user("ada@acme.example", Presence::suspended);
  world.about("ada@acme.example").account_id = "a";
  const Memory memory = knowing({{"ada@acme.example", "a"}});
  EXPECT_THAT(test::words(plan_with(world, memory)), ElementsAre("suspend_user ada@acme.example"));
  EXPECT_THAT(new_identities(world.live, world.catalog, world.desired, memory), IsEmpty());
}

/// Nobody in the directory is ada@: her account shows something else, or nothing.
PlanBuilder renamed(std::string_view shown) {
  PlanBuilder world;
  world.live_user(shown).live_user("eve@acme.example");
  world.live_group("team", {std::string(shown)});
  world.user("ada@acme.example").user("eve@acme.example");
  world.group("team", {"ada@acme.example", "eve@acme.example"});
  world.desired.unlisted_users = UnlistedUsers::remove;
  world.about(shown).account_id = "a";
  return world;
}

Plan kept_plan(PlanBuilder& world, const Memory& memory) {
  keep_known(world.live, world.catalog, world.desired, memory);
  return world.plan();
}

TEST(KeepKnown, AnAccountThatShowsAnotherAddressIsStillWhoItWas) {
  PlanBuilder world = renamed("countess@acme.example");
  const auto plan = kept_plan(world, knowing({{"ada@acme.example", "a"}}));
  EXPECT_THAT(test::words(plan), ElementsAre("add_member eve@acme.example team"))
      << "neither removed nor invited";
  EXPECT_THAT(plan.notes, Contains(Field(&Note::subject, HasSubstr("\"countess@acme.example\""))));
}

TEST(KeepKnown, WhoWasNeverSeenBeforeIsWhoTheyShow) {
  PlanBuilder world = renamed("countess@acme.example");
  EXPECT_THAT(test::words(kept_plan(world, {})), Contains("invite_user ada@acme.example"));
}

TEST(KeepKnown, OfTwoAddressesThatThePolicyDeclaresNeitherIsTaken) {
  PlanBuilder world = renamed("countess@acme.example");
  world.user("countess@acme.example", Presence::absent);
  const auto plan = kept_plan(world, knowing({{"ada@acme.example", "a"}}));
  EXPECT_THAT(test::words(plan), ElementsAre("add_member eve@acme.example team"))
      << "the countess is not removed, ada not invited";
}

TEST(KeepKnown, APolicyThatPinsTheNewAddressDecides) {
  PlanBuilder world = renamed("countess@acme.example");
  world.user("countess@acme.example");
  world.desired.users[index(world.ref("countess@acme.example"))].account_id = "a";
  EXPECT_THAT(test::words(kept_plan(world, knowing({{"ada@acme.example", "a"}}))),
              Contains("invite_user ada@acme.example"));
}

TEST(KeepKnown, WhoseAddressHasGoneToAnotherIsStillWhoTheyWere) {
  PlanBuilder world = renamed("countess@acme.example");
  world.live_user("ada@acme.example");
  const Memory memory = knowing({{"ada@acme.example", "a"}});
  hold_strangers(world.live, world.catalog, world.desired, memory);
  EXPECT_THAT(test::words(kept_plan(world, memory)),
              ElementsAre("add_member eve@acme.example team"));
}

TEST(KeepKnown, WhomNoPolicyNamesIsNotHeld) {
  PlanBuilder world;
  world.live_user("countess@acme.example").live_group("team", {"countess@acme.example"});
  world.group("team", {});
  world.about("countess@acme.example").account_id = "a";
  EXPECT_THAT(test::words(kept_plan(world, knowing({{"ada@acme.example", "a"}}))),
              ElementsAre("remove_member countess@acme.example team"));
}

TEST(NewIdentities, AreThoseNotKnownYetAndUnderstood) {
  PlanBuilder world;
  world.live_user("ada@acme.example").live_user("bob@acme.example").live_user("cy@acme.example");
  world.about("ada@acme.example").account_id = "a";
  world.about("bob@acme.example").account_id = "b";
  world.about("cy@acme.example").account_id = "c";
  world.about("bob@acme.example").opaque = "of an unknown kind";
  const auto found =
      new_identities(world.live, world.catalog, world.desired, knowing({{"cy@acme.example", "c"}}));
  EXPECT_THAT(found, ElementsAre(Identity{"ada@acme.example", "a"}));
}

struct Shrink {
  std::size_t before, now;
  bool believed;
};
class DoubtShrunk : public ::testing::TestWithParam<Shrink> {};

TEST_P(DoubtShrunk, IsAboutMoreThanHalfAndAtLeastTen) {
  const auto [before, now, believed] = GetParam();
  PlanBuilder world;
  for (std::size_t i = 0; i < now; ++i) {
    world.live_user("u" + std::to_string(i) + "@acme.example");
  }
  world.user("new@acme.example").live_user("out@acme.example");
  world.user("out@acme.example", Presence::absent);
  Memory memory;
  memory.sighting = Sighting{before + 1, 0};
  doubt_shrunk(world.live, memory);
  const auto plan = world.plan();
  EXPECT_EQ(plan.complete, believed);
  // Who is not to be seen may be there all the same: nobody is removed, and nobody invited.
  EXPECT_EQ(plan.changes.size(), believed ? 2U : 0U);
  EXPECT_EQ(world.live.users_proved, believed);
}

INSTANTIATE_TEST_SUITE_P(Cases, DoubtShrunk,
                         ::testing::Values(Shrink{0, 0, true}, Shrink{9, 0, true},
                                           Shrink{10, 0, false}, Shrink{20, 10, true},
                                           Shrink{21, 9, false}, Shrink{21, 10, true},
                                           Shrink{22, 10, false}, Shrink{500, 0, false},
                                           Shrink{100, 51, true}, Shrink{5, 50, true}),
                         [](const auto& it) {
                           return fmt::format("From{}To{}", it.param.before, it.param.now);
                         });

TEST(DoubtShrunk, GroupsLikewise) {
  PlanBuilder world;
  world.live_group("only");
  Memory memory;
  memory.sighting = Sighting{0, 40};
  doubt_shrunk(world.live, memory);
  EXPECT_FALSE(world.live.groups_proved);
  EXPECT_THAT(world.live.gaps,
              ElementsAre(HasSubstr("half of the groups of the last run, 1 instead of 40")));
}

TEST(DoubtClock, FiveMinutesEitherWay) {
  for (const auto& [skew, believed] : {std::pair{minutes(0), true},
                                       {minutes(5), true},
                                       {minutes(6), false},
                                       {minutes(-5), true},
                                       {minutes(-6), false},
                                       {minutes(60 * 24 * 365), false}}) {
    PlanBuilder world;
    world.live.server_date = kNow + skew;
    doubt_clock(world.live, kNow, {});
    EXPECT_EQ(world.live.complete(), believed) << skew.count();
  }
}

TEST(DoubtClock, NotSetSinceDatesWereDecided) {
  for (const auto& [set, believed] :
       {std::pair{minutes(5), true}, {minutes(6), false}, {minutes(-6), false}}) {
    PlanBuilder world;
    doubt_set_clock(world.live, kNow + set, kNow);
    EXPECT_EQ(world.live.complete(), believed) << set.count();
    EXPECT_EQ(world.live.clock_trusted, believed) << set.count();
  }
}

TEST(DoubtClock, NotBehindTheLog) {
  PlanBuilder world;
  Memory memory;
  memory.latest = kNow - minutes(10);
  doubt_clock(world.live, kNow, memory);
  EXPECT_TRUE(world.live.complete());
  memory.latest = kNow + minutes(10);
  doubt_clock(world.live, kNow, memory);
  EXPECT_THAT(world.live.gaps, ElementsAre(HasSubstr("set the clock")));
}

TEST(OpenInvitation, IsNotSentAgainAndHoldsBackThatPersonOnly) {
  PlanBuilder world;
  world.user("ada@acme.example").user("bob@acme.example");
  world.group("team", {"ada@acme.example", "bob@acme.example"});
  const std::vector<OpenInvitation> open{{"ada@acme.example", 7, kNow}};
  const auto plan = make_plan({world.desired, world.live, world.catalog, {}, {}, open}).plan;
  EXPECT_THAT(test::words(plan), ElementsAre("create_group team", "invite_user bob@acme.example",
                                             "add_member bob@acme.example team"));
  EXPECT_TRUE(plan.has_open_invitations());
  EXPECT_THAT(plan.notes, Contains(Field(&Note::subject, HasSubstr("ada@acme.example: run 7"))));
}

TEST(OpenInvitation, OfSomebodyWhoArrivedHoldsNothingBack) {
  PlanBuilder world;
  world.live_user("ada@acme.example").user("ada@acme.example").live_group("team");
  world.group("team", {"ada@acme.example"});
  const std::vector<OpenInvitation> open{{"ada@acme.example", 7, kNow}};
  const auto plan = make_plan({world.desired, world.live, world.catalog, {}, {}, open}).plan;
  EXPECT_THAT(test::words(plan), ElementsAre("add_member ada@acme.example team"));
  EXPECT_FALSE(plan.has_open_invitations());
}

// A directories list that leaves one out shows another one, in which nobody is.
TEST(AnotherDirectory, IsNoGroundForAPlan) {
  PlanBuilder world;
  Memory memory;
  world.live.directory_id = "here";
  EXPECT_FALSE(another_directory(world.live, world.desired, memory)) << "the first run";
  memory.directory = "here";
  EXPECT_FALSE(another_directory(world.live, world.desired, memory));
  memory.directory = "there";
  const auto problem = another_directory(world.live, world.desired, memory);
  ASSERT_TRUE(problem);
  EXPECT_THAT(problem->what, HasSubstr("\"there\""));
  world.desired.directory = "here";
  EXPECT_FALSE(another_directory(world.live, world.desired, memory)) << "somebody has said so";
}

TEST(CountsOf, CountsWhoAndWhatIsThere) {
  PlanBuilder world;
  world.live_user("ada@acme.example", Presence::active, true);
  world.live_user("eve@acme.example", Presence::suspended, true);
  world.live_user("lin@acme.example");
  world.live_group("team", {"ada@acme.example", "lin@acme.example"}).live_group("empty");
  world.user("nobody@acme.example").group("planned", {});
  const Counts counts = counts_of(world.live);
  EXPECT_EQ(counts.users, 3);
  EXPECT_EQ(counts.suspended, 1);
  EXPECT_EQ(counts.org_admins, 2);
  EXPECT_EQ(counts.groups, 2);
  EXPECT_EQ(counts.memberships, 2);
}

}  // namespace
}  // namespace rolecall
