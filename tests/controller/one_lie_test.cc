// guarantees.md B2: one answer that is not true sends nothing to anybody else, whatever it is
// about. Each of these once did.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "tests/support/end_to_end.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/lied_to.h"
#include "tests/support/org_model.h"
#include "tests/support/refusing_client.h"
#include "tests/support/rehearsal.h"
#include "tests/support/spoiling_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
constexpr const char* kDesign = "9a000000-0000-4000-8000-000000000002";
constexpr const char* kLin = "712020:00000000-0000-4000-8000-000000000003";

/// Tells one lie: in the first answer to a request whose target and body hold these words.
class OneLie final : public ForwardingClient {
 public:
  using Lie = std::function<void(json::value&)>;
  OneLie(WriteClient& below, std::vector<std::string> words, Lie lie)
      : ForwardingClient(below), words_(std::move(words)), lie_(std::move(lie)) {}
  void start(Ticket ticket, ReadRequest request, milliseconds delay) override {
    note(ticket, request.request());
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  void start(Ticket ticket, WriteRequest request, milliseconds delay) override {
    note(ticket, request.request());
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (out.ticket != chosen_ || told || !out.answer) return out;
    told = true;
    json::value document = json::parse(out.answer->body);
    lie_(document);
    out.answer->body = json::serialize(document);
    return out;
  }
  bool told = false;

 private:
  void note(Ticket ticket, const Request& request) {
    const std::string all = request.target + " " + request.body;
    const bool meant = std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
      return all.find(word) != std::string::npos;
    });
    if (meant && !told) chosen_ = ticket;
    if (!meant && ticket == chosen_) chosen_ = 0;
  }

  std::vector<std::string> words_;
  Lie lie_;
  Ticket chosen_ = 0;
};

json::object& item(json::value& page, std::string_view key, std::string_view value) {
  for (json::value& one : page.at("data").as_array()) {
    if (one.at(key).as_string() == value) return one.as_object();
  }
  throw std::logic_error("the answer does not hold what the lie is about");
}

OneLie::Lie swap(const std::string& what, const std::string& key, const std::string& one,
                 const std::string& other) {
  return [=](json::value& page) {
    item(page, key, one).at(what).swap(item(page, key, other).at(what));
  };
}

class OneLieTest : public ::testing::Test {
 protected:
  void policy(std::string_view rest) {
    world_.policy(fmt::format("version = 1\n[organization]\nid = \"{}\"\n{}", kOrganization, rest));
  }
  /// Plans and applies while this lie is told. The plan's error, if it did not come to an apply.
  std::string run(std::vector<std::string> words, OneLie::Lie lie) {
    OneLie liar(world_.client(), std::move(words), std::move(lie));
    world_.through(liar);
    const Planned planned = world_.plan();
    std::string error = planned.error ? planned.error->what : "";
    if (planned.plan && planned.plan->applyable()) report_ = world_.apply(planned);
    EXPECT_TRUE(liar.told);
    world_.through(world_.client());
    return error;
  }
  /// In calm.
  void run_again() {
    const Planned planned = world_.plan();
    ASSERT_TRUE(planned.plan);
    report_ = world_.apply(planned);
  }
  [[nodiscard]] Model model() { return read_model(world_.client().org().state()); }
  [[nodiscard]] std::size_t mails() {
    return world_.client().org().state().at("mails").as_object().size();
  }
  [[nodiscard]] std::vector<std::string> because() const {
    std::vector<std::string> out;
    for (const ChangeOutcome& outcome : report_.outcomes) {
      if (outcome.state != State::applied) out.push_back(outcome.message);
    }
    return out;
  }

  Rehearsal world_{acme()};
  ApplyReport report_;
};

TEST_F(OneLieTest, IdsOfTwoGroups) {
  policy("[groups.engineering]\nmembership = \"additive\"\nmembers = [\"rosa@acme.example\"]\n");
  const Model before = model();
  run({"groups/search"}, swap("id", "name", "engineering", "design"));
  EXPECT_EQ(difference(model(), before), "");
  run_again();
  EXPECT_TRUE(model().groups.at("engineering").members.contains("rosa@acme.example"));
}

