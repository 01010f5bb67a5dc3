// Another administrator is at work while a plan is applied, between any two calls: nothing is
// written to an object of which the apply itself read last that it is not as it was planned for,
// and what a write rests on was read 30 s before it at most (guarantees.md D8).
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "state/api/endpoints.h"
#include "tests/controller/freshness_fixture.h"
#include "tests/support/cases.h"
#include "tests/support/drift_mutations.h"
#include "tests/support/no_log.h"
#include "tests/support/witness.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kBar{30};
constexpr const char* kPeople[] = {"lin", "omar", "rosa", "sue", "hal", "ida"};
constexpr const char* kGroups[] = {"engineering", "design", "old"};

json::value busy_seed() {
  json::object out = acme();
  json::array& users = out["users"].as_array();
  int number = 6;
  for (const char* name : {"sue", "hal", "ida"}) {
    users.push_back(json::object{{"email", fmt::format("{}@acme.example", name)},
                                 {"id", account(number++)},
                                 {"status", *name == 's' ? "suspended" : "active"}});
  }
  users[3].as_object()["access"] = json::object{{kJira, {"user"}}};
  out["groups"].as_array().push_back(json::object{{"name", "old"},
                                                  {"id", group(3)},
                                                  {"members", {"hal@acme.example"}},
                                                  {"access", {{kJira, {"user"}}}}});
  return out;
}

std::string random_policy(Dice& dice) {
  std::string out =
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = \"{}\"\n[users]\n",
                  kOrganization, std::string(kJira));
  std::set<std::string> staying;
  for (const char* name : kPeople) {
    const int fate = dice.below(8);
    if (fate > 1) staying.insert(name);
    out += fmt::format("\"{}@acme.example\" = {{ {} }}\n", name,
                       fate == 0   ? "state = \"suspended\""
                       : fate == 1 ? "state = \"removed\""
                       : fate == 2 ? "access = { jira = [\"admin\"] }"
                       : fate == 3 ? "roles = [\"org-admin\"]"
                       : fate == 4 ? "access = {}"
                                   : "");
  }
  if (dice.chance(2)) out += "\"new@acme.example\" = {}\n";
  for (const char* name : kGroups) {
    if (*name == 'o' && dice.chance(2)) {
      out += "[groups.old]\nstate = \"absent\"\n";
      continue;
    }
    out += fmt::format("[groups.{}]\nmembers = [\"ada@acme.example\", ", name);
    for (const std::string& member : staying) {
      if (dice.chance(2)) out += fmt::format("\"{}@acme.example\", ", member);
    }
    out += dice.chance(2) ? "]\naccess = { jira = [\"admin\"] }\n" : "]\n";
  }
  if (dice.chance(3)) out += "[groups.fresh]\nmembers = [\"ada@acme.example\"]\n";
  for (const std::string_view klass : kLimitClassNames) {
    out += fmt::format("[safety.limits.{}]\nfree = 50\n", klass);
  }
  return out;
}

/// One thing that somebody else does, of those that a policy may be about.
class Meddler {
 public:
  Meddler(Rehearsal& world, Dice& dice) : world_(world), rival_(world), dice_(dice) {}

  bool meddle() {
    const auto& api = rival_.api;
    const std::string who = account(3 + dice_.below(6)), where = group(1 + dice_.below(3));
    const std::string ari(kJira);
    const bool give = dice_.chance(2);
    switch (dice_.below(12)) {
      case 0:
      case 1:
        return does(api.suspend(kDirectory, who));
      case 2:
        return does(api.restore(kDirectory, who));
      case 3:
        return does(api.remove_user(kDirectory, who));
      case 4:
      case 5:
        return does(give ? api.add_member(kDirectory, where, who)
                         : api.remove_member(kDirectory, where, who));
      case 6:
        return does(
            api.group_access(give, kDirectory, where, ari, dice_.chance(2) ? "user" : "admin"));
      case 7:
        return does(api.user_access(give, who, ari, dice_.chance(2) ? "user" : "admin"));
      case 8:
        return does(api.org_admin(give, who));
      case 9:
        if (dice_.chance(2)) return does(api.delete_group(kDirectory, where));
        return does(give ? api.create_group(kDirectory, "fresh", "")
                         : api.invite({.emails = {"new@acme.example"}}));
      case 10:
        return edit([&](OrgEdit& org) {
          const char* name = kGroups[dice_.below(3)];
          json::object* group = org.find_group(name);
          const bool free = org.find_group("called otherwise") == nullptr;
          if (group != nullptr && free) (*group)["name"] = "called otherwise";
        });
      default:
        return edit([&](OrgEdit& org) {
          const std::string email = fmt::format("{}@acme.example", kPeople[dice_.below(6)]);
          if (org.find_user(email) == nullptr) return;
          if (dice_.chance(2)) return (void)((*org.find_user(email))["status"] = "deactivated");
          if (org.find_user("moved@acme.example") != nullptr) return;
          org.move_user(email, "moved@acme.example");
          if (dice_.chance(2)) org.add_user({{"email", email}, {"id", "712020:somebody-else"}});
        });
    }
  }

 private:
  bool does(const WriteRequest& write) { return rival_.does(write) / 100 == 2; }
  /// What no call of the API does.
  template <class Edit>
  bool edit(Edit edit) {
    const json::value before = world_.client().org().state();
    OrgEdit org(before);
    edit(org);
    if (org.state() == before) return false;
    auto made = simulator::FakeOrg::from_seed(org.state(),
                                              [this] { return world_.client().clock().now(); });
    if (!made) throw std::logic_error(made.error().what);
    world_.client().org() = std::move(*made);
    return true;
  }

