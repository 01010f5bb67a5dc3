#include "diff/undo.h"

#include <gmock/gmock.h>

#include "diff/plan_file.h"
#include "diff/render.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using test::PlanBuilder;
using test::words;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kAda = "ada@acme.example";
constexpr const char* kLin = "lin@acme.example";

Change change(ChangeKind kind, std::string user, std::string group, std::string role = {}) {
  Change out;
  out.kind = kind;
  out.user = std::move(user);
  out.group = std::move(group);
  out.role = std::move(role);
  if (!out.group.empty() && kind != ChangeKind::create_group) out.group_id = "id-" + out.group;
  if (!out.user.empty() && kind != ChangeKind::invite_user) {
    out.account_id = "acc-" + out.user.substr(0, out.user.find('@'));
  }
  out.cause = {{"rolecall.toml", 31, 1}, "listed in members", ""};
  return out;
}

class UndoTest : public testing::Test {
 protected:
  UndoTest() {
    run_.run = 12;
    builder_.without_limits().live_user(kAda).live_user(kLin);
  }

  Plan undo() {
    PlanResult made = make_undo_plan(
        run_, {builder_.desired, builder_.live, builder_.catalog, builder_.remembered_users,
               builder_.remembered_groups, open_, &builder_.history});
    return std::move(made.plan);
  }
  /// Subjects of the notes of a kind.
  std::vector<std::string> notes(std::string_view kind) {
    std::vector<std::string> out;
    for (const Note& note : undo().notes) {
      if (note.kind == kind) out.push_back(note.subject);
    }
    return out;
  }
  void expect_left_alone(const std::string& why) {
    EXPECT_THAT(undo().changes, IsEmpty());
    EXPECT_THAT(notes(kUndoLeftAlone), ElementsAre(HasSubstr(why)));
  }

  PlanBuilder builder_;
  LoggedRun run_;
  std::vector<OpenInvitation> open_;
};

TEST_F(UndoTest, TakesOutWhomTheRunAddedAndSaysWhy) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  const Plan plan = undo();
  EXPECT_THAT(words(plan), ElementsAre("remove_member lin@acme.example engineering"));
  EXPECT_EQ(plan.undo_of, 12);
  EXPECT_EQ(plan.changes[0].account_id, "acc-lin");
  EXPECT_EQ(plan.changes[0].group_id, "id-engineering");
  EXPECT_EQ(plan.changes[0].cause.why, "undoes run 12");
  EXPECT_EQ(plan.changes[0].cause.reason, "it was rolecall.toml:31 listed in members");
  EXPECT_THAT(notes(kUndoPolicy), ElementsAre(HasSubstr("unless the policy is reverted")));
  const std::string text = render_text(plan, {});
  EXPECT_THAT(text, HasSubstr("Undo of run 12"));
  EXPECT_THAT(text, HasSubstr("an undo does not change the policy (1)"));
}

TEST_F(UndoTest, OfAnUndoSaysNothingOfThePolicy) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  run_.is_undo = true;
  EXPECT_THAT(notes(kUndoPolicy), IsEmpty());
}

TEST_F(UndoTest, WhatIsNoLongerSoIsLeftAlone) {
  builder_.live_group("engineering", {kAda});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  expect_left_alone("it is no longer so");
}

TEST_F(UndoTest, WhatALaterRunChangedIsLeftAlone) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  // Taken out, and put in again: what is there is the doing of the last one.
  run_.later = {{13, change(ChangeKind::remove_member, kLin, "Engineering")},
                {14, change(ChangeKind::add_member, kLin, "engineering")}};
  expect_left_alone("run 14 changed it since");
}

TEST_F(UndoTest, WhatNobodyKnowsIsLeftAlone) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.unknown = {change(ChangeKind::add_member, kLin, "engineering")};
  expect_left_alone("nobody knows whether it was made");
}

TEST_F(UndoTest, AnotherAccountUnderTheAddressIsLeftAlone) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  builder_.about(kLin).account_id = "acc-somebody-else";
  expect_left_alone("another account");
}

TEST_F(UndoTest, AnotherGroupUnderTheNameIsLeftAlone) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  builder_.about_group("engineering").id = "id-another";
  expect_left_alone("another group has that name now");
}