TEST_F(OneLieTest, TheIdOfANewGroup) {
  policy(
      fmt::format("[resources]\njira = \"{}\"\n[users]\n\"new@acme.example\" = {{}}\n"
                  "[groups.jira-admins]\nmembers = [\"ada@acme.example\", \"new@acme.example\"]\n"
                  "access = {{ jira = [\"admin\"] }}\n",
                  kJira));
  const Model before = model();
  run({"groups/search", "jira-admins"},
      [](json::value& page) { item(page, "name", "jira-admins")["id"] = kDesign; });
  EXPECT_EQ(model().groups.at("design"), before.groups.at("design"));
  run_again();
  EXPECT_EQ(model().groups.at("design"), before.groups.at("design"));
  EXPECT_EQ(model().groups.at("jira-admins").members.size(), 2U);
  EXPECT_EQ(mails(), 1U);
}

TEST_F(OneLieTest, TheAddressOfSomebodyWhoIsWanted) {
  policy(
      "[users]\n\"lin@acme.example\" = {}\n[groups.engineering]\n"
      "members = [\"ada@acme.example\", \"lin@acme.example\", \"omar@acme.example\"]\n");
  const Model before = model();
  run({"users/search"},
      [](json::value& page) { item(page, "accountId", kLin)["email"] = "lin@acme.exmaple"; });
  EXPECT_EQ(difference(model(), before), "");
  EXPECT_EQ(mails(), 0U);
  EXPECT_THAT(because(), ::testing::Contains(HasSubstr("shows this address on reading again")));
  EXPECT_THAT(because(), ::testing::Contains(HasSubstr("shows another address")));
}

TEST_F(OneLieTest, NamesOfTwoDirectories) {
  json::object seed = acme();
  seed["directories"] = json::array{
      json::object{{"id", "6d1f0000-0000-4000-8000-000000000001"}, {"name", "Acme"}},
      json::object{{"id", "6d1f0000-0000-4000-8000-000000000002"}, {"name", "Sandbox"}}};
  for (const bool known : {false, true}) {
    Rehearsal world(seed);
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\ndirectory = \"Acme\"\n"
                    "[groups.made]\nmembers = [\"ada@acme.example\"]\n",
                    kOrganization));
    if (known) (void)world.apply(world.plan());
    OneLie liar(world.client(), {"/directories"}, swap("name", "name", "Acme", "Sandbox"));
    world.through(liar);
    const Planned planned = world.plan();
    EXPECT_TRUE(liar.told);
    ASSERT_TRUE(planned.error);
    EXPECT_THAT(planned.error->what, HasSubstr("was not the same one"));
  }
}

// One group under the name of another, in a listing that is short: it has to show under that name
// again, by its name or by its id, before anything is given to it.
TEST_F(OneLieTest, TheNameOfAnotherGroupThatIsNotShownAgain) {
  for (const char* second :
       {R"({"data": [], "links": {}})", R"({"data": [{}], "links": {}})", ""}) {
    for (const bool first_fails : {true, false}) {
      policy(fmt::format(
          "[resources]\njira = \"{}\"\n[groups.design]\naccess = {{ jira = [\"admin\"] }}\n",
          kJira));
      const Model before = model();
      SpoilingClient liar(world_.client(), [&](const Request& asked, std::string& body) {
        if (asked.operation != Operation::searchDirectoryGroups) return;
        if (asked.body.find("groupIds") != std::string::npos) {
          body = second;
        } else if (asked.body.find("groupNames") != std::string::npos) {
          body = first_fails ? "{" : R"({"data": [], "links": {}})";
        } else {
          json::value page = json::parse(body);
          json::array& groups = page.at("data").as_array();
          item(page, "name", "engineering")["name"] = "design";
          groups.erase(groups.begin() + 1, groups.end());
          body = json::serialize(page);
        }
      });
      world_.through(liar);
      const Planned planned = world_.plan();
      ASSERT_TRUE(planned.plan) << said(planned);
      EXPECT_FALSE(planned.plan->complete);
      EXPECT_EQ(planned.plan->changes.size(), 1U);
      (void)world_.apply(planned);
      world_.through(world_.client());
      EXPECT_EQ(difference(model(), before), "") << second << first_fails;
    }
  }
}

struct RenameLie {
  std::string name;
  std::vector<std::string> words;
  OneLie::Lie lie;
};
void PrintTo(const RenameLie& lie, std::ostream* out) {
  *out << lie.name;
}
class RenamedUnderALie : public OneLieTest, public ::testing::WithParamInterface<RenameLie> {};

