// What an apply sends once more after an answer was lost, and what it then takes for its own deed:
// meanwhile somebody else may have been there, and one answer may be untrue.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <set>
#include <utility>

#include "state/api/paced_client.h"
#include "state/store/store.h"
#include "tests/controller/freshness_fixture.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/refusing_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

class Forward final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
};

class SecondTry : public FreshnessTest {
 protected:
  void faults(const std::string& rules) {
    ASSERT_TRUE(
        world_.client().org().set_faults(json::parse(fmt::format(R"({{"rules": [{}]}})", rules))));
  }
  /// Applies, and lets `then` happen once `ripe` says so.
  void apply_with(const std::function<bool()>& ripe, const std::function<void()>& then) {
    bool done = false;
    report_ = world_.apply(planned_, [&] {
      if (!done && ripe()) {
        done = true;
        then();
      }
      return "";
    });
    EXPECT_TRUE(done);
  }
  std::function<bool()> after(seconds time) {
    return [this, until = world_.client().clock().now() + time] {
      return world_.client().clock().now() >= until;
    };
  }
  ChangeResult logged() {
    const Store store = Store::open(world_.store_path(), Store::Access::read).value();
    return store.calls(1)->front().outcome->result;
  }
};

TEST_F(SecondTry, OfARestoreLooksWhatTheyHaveBeenGivenMeanwhile) {
  ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(lin))) / 100, 2);
  policy("[users]\n\"lin@acme.example\" = { state = \"active\" }\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  faults(R"({"operation": "writes", "times": 1, "action": {"status": 504, "delay_ms": 55000}})");
  apply_with(after(seconds(50)), [&] {
    EXPECT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(lin))), 204);
  });
  EXPECT_EQ(outcome(ChangeKind::restore_user).state, State::in_doubt);
  EXPECT_THAT(outcome(ChangeKind::restore_user).message,
              HasSubstr("they have been added to a group meanwhile"));
}

// Omar is in theirs, and nobody has looked at that.
TEST_F(SecondTry, OfAGroupIsNotWhatSomebodyElseHasMade) {
  for (const int wait : {0, 4}) {
    Rehearsal world(acme());
    Rival rival(world);
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = "
                    "\"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001\"\n"
                    "[groups.admins]\nmembership = \"additive\"\n"
                    "members = [\"lin@acme.example\"]\naccess = {{ jira = [\"admin\"] }}\n",
                    kOrganization));
    const Planned planned = world.plan();
    ASSERT_EQ(planned.plan->changes.size(), 3U);
    ASSERT_TRUE(world.client().org().set_faults(json::parse(
        R"({"rules": [{"operation": "createGroup", "times": 1, "action": {"status": 503}}]})")));
    const Instant begun = world.client().clock().now();
    bool done = false;
    const ApplyReport report = world.apply(planned, [&] {
      const bool late = world.client().clock().now() - begun >= seconds(wait);
      if (done || !late || world.client().calls(Operation::createGroup) == 0) return "";
      done = true;
      EXPECT_EQ(rival.does(rival.api.create_group(kDirectory, "admins", "theirs")) / 100, 2);
      const json::value state = world.client().org().state();
      for (const json::value& made : state.at("groups").as_array()) {
        if (made.at("name") != "admins") continue;
        const std::string id(made.at("id").as_string());
        EXPECT_EQ(rival.does(rival.api.add_member(kDirectory, id, account(omar))) / 100, 2);
      }
      return "";
    });
    EXPECT_TRUE(done);
    EXPECT_EQ(report.outcomes[0].state, State::in_doubt) << report.outcomes[0].message;
    EXPECT_EQ(report.outcomes[1].state, State::skipped) << "Omar would have it too";
    EXPECT_EQ(report.outcomes[2].state, State::skipped);
  }
}

