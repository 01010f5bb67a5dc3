#include "tests/state/simulator/sim.h"

namespace rolecall::simulator {
namespace {

using std::chrono::milliseconds;

const std::string kGrantEngineering = Sim::dir("/groups/g-eng/role-assignments/assign");
const std::string kRevokeEngineering = Sim::dir("/groups/g-eng/role-assignments/revoke");
const std::string kMembers = Sim::dir("/groups/g-eng/memberships");
const std::string kGuestOfConfluence =
    R"({"resourceId":"ari:cloud:confluence::site/1","roleId":"atlassian/guest"})";
const std::string kUserOfJira =
    R"({"role":"atlassian/user","resource":"ari:cloud:jira-software::site/1"})";
const std::string kOrgAdminRoleBody = R"({"role":"atlassian/org-admin"})";

TEST(Groups, CreateAnswersNoIdAndTheGroupShowsLater) {
  Sim sim;
  const auto created = sim.post(Sim::dir("/groups"), R"({"name":"New","description":"d"})");
  EXPECT_EQ(created.status, 201);
  EXPECT_TRUE(created.raw.body.empty());
  const std::string look = R"({"groupNames":["new"]})";
  EXPECT_TRUE(sim.groups(look).data().empty());
  EXPECT_EQ(sim.post(Sim::dir("/groups"), R"({"name":"NEW"})").status, 409) << "it is there";
  sim.pass(milliseconds(1499));
  EXPECT_TRUE(sim.groups(look).data().empty());
  sim.pass(milliseconds(1));
  const auto found = sim.groups(look);
  ASSERT_EQ(found.data().size(), 1U);
  EXPECT_EQ(found.data().at(0).at("description"), "d");
  const std::string id = found.each("id").at(0);
  EXPECT_EQ(id.size(), 36U);

  EXPECT_EQ(sim.del(Sim::dir("/groups/" + id)).status, 204);
  EXPECT_EQ(sim.del(Sim::dir("/groups/" + id)).status, 404);
  EXPECT_EQ(sim.post(Sim::dir("/groups"), R"({"name":"New"})").status, 201);
  sim.pass(milliseconds(1500));
  EXPECT_NE(sim.groups(look).each("id").at(0), id);
}

TEST(Groups, DeletingTakesMembershipsAndAccessAlong) {
  Sim sim;
  EXPECT_EQ(sim.del(Sim::dir("/groups/g-eng")).status, 204);
  EXPECT_TRUE(sim.user("ada").at("groups").as_array().empty());
  EXPECT_EQ(sim.post(Sim::v2("/workspaces"), "{}").data().at(1).at("attributes").at("usage"), 0);
}

TEST(Groups, ProtectedOnesAreNotDeleted) {
  Sim sim;
  EXPECT_EQ(sim.del(Sim::dir("/groups/g-synced")).code(), "ADMIN-403-5");
  EXPECT_EQ(sim.del(Sim::dir("/groups/g-default")).code(), "ADMIN-403-6");
  EXPECT_EQ(sim.del(Sim::dir("/groups/g-admins")).code(), "ADMIN-403-7");
  Sim strict = Sim::with_options(R"({"delete_filled_group": 409})");
  EXPECT_EQ(strict.del(Sim::dir("/groups/g-eng")).code(), "ADMIN-409-5");
}

TEST(Memberships, AddAndRemove) {
  Sim sim;
  EXPECT_EQ(sim.post(kMembers, R"({"accountId":"bob"})").status, 204);
  EXPECT_EQ(sim.user("bob").at("groups").as_array().size(), 2U);
  const auto again = sim.post(kMembers, R"({"accountId":"bob"})");
  EXPECT_EQ(again.status, 409);
  EXPECT_NE(again.raw.body.find("already"), std::string::npos);
  EXPECT_EQ(sim.del(kMembers + "/bob").status, 204);
  EXPECT_EQ(sim.del(kMembers + "/bob").status, 404);
  EXPECT_EQ(sim.post(kMembers, R"({"accountId":"gone"})").code(), "ADMIN-404-8");
  EXPECT_EQ(sim.post(kMembers, R"({"accountId":"off"})").code(), "ADMIN-UAM-400-2");
  EXPECT_EQ(sim.post(Sim::dir("/groups/g-synced/memberships"), R"({"accountId":"ada"})").code(),
            "ADMIN-403-5");
  EXPECT_EQ(sim.del(Sim::dir("/groups/g-synced/memberships/bob")).status, 403);

  Sim lenient = Sim::with_options(R"({"repeat_add_member": 204, "repeat_remove_member": 204})");
  EXPECT_EQ(lenient.post(kMembers, R"({"accountId":"ada"})").status, 204);
  EXPECT_FALSE(lenient.requests().back().at("effective").as_bool());
  EXPECT_EQ(lenient.del(kMembers + "/bob").status, 204);
}

TEST(Seats, RunOutAndComeBack) {
  Sim sim;  // Jira has three seats; Ada has one.
  EXPECT_EQ(sim.post(Sim::v1("/users/bob/roles/assign"), kUserOfJira).status, 204);
  EXPECT_EQ(sim.post(kMembers, R"({"accountId":"bob"})").status, 204) << "has a seat already";
  EXPECT_EQ(
      sim.post(Sim::v2("/users/invite"),
               R"({"emails":["x@acme.example","y@acme.example"],"additionalGroups":["g-eng"]})")
          .code(),
      "ADMIN-409-3");
  EXPECT_EQ(sim.post(Sim::v2("/users/invite"),
                     R"({"emails":["x@acme.example"],"additionalGroups":["g-eng"]})")
                .status,
            200);
  EXPECT_EQ(sim.post(Sim::dir("/users/cyd/restore")).code(), "ADMIN-UAM-409-3");
  EXPECT_EQ(sim.post(Sim::dir("/users/bob/suspend")).status, 204);
  EXPECT_EQ(sim.post(Sim::dir("/users/cyd/restore")).status, 204);
  EXPECT_EQ(sim.post(Sim::v2("/workspaces"), "{}").data().at(1).at("attributes").at("usage"), 3);
}

TEST(GroupGrants, AreUpsertsAndMustFit) {
  Sim sim;
  const auto granted = sim.post(kGrantEngineering, kGuestOfConfluence);
  EXPECT_EQ(granted.status, 200);
  EXPECT_EQ(sim.post(kGrantEngineering, kGuestOfConfluence).status, 200);
  EXPECT_FALSE(sim.requests().back().at("effective").as_bool());
  EXPECT_EQ(sim.post(kRevokeEngineering, kGuestOfConfluence).status, 204);
  EXPECT_EQ(sim.post(kRevokeEngineering, kGuestOfConfluence).status, 404);
  EXPECT_EQ(
      sim.post(kGrantEngineering,
               R"({"resourceId":"ari:cloud:jira-software::site/1","roleId":"atlassian/guest"})")
          .code(),
      "ADMIN-UAM-400-3");
  EXPECT_EQ(sim.post(kGrantEngineering,
                     R"({"resourceId":"ari:cloud:trello::site/1","roleId":"atlassian/user"})")
                .code(),
            "ADMIN-UAM-404-1");
}

TEST(UserRoles, AssignAndRevoke) {
  Sim sim;
  const std::string assign = Sim::v1("/users/bob/roles/assign");
  const std::string revoke = Sim::v1("/users/bob/roles/revoke");
  EXPECT_EQ(sim.post(assign, kUserOfJira).status, 204);
  EXPECT_EQ(sim.post(assign, kUserOfJira).status, 409);
  EXPECT_EQ(sim.post(revoke, kUserOfJira).status, 204);
  EXPECT_EQ(sim.post(revoke, kUserOfJira).status, 404);
  EXPECT_EQ(sim.post(Sim::v1("/users/off/roles/assign"), kUserOfJira).code(), "ADMIN-UAM-400-2");
  EXPECT_EQ(sim.post(Sim::v1("/users/gone/roles/assign"), kUserOfJira).code(), "ADMIN-404-8");
  EXPECT_EQ(sim.post(assign, kOrgAdminRoleBody).status, 204) << "needs no resource";
  EXPECT_EQ(sim.user("bob", "platformRoles").at("platformRoles").as_array().size(), 1U);
}

TEST(OrgAdmin, TheLastOneStays) {
  Sim sim;
  const auto path = [](std::string_view who, std::string_view verb) {
    return Sim::v1("/users/" + std::string(who) + "/role-assignments/" + std::string(verb));
  };
  EXPECT_EQ(sim.post(path("ada", "revoke"), kOrgAdminRoleBody).status, 403);
  EXPECT_EQ(sim.post(Sim::dir("/users/ada/suspend")).status, 403);
  EXPECT_EQ(sim.del(Sim::dir("/users/ada")).status, 403);
  EXPECT_EQ(sim.post(path("bob", "assign"), kOrgAdminRoleBody).status, 204);
  EXPECT_EQ(sim.post(path("bob", "assign"), kOrgAdminRoleBody).status, 409);
  EXPECT_EQ(sim.post(path("ada", "revoke"), kOrgAdminRoleBody).status, 204);
  EXPECT_EQ(sim.post(path("ada", "revoke"), kOrgAdminRoleBody).status, 404);
  Sim lax = Sim::with_options(R"({"last_org_admin": 204})");
  EXPECT_EQ(lax.post(path("ada", "revoke"), kOrgAdminRoleBody).status, 204);
}

TEST(Lifecycle, SuspensionKeepsEverythingRemovalNothing) {
  Sim sim;
  EXPECT_EQ(sim.post(Sim::dir("/users/bob/suspend")).status, 204);
  EXPECT_EQ(sim.user("bob").at("membershipStatus"), "suspended");
  EXPECT_EQ(sim.user("bob").at("groups").as_array().size(), 1U);
  EXPECT_EQ(sim.post(Sim::dir("/users/bob/suspend")).status, 409);
  EXPECT_EQ(sim.post(Sim::dir("/users/bob/restore")).status, 204);
  EXPECT_EQ(sim.post(Sim::dir("/users/bob/restore")).status, 409);
  EXPECT_EQ(sim.del(Sim::dir("/users/bob")).status, 204);
  EXPECT_EQ(sim.del(Sim::dir("/users/bob")).status, 404);
  EXPECT_EQ(sim.user("bob").at("status"), "not_invited") << "managed accounts stay listed";
  EXPECT_TRUE(sim.user("bob").at("groups").as_array().empty());
  EXPECT_TRUE(sim.get(Sim::dir("/users/bob/role-assignments")).data().empty());
  EXPECT_EQ(sim.del(Sim::dir("/users/cyd")).status, 204);
  EXPECT_TRUE(sim.user("cyd").empty()) << "others do not";
}

TEST(Invite, NewPeopleAreActiveAndPendingUntilAccepted) {
  Sim sim;
  const auto answer = sim.post(Sim::v2("/users/invite"), R"({
    "emails":["New@Acme.example","x@other.example"],
    "permissionRules":[{"resource":"ari:cloud:confluence::site/1","role":"atlassian/user"}],
    "additionalGroups":["g-empty"],"sendNotification":true,"notificationText":"Welcome"})");
  EXPECT_EQ(answer.status, 200);
  const auto& result = answer.data().at(0).at("results").at(0);
  EXPECT_EQ(result.at("roleAssignmentResult").at(0).at("status"), "INVITED");
  EXPECT_EQ(result.at("groupAssignmentResult").at(0).at("group"), "g-empty");
  const std::string id = answer.each("id").at(0);
  const auto user = sim.user(id);
  EXPECT_EQ(user.at("status"), "active");
  EXPECT_EQ(user.at("email"), "new@acme.example");
  EXPECT_EQ(user.at("claimStatus"), "managed");
  EXPECT_EQ(user.at("groups").as_array().size(), 1U);
  const auto state = [&] { return boost::json::serialize(sim.org().state()); };
  EXPECT_NE(state().find(R"("status":"invited")"), std::string::npos);
  EXPECT_NE(state().find(R"("mails":{"new@acme.example":1,"x@other.example":1})"),
            std::string::npos);
  EXPECT_EQ(
      sim.post("/_simulator/accept", R"({"emails":["new@acme.example","x@other.example"]})").status,
      204);
  EXPECT_EQ(state().find(R"("status":"invited")"), std::string::npos);
  Sim other;
  EXPECT_EQ(other.post(Sim::v2("/users/invite"), R"({"emails":["new@acme.example"]})").each("id"),
            std::vector<std::string>{id})
      << "account ids depend on nothing but the address";
}

TEST(Invite, MembersGetWhatIsNewAndKeepWhatTheyHave) {
  Sim sim;
  const std::string body = R"({"emails":["bob@acme.example"],"additionalGroups":["g-empty"]})";
  EXPECT_EQ(sim.post(Sim::v2("/users/invite"), body).each("id"), std::vector<std::string>{"bob"});
  EXPECT_EQ(sim.user("bob").at("groups").as_array().size(), 2U);
  EXPECT_EQ(boost::json::serialize(sim.org().state()).find(R"("mails":{})") == std::string::npos,
            false)
      << "nobody asked for mail";
  Sim ignoring = Sim::with_options(R"({"invite_adds_to_members": false})");
  EXPECT_EQ(ignoring.post(Sim::v2("/users/invite"), body).status, 200);
  EXPECT_EQ(ignoring.user("bob").at("groups").as_array().size(), 1U);
  EXPECT_EQ(sim.post(Sim::v2("/users/invite"), R"({"emails":["gone@acme.example"]})").status, 200);
  EXPECT_EQ(sim.user("gone").at("status"), "active");
}

TEST(Invite, WhatCannotBeGivenIsAnErrorOfItsOwn) {
  Sim sim;
  const std::string body = R"({"emails":["new@acme.example"],
    "permissionRules":[{"resource":"ari:cloud:trello::site/1","role":"atlassian/user"}],
    "additionalGroups":["nothing","g-synced","g-empty"]})";
  const auto answer = sim.post(Sim::v2("/users/invite"), body);
  EXPECT_EQ(answer.status, 206);
  const auto& result = answer.data().at(0).at("results").at(0);
  EXPECT_EQ(result.at("roleAssignmentResult").at(0).at("status"), "ERROR");
  EXPECT_TRUE(result.at("roleAssignmentResult").at(0).at("statusReason").is_string());
  std::vector<std::string> statuses;
  for (const auto& group : result.at("groupAssignmentResult").as_array()) {
    statuses.emplace_back(group.at("status").as_string());
  }
  EXPECT_EQ(statuses, (std::vector<std::string>{"ERROR", "ERROR", "INVITED"}));
  EXPECT_EQ(Sim::with_options(R"({"invite_bad_target": 404})")
                .post(Sim::v2("/users/invite"), body)
                .status,
            404);
  EXPECT_EQ(Sim::with_options(R"({"paid": false})").post(Sim::v2("/users/invite"), body).status,
            402);
}

