// From a policy and an organization that differ to one that is as the policy says, over HTTPS.
#include <boost/json/serialize.hpp>
#include <set>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using Names = std::vector<std::string>;

/// Something of each kind: an invitation with a group and a grant, a new group, a suspension, a
/// removal, an admin more, one membership taken and one given, grants to and fro.
std::string everything_policy() {
  return R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[resources]
jira       = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
confluence = { app = "confluence", host = "acme.atlassian.net" }
[users]
"ada@acme.example"   = { roles = ["org-admin"] }
"grace@acme.example" = { roles = ["org-admin"] }
"lin@acme.example"   = { roles = ["org-admin"], access = { jira = ["admin"] } }
"omar@acme.example"  = { state = "suspended", reason = "leave" }
"rosa@acme.example"  = { state = "removed" }
"mina@acme.example"  = { access = { confluence = ["user"] } }
[groups.engineering]
members = ["lin@acme.example", "mina@acme.example"]
access  = { confluence = ["user"] }
[groups.writers]
description = "Everybody who writes"
members = ["grace@acme.example"]
access  = { confluence = ["admin"] }
[groups.design]
state = "absent"
)";
}

class WholeWay : public EndToEnd {
 protected:
  void SetUp() override {
    json::object seed = acme();
    // As the real API: a group that was made shows after a while.
    seed["options"] = json::object();
    start(seed);
    write_policy(everything_policy());
  }
};

TEST_F(WholeWay, PlanShowsEverythingAndWritesNothing) {
  const Outcome plan = rolecall_exits(0, {"plan"});
  for (const char* part : {"mina@acme.example", "Omar Haddad <omar@acme.example>",
                           "Rosa Diaz <rosa@acme.example>", "writers", "design"}) {
    EXPECT_NE(plan.out.find(part), std::string::npos) << part << "\n" << plan.out;
  }
  rolecall_exits(2, {"plan", "--detailed-exitcode"});
  EXPECT_EQ(writes(), Names());
}

TEST_F(WholeWay, ApplyMakesItSoAndASecondPlanIsEmpty) {
  rolecall_exits(0, {"apply", "--yes"});

  EXPECT_EQ(members("engineering"),
            (Names{"lin@acme.example", "mina@acme.example", "omar@acme.example"}))
      << "who is wanted suspended keeps the memberships";
  EXPECT_EQ(access(group("engineering")), Names{"confluence user"});
  EXPECT_EQ(members("writers"), Names{"grace@acme.example"});
  EXPECT_EQ(group("writers").at("description"), "Everybody who writes");
  EXPECT_EQ(access(group("writers")), Names{"confluence admin"});
  EXPECT_TRUE(group("design").empty());
  EXPECT_EQ(texts(user("lin@acme.example").at("roles")), Names{"org-admin"});
  EXPECT_EQ(access(user("lin@acme.example")), Names{"jira admin"});
  EXPECT_EQ(user("omar@acme.example").at("status"), "suspended");
  EXPECT_EQ(access(user("mina@acme.example")), Names{"confluence user"});
  const json::object rosa = user("rosa@acme.example");
  EXPECT_TRUE(rosa.empty() || rosa.at("status") == "not_invited") << json::value(rosa);

  simulator->forget_requests();
  const Outcome again = rolecall_exits(0, {"plan", "--detailed-exitcode"});
  EXPECT_NE(again.out.find("Nothing to do"), std::string::npos) << again.out;
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(writes(), Names());
}

TEST_F(WholeWay, WhatThePlanSaidIsWhatIsSent) {
  const json::value plan = json_of({"plan"});
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(writes().size(), plan.at("calls").at("writes").to_number<std::size_t>());
}

TEST_F(WholeWay, TheLogHoldsTheRunAndEveryChange) {
  const json::array planned = json_of({"plan"}).at("changes").as_array();
  rolecall_exits(0, {"apply", "--yes"});

  const json::array runs = json_of({"audit", "list"}).at("items").as_array();
  ASSERT_EQ(runs.size(), 1U);
  const std::string number = std::to_string(runs[0].at("run").to_number<int>());
  const Outcome listed = rolecall_exits(0, {"audit", "list"});
  EXPECT_NE(listed.out.find("apply"), std::string::npos) << listed.out;

  const json::value run = json_of({"audit", "show", number});
  std::multiset<std::string> logged, expected;
  const auto key = [](const json::value& change) {
    json::object out;
    // Not the resource: a plan names it as the policy does, the log as the API does.
    for (const char* name : {"kind", "user", "group", "role"}) {
      const json::value* value = change.as_object().if_contains(name);
      out[name] = value == nullptr || value->is_null() ? json::value("") : *value;
    }
    return json::serialize(out);
  };
  for (const json::value& change : run.at("changes").as_array()) {
    logged.insert(key(change));
    EXPECT_EQ(change.at("outcome").at("result"), "applied") << change;
    EXPECT_FALSE(change.at("request").as_string().empty()) << change;
  }
  for (const json::value& change : planned) expected.insert(key(change));
  EXPECT_EQ(logged, expected);

  const Outcome shown = rolecall_exits(0, {"audit", "show", number});
  for (const char* part : {"mina@acme.example", "suspend_user", "rolecall.toml:"}) {
    EXPECT_NE(shown.out.find(part), std::string::npos) << part << "\n" << shown.out;
  }
}

TEST_F(WholeWay, TheOrganizationMayHaveMoreThanOnePageOfEverything) {
  json::object seed = acme();
  for (int i = 0; i < 230; ++i) {
    const std::string n = std::to_string(i);
    const std::string person = "person" + n + "@acme.example";
    seed["users"].as_array().push_back(json::object{{"email", person}});
    seed["groups"].as_array().push_back(
        json::object{{"name", "team-" + n}, {"members", json::array{person, "ada@acme.example"}}});
  }
  start(seed);
  write_policy(acme_policy() +
               "[groups.team-229]\nmembers = [\"ada@acme.example\", \"rosa@acme.example\"]\n"
               "[groups.team-0]\nmembers = [\"lin@acme.example\", \"person0@acme.example\"]\n");
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_EQ(members("team-229"), (Names{"ada@acme.example", "rosa@acme.example"}));
  EXPECT_EQ(members("team-0"), (Names{"lin@acme.example", "person0@acme.example"}));
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
}

}  // namespace
}  // namespace rolecall::test