/// Of the answers to one kind of search, the first one after a write failed lacks an item.
class Forgetful final : public ForwardingClient {
 public:
  Forgetful(WriteClient& below, std::string search, std::string word)
      : ForwardingClient(below), search_(std::move(search)), word_(std::move(word)) {}
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    const bool asks = request.request().target.find(search_) != std::string::npos;
    if (failed_ && asks) asked_.insert(ticket);
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override {
    writes_.insert(ticket);
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (writes_.erase(out.ticket) > 0 && out.answer && out.answer->status >= 500) failed_ = true;
    if (asked_.erase(out.ticket) == 0 || lied || !out.answer) return out;
    json::value page = json::parse(out.answer->body);
    json::array kept;
    for (const json::value& item : page.at("data").as_array()) {
      if (json::serialize(item).find(word_) == std::string::npos) {
        kept.push_back(item);
      } else {
        lied = true;
      }
    }
    page.as_object()["data"] = kept;
    out.answer->body = json::serialize(page);
    return out;
  }
  bool lied = false;

 private:
  std::string search_, word_;
  bool failed_ = false;
  std::set<Ticket> asked_, writes_;
};

TEST_F(SecondTry, IsNotSparedByOneAnswerThatLacksSomebody) {
  policy("[groups.design]\nmembers = [\"grace@acme.example\"]\n");
  faults(R"({"operation": "removeUserFromGroup", "times": 1, "action": {"status": 503}})");
  Forgetful way(world_.client(), "users/search", "rosa@acme.example");
  world_.through(way);
  apply_after(seconds(0));
  EXPECT_TRUE(way.lied);
  EXPECT_EQ(writes(), 1U);
  EXPECT_EQ(logged(), ChangeResult::applied);
}

TEST_F(SecondTry, IsNotSparedByOneAnswerThatLacksAGroup) {
  policy("[groups.design]\nstate = \"absent\"\n[safety.limits.delete_groups]\nfree = 9\n");
  faults(R"({"operation": "deleteGroup", "times": 1, "action": {"status": 503}})");
  Forgetful way(world_.client(), "groups/search", "\"design\"");
  world_.through(way);
  apply_after(seconds(0));
  EXPECT_TRUE(way.lied);
  EXPECT_EQ(writes(), 1U);
  EXPECT_EQ(logged(), ChangeResult::applied);
}

// The group is there: it has not lost its access by being gone.
TEST_F(SecondTry, IsInDoubtWhereWhatAGroupMayCannotBeReadBack) {
  policy(
      "[resources]\njira = \"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001\"\n"
      "[groups.engineering]\naccess = {}\n[safety.limits.revoke_group_access]\nfree = 9\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  ASSERT_EQ(planned_.plan->changes[0].kind, ChangeKind::revoke_group_access);
  faults(R"({"operation": "writes", "times": 1, "action": {"status": 503}})");
  RefusingClient way(world_.client(), [&](const Request& asked) {
    return world_.client().calls(Operation::revokeGroupAccess) > 0 &&
           asked.target.find("role-assignments") != std::string::npos;
  });
  world_.through(way);
  apply_after(seconds(0));
  EXPECT_EQ(outcome(ChangeKind::revoke_group_access).state, State::in_doubt);
}

/// Lists of groups that come with people have one at most.
json::value acme_with_cut_lists() {
  json::object seed = acme();
  seed["options"].as_object()["expanded_groups"] = 1;
  seed["groups"] = json::array{
      json::object{
          {"name", "aa"}, {"id", group(1)}, {"members", {"ada@acme.example", "lin@acme.example"}}},
      json::object{{"name", "zz"}, {"id", group(2)}, {"members", {"grace@acme.example"}}}};
  return seed;
}

class ConflictWithCutLists : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.zz]\n"
                    "members = [\"grace@acme.example\", \"lin@acme.example\"]\n",
                    kOrganization));
    planned_ = world_.plan();
    ASSERT_EQ(planned_.plan->changes.size(), 1U);
  }
  Rehearsal world_{acme_with_cut_lists()};
  Planned planned_;
};

TEST_F(ConflictWithCutLists, IsOneWithOurOwnFirstTry) {
  ASSERT_TRUE(world_.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "addUserToGroup", "times": 1,
                     "action": {"status": 503, "after_effect": true}}]})")));
  const ApplyReport report = world_.apply(planned_);
  EXPECT_EQ(report.count(State::applied), 1U) << report.outcomes.front().message;
}

