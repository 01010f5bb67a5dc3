#include "tests/state/simulator/sim.h"

namespace rolecall::simulator {
namespace {

struct Refused {
  std::string method, target, body;
  int status;
  std::string code;
};

TEST(Form, WhatTheDocumentForbidsIsRefusedAndLoggedAsInvalid) {
  const auto dir = [](std::string_view rest) { return Sim::dir(rest); };
  const auto v1 = [](std::string_view rest) { return Sim::v1(rest); };
  const auto v2 = [](std::string_view rest) { return Sim::v2(rest); };
  std::string many = R"({"emails":["x0@a.example")";
  for (int i = 1; i < 26; ++i) many += ",\"x" + std::to_string(i) + "@a.example\"";
  many += "]}";
  const std::vector<Refused> cases = {
      {"GET", "/v3/orgs", "", 404, "ADMIN-404-1"},
      {"GET", v1("/"), "", 404, "ADMIN-404-1"},
      {"DELETE", "/v1/orgs", "", 405, "ADMIN-405-1"},
      {"GET", dir("/users/search"), "", 405, "ADMIN-405-1"},
      {"PUT", dir("/groups/g-eng"), "", 405, "ADMIN-405-1"},
      {"GET", "/v1/orgs?limit=5", "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?limit=0"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?limit=101"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?limit=ten"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?limit=1&limit=2"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?mfaEnabled=yes"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?roleIds=atlassian%2Fking"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?searchTerm=%zz"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?expand=groups"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users/count?limit=5"), "", 400, "ADMIN-400-24"},
      {"GET", dir("/users?cursor=abc"), "", 400, "ADMIN-400-1"},
      {"POST", dir("/users/search"), R"({"cursor":"abc"})", 400, "ADMIN-400-1"},
      {"POST", dir("/users/search"), R"({"limit":101})", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"), R"({"limit":"50"})", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"), R"({"pageSize":50})", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"), R"({"expand":["members"]})", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"), R"({"status":"active"})", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"), R"({"emails":["a@b.example"],"searchTerm":"a"})", 400,
       "ADMIN-400-24"},
      {"POST", dir("/users/search"), R"({"sortBy":[{"field":"email","direction":"asc"}]})", 400,
       "ADMIN-400-24"},
      {"POST", dir("/users/search"), R"({"limit":5,"limit":5})", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"), "[]", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"), "{", 400, "ADMIN-400-24"},
      {"POST", dir("/users/search"),
       R"({"accountIds":["1","2","3","4","5","6","7","8","9","10","11"]})", 400, "ADMIN-400-24"},
      {"POST", dir("/groups/search"), R"({"groupNames":["a"],"searchTerm":"a"})", 400,
       "ADMIN-400-24"},
      {"POST", dir("/groups/search"), R"({"groupNames":["a"],"groupIds":["a"]})", 400,
       "ADMIN-400-24"},
      {"POST", dir("/groups"), "", 400, "ADMIN-400-24"},
      {"POST", dir("/groups"), R"({"name":" "})", 400, "ADMIN-400-24"},
      {"POST", dir("/groups"), R"({"name":"a","members":[]})", 400, "ADMIN-400-24"},
      {"POST", v2("/directories/-/groups"), R"({"name":"a"})", 400, "ADMIN-400-4"},
      {"DELETE", v2("/directories/-/users/bob"), "", 400, "ADMIN-400-4"},
      {"DELETE", dir("/groups/g-eng"), "{}", 400, "ADMIN-400-24"},
      {"POST", dir("/users/bob/suspend"), "{}", 400, "ADMIN-400-24"},
      {"POST", dir("/groups/g-eng/memberships"), R"({"accountIds":["bob"]})", 400, "ADMIN-400-24"},
      {"POST", dir("/groups/g-eng/role-assignments/assign"),
       R"({"resourceId":"jira","roleId":"atlassian/user"})", 400, "ADMIN-400-4"},
      {"POST", dir("/groups/g-eng/role-assignments/assign"),
       R"({"resourceId":"ari:cloud:confluence::site/1","roleId":"user"})", 400, "ADMIN-UAM-400-3"},
      {"POST", v1("/users/bob/roles/assign"), R"({"role":"atlassian/user"})", 400, "ADMIN-400-24"},
      {"POST", v1("/users/bob/roles/assign"),
       R"({"role":"atlassian/viewer","resource":"ari:cloud:confluence::site/1"})", 400,
       "ADMIN-400-24"},
      {"POST", v1("/users/bob/role-assignments/assign"), R"({"role":"atlassian/user"})", 400,
       "ADMIN-400-24"},
      {"POST", v2("/users/invite"), R"({"emails":[]})", 400, "ADMIN-400-24"},
      {"POST", v2("/users/invite"), many, 400, "ADMIN-400-24"},
      {"POST", v2("/users/invite"), R"({"emails":["nobody"]})", 400, "ADMIN-400-24"},
      {"POST", v2("/users/invite"), R"({"emails":["x@a.example"],"notificationText":"hi"})", 400,
       "ADMIN-400-24"},
      {"POST", v2("/users/invite"),
       R"({"emails":["x@a.example"],"permissionRules":[{"resource":"r","role":"atlassian/org-admin"}]})",
       400, "ADMIN-400-24"},
      {"POST", v2("/workspaces"), "", 400, "ADMIN-400-24"},
      {"POST", v2("/workspaces"), R"({"query":{"policies":[]}})", 400, "ADMIN-400-24"},
      {"POST", v2("/workspaces"), R"({"cursor":"abc","limit":5})", 400, "ADMIN-400-24"},
      {"GET", v1("/events?from=yesterday"), "", 400, "ADMIN-400-3"},
      {"GET", v1("/events?limit=501"), "", 400, "ADMIN-400-24"},
  };
  Sim sim;
  const auto before = sim.org().state();
  for (const Refused& one : cases) {
    const Answered answer = sim.send(one.method, one.target, one.body);
    EXPECT_EQ(answer.status, one.status) << one.method << ' ' << one.target << ' ' << one.body;
    EXPECT_EQ(answer.code(), one.code) << one.method << ' ' << one.target << ' ' << one.body;
    const auto logged = sim.requests().back();
    EXPECT_FALSE(logged.at("valid").as_bool()) << one.method << ' ' << one.target;
    EXPECT_FALSE(logged.at("effective").as_bool());
  }
  EXPECT_EQ(sim.org().state(), before);
}

