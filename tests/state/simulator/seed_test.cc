#include "state/simulator/seed.h"

#include <chrono>
#include <cmath>
#include <set>

#include "tests/state/simulator/sim.h"

namespace rolecall::simulator {
namespace {

TEST(Seed, MistakesAreNamed) {
  struct Case {
    std::string seed, what;
  };
  const std::vector<Case> cases = {
      {"[]", "seed: an object is expected"},
      {R"({"people": []})", "unknown field \"people\""},
      {R"({"users": [{"name": "Ada"}]})", "users[0]: email is missing"},
      {R"({"users": [{"email": "a@b.example", "status": "asleep"}]})", "status cannot be"},
      {R"({"users": [{"email": "a@b.example"}, {"email": "A@b.example"}]})",
       "users[1]: its address"},
      {R"({"users": [{"email": "a@b.example", "roles": ["king"]}]})",
       "no role of the organization"},
      {R"({"users": [{"email": "a@b.example", "access": {"x": ["user"]}}]})", "no workspace"},
      {R"({"groups": [{"name": "g", "members": ["a@b.example"]}]})", "unknown member"},
      {R"({"groups": [{"name": "g"}, {"name": "G"}]})", "groups[1]: its name is taken"},
      {R"({"workspaces": [{"ari": "confluence"}]})", "ari:cloud:"},
      {R"({"options": {"paged": true}})", "unknown option \"paged\""},
      {R"({"options": {"paid": 1}})", "\"paid\" has the wrong type"},
  };
  for (const Case& one : cases) {
    const auto made = read_seed(Sim::parse(one.seed));
    ASSERT_FALSE(made.has_value()) << one.seed;
    EXPECT_NE(made.error().what.find(one.what), std::string::npos) << made.error().what;
  }
  EXPECT_TRUE(read_seed(Sim::parse("{}")).has_value());
}

TEST(Seed, TheStateIsASeedOfTheSameOrganization) {
  Sim sim = Sim::with_options(R"({"group_lag_ms": 0, "seed": 5})");
  sim.post(
      Sim::v2("/users/invite"),
      R"({"emails":["new@acme.example"],"additionalGroups":["g-eng"],"sendNotification":true})");
  sim.post(Sim::dir("/groups"), R"({"name":"new"})");
  sim.post(Sim::dir("/users/bob/suspend"));
  sim.del(Sim::dir("/users/cyd"));
  const auto state = sim.org().state();
  Sim again(state);
  EXPECT_EQ(again.org().state(), state);
  // ... which goes on in the same way.
  for (Sim* one : {&sim, &again}) {
    one->post(Sim::dir("/groups"), R"({"name":"newer"})");
    one->post(Sim::v2("/users/invite"), R"({"emails":["cyd@partner.example"]})");
  }
  EXPECT_EQ(again.org().state(), sim.org().state());
}

TEST(Seed, StatusesAndFlagsComeBack) {
  const auto seed = Sim::parse(R"({
    "workspaces": [{"ari": "ari:cloud:confluence::site/1", "capacity": 5, "roles": ["user"]}],
    "users": [
      {"email": "a@x.example", "status": "invited", "mfa": true, "account_type": "app"},
      {"email": "b@x.example", "status": "for_deletion", "management_source": null},
      {"email": "c@x.example", "status": "closed", "directories": {}},
      {"email": "d@x.example", "id": "d1", "managed": true, "added": "2025-05-05T01:02:03Z"},
      {"email": "D@x.example", "id": "d2",
       "last_active": {"ari:cloud:confluence::site/1": "2026-01-01T00:00:00Z"}}],
    "groups": [{"name": "t", "managed_by": "team-members", "modifiable": false, "members": ["d2"]}]
  })");
  Sim sim(seed);
  const auto state = sim.org().state();
  EXPECT_EQ(Sim(state).org().state(), state);
  const std::string text = boost::json::serialize(state);
  for (const char* part :
       {R"("status":"invited")", R"("status":"for_deletion")", R"("status":"closed")",
        R"("management_source":null)", R"("account_type":"app")", R"("members":["d2"])",
        R"("managed_by":"team-members")", R"("capacity":5)", R"("roles":["user"])"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(Determinism, TheSameRequestsMakeTheSameAnswers) {
  const auto run = [] {
    Sim sim(generate_seed({60, 12, 200, 9}));
    std::string out;
    for (int i = 0; i < 20; ++i) {
      out += sim.post(Sim::v2("/users/invite"),
                      "{\"emails\":[\"n" + std::to_string(i) + "@acme.example\"]}")
                 .raw.body;
      out += sim.post(Sim::dir("/groups"), "{\"name\":\"n" + std::to_string(i) + "\"}").raw.body;
      out += sim.users(R"({"limit":100,"expand":["groups","platformRoles"]})").raw.body;
    }
    return out + boost::json::serialize(sim.org().state());
  };
  EXPECT_EQ(run(), run());
}

TEST(Generate, SizesAreMetAndTheSeedDecides) {
  const auto small = generate_seed({50, 10, 200, 1});
  EXPECT_EQ(small, generate_seed({50, 10, 200, 1}));
  EXPECT_NE(small, generate_seed({50, 10, 200, 2}));
  for (const GeneratedSize& size :
       {GeneratedSize{50, 10, 200, 1}, GeneratedSize{1000, 100, 10'000, 1},
        GeneratedSize{10'000, 1000, 100'000, 3}}) {
    Sim sim(generate_seed(size));
    const auto state = sim.org().state();
    std::size_t memberships = 0, granted = 0, synced = 0, built_in = 0, admins = 0, members = 0;
    std::size_t largest = 0;
    for (const auto& group : state.at("groups").as_array()) {
      memberships += group.at("members").as_array().size();
      largest = std::max(largest, group.at("members").as_array().size());
      granted += group.as_object().contains("access") ? 1U : 0U;
      synced += group.as_object().contains("synced") ? 1U : 0U;
      built_in += group.as_object().contains("built_in") ? 1U : 0U;
    }
    for (const auto& user : state.at("users").as_array()) {
      admins += user.as_object().contains("roles") ? 1U : 0U;
      members +=
          user.as_object().contains("directories") || user.at("status") == "not_invited" ? 0U : 1U;
    }
    EXPECT_EQ(memberships, size.memberships);
    EXPECT_EQ(members, size.users);
    EXPECT_GT(state.at("users").as_array().size(), size.users) << "accounts in no directory";
    EXPECT_EQ(state.at("groups").as_array().size(), size.groups);
    EXPECT_NEAR(static_cast<double>(granted), 0.4 * static_cast<double>(size.groups),
                1 + 2 * std::sqrt(static_cast<double>(size.groups)));
    EXPECT_EQ(synced, 1U);
    EXPECT_EQ(built_in, 1U);
    EXPECT_EQ(admins, 3U);
    EXPECT_GT(2 * largest, 3 * size.memberships / size.groups) << "sizes differ a lot";
  }
}

}  // namespace
}  // namespace rolecall::simulator
