// Whether a change has taken effect is told by the account it is about, not by whoever has the
// address (guarantees.md B6, B12).
#include "controller/read_back.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "controller/recover.h"
#include "state/simulator/fake_client.h"
#include "state/store/store.h"
#include "tests/support/canned_client.h"
#include "tests/support/end_to_end.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/no_log.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kNew = "new@acme.example";

json::object person(std::string_view account, std::string_view membership = "active") {
  return {
      {"accountId", account},           {"accountType", "atlassian"}, {"accountStatus", "active"},
      {"membershipStatus", membership}, {"name", "Somebody"},         {"email", kNew},
      {"platformRoles", json::array{}}, {"groups", json::array{}}};
}

class ReadBackTest : public ::testing::Test {
 protected:
  ReadBackTest() { plan_.directory = "d"; }
  void about(ChangeKind kind, std::string account) {
    Change change;
    change.kind = kind;
    change.user = kNew;
    change.account_id = std::move(account);
    plan_.changes.push_back(std::move(change));
  }
  /// Where each search for people finds these.
  std::vector<Effect> effects(const json::array& people) {
    CannedClient client([&](const Request& request) -> Answer {
      asked_ = request.body;
      const json::object page{{"data", people}, {"links", json::object{{"next", nullptr}}}};
      Response response;
      response.status = 200;
      response.content_type = "application/json";
      response.body = json::serialize(page);
      return response;
    });
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < plan_.changes.size(); ++i) all.push_back(i);
    const Endpoints endpoints("o");
    KnownIds ids(plan_);
    auto out = read_back(client, endpoints, plan_, all, ids, {});
    learned_ = ids.account(plan_.changes.front());
    return out;
  }

  Plan plan_;
  std::string learned_;
  std::string asked_;  ///< by the last request
};

/// Where a server leaves out `platformRoles` of those who have none.
json::object without_roles(std::string_view account) {
  json::object out = person(account);
  out.erase("platformRoles");
  return out;
}

json::object admin(std::string_view account) {
  json::object out = person(account);
  out["platformRoles"] = json::array{"atlassian/org-admin"};
  return out;
}

TEST_F(ReadBackTest, OneAccountWithTheAddressOfSomebodyInvitedIsTheirs) {
  about(ChangeKind::invite_user, "");
  EXPECT_THAT(effects({person("a")}), ElementsAre(Effect::there));
  EXPECT_EQ(learned_, "a");
  EXPECT_THAT(effects({}), ElementsAre(Effect::not_there));
}

TEST_F(ReadBackTest, TwoAccountsWithTheAddressProveNothing) {
  about(ChangeKind::invite_user, "");
  about(ChangeKind::add_member, "");
  about(ChangeKind::grant_user_access, "");
  EXPECT_THAT(effects({person("a"), person("b")}),
              ElementsAre(Effect::ambiguous, Effect::ambiguous, Effect::ambiguous));
  EXPECT_EQ(learned_, "") << "nothing that follows may be done to either";
}

TEST_F(ReadBackTest, AnotherAccountWithTheAddressIsNotTheOneThatIsKnown) {
  about(ChangeKind::invite_user, "a");
  about(ChangeKind::restore_user, "a");
  EXPECT_THAT(effects({person("b")}), ElementsAre(Effect::not_there, Effect::not_there));
  EXPECT_THAT(effects({person("b"), person("a")}), ElementsAre(Effect::there, Effect::there));
  EXPECT_EQ(learned_, "a");
}

TEST_F(ReadBackTest, WhoIsInNoDirectoryOrHasNoAccountProvesNothing) {
  about(ChangeKind::invite_user, "");
  EXPECT_THAT(effects({person("a", "no_membership")}), ElementsAre(Effect::unknown));
  EXPECT_THAT(effects({person("")}), ElementsAre(Effect::unknown));
  EXPECT_EQ(learned_, "");
}

TEST_F(ReadBackTest, WhoShowsNoRolesWhereOthersDoHasNone) {
  about(ChangeKind::revoke_org_role, "a");
  plan_.org_admin_accounts = {"a", "b", "w"};
  EXPECT_THAT(effects({without_roles("a"), admin("w")}), ElementsAre(Effect::there));
  EXPECT_THAT(effects({admin("a"), admin("w")}), ElementsAre(Effect::not_there));
  EXPECT_THAT(effects({without_roles("a"), without_roles("w")}), ElementsAre(Effect::unknown));
  EXPECT_THAT(effects({without_roles("a")}), ElementsAre(Effect::unknown));
}

TEST_F(ReadBackTest, WhoStaysAnAdminIsAskedForWithWhoDoesNot) {
  about(ChangeKind::revoke_org_role, "a");
  about(ChangeKind::revoke_org_role, "b");
  plan_.org_admin_accounts = {"a", "b", "w"};
  (void)effects({});
  EXPECT_THAT(asked_, HasSubstr("\"w\""));
}

/// Shows everybody with an address of acme() twice.
class Doubling final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (!out.answer || out.answer->body.find("accountStatus") == std::string::npos) return out;
    json::value page = json::parse(out.answer->body);
    json::array& people = page.at("data").as_array();
    for (std::size_t i = people.size(); i > 0; --i) {
      json::object other = people[i - 1].as_object();
      other["accountId"] = "712020:another";
      people.push_back(std::move(other));
    }
    out.answer->body = json::serialize(page);
    return out;
  }
};

