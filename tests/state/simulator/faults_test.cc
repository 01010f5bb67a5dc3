#include <algorithm>

#include "tests/state/simulator/sim.h"

namespace rolecall::simulator {
namespace {

using std::chrono::milliseconds;
using Cut = HttpResponse::Cut;

std::string rule(std::string_view rest) {
  return R"({"rules":[{)" + std::string(rest) + "}]}";
}
const std::string kAdd = Sim::dir("/groups/g-empty/memberships");

TEST(RateLimits, EveryAnswerTellsOfThem) {
  Sim sim = Sim::with_options(
      R"({"rate_limit": {"default": {"limit": 2}, "operations": {"getGroup": {"limit": 1}},
          "retry_after": "seconds"}})");
  const auto first = sim.users("{}");
  EXPECT_EQ(first.header("X-RateLimit-Limit"), "2");
  EXPECT_EQ(first.header("X-RateLimit-Remaining"), "1");
  EXPECT_EQ(first.header("X-RateLimit-Reset"), "2026-10-01T12:01:00Z");
  EXPECT_EQ(sim.users("nonsense").header("X-RateLimit-Remaining"), "0");
  const auto refused = sim.users("{}");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.code(), "ADMIN-429-1");
  EXPECT_EQ(refused.header("Retry-After"), "30");
  EXPECT_EQ(sim.groups("{}").status, 200) << "each operation has its own window";
  EXPECT_EQ(sim.get(Sim::dir("/groups/g-eng")).status, 200);
  EXPECT_EQ(sim.get(Sim::dir("/groups/g-eng")).status, 429);
  EXPECT_EQ(
      sim.send(HttpRequest{"POST", Sim::dir("/users/search"), "Bearer another", "", ""}).status,
      200)
      << "and each key";
  sim.pass(milliseconds(30'000));
  EXPECT_EQ(sim.users("{}").status, 200);
}

TEST(RateLimits, RoleWritesAreToldInTheGatewaysShape) {
  Sim sim = Sim::with_options(R"({"rate_limit": {"total": {"limit": 1, "window_ms": 1000}}})");
  EXPECT_EQ(sim.users("{}").status, 200);
  const auto refused =
      sim.post(Sim::v1("/users/bob/role-assignments/assign"), R"({"role":"atlassian/org-admin"})");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body.at("code").as_int64(), 429);
  EXPECT_EQ(refused.header("Retry-After"), "");
  EXPECT_FALSE(sim.requests().back().at("effective").as_bool());
}

TEST(Faults, StrikeWhereTheRuleSays) {
  struct Case {
    std::string rule;
    std::vector<int> statuses;
  };
  const std::string action = R"("action":{"status":503})";
  const std::vector<Case> cases = {
      {R"("operation":"searchDirectoryUsers",)" + action, {503, 503, 503, 503, 503, 503}},
      {R"("operation":"searchDirectoryGroups",)" + action, {200, 200, 200, 200, 200, 200}},
      {R"("operation":"writes",)" + action, {200, 200, 200, 200, 200, 200}},
      {R"("operation":"reads","nth":2,)" + action, {200, 503, 200, 200, 200, 200}},
      {R"("every":2,)" + action, {200, 503, 200, 503, 200, 503}},
      {R"("times":2,)" + action, {503, 503, 200, 200, 200, 200}},
      {R"("after":2,"nth":1,)" + action, {200, 200, 503, 200, 200, 200}},
      {R"("target":"/groups/",)" + action, {200, 200, 200, 200, 200, 200}},
  };
  for (const Case& one : cases) {
    Sim sim;
    sim.faults(rule(one.rule));
    std::vector<int> statuses;
    for (int i = 0; i < 6; ++i) statuses.push_back(sim.users("{}").status);
    EXPECT_EQ(statuses, one.statuses) << one.rule;
  }
}

TEST(Faults, ChancesAreDecidedByTheSeed) {
  const auto run = [](std::string_view seed) {
    Sim sim;
    sim.faults(R"({"seed":)" + std::string(seed) +
               R"(,"rules":[{"probability":0.3,"action":{"status":500}}]})");
    std::string out;
    for (int i = 0; i < 200; ++i) out += sim.users("{}").status == 500 ? 'x' : '.';
    return out;
  };
  EXPECT_EQ(run("7"), run("7"));
  EXPECT_NE(run("7"), run("8"));
  const std::string struck = run("7");
  const auto hits = std::count(struck.begin(), struck.end(), 'x');
  EXPECT_GT(hits, 35);
  EXPECT_LT(hits, 85);
}