TEST(SeveralDirectories, MembershipIsOrganizationWideAndRolesAreNot) {
  Sim sim(Sim::parse(R"({
    "organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
    "directories": [{"id": "22222222-0000-4000-8000-000000000001", "name": "A"},
                    {"id": "b", "name": "B"}],
    "users": [{"email": "ada@a.example", "id": "ada", "roles": ["org-admin"]},
              {"email": "bob@a.example", "id": "bob", "directories": {"A": "active", "B": "suspended"}},
              {"email": "cyd@a.example", "id": "cyd", "directories": {"B": "active"}}],
    "groups": [{"name": "team", "id": "ga", "members": ["bob"]},
               {"name": "team", "id": "gb", "directory": "B", "members": ["bob", "cyd"]}]})"));
  EXPECT_EQ(sim.user("bob").at("membershipStatus"), "active");
  EXPECT_EQ(sim.user("bob").at("groups").as_array().size(), 1U) << "of the directory asked for";
  EXPECT_EQ(sim.users("{}").each("accountId"), (std::vector<std::string>{"ada", "bob"}));
  EXPECT_EQ(
      sim.post(Sim::v2("/directories/-/groups/search"), R"({"groupNames":["team"]})").each("id"),
      (std::vector<std::string>{"ga", "gb"}));
  EXPECT_EQ(sim.get(Sim::dir("/groups/gb")).status, 404);
  EXPECT_EQ(sim.post(Sim::dir("/groups/ga/memberships"), R"({"accountId":"cyd"})").status, 404);
  EXPECT_EQ(sim.del(Sim::v2("/directories/b/users/bob")).status, 204);
  EXPECT_EQ(sim.user("bob").at("groups").as_array().size(), 1U);
  EXPECT_EQ(sim.get(Sim::v2("/directories/b/groups/gb")).body.at("data").at("counts").at("users"),
            1);
}

}  // namespace
}  // namespace rolecall::simulator