TEST_F(UndoTest, AGroupThatHasBecomeSyncedIsLeftAlone) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  builder_.about_group("engineering").synced = true;
  expect_left_alone("synced");
}

TEST_F(UndoTest, AGroupThatTheRunMadeGoesWithAllThatIsInIt) {
  builder_.live_group("new", {kAda});
  run_.made = {change(ChangeKind::create_group, "", "new"),
               change(ChangeKind::add_member, kAda, "new")};
  EXPECT_THAT(words(undo()), ElementsAre("delete_group new"));
}

TEST_F(UndoTest, AGroupWithSomebodyElseInItStays) {
  builder_.live_group("new", {kAda, kLin});
  run_.made = {change(ChangeKind::create_group, "", "new"),
               change(ChangeKind::add_member, kAda, "new")};
  EXPECT_THAT(words(undo()), ElementsAre("remove_member ada@acme.example new"));
  EXPECT_THAT(notes(kUndoLeftAlone), ElementsAre(HasSubstr("lin@acme.example is in it")));
}

TEST_F(UndoTest, AGroupWhoseAccessIsNotKnownStays) {
  builder_.live_group("new", {});
  builder_.about_group("new").resource_count = 1;
  run_.made = {change(ChangeKind::create_group, "", "new")};
  expect_left_alone("could not be read");
}

TEST_F(UndoTest, SomebodyWhomTheRunInvitedGoesUnlessTheyHoldMore) {
  builder_.live_group("engineering", {kLin});
  run_.made = {change(ChangeKind::invite_user, kLin, ""),
               change(ChangeKind::add_member, kLin, "engineering")};
  EXPECT_THAT(words(undo()), ElementsAre("remove_user lin@acme.example"));
  EXPECT_THAT(notes(kUndoMail), ElementsAre(kLin));

  builder_.live_group("by-hand", {kLin});
  EXPECT_THAT(words(undo()), ElementsAre("remove_member lin@acme.example engineering"));
  EXPECT_THAT(notes(kUndoLeftAlone), ElementsAre(HasSubstr("\"by-hand\"")));
}

TEST_F(UndoTest, SomebodyRemovedIsInvitedAnewWithWhatTheLogHas) {
  builder_.live_group("engineering", {kAda});
  run_.made = {change(ChangeKind::remove_user, "old@acme.example", "")};
  run_.lost = {{change(ChangeKind::invite_user, "old@acme.example", ""), false},
               {change(ChangeKind::add_member, "old@acme.example", "engineering"), false},
               {change(ChangeKind::add_member, "old@acme.example", "gone-since"), false}};
  EXPECT_THAT(words(undo()), ElementsAre("invite_user old@acme.example",
                                         "add_member old@acme.example engineering"));
  EXPECT_THAT(notes(kUndoInvites), ElementsAre(HasSubstr("not all in the log")));
  EXPECT_THAT(notes(kUndoLeftAlone), ElementsAre(HasSubstr("\"gone-since\"")));
  EXPECT_EQ(undo().changes[0].account_id, "");
}

TEST_F(UndoTest, SomebodyWhoWasSuspendedIsNotGivenAccess) {
  run_.made = {change(ChangeKind::remove_user, "old@acme.example", "")};
  run_.lost = {{change(ChangeKind::invite_user, "old@acme.example", ""), true},
               {change(ChangeKind::suspend_user, "old@acme.example", ""), false}};
  expect_left_alone("they were suspended");
}

TEST_F(UndoTest, NobodyIsInvitedTwice) {
  run_.made = {change(ChangeKind::remove_user, "old@acme.example", "")};
  open_ = {{"old@acme.example", 11, {}}};
  expect_left_alone("may be on its way");
}

TEST_F(UndoTest, ADeletedGroupComesBackUnderANewIdWithWhatTheLogHas) {
  Change group = change(ChangeKind::create_group, "", "legacy");
  group.description = "Kept since 2019";
  Change member = change(ChangeKind::add_member, kAda, "legacy");
  run_.made = {change(ChangeKind::delete_group, "", "legacy")};
  run_.lost = {{group, true}, {member, false}};
  const Plan plan = undo();
  EXPECT_THAT(words(plan),
              ElementsAre("create_group legacy", "add_member ada@acme.example legacy"));
  EXPECT_EQ(plan.changes[0].description, "Kept since 2019");
  EXPECT_EQ(plan.changes[1].group_id, "") << "it has none yet";
  EXPECT_THAT(notes(kUndoNewGroup), ElementsAre("\"legacy\""));
}