TEST_P(RenamedUnderALie, HandsOnWhatTheOldGroupHas) {
  policy("[groups.platform]\nprevious_names = [\"engineering\"]\n");
  const Model before = model();
  run(GetParam().words, GetParam().lie);
  EXPECT_EQ(difference(model(), before), "") << "nothing is half done";
  run_again();
  EXPECT_EQ(model().groups.at("platform"), before.groups.at("engineering"));
  EXPECT_FALSE(model().groups.contains("engineering"));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RenamedUnderALie,
    ::testing::Values(
        RenameLie{"NoApps",
                  {"groups/search"},
                  [](json::value& page) {
                    item(page, "name", "engineering")["counts"].as_object()["resources"] = 0;
                  }},
        RenameLie{
            "NamesOfTwoGroups", {"groups/search"}, swap("name", "name", "engineering", "design")},
        RenameLie{"GroupsOfTwoPeople",
                  {"users/search"},
                  swap("groups", "email", "lin@acme.example", "rosa@acme.example")},
        RenameLie{"AnotherRole",
                  {"role-assignments"},
                  [](json::value& page) {
                    page.at("data").as_array().at(0).as_object()["roles"] =
                        json::array{"atlassian/user", "atlassian/admin"};
                  }},
        RenameLie{"AnotherResource",
                  {"role-assignments"},
                  [](json::value& page) {
                    page.at("data").as_array().at(0).as_object()["resourceId"] =
                        "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001";
                  }}),
    [](const auto& it) { return it.param.name; });

/// Both groups exist, and the new one lacks something of the old one that an answer says it has.
class HalfRenamedUnderALie : public OneLieTest, public ::testing::WithParamInterface<RenameLie> {
 protected:
  static json::object seed() {
    json::object out = acme();
    json::object half = out["groups"].as_array()[0].as_object();
    half["name"] = "platform";
    half["id"] = "9a000000-0000-4000-8000-000000000009";
    const bool roles = GetParam().words.front() == "role-assignments";
    if (roles)
      half["access"] = json::object{
          {"ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001", json::array{"user"}}};
    if (!roles) half["members"] = json::array{"ada@acme.example", "lin@acme.example"};
    out["groups"].as_array().push_back(std::move(half));
    return out;
  }
};

TEST_P(HalfRenamedUnderALie, KeepsTheOldGroupUntilTheNewOneHasEverything) {
  Rehearsal world(seed());
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n"
                  "[groups.platform]\nprevious_names = [\"engineering\"]\n",
                  kOrganization));
  const Model before = read_model(world.client().org().state());
  OneLie liar(world.client(), GetParam().words, GetParam().lie);
  world.through(liar);
  (void)world.apply(world.plan());
  EXPECT_TRUE(liar.told);
  EXPECT_TRUE(read_model(world.client().org().state()).groups.contains("engineering"));
  world.through(world.client());
  (void)world.apply(world.plan());
  const Model after = read_model(world.client().org().state());
  EXPECT_FALSE(after.groups.contains("engineering"));
  const Model::Group& old = before.groups.at("engineering");
  const Model::Group& now = after.groups.at("platform");
  EXPECT_THAT(now.members, ::testing::IsSupersetOf(old.members));
  EXPECT_THAT(now.access, ::testing::IsSupersetOf(old.access));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HalfRenamedUnderALie,
    ::testing::Values(
        RenameLie{
            "ItsMembers",
            {"users/search"},
            [](json::value& page) {
              item(page, "email", "omar@acme.example")["groups"].as_array().push_back(json::object{
                  {"id", "9a000000-0000-4000-8000-000000000009"}, {"name", "platform"}});
              json::array& of_lin = item(page, "email", "lin@acme.example")["groups"].as_array();
              of_lin.erase(std::find_if(of_lin.begin(), of_lin.end(), [](const json::value& one) {
                return one.at("name").as_string() == "platform";
              }));
            }},
        RenameLie{"ItsRoles",
                  {"role-assignments", "000000000009"},
                  [](json::value& page) {
                    page.at("data").as_array().at(0).as_object()["resourceId"] = kJira;
                  }}),
    [](const auto& it) { return it.param.name; });

