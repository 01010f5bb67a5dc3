#include <algorithm>
#include <set>

#include "tests/state/simulator/sim.h"

namespace rolecall::simulator {
namespace {

using Ids = std::vector<std::string>;

TEST(Reads, OrganizationDirectoriesDomainsAndWorkspaces) {
  Sim sim;
  const auto orgs = sim.get("/v1/orgs");
  EXPECT_EQ(orgs.each("id"), Ids{std::string(kOrgId)});
  EXPECT_EQ(sim.get("/v1/orgs/" + std::string(kOrgId)).body.at("data").at("attributes").at("name"),
            "Acme");
  const auto directories = sim.get(Sim::v2("/directories"));
  EXPECT_EQ(directories.each("directoryId"), Ids{std::string(kDirectoryId)});
  EXPECT_TRUE(directories.body.at("links").at("next").is_null());
  EXPECT_TRUE(sim.get(Sim::v2("/directories?accountId=gone")).data().empty());
  EXPECT_EQ(sim.get(Sim::v1("/domains")).each("id"), Ids{"d1"});
  EXPECT_EQ(sim.get(Sim::v1("/domains/d1")).body.at("data").at("attributes").at("name"),
            "acme.example");
  const auto workspaces = sim.post(Sim::v2("/workspaces"), "{}");
  EXPECT_EQ(workspaces.each("id"), (Ids{std::string(kConfluence), std::string(kJira)}));
  // Ada through her group; Cyd is suspended and takes no seat.
  EXPECT_EQ(workspaces.data().at(1).at("attributes").at("usage").as_int64(), 1);
  EXPECT_EQ(workspaces.data().at(1).at("attributes").at("hostUrl"), "https://acme.atlassian.net");
}

TEST(Reads, WorkspaceQueries) {
  Sim sim;
  const auto ids = [&](const std::string& query) {
    return sim.post(Sim::v2("/workspaces"), "{\"query\":" + query + "}").each("id").size();
  };
  EXPECT_EQ(ids(R"({"field":{"name":"attributes.typeKey","values":["confluence"]}})"), 1U);
  EXPECT_EQ(ids(R"({"nor":[{"field":{"name":"attributes.typeKey","values":["confluence"]}}]})"),
            1U);
  EXPECT_EQ(ids(R"({"searchWorkspaces":"ACME"})"), 2U);
  EXPECT_EQ(ids(R"({"searchWorkspaces":"nothing"})"), 0U);
  EXPECT_EQ(ids(R"({"field":{"name":"attributes.typeKey","values":[]}})"), 2U) << "widens";
}

TEST(Reads, WorkspaceCursorsStandAlone) {
  Sim sim;
  const auto first = sim.post(Sim::v2("/workspaces"), R"({"limit":1})");
  ASSERT_FALSE(first.next().empty());
  const auto second = sim.post(Sim::v2("/workspaces"), "{\"cursor\":\"" + first.next() + "\"}");
  EXPECT_EQ(second.each("id"), Ids{std::string(kJira)});
  EXPECT_EQ(second.next(), "");
}

TEST(Reads, UserFields) {
  Sim sim;
  const auto cyd = sim.user("cyd");
  EXPECT_EQ(cyd.at("status"), "suspended");
  EXPECT_EQ(cyd.at("accountStatus"), "active");
  EXPECT_EQ(cyd.at("membershipStatus"), "suspended");
  EXPECT_EQ(cyd.at("claimStatus"), "unmanaged");
  EXPECT_FALSE(cyd.contains("platformRoles"));
  EXPECT_EQ(cyd.at("groups").at(0).at("id"), "ari:cloud:identity::group/g-eng");
  EXPECT_EQ(cyd.at("groups").at(0).at("name"), "engineering");
  EXPECT_EQ(sim.user("gone").at("status"), "not_invited");
  EXPECT_EQ(sim.user("gone").at("membershipStatus"), "no_membership");
  EXPECT_EQ(sim.user("off").at("status"), "deactivated");
  EXPECT_EQ(sim.user("off").at("accountStatus"), "inactive");
  EXPECT_EQ(sim.user("ada", "platformRoles").at("platformRoles").at(0), "atlassian/org-admin");
  EXPECT_EQ(sim.user("bob", "counts.resources").at("counts").at("resources").as_int64(), 1);
  EXPECT_EQ(sim.user("bob", "productAccess").at("productAccess").at(0).at("key"), "confluence");
  Sim bare = Sim::with_options(R"({"group_ids_as_ari": false, "expanded_groups": 1})");
  EXPECT_EQ(bare.user("cyd").at("groups").at(0).at("id"), "g-eng");
}

TEST(Reads, UserFilters) {
  Sim sim;
  struct Case {
    std::string body;
    Ids ids;
  };
  const std::vector<Case> cases = {
      {"{}", {"ada", "bob", "cyd", "gone", "off"}},
      {R"({"accountIds":["bob","nobody"]})", {"bob"}},
      {R"({"emails":["ADA@acme.example","x@y.example"]})", {"ada"}},
      {R"({"directoryIds":["22222222-0000-4000-8000-000000000001"]})",
       {"ada", "bob", "cyd", "off"}},
      {R"({"directoryIds":["other"]})", {}},
      {R"({"membershipStatus":["active","suspended"]})", {"ada", "bob", "cyd", "off"}},
      {R"({"membershipStatus":["suspended"]})", {"cyd"}},
      {R"({"status":["not_invited","deactivated"]})", {"gone", "off"}},
      {R"({"accountStatus":["inactive"]})", {"off"}},
      {R"({"claimStatus":"unmanaged"})", {"cyd"}},
      {R"({"mfaEnabled":true})", {}},
      {R"({"groupIds":["g-eng"]})", {"ada", "cyd"}},
      {R"({"groupIds":["g-eng","g-synced"]})", {"ada", "bob", "cyd"}},
      {R"({"groupIds":["g-eng"],"accountIds":["ada","bob"]})", {"ada"}},
      {R"({"groupIds":["nothing"]})", {}},
      {R"({"resourceIds":["ari:cloud:jira-software::site/1"]})", {"ada", "cyd"}},
      {R"({"roleIds":["atlassian/guest"]})", {"bob"}},
      {R"({"roleIds":["atlassian/org-admin"]})", {"ada"}},
      {R"({"roleIds":["atlassian/user"],"resourceIds":["ari:cloud:confluence::site/1"]})", {}},
      {R"({"emailDomains":["partner.example"]})", {"cyd"}},
      {R"({"searchTerm":"LOVELACE"})", {"ada"}},
      {R"({"sortBy":[{"field":"nick_name","direction":"desc"}],"limit":2})", {"off", "gone"}},
  };
  for (const Case& one : cases)
    EXPECT_EQ(sim.users(one.body).each("accountId"), one.ids) << one.body;
}

TEST(Reads, CountsFollowTheListings) {
  Sim sim;
  const auto count = [&](const std::string& target) {
    return sim.get(target).body.at("count").as_int64();
  };
  EXPECT_EQ(count(Sim::dir("/users/count")), 5);
  EXPECT_EQ(count(Sim::v2("/directories/-/users/count")), 5);
  EXPECT_EQ(count(Sim::dir("/users/count?directoryIds=" + std::string(kDirectoryId))), 4);
  EXPECT_EQ(count(Sim::dir("/users/count?groupIds=g-eng&groupIds=g-synced")), 3);
  EXPECT_EQ(count(Sim::dir("/users/count?roleIds=atlassian%2Fguest")), 1);
  EXPECT_EQ(count(Sim::dir("/groups/count")), 5);
  EXPECT_EQ(count(Sim::dir("/groups/count?accountIds=bob")), 1);
  EXPECT_EQ(count(Sim::dir("/groups/count?resourceOwners=jira-software")), 1);
}

TEST(Reads, GroupFieldsAndFilters) {
  Sim sim;
  const auto all = sim.groups(R"({"expand":["counts.users","counts.resources"]})");
  EXPECT_EQ(all.each("id"), (Ids{"g-eng", "g-empty", "g-synced", "g-admins", "g-default"}));
  const auto& engineering = all.data().at(0);
  EXPECT_EQ(engineering.at("counts").at("users").as_int64(), 2) << "suspended people count";
  EXPECT_EQ(engineering.at("counts").at("resources").as_int64(), 1);
  EXPECT_EQ(text(engineering.at("directoryId")), kDirectoryId);
  const auto& synced = all.data().at(2);
  EXPECT_TRUE(synced.at("externalSynced").as_bool());
  EXPECT_EQ(synced.at("managedBy"), "external");
  EXPECT_FALSE(synced.at("managementAccess").at("modifiable").as_bool());
  EXPECT_FALSE(all.data().at(3).at("managementAccess").at("deletable").as_bool());
  EXPECT_FALSE(sim.groups("{}").data().at(0).as_object().contains("counts"));
  EXPECT_TRUE(sim.get(Sim::dir("/groups/g-eng")).body.at("data").as_object().contains("counts"));
  EXPECT_EQ(sim.groups(R"({"groupNames":["ENGINEERING","nothing"]})").each("id"), Ids{"g-eng"});
  EXPECT_TRUE(sim.groups(R"({"groupNames":["engin"]})").data().empty()) << "exact names only";
  EXPECT_EQ(sim.groups(R"({"searchTerm":"engin"})").each("id"), Ids{"g-eng"});
  EXPECT_EQ(sim.groups(R"({"roleIds":["atlassian/admin"]})").each("id"), Ids{"g-admins"});
  EXPECT_EQ(sim.get(Sim::dir("/groups?accountIds=ada")).each("id"), Ids{"g-eng"});
  EXPECT_EQ(sim.groups(R"({"sortBy":[{"field":"name","direction":"asc"}],"limit":2})").each("id"),
            (Ids{"g-admins", "g-default"}));
}

TEST(Reads, RoleAssignmentsSayHowEachRoleCameAbout) {
  Sim sim;
  const auto ada = sim.get(Sim::dir("/users/ada/role-assignments")).data();
  EXPECT_TRUE(ada.at(0).at("directoryId").is_null());
  EXPECT_EQ(ada.at(0).at("roles").at(0), "atlassian/org-admin");
  const auto inferred =
      sim.get(Sim::dir("/users/ada/role-assignments?resourceIds=") + std::string(kConfluence));
  EXPECT_EQ(boost::json::serialize(inferred.data().at(0).at("roleAssignments")),
            R"([{"role":"atlassian/user-access-admin","roleAssignmentMethods":["inferred"]}])");
  const auto bob = sim.get(Sim::dir("/users/bob/role-assignments")).data();
  ASSERT_EQ(bob.size(), 1U);
  EXPECT_EQ(boost::json::serialize(bob.at(0).at("roleAssignments")),
            R"([{"role":"atlassian/guest","roleAssignmentMethods":["direct"]}])");
  const auto cyd = sim.get(Sim::dir("/users/cyd/role-assignments")).data();
  EXPECT_EQ(cyd.at(0).at("userDirectoryStatus"), "suspended");
  EXPECT_EQ(cyd.at(0).at("roleAssignments").at(0).at("roleAssignmentMethods").at(0),
            "group_direct");
  const auto defaults = sim.get(Sim::dir("/groups/g-default/role-assignments")).data();
  EXPECT_EQ(defaults.at(0).at("defaultRole"), "atlassian/user");
  EXPECT_TRUE(defaults.at(0).at("roles").as_array().empty());
  const auto engineering = sim.get(Sim::dir("/groups/g-eng/role-assignments")).data();
  EXPECT_TRUE(engineering.at(0).at("defaultRole").is_null());
  EXPECT_EQ(engineering.at(0).at("resourceOwner"), "jira-software");
}

TEST(Reads, EventsTellOfWritesAndAKeptCursorLeadsToLaterOnes) {
  Sim sim;
  sim.post(Sim::dir("/users/bob/suspend"));
  const auto first = sim.get(Sim::v1("/events-stream"));
  EXPECT_EQ(first.data().at(0).at("attributes").at("action"), "user_suspended");
  EXPECT_TRUE(first.data().at(0).at("attributes").as_object().contains("processedAt"));
  const std::string kept(first.body.at("meta").at("next").as_string());
  EXPECT_EQ(first.next().find("https://api.atlassian.com/admin/v1/orgs/"), 0U);
  std::string escaped;
  for (const char c : kept) escaped += c == '+' ? "%2B" : c == '/' ? "%2F" : std::string(1, c);
  EXPECT_TRUE(sim.get(Sim::v1("/events-stream?cursor=" + escaped)).data().empty());
  sim.post(Sim::dir("/users/bob/restore"));
  const auto later = sim.get(Sim::v1("/events-stream?cursor=" + escaped));
  ASSERT_EQ(later.data().size(), 1U);
  EXPECT_EQ(later.data().at(0).at("attributes").at("action"), "user_restored");
  EXPECT_EQ(sim.get(Sim::v1("/events?action=user_suspended")).data().size(), 1U);
  EXPECT_EQ(sim.get(Sim::v1("/events?limit=1")).data().at(0).at("attributes").at("action"),
            "user_restored")
      << "newest first";
}

TEST(Reads, LastActiveDates) {
  auto seed = Sim::parse(kSmallOrg);
  seed.as_object()["users"].as_array()[1].as_object()["last_active"] =
      boost::json::object{{kConfluence, "2026-09-30T08:00:00Z"}};
  Sim sim(seed);
  const auto answer = sim.get(Sim::v1("/directory/users/bob/last-active-dates"));
  const auto& access = answer.body.at("data").at("product_access").at(0);
  EXPECT_EQ(access.at("last_active"), "2026-09-30");
  EXPECT_EQ(answer.body.at("data").at("added_to_org"), "2024-01-01");
}

}  // namespace
}  // namespace rolecall::simulator