TEST(Form, EverythingUnknownIsNotFoundAndValid) {
  Sim sim;
  const std::vector<Refused> cases = {
      {"GET", "/v1/orgs/other", "", 404, "ADMIN-404-2"},
      {"GET", Sim::v2("/directories/other/users"), "", 404, "ADMIN-404-1"},
      {"GET", Sim::v1("/domains/other"), "", 404, "ADMIN-404-3"},
      {"GET", Sim::dir("/groups/other"), "", 404, "ADMIN-404-10"},
      {"DELETE", Sim::dir("/groups/other"), "", 404, "ADMIN-404-10"},
      {"GET", Sim::dir("/users/other/role-assignments"), "", 404, "ADMIN-404-8"},
      {"DELETE", Sim::dir("/users/gone"), "", 404, "ADMIN-404-8"},
      {"POST", Sim::dir("/users/other/suspend"), "", 404, "ADMIN-404-8"},
      {"GET", Sim::v1("/directory/users/other/last-active-dates"), "", 404, "ADMIN-404-8"},
      {"POST", Sim::dir("/groups/g-eng/memberships"), R"({"accountId":"other"})", 404,
       "ADMIN-404-8"},
      {"POST", Sim::v1("/users/bob/roles/assign"),
       R"({"role":"atlassian/user","resource":"ari:cloud:trello::site/1"})", 404,
       "ADMIN-UAM-404-1"},
  };
  for (const Refused& one : cases) {
    const Answered answer = sim.send(one.method, one.target, one.body);
    EXPECT_EQ(answer.status, one.status) << one.target;
    EXPECT_EQ(answer.code(), one.code) << one.target;
    EXPECT_TRUE(sim.requests().back().at("valid").as_bool()) << one.target;
  }
}

TEST(Form, AKeyIsNeeded) {
  Sim sim;
  for (const char* authorization : {"", "Bearer ", "Basic abc", "key"}) {
    const Answered answer = sim.send(HttpRequest{"GET", "/v1/orgs", authorization, "", ""});
    EXPECT_EQ(answer.status, 401) << authorization;
    EXPECT_EQ(answer.body.at("code").as_int64(), 401);
    EXPECT_TRUE(answer.body.at("message").is_string());
  }
  auto seed = Sim::parse(kSmallOrg);
  seed.as_object()["api_key"] = "the-key";
  Sim locked(seed);
  EXPECT_EQ(locked.get("/v1/orgs").status, 401);
  EXPECT_EQ(locked.send(HttpRequest{"GET", "/v1/orgs", "Bearer the-key", "", ""}).status, 200);
}

TEST(Form, ABodyMustBeJson) {
  Sim sim;
  const Answered answer =
      sim.send(HttpRequest{"POST", Sim::dir("/users/search"), "Bearer k", "text/plain", "{}"});
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(sim.post(Sim::dir("/users/search")).status, 200);
}

TEST(Form, ThePrefixAdminMayStandInFront) {
  Sim sim;
  EXPECT_EQ(sim.get("/admin/v1/orgs").status, 200);
  EXPECT_EQ(sim.get("/administration/v1/orgs").status, 404);
}

}  // namespace
}  // namespace rolecall::simulator