  Rehearsal& world_;
  Rival rival_;
  Dice& dice_;
};

struct Tally {
  std::size_t moves = 0, writes = 0, left_out = 0;
  milliseconds window{0};
};

void live_through_one(std::uint64_t seed, Tally& tally) {
  Dice dice(seed);
  constexpr milliseconds kLatencies[] = {milliseconds(50), milliseconds(500), seconds(2),
                                         seconds(4)};
  Rehearsal world(busy_seed(), {.seed = seed + 1, .latency = kLatencies[dice.below(4)]});
  Meddler meddler(world, dice);
  int one_in = 0;  // before so many calls something happens; 0: never
  Witness witness(world.client(), world.client().clock(), [&] {
    if (one_in > 0 && dice.chance(one_in) && meddler.meddle()) ++tally.moves;
  });
  world.through(witness);
  world.policy(random_policy(dice));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable()) << render(planned.diagnostics);
  witness.plan_is_made();
  world.client().clock().advance(seconds(dice.below(60)));
  one_in = 3 + dice.below(20);
  NoLog log;
  const ApplyReport report = apply_plan(
      *planned.plan, {witness, log, world.client().clock(), {}, {}, {}, {}, planned.read_at});
  EXPECT_THAT(witness.contradictions(), testing::IsEmpty());
  EXPECT_LE(witness.window(), kBar);
  EXPECT_LE(report.oldest_read, kBar);
  tally.writes += witness.writes();
  tally.left_out += report.count(ChangeOutcome::State::skipped);
  tally.window = std::max({tally.window, witness.window(), report.oldest_read});
}

// However fresh the plan is: its ids are confirmed, and what that shows besides counts.
TEST_F(FreshnessTest, NothingIsGivenToSomebodyWhoIsSuspendedByNow) {
  policy(
      "[users]\n\"lin@acme.example\" = { access = { jira = [\"user\"] } }\n[resources]\njira = "
      "\"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001\"\n"
      "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n");
  ASSERT_EQ(planned_.plan->changes.size(), 2U);
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(lin))), 204);
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  for (const ChangeOutcome& one : report_.outcomes) {
    EXPECT_EQ(one.state, ChangeOutcome::State::skipped);
    EXPECT_THAT(one.message, testing::HasSubstr("suspended meanwhile"));
  }
}

TEST_F(FreshnessTest, WhoWasSuspendedAsItWasPlannedIsGivenItAllTheSame) {
  for (const seconds wait : {seconds(0), seconds(60)}) {
    ASSERT_LT(rival_.does(rival_.api.suspend(kDirectory, account(rosa))), 500);
    ASSERT_LT(rival_.does(rival_.api.remove_member(kDirectory, group(engineering), account(rosa))),
              500);
    policy("[groups.engineering]\nmembership = \"additive\"\nmembers = [\"rosa@acme.example\"]\n");
    ASSERT_EQ(planned_.plan->changes.size(), 1U);
    apply_after(wait);
    EXPECT_EQ(report_.count(ChangeOutcome::State::applied), 1U);
  }
}

TEST_F(FreshnessTest, WhoOrWhatIsGoneByNowIsNotWrittenTo) {
  policy(
      "[groups.engineering]\nmembership = \"additive\"\nmembers = [\"rosa@acme.example\"]\n"
      "[groups.design]\nmembership = \"additive\"\nmembers = [\"omar@acme.example\"]\n");
  ASSERT_EQ(planned_.plan->changes.size(), 2U);
  ASSERT_EQ(rival_.does(rival_.api.remove_user(kDirectory, account(rosa))), 204);
  ASSERT_EQ(rival_.does(rival_.api.delete_group(kDirectory, group(design))), 204);
  apply_after(seconds(0));
  EXPECT_EQ(report_.writes, 0U);
  for (const ChangeOutcome& one : report_.outcomes) {
    EXPECT_THAT(one.message, testing::HasSubstr("not to be seen"));
  }
}

TEST_F(FreshnessTest, WhatIsDoneByNowIsNotDoneAgain) {
  policy("[users]\n\"lin@acme.example\" = { roles = [\"org-admin\"] }\n");
  ASSERT_EQ(rival_.does(rival_.api.org_admin(true, account(lin))) / 100, 2);
  apply_after(seconds(0));
  EXPECT_EQ(report_.writes, 0U);
  EXPECT_EQ(outcome(ChangeKind::grant_org_role).state, ChangeOutcome::State::already_so);
}

TEST(RivalMeanwhile, NoWriteContradictsWhatWasReadLast) {
  Tally tally;
  const std::uint64_t runs = cases(500);
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    SCOPED_TRACE(fmt::format("run {}", seed));
    live_through_one(seed, tally);
    if (testing::Test::HasFatalFailure()) return;
  }
  RecordProperty("largest_window_ms", std::to_string(tally.window.count()));
  RecordProperty("writes", std::to_string(tally.writes));
  RecordProperty("moves", std::to_string(tally.moves));
  RecordProperty("left_out", std::to_string(tally.left_out));
  EXPECT_LE(tally.window, kBar);
  if (runs < 100) return;
  EXPECT_GT(tally.window, seconds(20)) << "or the bar is not tried";
  EXPECT_GT(tally.moves, runs);
  EXPECT_GT(tally.writes, 2 * runs);
  EXPECT_GT(tally.left_out, runs / 4);
}

}  // namespace
}  // namespace rolecall::test