TEST(Faults, StatusBeforeOrAfterTheEffect) {
  Sim sim;
  sim.faults(rule(R"("operation":"addUserToGroup","nth":1,"action":{"status":500})"));
  EXPECT_EQ(sim.post(kAdd, R"({"accountId":"ada"})").code(), "ADMIN-500-1");
  EXPECT_EQ(sim.user("ada").at("groups").as_array().size(), 1U);
  sim.faults(rule(R"("action":{"status":502,"after_effect":true,"shape":"html"})"));
  const auto answer = sim.post(kAdd, R"({"accountId":"ada"})");
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.header("Content-Type"), "text/html");
  EXPECT_TRUE(sim.requests().back().at("effective").as_bool());
  EXPECT_TRUE(sim.requests().back().as_object().contains("fault"));
  sim.faults("{}");
  EXPECT_EQ(sim.user("ada").at("groups").as_array().size(), 2U);
}

TEST(Faults, BodiesAndHeadersCanBeGiven) {
  Sim sim;
  sim.faults(rule(
      R"("action":{"status":429,"body":{"code":429},"headers":{"Retry-After":"2"},"delay_ms":70})"));
  const auto answer = sim.users("{}");
  EXPECT_EQ(answer.raw.body, R"({"code":429})");
  EXPECT_EQ(answer.header("Retry-After"), "2");
  EXPECT_EQ(answer.raw.delay, milliseconds(70));
}

TEST(Faults, CutsHappenBeforeOrAfterTheEffect) {
  struct Case {
    std::string_view name;
    Cut cut;
    bool effective;
    int logged;
  };
  for (const Case& one : {Case{"not_sent", Cut::not_sent, false, 0},
                          Case{"before_effect", Cut::before_effect, false, 0},
                          Case{"after_effect", Cut::after_effect, true, 0},
                          Case{"half_body", Cut::half_body, true, 204}}) {
    Sim sim;
    sim.faults(rule(R"("nth":1,"action":{"cut":")" + std::string(one.name) + "\"}"));
    EXPECT_EQ(sim.post(kAdd, R"({"accountId":"ada"})").raw.cut, one.cut);
    EXPECT_EQ(sim.requests().back().at("effective").as_bool(), one.effective) << one.name;
    EXPECT_EQ(sim.requests().back().at("status").as_int64(), one.logged) << one.name;
    EXPECT_EQ(sim.user("ada").at("groups").as_array().size(), one.effective ? 2U : 1U) << one.name;
  }
}

TEST(Faults, PagesComeOdd) {
  const auto page = [](std::string_view kind, std::string_view more = "") {
    Sim sim;
    sim.faults(rule(R"("action":{"page":")" + std::string(kind) + "\"" + std::string(more) + "}"));
    return sim.users(R"({"limit":2})");
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(page("drop_item").each("accountId"), Ids{"bob"});
  EXPECT_EQ(page("repeat_item").each("accountId"), (Ids{"ada", "ada", "bob"}));
  EXPECT_TRUE(page("empty_page").data().empty());
  EXPECT_FALSE(page("empty_page").next().empty());
  EXPECT_EQ(page("drop_next").next(), "");
  EXPECT_EQ(page("repeat_cursor").next(), text(page("none").body.at("links").at("self")));
  EXPECT_TRUE(page("wrong_type").data().at(0).at("accountId").is_int64());
  EXPECT_FALSE(page("missing_field", R"(,"item":1,"field":"email")")
                   .data()
                   .at(1)
                   .as_object()
                   .contains("email"));
  EXPECT_EQ(page("unknown_enum", R"(,"field":"accountStatus")").data().at(0).at("accountStatus"),
            "LIMBO");
  EXPECT_FALSE(page("missing_data").body.as_object().contains("data"));
  for (const char* kind : {"duplicate_member", "extra_bytes", "torn"}) {
    const auto broken = page(kind);
    EXPECT_EQ(broken.status, 200);
    EXPECT_FALSE(parse_json(broken.raw.body).has_value()) << kind;
  }
  EXPECT_NE(page("duplicate_member").raw.body.find(R"({"accountId":"twice","accountId":"ada")"),
            std::string::npos);
}

