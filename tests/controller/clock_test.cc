// When the clock here and the server's disagree, nothing is taken away (guarantees.md E4; E13 and
// R47 of the catalogue of bad input).
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "controller/commands.h"
#include "controller/reconciler.h"
#include "state/simulator/fake_client.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/running_org.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

using std::chrono::minutes;

constexpr const char* kSeed = R"({
  "users": [{"email": "ada@acme.example", "roles": ["org-admin"]}, {"email": "bob@acme.example"}],
  "groups": [{"name": "engineering", "members": ["ada@acme.example", "bob@acme.example"]}]})";
constexpr const char* kPolicy = R"(
version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[users]
"ada@acme.example" = {}
[groups.engineering]
members = ["ada@acme.example"]
[groups.design]
members = ["ada@acme.example"]
)";
constexpr const char* kComing = R"("new@acme.example" = {}
)";

struct Clock {
  minutes off{0};     ///< when dates are decided
  minutes set_to{0};  ///< off by that when the organization has been read
};

Plan plan_with_clock(Clock clock, const std::string& policy = kPolicy) {
  const test::TempDir folder;
  auto client = simulator::FakeClient::from_seed(boost::json::parse(kSeed));
  const auto begun = (*client)->clock().now();
  PlanRequest request{folder.write("rolecall.toml", policy), begun + clock.off, {}, {}};
  request.clock = [&] { return (*client)->clock().now() + clock.set_to; };
  request.steady = [&] { return (*client)->clock().now() + clock.off; };
  return plan_policy(**client, request, {}).plan.value();
}

/// The policy with this among its people.
std::string with_people(const std::string& people) {
  std::string out = kPolicy;
  return out.insert(out.find("[groups.engineering]"), people);
}

Plan plan_with_clock_off_by(minutes off) {
  const test::TempDir folder;
  auto client = simulator::FakeClient::from_seed(boost::json::parse(kSeed));
  const Instant now = (*client)->clock().now() + off;
  PlanRequest request{folder.write("rolecall.toml", kPolicy), now, {}, {}};
  request.clock = [&] { return (*client)->clock().now() + off; };
  return plan_policy(**client, request, {}).plan.value();
}

std::size_t taking(const Plan& plan) {
  return static_cast<std::size_t>(
      std::count_if(plan.changes.begin(), plan.changes.end(),
                    [](const Change& change) { return takes_away(change.kind); }));
}

TEST(ClockAgainstTheServers, WithinFiveMinutesEverythingIsPlanned) {
  for (const minutes off : {minutes{0}, minutes{4}, minutes{-4}}) {
    const Plan plan = plan_with_clock_off_by(off);
    EXPECT_TRUE(plan.complete);
    EXPECT_EQ(taking(plan), 1U);
  }
}