TEST_F(UndoTest, ADeletedGroupOfALogWithoutLossesComesBackEmptyAndThatIsSaid) {
  run_.made = {change(ChangeKind::delete_group, "", "legacy")};
  EXPECT_THAT(words(undo()), ElementsAre("create_group legacy"));
  EXPECT_THAT(notes(kUndoNewGroup), ElementsAre(HasSubstr("members and app access are not in")));
}

TEST_F(UndoTest, ARenameIsTakenBackBeforeTheNewGroupGoes) {
  builder_.live_group("platform", {kAda});
  Change deletion = change(ChangeKind::delete_group, "", "infra");
  deletion.cause.why = renamed_in_words("platform");
  run_.made = {change(ChangeKind::create_group, "", "platform"),
               change(ChangeKind::add_member, kAda, "platform"), deletion};
  run_.lost = {{change(ChangeKind::create_group, "", "infra"), true},
               {change(ChangeKind::add_member, kAda, "infra"), false}};
  const Plan plan = undo();
  EXPECT_THAT(words(plan), ElementsAre("create_group infra", "add_member ada@acme.example infra",
                                       "delete_group platform"));
  EXPECT_EQ(plan.renamed, (std::map<std::string, std::string>{{"platform", "infra"}}));
}

TEST_F(UndoTest, SafetyRulesHoldAsForAnyPlan) {
  builder_.live_group("engineering", {kAda, kLin}).protect_user(kLin);
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  EXPECT_EQ(undo().refusals.at(0).klass, "protected_users");
}

TEST_F(UndoTest, NothingIsTakenFromAnybodyOnReadsThatAreNotProved) {
  builder_.live_group("engineering", {kAda, kLin});
  builder_.live.gaps = {"something did not add up"};
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  EXPECT_THAT(undo().changes, IsEmpty());
  EXPECT_EQ(undo().withheld, 1U);
}

TEST_F(UndoTest, ASavedUndoHoldsWhateverThePolicySaysButNotForAnotherRun) {
  builder_.live_group("engineering", {kAda, kLin});
  run_.made = {change(ChangeKind::add_member, kLin, "engineering")};
  const Plan plan = undo();
  SavedPlanInfo info{ROLECALL_VERSION, {}, "rolecall.toml", false, "store-1"};
  const auto saved = parse_saved_plan(save_plan(plan, info));
  ASSERT_TRUE(saved) << saved.error().what;
  EXPECT_EQ(saved->plan.undo_of, 12);
  EXPECT_EQ(saved->info, info);
  builder_.desired.policy_digest = std::string(64, 'b');
  EXPECT_THAT(stale_reasons(*saved, undo()), IsEmpty());
  run_.later = {{13, change(ChangeKind::remove_member, kLin, "engineering")}};
  EXPECT_THAT(stale_reasons(*saved, undo()), ElementsAre(HasSubstr("no longer to be done")));
}

TEST_F(UndoTest, LossesHoldWhatGoesAlong) {
  builder_.resource("jira").live_group("legacy", {kAda}).live_grant("legacy", "jira", Role::user);
  builder_.live_user("old@acme.example", Presence::suspended, true);
  builder_.live_group("engineering", {"old@acme.example"});
  builder_.no_group("legacy").user("old@acme.example", Presence::absent);
  const Plan plan = builder_.plan();
  const auto losses = losses_of({builder_.desired, builder_.live, builder_.catalog}, plan);
  Plan shown;
  for (const Loss& loss : losses) shown.changes.push_back(loss.change);
  EXPECT_THAT(words(shown),
              ElementsAre("invite_user old@acme.example", "suspend_user old@acme.example",
                          "grant_org_role old@acme.example org-admin",
                          "add_member old@acme.example engineering", "create_group legacy",
                          "add_member ada@acme.example legacy",
                          "grant_group_access legacy user ari:cloud:jira::site/1"));
}

}  // namespace
}  // namespace rolecall
