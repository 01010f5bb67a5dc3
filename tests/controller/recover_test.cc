// What a run that was cut off has left open gets its outcome, whatever became of its objects.
#include "controller/recover.h"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <vector>

#include "state/simulator/fake_client.h"
#include "tests/support/end_to_end.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {
namespace {

using std::chrono::hours;

/// As acme(), with a grant to a person.
boost::json::object organization() {
  boost::json::object out = acme();
  out["users"].as_array()[2].as_object()["access"] =
      boost::json::object{{kJira, boost::json::array{"user"}}};
  out["groups"].as_array().push_back(boost::json::object{{"name", "nobody here yet"}});
  return out;
}

/// A store in which one run has been cut off with these intents.
class RecoverTest : public ::testing::Test {
 protected:
  RecoverTest() {
    RunStart start;
    start.organization = std::string(kOrganization);
    start.directory = text(client_->org().state().at("directories").as_array().at(0).at("id"));
    start.at = client_->clock().now();
    run_ = store_.begin_run(start).value();
  }

  /// The results, in the order of the intents; recovery happens this much later.
  std::vector<ChangeResult> results(const std::vector<Intent>& intents, hours later) {
    EXPECT_TRUE(store_.record_intents(run_, client_->clock().now(), intents));
    client_->clock().advance(later);
    const auto found =
        recover(store_, *client_, std::string(kOrganization), client_->clock().now());
    EXPECT_TRUE(found);
    EXPECT_THAT(store_.open_intents().value(), ::testing::IsEmpty());
    std::vector<ChangeResult> out;
    const auto calls = store_.calls(run_);
    for (const CallRecord& call : *calls) {
      if (call.outcome) out.push_back(call.outcome->result);
    }
    return out;
  }

  static Intent intent(std::string kind, std::string user, std::string group_id,
                       std::string resource) {
    Intent out;
    out.kind = std::move(kind);
    out.user = std::move(user);
    out.group_id = std::move(group_id);
    out.group = out.group_id.empty() ? "" : "some group";
    out.resource = std::move(resource);
    out.role = out.resource.empty() ? "" : "user";
    return out;
  }

  TempDir folder_;
  std::unique_ptr<simulator::FakeClient> client_ =
      std::move(simulator::FakeClient::from_seed(organization()).value());
  Store store_ =
      Store::open((folder_.path() / "store" / "rolecall.db").string(), Store::Access::write)
          .value();
  RunId run_ = 0;
};

using ::testing::ElementsAre;

TEST_F(RecoverTest, WhatRodeOnAnInvitationIsFoundByTheAddress) {
  EXPECT_THAT(
      results({intent("invite_user", "lin@acme.example", "", ""),
               intent("grant_user_access", "lin@acme.example", "", std::string(kJira)),
               intent("grant_user_access", "lin@acme.example", "", std::string(kConfluence))},
              hours{1}),
      ElementsAre(ChangeResult::applied, ChangeResult::applied, ChangeResult::failed));
}

TEST_F(RecoverTest, OfAGroupThatIsGoneMeanwhile) {
  const std::string gone = "9a000000-0000-4000-8000-00000000dead";
  EXPECT_THAT(results({intent("grant_group_access", "", gone, std::string(kJira)),
                       intent("revoke_group_access", "", gone, std::string(kJira)),
                       intent("add_member", "ada@acme.example", gone, ""),
                       intent("remove_member", "ada@acme.example", gone, "")},
                      hours{1}),
              ElementsAre(ChangeResult::failed, ChangeResult::applied, ChangeResult::failed,
                          ChangeResult::applied));
}

TEST_F(RecoverTest, OfSomebodyWhoIsGoneMeanwhile) {
  EXPECT_THAT(results({intent("invite_user", "gone@acme.example", "", ""),
                       intent("grant_user_access", "gone@acme.example", "", std::string(kJira)),
                       intent("suspend_user", "gone@acme.example", "", "")},
                      hours{1}),
              ElementsAre(ChangeResult::in_doubt, ChangeResult::failed, ChangeResult::applied));
}

// Whether "design" is ours nobody can tell: it has members.
TEST_F(RecoverTest, AGroupThatIsThereIsOursOnlyIfItIsEmpty) {
  Intent full = intent("create_group", "", "", "");
  full.group = "design";
  Intent empty = full;
  empty.group = "nobody here yet";
  Intent missing = full;
  missing.group = "not there";
  EXPECT_THAT(results({full, empty, missing}, hours{1}),
              ElementsAre(ChangeResult::in_doubt, ChangeResult::applied, ChangeResult::failed));
}

// One answer may lack an item.
TEST_F(RecoverTest, OneAnswerWithoutThemDoesNotShowThatTheyAreGone) {
  ASSERT_TRUE(client_->org().set_faults(boost::json::parse(
      R"({"rules": [
        {"operation": "searchDirectoryUsers", "times": 1, "action": {"page": "drop_item"}},
        {"operation": "searchDirectoryGroups", "times": 1, "action": {"page": "drop_item"}}]})")));
  Intent removal = intent("remove_user", "lin@acme.example", "", "");
  removal.account_id = "712020:00000000-0000-4000-8000-000000000003";
  Intent deletion = intent("delete_group", "", "9a000000-0000-4000-8000-000000000002", "");
  deletion.group = "design";
  EXPECT_THAT(results({removal, deletion}, hours{1}),
              ElementsAre(ChangeResult::failed, ChangeResult::failed));
}

TEST_F(RecoverTest, WhatCannotBeReadForLongIsClosedButNoInvitation) {
  ASSERT_TRUE(client_->org().set_faults(
      boost::json::parse(R"({"rules": [{"operation": "reads", "action": {"status": 500}}]})")));
  const auto recover_after = [&](hours later) {
    client_->clock().advance(later);
    EXPECT_TRUE(recover(store_, *client_, std::string(kOrganization), client_->clock().now()));
    return store_.open_intents().value().size();
  };
  ASSERT_TRUE(
      store_.record_intents(run_, client_->clock().now(),
                            std::vector{intent("suspend_user", "lin@acme.example", "", ""),
                                        intent("invite_user", "new@acme.example", "", "")}));
  EXPECT_EQ(recover_after(hours{0}), 2U);
  EXPECT_EQ(recover_after(hours{2}), 1U);
  EXPECT_EQ(store_.calls(run_).value()[0].outcome.value().result, ChangeResult::in_doubt);
}

}  // namespace
}  // namespace rolecall::test
