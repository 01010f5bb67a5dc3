// Whoever comes back comes with what they have: nobody does with more than was reviewed, nor while
// what is to be taken from them cannot be (guarantees.md C3, D2, D8).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "diff/plan_file.h"
#include "state/api/endpoints.h"
#include "tests/support/end_to_end.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = ChangeOutcome::State;

constexpr const char* kDirectory = "6d1f0000-0000-4000-8000-000000000001";
constexpr const char* kLin = "712020:00000000-0000-4000-8000-000000000003";
constexpr const char* kSeed = R"({
  "organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
  "directories": [{"id": "6d1f0000-0000-4000-8000-000000000001", "name": "acme"}],
  "workspaces": [{"ari": "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001",
                  "host": "acme.atlassian.net"}],
  "users": [{"email": "ada@acme.example", "roles": ["org-admin"]},
            {"email": "hal@acme.example"},
            {"email": "lin@acme.example", "id": "712020:00000000-0000-4000-8000-000000000003",
             "status": "suspended"}],
  "groups": [{"name": "crew", "members": ["ada@acme.example"],
              "id": "9a000000-0000-4000-8000-000000000001"},
             {"name": "keys", "members": ["lin@acme.example"],
              "id": "9a000000-0000-4000-8000-000000000002"}]})";

class ComesBack : public ::testing::Test {
 protected:
  void want(const std::string& rest) {
    world_.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users.\"lin@acme.example\"]"
                    "\nroles = []\n{}",
                    kOrganization, rest));
  }
  void by_hand(const WriteRequest& write) {
    const Request& request = write.request();
    ASSERT_EQ(world_.client()
                      .org()
                      .handle({std::string(name(request.method)), "/admin" + request.target,
                               "Bearer another", request.body.empty() ? "" : "application/json",
                               request.body})
                      .status /
                  100,
              2);
  }
  void counts_are_refused() {
    (void)world_.client().org().handle(
        {"PUT", "/_simulator/faults", "", "application/json",
         R"({"rules": [{"operation": "getDirectoryUsersCount", "action": {"status": 403}}]})"});
  }
  static std::vector<std::string> in_words(const Plan& plan) {
    std::vector<std::string> out;
    for (const Change& change : plan.changes) {
      out.push_back(fmt::format("{} {} {}", name(change.kind), change.user, change.group));
    }
    return out;
  }

  Rehearsal world_{json::parse(kSeed)};
  const Endpoints api_{std::string(kOrganization)};
};

TEST_F(ComesBack, NotWhileWhatIsToBeTakenFromThemIsWithheld) {
  want(
      "[groups.keys]\nmembers = []\nempty = true\n[groups.crew]\nmembers = "
      "[\"ada@acme.example\", \"hal@acme.example\"]\n");
  EXPECT_THAT(in_words(*world_.plan().plan), Contains("restore_user lin@acme.example "));
  counts_are_refused();
  const Planned planned = world_.plan();
  ASSERT_FALSE(planned.plan->complete);
  EXPECT_THAT(in_words(*planned.plan), ElementsAre("add_member hal@acme.example crew"));
  want("");
  EXPECT_THAT(in_words(*world_.plan().plan), ElementsAre("restore_user lin@acme.example "))
      << "nothing is to be taken from them";
}

TEST_F(ComesBack, NotByASavedPlanThatDoesNotTakeWhatOthersGave) {
  want("");
  const Plan saved_plan = *world_.plan().plan;
  ASSERT_THAT(in_words(saved_plan), ElementsAre("restore_user lin@acme.example "));
  SavedPlan saved;
  saved.plan = saved_plan;
  saved.info.tool_version = ROLECALL_VERSION;
  EXPECT_THAT(world_.plan_only(saved).stale, IsEmpty());
  by_hand(api_.org_admin(true, kLin));
  EXPECT_THAT(world_.plan_only(saved).stale,
              Contains(HasSubstr("what goes along with it was 1 group and is org-admin, 1 group")));
}

TEST_F(ComesBack, NotWithWhatOthersGaveWhileSomebodyWasAsked) {
  for (const bool admin : {false, true}) {
    Rehearsal world{json::parse(kSeed)};
    world.policy(fmt::format(
        "version = 1\n[organization]\nid = \"{}\"\n[users.\"lin@acme.example\"]", kOrganization));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    const WriteRequest gift =
        admin ? api_.org_admin(true, kLin)
              : api_.add_member(kDirectory, "9a000000-0000-4000-8000-000000000001", kLin);
    const Request& request = gift.request();
    ASSERT_EQ(world.client()
                      .org()
                      .handle({std::string(name(request.method)), "/admin" + request.target,
                               "Bearer another", "application/json", request.body})
                      .status /
                  100,
              2);
    world.client().clock().advance(seconds(60));
    const ApplyReport report = world.apply(planned);
    ASSERT_EQ(report.outcomes.size(), 1U);
    EXPECT_EQ(report.outcomes[0].state, State::skipped);
    EXPECT_THAT(report.outcomes[0].message, HasSubstr("meanwhile"));
  }
}

TEST_F(ComesBack, WithWhatTheyHad) {
  want("");
  const Planned planned = world_.plan();
  world_.client().clock().advance(seconds(60));
  EXPECT_EQ(world_.apply(planned).count(State::applied), 1U);
}

// What they have on an app that no policy speaks of, or of a role that none can change, was not
// given to them meanwhile.
TEST_F(ComesBack, WithWhatIsNotManagedHere) {
  constexpr const char* kResource =
      "[resources]\nsite = "
      "\"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001\"\n";
  for (const auto& [role, resource, along] :
       {std::tuple("ai-access", kResource, "1 group, 1 grant ("),
        std::tuple("viewer", kResource, "1 group, 1 grant ("),
        std::tuple("user", "", "1 group (")}) {
    SCOPED_TRACE(role);
    json::value seed = json::parse(kSeed);
    seed.at("users").as_array()[2].as_object()["access"] =
        json::object{{seed.at("workspaces").as_array()[0].at("ari").as_string(), {role}}};
    Rehearsal world(seed);
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n{}[users.\"lin@acme.example\"]\n"
                    "access = {{}}\n",
                    kOrganization, resource));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    ASSERT_THAT(in_words(*planned.plan), ElementsAre("restore_user lin@acme.example "));
    EXPECT_THAT(planned.plan->changes[0].goes_along, ::testing::StartsWith(along));
    world.client().clock().advance(seconds(60));
    EXPECT_EQ(world.apply(planned).count(State::applied), 1U);
  }
}

}  // namespace
}  // namespace rolecall::test
