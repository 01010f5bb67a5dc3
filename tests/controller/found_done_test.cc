// guarantees.md B2: that it is so already, one answer does not prove where somebody is locked out
// or invited. It may not be true, or come from a replica that is behind.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "state/store/store.h"
#include "tests/controller/freshness_fixture.h"
#include "tests/support/refusing_client.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = ChangeOutcome::State;

struct Row {
  const char* name;
  const char* omar;   ///< what the policy wants
  const char* wrong;  ///< member of the answer
  json::value says;
  Operation operation;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

/// Tells once that it is so, after so many tries.
class FoundDone : public ::testing::TestWithParam<std::tuple<Row, std::size_t>> {};

TEST_P(FoundDone, ByOneAnswerIsNoProof) {
  const auto& [row, tries] = GetParam();
  json::object seed = acme();
  seed["users"].as_array()[3].as_object()["roles"] = json::array{"org-admin"};  // Omar
  Rehearsal world{json::value(seed)};
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety.limits.revoke_admins]\n"
                  "free = 9\n[users]\n\"omar@acme.example\" = {{ {} }}\n",
                  kOrganization, row.omar));
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  bool told = false;
  SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
    const bool looks = asked.operation == Operation::searchDirectoryUsers &&
                       asked.body.find("emails") != std::string::npos;
    if (!looks || told || world.client().calls(row.operation) < tries) return;
    json::value page = json::parse(body);
    for (json::value& one : page.at("data").as_array()) {
      if (one.at("accountId").as_string() != account(omar)) continue;
      told = true;
      one.as_object()[row.wrong] = row.says;
    }
    body = json::serialize(page);
  });
  world.through(way);
  if (tries > 0) {
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        R"({"rules": [{"operation": "writes", "times": 1, "action": {"status": 503}}]})")));
  }
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(told);
  EXPECT_NE(exit_code(*planned.plan, report), 0);
  const Store store = Store::open(world.store_path(), Store::Access::read).value();
  const auto calls = store.calls(1).value();
  EXPECT_EQ(calls.size(), tries);
  for (const CallRecord& call : calls) EXPECT_NE(call.outcome->result, ChangeResult::applied);
  world.client().clock().advance(seconds(300));
  EXPECT_EQ(world.apply(world.plan()).count(State::applied), 1U);
  EXPECT_THAT(world.plan().plan->changes, IsEmpty());
}

const Row kRows[] = {{"Suspended", "state = \"suspended\"", "membershipStatus", "suspended",
                      Operation::suspendDirectoryUser},
                     {"NoAdmin", "roles = []", "platformRoles", json::array{},
                      Operation::revokeOrganizationLevelRole}};
INSTANTIATE_TEST_SUITE_P(Rows, FoundDone,
                         ::testing::Combine(::testing::ValuesIn(kRows), ::testing::Values(0U, 1U)),
                         [](const auto& it) {
                           return fmt::format("{}After{}", std::get<0>(it.param).name,
                                              std::get<1>(it.param));
                         });

// Omar was suspended, and has been restored just now; one replica does not know yet.
TEST(FoundDoneByAReplica, ThatIsBehind) {
  Rehearsal world{acme()};
  Rival rival(world);
  const char* behind = R"({{"rules": [{{"operation": "{}", "times": 1,
                          "action": {{"stale_ms": 25000}}}}]}})";
  // What was is kept from now on.
  ASSERT_TRUE(world.client().org().set_faults(json::parse(fmt::format(fmt::runtime(behind), "x"))));
  ASSERT_EQ(rival.does(rival.api.suspend(kDirectory, account(omar))) / 100, 2);
  world.client().clock().advance(seconds(600));
  ASSERT_EQ(rival.does(rival.api.restore(kDirectory, account(omar))) / 100, 2);
  world.client().clock().advance(seconds(10));
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users]\n"
                  "\"omar@acme.example\" = {{ state = \"suspended\" }}\n",
                  kOrganization));
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  ASSERT_TRUE(world.client().org().set_faults(
      json::parse(fmt::format(fmt::runtime(behind), "searchDirectoryUsers"))));
  const ApplyReport report = world.apply(planned);
  EXPECT_NE(exit_code(*planned.plan, report), 0);
  EXPECT_THAT(report.outcomes.front().message, HasSubstr("and then as not done"));
}

