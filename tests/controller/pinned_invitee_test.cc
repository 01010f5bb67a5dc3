// Whoever is to be invited and has an account_id in the policy gets with the invitation what
// everybody gets with theirs, and nobody gets by an invitation what the log does not say.

#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "controller/write_call.h"
#include "state/store/store.h"
#include "tests/support/end_to_end.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/org_model.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = ChangeOutcome::State;

constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
constexpr const char* kNew = "new@acme.example";
constexpr const char* kHead = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[resources]
jira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
)";

/// Acme, which one person has left.
json::value acme_after_one_left() {
  json::object seed = acme();
  seed["former_users"] =
      json::array{json::object{{"email", kNew}, {"id", "n1"}, {"name", "New Again"}}};
  return seed;
}

/// Shows the account n1 with this address.
class OtherAddress final : public ForwardingClient {
 public:
  OtherAddress(WriteClient& below, std::string address)
      : ForwardingClient(below), address_(std::move(address)) {}
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (!out.answer || out.answer->body.find("accountId") == std::string::npos) return out;
    json::value document = json::parse(out.answer->body);
    for (json::value& user : document.at("data").as_array()) {
      if (user.at("accountId") == "n1") user.at("email") = address_;
    }
    out.answer->body = json::serialize(document);
    return out;
  }

 private:
  std::string address_;
};

class PinnedInvitee : public ::testing::Test {
 protected:
  void policy(const std::string& rest) { world_.policy(kHead + rest); }
  void apply() {
    planned_ = world_.plan();
    ASSERT_TRUE(planned_.plan);
    report_ = world_.apply(planned_);
  }
  void expect_all_applied() {
    for (std::size_t i = 0; i < report_.outcomes.size(); ++i) {
      EXPECT_EQ(report_.outcomes[i].state, State::applied)
          << name(planned_.plan->changes[i].kind) << ' ' << planned_.plan->changes[i].user << ": "
          << report_.outcomes[i].message;
    }
  }
  [[nodiscard]] Model model() { return read_model(world_.client().org().state()); }

  Rehearsal world_{acme_after_one_left()};
  Planned planned_;
  ApplyReport report_;
};

TEST_F(PinnedInvitee, GetsEverythingWithTheInvitationOrRightAfterIt) {
  policy(R"([users]
"new@acme.example" = { account_id = "n1", roles = ["org-admin"], access = { jira = ["user"] } }
[groups.design]
membership = "additive"
members = ["new@acme.example"]
)");
  apply();
  ASSERT_EQ(planned_.plan->changes.size(), 4U);
  expect_all_applied();
  EXPECT_EQ(world_.client().calls(Operation::inviteUsers), 1U);
  EXPECT_EQ(world_.client().calls(Operation::addUserToGroup), 0U);
  EXPECT_TRUE(model().people.at(kNew).admin);
  EXPECT_THAT(model().people.at(kNew).access, Contains(std::string(kJira) + " user"));
  EXPECT_THAT(model().groups.at("design").members, Contains(kNew));
  apply();
  EXPECT_THAT(planned_.plan->changes, IsEmpty());
}

// What they get after it waits until they show, and is asked for anew each time.
TEST_F(PinnedInvitee, GetsEverythingInOneRunAlsoWhereTheyShowLate) {
  policy("[users]\n\"new@acme.example\" = { account_id = \"n1\", roles = [\"org-admin\"] }\n");
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(R"({"write_lag_ms": 8000})")));
  apply();
  ASSERT_EQ(planned_.plan->changes.size(), 2U);
  expect_all_applied();
  EXPECT_TRUE(model().people.at(kNew).admin);
}