TEST(ReadBack, ALostAnswerStaysInDoubtWhereTwoAccountsHaveTheAddress) {
  Rehearsal world(acme());
  world.policy(fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users]\n\"{}\" = {{}}\n",
                           kOrganization, kNew));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "inviteUsers", "action": {"cut": "after_effect"}}]})")));
  Doubling client(world.client());
  NoLog log;
  const ApplyReport report =
      apply_plan(*planned.plan, {client, log, world.client().clock(), {}, {}, {}});
  ASSERT_EQ(report.outcomes.size(), 1U);
  EXPECT_EQ(report.outcomes.front().state, State::in_doubt);
  EXPECT_THAT(report.outcomes.front().message, HasSubstr(std::string(kTwoAccounts)));
}

TEST(ReadBack, AnEmptyAnswerDoesNotShowThatSomebodyIsGone) {
  Rehearsal world(acme());
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.engineering]\n"
                  "members = [\"lin@acme.example\"]\n",
                  kOrganization));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "removeUserFromGroup", "action": {"status": 500}},
          {"operation": "searchDirectoryUsers", "after": 1,
           "action": {"page": "empty_page"}}]})")));
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.writes, 2U) << "the look before them shows everybody";
  EXPECT_EQ(report.count(State::in_doubt), 2U) << report.outcomes.front().message;
}

/// Omar is in engineering and in design, and a search shows the first group of each person only.
json::object cut_short() {
  json::object seed = acme();
  seed["options"].as_object()["expanded_groups"] = 1;
  seed["groups"].as_array()[1].as_object()["members"].as_array().emplace_back("omar@acme.example");
  return seed;
}

/// `design`: who is to be in it. What the one change of that comes to, where the call is answered
/// like that.
ChangeOutcome outcome_of_one(Rehearsal& world, std::string_view design, std::string_view faults) {
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.design]\nmembers = [{}]\n",
                  kOrganization, design));
  const Planned planned = world.plan();
  EXPECT_TRUE(planned.plan);
  EXPECT_EQ(planned.plan->changes.size(), 1U);
  EXPECT_TRUE(world.client().org().set_faults(json::parse(faults)));
  return world.apply(planned).outcomes.front();
}

constexpr std::string_view kWithoutOmar = R"("grace@acme.example", "rosa@acme.example")";

TEST(ReadBack, AMemberWhomACutListLacksIsNotTakenOut) {
  Rehearsal world(cut_short());
  const ChangeOutcome outcome = outcome_of_one(world, kWithoutOmar, R"({"rules": [
      {"operation": "removeUserFromGroup", "action": {"status": 500}}]})");
  EXPECT_EQ(outcome.state, State::in_doubt) << outcome.message;
}

TEST(ReadBack, AMemberWhomACutListLacksMayBeOut) {
  Rehearsal world(cut_short());
  const ChangeOutcome outcome = outcome_of_one(world, kWithoutOmar, R"({"rules": [
      {"operation": "removeUserFromGroup", "action": {"cut": "after_effect"}}]})");
  EXPECT_EQ(outcome.state, State::applied) << outcome.message;
}

TEST(ReadBack, AMemberWhomACutListLacksMayBeIn) {
  json::object seed = acme();
  seed["options"].as_object()["expanded_groups"] = 1;
  Rehearsal world(seed);
  const ChangeOutcome outcome = outcome_of_one(
      world, R"("grace@acme.example", "rosa@acme.example", "omar@acme.example")", R"({"rules": [
      {"operation": "addUserToGroup", "action": {"cut": "after_effect"}}]})");
  EXPECT_EQ(outcome.state, State::applied) << outcome.message;
}

// An empty answer shows nothing of somebody who is to be seen in a group.
TEST(ReadBack, AnEmptyListOfGroupsDoesNotShowThatSomebodyIsOut) {
  Rehearsal world(cut_short());
  const ChangeOutcome outcome = outcome_of_one(world, kWithoutOmar, R"({"rules": [
      {"operation": "removeUserFromGroup", "action": {"status": 500}},
      {"operation": "searchDirectoryGroups", "after": 1, "action": {
        "status": 200, "body": {"data": [], "links": {"next": null}}}}]})");
  EXPECT_EQ(outcome.state, State::in_doubt) << outcome.message;
}

TEST(ReadBack, SoItIsForARunThatWasCutOff) {
  Rehearsal world(acme());
  const TempDir folder;
  Store store =
      Store::open((folder.path() / "store" / "rolecall.db").string(), Store::Access::write).value();
  RunStart start;
  start.organization = std::string(kOrganization);
  start.directory = text(world.client().org().state().at("directories").at(0).at("id"));
  start.at = world.client().clock().now();
  const RunId run = store.begin_run(start).value();
  Intent invitation;
  invitation.kind = name(ChangeKind::invite_user);
  invitation.user = "ada@acme.example";
  ASSERT_TRUE(store.record_intents(run, start.at, std::vector{invitation}));
  Doubling client(world.client());
  ASSERT_TRUE(recover(store, client, std::string(kOrganization), start.at));
  const CallRecord call = store.calls(run)->front();
  ASSERT_TRUE(call.outcome);
  EXPECT_EQ(call.outcome->result, ChangeResult::in_doubt);
  EXPECT_THAT(call.outcome->message, HasSubstr(std::string(kTwoAccounts)));
}

}  // namespace
}  // namespace rolecall::test