TEST(Faults, EndlessCursorsAreAlwaysNewAndLeadBack) {
  Sim sim;
  sim.faults(rule(R"("action":{"page":"endless_cursor"})"));
  std::vector<std::string> seen;
  std::string cursor;
  for (int i = 0; i < 5; ++i) {
    const auto page = sim.users(cursor.empty() ? "{}" : "{\"cursor\":\"" + cursor + "\"}");
    ASSERT_EQ(page.status, 200);
    EXPECT_EQ(page.data().size(), 5U);
    cursor = page.next();
    EXPECT_EQ(std::count(seen.begin(), seen.end(), cursor), 0);
    seen.push_back(cursor);
  }
}

TEST(Faults, StaleReadsShowThingsAsTheyStood) {
  Sim sim;
  sim.faults(R"({"write_lag_ms": 1000})");
  const auto groups_of_ada = [&] { return sim.user("ada").at("groups").as_array().size(); };
  EXPECT_EQ(sim.post(kAdd, R"({"accountId":"ada"})").status, 204);
  EXPECT_EQ(groups_of_ada(), 1U);
  EXPECT_EQ(sim.post(kAdd, R"({"accountId":"ada"})").status, 409) << "writes see the truth";
  sim.pass(milliseconds(600));
  EXPECT_EQ(sim.del(kAdd + "/ada").status, 204);
  sim.pass(milliseconds(399));
  EXPECT_EQ(groups_of_ada(), 1U);
  sim.pass(milliseconds(1));
  EXPECT_EQ(groups_of_ada(), 2U);
  sim.pass(milliseconds(600));
  EXPECT_EQ(groups_of_ada(), 1U);
}

TEST(Faults, TheLagOfNewGroupsCanBeSet) {
  Sim sim;
  sim.faults(R"({"lag_ms": 5000})");
  sim.post(Sim::dir("/groups"), R"({"name":"new"})");
  sim.pass(milliseconds(4999));
  EXPECT_TRUE(sim.groups(R"({"groupNames":["new"]})").data().empty());
  sim.pass(milliseconds(1));
  EXPECT_EQ(sim.groups(R"({"groupNames":["new"]})").data().size(), 1U);
}

TEST(Faults, BadScriptsAreRefusedAndLeaveTheOldOne) {
  Sim sim;
  sim.faults(rule(R"("action":{"status":503})"));
  for (const char* script :
       {"[]", R"({"rule":[]})", R"({"rules":[{}]})", R"({"rules":[{"action":{"page":"odd"}}]})",
        R"({"rules":[{"action":{"status":99}}]})", R"({"rules":[{"nth":0,"action":{}}]})",
        R"({"rules":[{"probability":"often","action":{}}]})"}) {
    EXPECT_EQ(sim.send("PUT", "/_simulator/faults", script).status, 400) << script;
  }
  EXPECT_EQ(sim.users("{}").status, 503);
  EXPECT_EQ(sim.send("DELETE", "/_simulator/faults").status, 204);
  EXPECT_EQ(sim.users("{}").status, 200);
}

TEST(Log, IsReadBackInOrderAndBounded) {
  Sim sim = Sim::with_options(R"({"log_limit": 2, "log_bodies": false})");
  sim.get("/v1/orgs");
  sim.users("{}");
  sim.post(kAdd, R"({"accountId":"ada"})");
  const auto log = sim.get("/_simulator/requests").body.as_array();
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[1].at("n").as_int64(), 3);
  EXPECT_EQ(log[1].at("operation"), "addUserToGroup");
  EXPECT_EQ(log[1].at("method"), "POST");
  EXPECT_EQ(text(log[1].at("target")), kAdd);
  EXPECT_TRUE(log[1].at("body").is_null());
  EXPECT_TRUE(log[1].at("effective").as_bool());
  EXPECT_EQ(sim.get("/_simulator/counts").body.at("getOrgs").as_int64(), 1);
  EXPECT_EQ(sim.send("DELETE", "/_simulator/requests").status, 204);
  EXPECT_TRUE(sim.requests().empty());
  EXPECT_EQ(sim.get("/_simulator/nothing").status, 404);
}

}  // namespace
}  // namespace rolecall::simulator