TEST_F(ConflictWithCutLists, IsOneWithSomebodyElse) {
  Rival rival(world_);
  ASSERT_EQ(rival.does(rival.api.add_member(kDirectory, group(2), account(lin))), 204);
  const ApplyReport report = world_.apply(planned_);
  EXPECT_EQ(report.count(State::already_so), 1U) << report.outcomes.front().message;
}

/// A server that leaves out the roles of those who have none.
class NoEmptyRoles final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (!out.answer || out.answer->status != 200 || out.answer->body.empty()) return out;
    json::value page = json::parse(out.answer->body);
    json::value* items = page.as_object().if_contains("data");
    if (items == nullptr) return out;
    for (json::value& item : items->as_array()) {
      const json::value* roles = item.as_object().if_contains("platformRoles");
      if (roles != nullptr && roles->as_array().empty()) item.as_object().erase("platformRoles");
    }
    out.answer->body = json::serialize(page);
    return out;
  }
};

TEST(FirstTryThatShowsLate, OfARevocationIsFoundWhateverIsShownOfThoseWithoutRoles) {
  for (const bool shows_none : {false, true}) {
    for (int lag = 34'500; lag < 38'500; lag += 20) {
      json::object seed = acme();
      seed["users"].as_array()[2].as_object()["roles"] = json::array{"org-admin"};
      Rehearsal world{json::value(seed)};
      NoEmptyRoles way(world.client());
      if (!shows_none) world.through(way);
      world.policy(
          fmt::format("version = 1\n[organization]\nid = \"{}\"\n"
                      "[safety.limits.revoke_admins]\nfree = 9\n"
                      "[users]\n\"lin@acme.example\" = {{ roles = [] }}\n",
                      kOrganization));
      const Planned planned = world.plan();
      const ApplyReport report = apply_with_a_late_first_try(world, planned, lag);
      EXPECT_EQ(report.count(State::applied), 1U) << lag << ": " << report.outcomes[0].message;
    }
  }
}

// Many whose removals show late are found done together.
TEST_F(SecondTry, OfManyIsLookedAtAtOnce) {
  json::object seed = acme();
  std::string people;
  for (int i = 0; i < 100; ++i) {
    const std::string email = fmt::format("m{}@acme.example", i);
    seed["users"].as_array().push_back(json::object{{"email", email}, {"id", account(100 + i)}});
    people += fmt::format("\"{}\" = {{ state = \"removed\" }}\n", email);
  }
  Rehearsal world{json::value(seed)};
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety.limits.remove_users]\n"
                  "free = 999\n[users]\n{}",
                  kOrganization, people));
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 100U);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"write_lag_ms": 12000, "rules": [{"operation": "writes", "times": 100,
          "action": {"status": 503, "after_effect": true, "delay_ms": 200}}]})")));
  const Instant begun = world.client().clock().now();
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.count(State::applied), 100U) << report.outcomes.front().message;
  EXPECT_LT(world.client().clock().now() - begun, seconds(50));
}

// The plan waited for somebody's "yes", so that the second try is looked at, and finds the first.
TEST_F(SecondTry, OfAGroupFindsOurOwnFirstOneThatShowsLate) {
  for (const char* second :
       {R"({"status": 429, "headers": {"Retry-After": "40"}})", R"({"status": 503})"}) {
    json::object seed = acme();
    seed["options"].as_object()["group_lag_ms"] = 8000;
    Rehearsal world{json::value(seed)};
    PacedClient paced(std::make_unique<Forward>(world.client()), world.client().clock(),
                      {.retry = {}, .max_rate = {}, .seed = 1, .on_wait = {}, .on_give_up = {}});
    world.through(paced);
    world.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[groups.fresh]\nmembers = "
                    "[\"omar@acme.example\"]\n",
                    kOrganization));
    const Planned planned = world.plan();
    ASSERT_EQ(planned.plan->changes.size(), 2U);
    world.client().clock().advance(seconds(60));
    ASSERT_TRUE(world.client().org().set_faults(json::parse(fmt::format(
        R"({{"rules": [{{"operation": "createGroup", "times": 1,
                       "action": {{"status": 500, "after_effect": true}}}},
            {{"operation": "createGroup", "times": 1, "action": {}}}]}})",
        second))));
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(report.count(State::applied), 2U) << report.outcomes.front().message;
  }
}