TEST(ClockAgainstTheServers, FurtherOffOnlyWhatGivesIsPlanned) {
  constexpr minutes kDay{24 * 60};
  for (const minutes off : {minutes{6}, minutes{-6}, minutes{60}, kDay, -kDay, 3'650 * kDay}) {
    const Plan plan = plan_with_clock_off_by(off);
    EXPECT_FALSE(plan.complete) << off.count();
    EXPECT_EQ(taking(plan), 0U) << off.count();
    EXPECT_EQ(plan.withheld, 1U) << off.count();
    EXPECT_THAT(plan.changes, ::testing::SizeIs(2)) << off.count();
    EXPECT_THAT(plan.gaps, ::testing::ElementsAre(::testing::HasSubstr("set the clock")));
  }
}

TEST(ClockAgainstTheServers, SetInTheMeantimeOnlyWhatGivesIsPlanned) {
  EXPECT_EQ(taking(plan_with_clock({})), 1U);
  for (const minutes off : {minutes{6}, minutes{-6}, minutes{3 * 24 * 60}}) {
    const Plan plan = plan_with_clock({.off = off, .set_to = minutes{0}});
    EXPECT_EQ(taking(plan), 0U) << off.count();
    EXPECT_THAT(plan.gaps, ::testing::ElementsAre(::testing::HasSubstr("was set while")));
  }
}

// A mail may have gone out a minute ago.
TEST(ClockAgainstTheServers, NobodyIsInvitedByAWrongOne) {
  const std::string policy = with_people(kComing);
  const auto invites = [](const Plan& plan) {
    return std::any_of(plan.changes.begin(), plan.changes.end(),
                       [](const Change& change) { return change.kind == ChangeKind::invite_user; });
  };
  EXPECT_TRUE(invites(plan_with_clock({}, policy)));
  EXPECT_FALSE(invites(plan_with_clock({minutes{60}, minutes{60}}, policy)));
}

TEST(ClockAgainstTheServers, NothingIsDoneByAWrongOneWhereThePolicySaysDates) {
  const std::string policy = with_people("\"bob@acme.example\" = { until = 2027-01-01 }\n");
  EXPECT_THAT(plan_with_clock({}, policy).changes, ::testing::SizeIs(3));
  EXPECT_THAT(plan_with_clock({minutes{60}, minutes{60}}, policy).changes, ::testing::IsEmpty());
}

/// Of a server that does not tell the time.
class Timeless final : public test::ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (out.answer) out.answer->date.reset();
    return out;
  }
};

TEST(ClockAgainstTheServers, AServerThatTellsNoTimeIsNamed) {
  const auto notes = [](bool timeless) {
    const test::TempDir folder;
    auto client = simulator::FakeClient::from_seed(boost::json::parse(kSeed));
    Timeless without(**client);
    PlanRequest request{folder.write("rolecall.toml", kPolicy), (*client)->clock().now(), {}, {}};
    request.clock = [&] { return (*client)->clock().now(); };
    ReadClient& asked = timeless ? static_cast<ReadClient&>(without) : **client;
    const Plan plan = plan_policy(asked, request, {}).plan.value();
    EXPECT_TRUE(plan.complete);
    return static_cast<int>(
        std::count_if(plan.notes.begin(), plan.notes.end(),
                      [](const Note& note) { return note.kind == "server_tells_no_time"; }));
  };
  EXPECT_EQ(notes(true), 1);
  EXPECT_EQ(notes(false), 0);
}

// Through the command itself: what the organization has afterwards.
TEST(ClockAgainstTheServers, AnApplyTakesNothingAwayAndInvitesNobody) {
  constexpr minutes kHours{3 * 60};
  constexpr minutes kYears{10 * 365 * 24 * 60};
  const std::string policy =
      with_people(std::string(kComing) + "\"bob@acme.example\" = { state = \"removed\" }\n");
  boost::json::object seed = boost::json::parse(kSeed).as_object();
  seed["options"] = {{"group_lag_ms", 0}};
  for (const minutes off : {minutes{0}, kHours, -kHours, kYears, -kYears}) {
    SCOPED_TRACE(off.count());
    test::RunningOrg org(seed, [off] { return SystemClock().now() - off; });
    ApplyOptions options;
    options.target = org.dir().write("rolecall.toml", policy);
    options.yes = true;
    const test::Ran ran = test::run_captured([&] { return run_apply(org.global(), options); });
    boost::json::value counts;
    org.server().with_org([&](simulator::FakeOrg& fake) { counts = fake.counts(); });
    const bool agrees = off == minutes{0};
    for (const char* operation : {"removeDirectoryUser", "inviteUsers"}) {
      EXPECT_EQ(counts.as_object().contains(operation), agrees) << operation;
    }
    EXPECT_EQ(ran.code, agrees ? 0 : 6) << ran.out << ran.err;
    EXPECT_EQ(ran.out.find("set the clock") == std::string::npos, agrees) << ran.out;
  }
}

}  // namespace
}  // namespace rolecall