TEST(RenamedWithoutALook, KeepsTheOldGroup) {
  struct Row {
    const char* unread;
    bool once;
  };
  for (const auto& [unread, once] : {Row{"9a000000-0000-4000-8000-000000000001", false},
                                     Row{"9a000000-0000-4000-8000-000000000001", true},
                                     Row{"9a000000-0000-4000-8000-000000000009", false}}) {
    json::object seed = acme();
    json::object made = seed["groups"].as_array()[0].as_object();
    made["name"] = "platform";
    made["id"] = "9a000000-0000-4000-8000-000000000009";
    seed["groups"].as_array().push_back(std::move(made));
    Rehearsal world{json::value(seed)};
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n"
                    "[groups.platform]\nprevious_names = [\"engineering\"]\n",
                    kOrganization));
    const Planned planned = world.plan();
    bool refused = false;
    RefusingClient way(world.client(), [&](const Request& asked) {
      const bool meant = asked.target.find("users/search") != std::string::npos &&
                         asked.body.find("groupIds") != std::string::npos &&
                         asked.body.find(unread) != std::string::npos;
      return meant && !(once && std::exchange(refused, true));
    });
    world.through(way);
    (void)world.apply(planned);
    EXPECT_TRUE(way.told) << unread;
    EXPECT_TRUE(read_model(world.client().org().state()).groups.contains("engineering"));
    world.through(world.client());
    (void)world.apply(world.plan());
    EXPECT_FALSE(read_model(world.client().org().state()).groups.contains("engineering"));
  }
}

TEST_F(OneLieTest, TheNameOfASuccessor) {
  json::object seed = acme();
  json::object twin = seed["groups"].as_array()[0].as_object();
  twin["name"] = "other";
  twin["id"] = "9a000000-0000-4000-8000-000000000009";
  seed["groups"].as_array().push_back(std::move(twin));
  Rehearsal world(seed);
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n"
                  "[groups.platform]\nprevious_names = [\"engineering\"]\n",
                  kOrganization));
  OneLie liar(world.client(), {"groups/search"},
              [](json::value& page) { item(page, "name", "other")["name"] = "platform"; });
  world.through(liar);
  (void)world.apply(world.plan());
  EXPECT_TRUE(read_model(world.client().org().state()).groups.contains("engineering"));
}

// Believed once, and gone by the next plan, they would be invited again.
TEST_F(OneLieTest, TheArrivalOfSomebodyWhoseInvitationHasNoKnownEnd) {
  policy("[users]\n\"new@acme.example\" = {}\n");
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "inviteUsers", "action": {"cut": "before_effect"}}]})")));
  run_again();
  ASSERT_TRUE(world_.client().org().set_faults(json::parse("{}")));
  world_.client().clock().advance(std::chrono::hours(1));
  run({"users/search"},
      [](json::value& page) { item(page, "accountId", kLin)["email"] = "new@acme.example"; });
  world_.client().clock().advance(std::chrono::hours(1));
  const Planned planned = world_.plan();
  ASSERT_TRUE(planned.plan);
  EXPECT_TRUE(planned.plan->changes.empty());
  EXPECT_TRUE(planned.plan->has_open_invitations());
}

// A conflict with one's own first try, whose answer was lost, is no work of somebody else's: the
// limits over 24 hours count it, and an undo takes it back.
TEST_F(OneLieTest, ALostAnswerAndAConflictLater) {
  policy("[users]\n\"omar@acme.example\" = { state = \"suspended\" }\n");
  const Planned planned = world_.plan();
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"write_lag_ms": 5600, "rules": [
            {"operation": "suspendDirectoryUser", "times": 1,
             "action": {"status": 500, "after_effect": true}},
            {"operation": "suspendDirectoryUser",
             "action": {"status": 409, "delay_ms": 1200}}]})")));
  report_ = world_.apply(planned);
  EXPECT_EQ(report_.outcomes.front().state, State::applied) << report_.outcomes.front().message;
}

// Whose account an invitation made only its answer says.
TEST_F(OneLieTest, AccountsOfTwoInvitedPeopleHoweverLongReadsTake) {
  for (const int lag : {0, 60'000}) {
    Rehearsal world(acme());
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users]\n"
                    "\"new@acme.example\" = {{ roles = [\"org-admin\"] }}\n"
                    "\"newer@acme.example\" = {{}}\n",
                    kOrganization));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    ASSERT_TRUE(world.client().org().set_faults(
        json::object{{"lag_ms", 0}, {"write_lag_ms", lag}, {"rules", json::array{}}}));
    OneLie liar(world.client(), {"users/invite"},
                swap("id", "email", "new@acme.example", "newer@acme.example"));
    world.through(liar);
    const ApplyReport report = world.apply(planned);
    EXPECT_TRUE(liar.told);
    EXPECT_EQ(report.outcomes.back().state, State::skipped) << report.outcomes.back().message;
    EXPECT_FALSE(read_model(world.client().org().state()).people.at("newer@acme.example").admin);
  }
}