TEST_F(PinnedInvitee, SharesACallWithThoseWhoAreNot) {
  for (const std::string other : {"aa@acme.example", "zz@acme.example"}) {
    Rehearsal world(acme_after_one_left());
    world.policy(kHead + ("[users]\n\"new@acme.example\" = { account_id = \"n1\" }\n\"" + other +
                          "\" = {}\n[groups.design]\nmembership = \"additive\"\n"
                          "members = [\"new@acme.example\", \"" +
                          other + "\"]\n"));
    planned_ = world.plan();
    ASSERT_EQ(planned_.plan->calls.size(), 1U);
    report_ = world.apply(planned_);
    expect_all_applied();
    const Model after = read_model(world.client().org().state());
    EXPECT_THAT(after.groups.at("design").members, Contains(kNew));
    EXPECT_THAT(after.groups.at("design").members, Contains(other));
    const Planned undo = world.plan_undo(1);
    ASSERT_TRUE(undo.plan) << undo.error->what;
    EXPECT_THAT(undo.plan->refusals, IsEmpty());
  }
}

// By another address, or by none: the reading that the plan was made on did not show them.
TEST_F(PinnedInvitee, WhoIsThereByTheirIdIsNotInvited) {
  policy("[users]\n\"new@acme.example\" = {}\n");
  planned_ = world_.plan();
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  planned_.plan->changes.front().account_id = "712020:00000000-0000-4000-8000-000000000005";
  report_ = world_.apply(planned_);
  EXPECT_EQ(world_.client().calls(Operation::inviteUsers), 0U);
  EXPECT_EQ(report_.outcomes.front().state, State::skipped);
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("the account is in the directory"));
}

// Which account is theirs says the policy, whatever address it shows.
TEST_F(PinnedInvitee, HasArrivedThoughTheirAddressIsNotShown) {
  for (const char* address : {"", "n.ew@acme.example"}) {
    Rehearsal world(acme_after_one_left());
    world.policy(kHead + std::string("[users]\n\"new@acme.example\" = { account_id = \"n1\" }\n"));
    EXPECT_EQ(world.apply(world.plan()).count(State::applied), 1U);
    OtherAddress way(world.client(), address);
    world.through(way);
    world.policy(kHead + std::string("[users]\n\"new@acme.example\" = { account_id = \"n1\", "
                                     "roles = [\"org-admin\"] }\n"));
    world.client().clock().advance(std::chrono::minutes(5));
    planned_ = world.plan();
    ASSERT_EQ(planned_.plan->changes.size(), 1U) << address;
    report_ = world.apply(planned_);
    expect_all_applied();
    const auto store = Store::open(world.store_path(), Store::Access::read);
    EXPECT_THAT(store->memory(std::string(kOrganization))->open_invitations, IsEmpty());
    world.through(world.client());
  }
}

TEST(SharedInvitation, IsOnlyMadeForPeopleWhoAreToGetTheSame) {
  Plan plan;
  plan.directory = "d";
  const auto add = [&](ChangeKind kind, std::string user, std::string group) {
    Change change;
    change.kind = kind;
    change.user = std::move(user);
    change.group_id = group.empty() ? "" : "g-" + group;
    change.group = std::move(group);
    plan.changes.push_back(std::move(change));
  };
  for (const std::string user : {"aa@acme.example", "zz@acme.example"}) {
    add(ChangeKind::invite_user, user, "");
    add(ChangeKind::add_member, user, "design");
    add(ChangeKind::add_member, user, "engineering");
  }
  const Endpoints endpoints("o");
  const KnownIds ids(plan);
  const auto made = [&](const std::vector<std::size_t>& changes) {
    return make_write(endpoints, plan, changes, ids).has_value();
  };
  EXPECT_TRUE(made({0, 1, 2, 3, 4, 5}));
  EXPECT_TRUE(made({0, 3})) << "both with nothing";
  EXPECT_TRUE(made({0, 1, 3, 4}));
  EXPECT_FALSE(made({0, 1, 2, 3, 4})) << "the second would get what is not in the log";
  EXPECT_FALSE(made({0, 3, 4})) << "the second would not get theirs";
  EXPECT_FALSE(made({0, 1, 3, 5}));
}

}  // namespace
}  // namespace rolecall::test