// A rate limit keeps the second try for five minutes, and Lin is suspended meanwhile.
TEST_F(SecondTry, LooksAgainHoweverLongALimitKeptItWaiting) {
  struct Row {
    const char* operation;
    Operation is;
    const char* policy;
  };
  for (const auto& [operation, is, what] :
       {Row{"assignOrganizationLevelRole", Operation::assignOrganizationLevelRole,
            "[users]\n\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"},
        Row{"addUserToGroup", Operation::addUserToGroup,
            "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n"}}) {
    Rehearsal world{acme()};
    Rival rival(world);
    PacedClient paced(std::make_unique<Forward>(world.client()), world.client().clock(),
                      {.retry = {}, .max_rate = {}, .seed = 1, .on_wait = {}, .on_give_up = {}});
    world.through(paced);
    world.policy(fmt::format("version = 1\n[organization]\nid = \"{}\"\n{}", kOrganization, what));
    const Planned planned = world.plan();
    ASSERT_EQ(planned.plan->changes.size(), 1U);
    ASSERT_TRUE(world.client().org().set_faults(json::parse(fmt::format(
        R"({{"rules": [{{"operation": "{0}", "times": 1, "action": {{"status": 503}}}},
            {{"operation": "{0}", "times": 1,
              "action": {{"status": 429, "headers": {{"Retry-After": "300"}}}}}}]}})",
        operation))));
    bool done = false;
    const ApplyReport report = world.apply(planned, [&, is = is] {
      if (!done && world.client().calls(is) >= 2) {
        done = true;
        EXPECT_EQ(rival.does(rival.api.suspend(kDirectory, account(lin))) / 100, 2);
      }
      return "";
    });
    EXPECT_TRUE(done);
    EXPECT_NE(report.outcomes.front().state, State::applied) << operation;
  }
}

class OneSearchThatHangs : public ::testing::TestWithParam<std::size_t> {};

TEST_P(OneSearchThatHangs, KeepsNothingElseFromBeingDone) {
  json::object seed = acme();
  std::string people;
  for (int i = 0; i < 20; ++i) {
    const std::string email = fmt::format("person{}@acme.example", i);
    seed["users"].as_array().push_back(json::object{
        {"email", email}, {"id", account(100 + i)}, {"name", email}, {"status", "suspended"}});
    people += fmt::format("\"{}\" = {{ state = \"active\" }}\n", email);
  }
  simulator::FakeClientOptions options;
  options.parallelism = GetParam();
  Rehearsal world{json::value(seed), options};
  // Searches for the groups of one person are not answered.
  auto hanging = std::make_unique<RefusingClient>(world.client(), [](const Request& asked) {
    return asked.target.find("groups/search") != std::string::npos &&
           asked.body.find("accountIds") != std::string::npos;
  });
  hanging->instead = Failure{Failure::Kind::no_answer, "timed out", false};
  PacedClient paced(std::move(hanging), world.client().clock(),
                    {.retry = {}, .max_rate = {}, .seed = 1, .on_wait = {}, .on_give_up = {}});
  world.through(paced);
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[users]\n{}[groups.design]\n"
                  "members = [\"grace@acme.example\", \"rosa@acme.example\", "
                  "\"omar@acme.example\"]\n",
                  kOrganization, people));
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan && planned.plan->applyable());
  const ApplyReport report = world.apply(planned);
  EXPECT_EQ(report.stopped_because, "");
  EXPECT_EQ(report.count(State::applied), 1U) << "Omar is put into the group";
}

INSTANTIATE_TEST_SUITE_P(Parallelism, OneSearchThatHangs, ::testing::Values(1U, 2U, 8U));

}  // namespace
}  // namespace rolecall::test