TEST_F(OneLieTest, TheAccountOfSomebodyWhoseInvitationWasAnsweredWithAnError) {
  policy("[users]\n\"new@acme.example\" = { roles = [\"org-admin\"] }\n");
  const Planned planned = world_.plan();
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "inviteUsers",
                     "action": {"status": 502, "after_effect": true}}]})")));
  // The first look after the invitation; the one before it shows nobody.
  int looks = 0;
  OneLie liar(world_.client(), {"users/search", "new@acme.example", "groups"},
              [&](json::value& page) {
                ++looks;
                item(page, "email", "new@acme.example")["accountId"] = kLin;
              });
  world_.through(liar);
  report_ = world_.apply(planned);
  EXPECT_EQ(looks, 1);
  EXPECT_FALSE(model().people.at("lin@acme.example").admin);
  EXPECT_EQ(report_.outcomes.back().state, State::skipped);
}

// A look that fails is no proof, and neither is one that was stopped.
TEST_F(OneLieTest, ALookAfterwardsThatFails) {
  for (const char* action :
       {R"({"status": 503})", R"({"status": 403})", R"({"status": 401})",
        R"({"cut": "before_effect"})", R"({"status": 200, "body": {"data": []}})"}) {
    SCOPED_TRACE(action);
    Rehearsal world(acme());
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users]\n"
                    "\"omar@acme.example\" = {{ state = \"suspended\" }}\n",
                    kOrganization));
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    // After the reading that a suspension rests on.
    ASSERT_TRUE(world.client().org().set_faults(json::parse(fmt::format(
        R"({{"rules": [{{"operation": "suspendDirectoryUser",
                         "action": {{"status": 204, "shape": "empty"}}}},
                       {{"operation": "searchDirectoryUsers", "after": 1, "action": {}}}]}})",
        action))));
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(report.writes, 1U);
    EXPECT_EQ(report.outcomes.front().state, State::in_doubt) << report.outcomes.front().message;
  }
}

TEST_F(OneLieTest, AStopWhileItLooks) {
  policy("[users]\n\"omar@acme.example\" = { state = \"suspended\" }\n");
  const Planned planned = world_.plan();
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "suspendDirectoryUser",
                     "action": {"status": 204, "shape": "empty"}}]})")));
  const auto begun = world_.client().clock().now();
  report_ = world_.apply(planned, [&] {
    return world_.client().clock().now() - begun > std::chrono::seconds(20) ? "enough" : "";
  });
  EXPECT_TRUE(report_.halted);
  EXPECT_EQ(report_.outcomes.front().state, State::in_doubt);
  EXPECT_THAT(report_.outcomes.front().message, HasSubstr("until the run was stopped"));
}

// C3: what says that somebody is an admin who is none may say so of those on whom the floor rests.
TEST_F(OneLieTest, ThatSomebodyIsAnAdminAlready) {
  policy(
      "[safety]\nmin_org_admins = 1\n[safety.limits.revoke_admins]\nfree = 9\n[users]\n"
      "\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"
      "\"grace@acme.example\" = { roles = [] }\n\"ada@acme.example\" = { state = \"removed\" }\n");
  const Planned planned = world_.plan();
  ASSERT_EQ(planned.plan->changes.size(), 3U);
  world_.client().clock().advance(std::chrono::seconds(60));  // so that it looks again
  OneLie liar(world_.client(), {"users/search", "groups", "lin@acme.example"},
              [](json::value& page) {
                item(page, "email", "lin@acme.example")["platformRoles"] =
                    json::array{"atlassian/org-admin"};
              });
  world_.through(liar);
  report_ = world_.apply(planned);
  world_.through(world_.client());
  EXPECT_TRUE(liar.told);
  EXPECT_THAT(because(), ElementsAre(HasSubstr("found so"), HasSubstr("read in two ways"),
                                     HasSubstr("read in two ways")));
  run_again();
  EXPECT_EQ(report_.count(State::applied), 3U);
}

// A server that does not know a filter shows everybody as the members of a group.
TEST_F(OneLieTest, MembersOfAGroupThatAreEverybody) {
  policy("[groups.design]\nstate = \"absent\"\n");
  run({"users/search", kDesign}, [](json::value& page) {
    json::object other = page.at("data").as_array().at(0).as_object();
    other["accountId"] = kLin;
    other["groups"] = json::array{};
    page.at("data").as_array().push_back(other);
  });
  EXPECT_EQ(report_.count(State::applied), 1U);
}

}  // namespace
}  // namespace rolecall::test