// While admins are counted for another one, an answer says of Omar what is not so.
TEST(FoundDoneInPassing, IsNoProof) {
  for (const char* omar : {"state = \"suspended\"", "roles = []"}) {
    const bool suspends = std::string_view(omar) != "roles = []";
    json::object seed = acme();
    seed["users"].as_array()[3].as_object()["roles"] = json::array{"org-admin"};  // Omar
    seed["users"].as_array()[4].as_object()["roles"] = json::array{"org-admin"};  // Rosa
    Rehearsal world{json::value(seed)};
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety.limits.revoke_admins]\n"
                    "free = 9\n[users]\n\"omar@acme.example\" = {{ {} }}\n",
                    kOrganization, omar));
    const Planned planned = world.plan();
    ASSERT_EQ(planned.plan->changes.size(), 1U);
    bool told = false;
    SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
      const bool counts = asked.body.find("accountIds") != std::string::npos &&
                          asked.body.find(account(Person::omar)) != std::string::npos;
      if (!counts || told) return;
      told = true;
      json::value page = json::parse(body);
      for (json::value& one : page.at("data").as_array()) {
        if (one.at("accountId").as_string() != account(Person::omar)) continue;
        if (suspends) one.as_object()["membershipStatus"] = "suspended";
        if (!suspends) one.as_object()["platformRoles"] = json::array{};
      }
      body = json::serialize(page);
    });
    world.through(way);
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(told);
    const bool sent = report.count(State::applied) == 1;
    EXPECT_TRUE(sent || exit_code(*planned.plan, report) != 0) << omar;
  }
}

// Of two roles one was taken by somebody else; what shows that shows, once, no role at all.
TEST(FoundDoneInPassing, OfAnotherGrantIsNoProof) {
  json::object seed = acme();
  seed["groups"].as_array()[1].as_object()["access"] =
      json::object{{std::string(kJira), json::array{"user", "admin"}}};
  for (int wrong = 1; wrong <= 4; ++wrong) {
    Rehearsal world{json::value(seed)};
    Rival rival(world);
    world.policy(fmt::format(
        "version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = \"{}\"\n"
        "[safety.limits.revoke_group_access]\nfree = 9\n[groups.design]\naccess = {{}}\n",
        kOrganization, std::string(kJira)));
    const Planned planned = world.plan();
    ASSERT_EQ(planned.plan->changes.size(), 2U);
    ASSERT_EQ(rival.does(rival.api.group_access(false, kDirectory, group(design),
                                                std::string(kJira), "user")) /
                  100,
              2);
    world.client().clock().advance(seconds(60));
    int n = 0;
    SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
      if (asked.operation != Operation::getGroupRoleAssignments || ++n != wrong) return;
      json::value page = json::parse(body);
      page.as_object()["data"] = json::array{};
      body = json::serialize(page);
    });
    world.through(way);
    const ApplyReport report = world.apply(planned);
    world.through(world.client());
    world.client().clock().advance(seconds(300));
    EXPECT_TRUE(world.plan().plan->changes.empty() || exit_code(*planned.plan, report) != 0)
        << wrong;
  }
}

// One answer shows somebody under the address of an invitation that was not sent.
TEST(FoundDoneByOneAnswer, IsNoInvitation) {
  Rehearsal world{acme()};
  world.policy(fmt::format(
      "version = 1\n[organization]\nid = \"{}\"\n[users]\n\"new@acme.example\" = {{}}\n",
      kOrganization));
  const Planned planned = world.plan();
  bool told = false;
  SpoilingClient way(world.client(), [&](const Request& asked, std::string& body) {
    if (told || asked.body.find("new@acme.example") == std::string::npos) return;
    told = true;
    json::value page = json::parse(body);
    page.at("data").as_array().push_back(json::object{{"accountId", account(99)},
                                                      {"accountType", "atlassian"},
                                                      {"accountStatus", "active"},
                                                      {"membershipStatus", "active"},
                                                      {"email", "new@acme.example"}});
    body = json::serialize(page);
  });
  world.through(way);
  world.client().clock().advance(seconds(60));
  const ApplyReport report = world.apply(planned);
  EXPECT_TRUE(told);
  EXPECT_EQ(report.outcomes.front().state, State::skipped);
  EXPECT_NE(exit_code(*planned.plan, report), 0);
}

// One late reading showed it undone, and no other came: nothing "still" shows it.
TEST(SeenUndone, OnceOnlyIsNotSaidToLast) {
  Rehearsal world{acme()};
  world.policy(
      "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n"
      "[safety.limits.suspend_users]\nfree = 9\n[users]\n"
      "\"lin@acme.example\" = { state = \"suspended\" }\n");
  const Planned planned = world.plan();
  ASSERT_TRUE(world.client().org().set_faults(boost::json::parse(R"({"write_lag_ms": 3000})")));
  std::size_t looks = 0;
  RefusingClient way(world.client(), [&](const Request& asked) {
    return world.client().calls(Operation::suspendDirectoryUser) > 0 &&
           asked.operation == Operation::searchDirectoryUsers && ++looks > 1;
  });
  world.through(way);
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.outcomes.front().state, ChangeOutcome::State::in_doubt);
  EXPECT_THAT(report.outcomes.front().message, testing::HasSubstr("later ones could not tell"));
}

}  // namespace
}  // namespace rolecall::test
