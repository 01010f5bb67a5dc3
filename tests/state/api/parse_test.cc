#include "state/api/parse.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>

#include "state/model/json.h"

namespace rolecall {
namespace {

/// A person and a group with something in every member that is looked at, and some that are not.
constexpr std::string_view kUsers = R"({"data":[{
  "accountId":"a","accountType":"app","status":"x","accountStatus":"inactive",
  "membershipStatus":"suspended","name":"N","nickname":"n","email":"e@x.example",
  "platformRoles":["atlassian/org-admin"],"links":{"next":"other"},
  "groups":[{"id":"ari:cloud:identity::group/g1","name":"G"},{"id":"g2"}]}],
  "links":{"self":"s","next":"cursor","prev":null}})";
constexpr std::string_view kGroups = R"({"data":[{
  "id":"ari:cloud:identity::group/g1","name":"G","description":"D","directoryId":"d",
  "managedBy":"external","externalSynced":true,
  "managementAccess":{"modifiable":false,"deletable":false,"readable":true},
  "counts":{"users":7,"resources":8}}],"links":{"next":"cursor"}})";

boost::json::value page(std::string_view text, Operation operation) {
  return parse_json_parts(text, wanted_members(operation), {}).value();
}

const boost::json::value& first(const boost::json::value& page) {
  return array_member(page, "data")->at(0);
}

TEST(WantedMembersTest, HoldAllThatParsingLooksAt) {
  const auto whole = parse_json(kUsers).value();
  const auto part = page(kUsers, Operation::searchDirectoryUsers);
  const ParsedUser expected = parse_user(first(whole));
  const ParsedUser user = parse_user(first(part));
  EXPECT_EQ(user.about.account_id, "a");
  EXPECT_EQ(user.about.name, "N");
  EXPECT_FALSE(user.about.account_active);
  EXPECT_EQ(user.about.opaque, expected.about.opaque);
  EXPECT_NE(user.about.opaque, "");
  EXPECT_EQ(user.email, "e@x.example");
  EXPECT_EQ(user.presence, Presence::suspended);
  EXPECT_TRUE(user.org_admin && user.has_platform_roles);
  EXPECT_EQ(user.group_ids, (std::vector<std::string>{"g1", "g2"}));

  const auto groups = page(kGroups, Operation::searchDirectoryGroups);
  const ParsedGroup group = parse_group(first(groups));
  const ParsedGroup wanted = parse_group(first(parse_json(kGroups).value()));
  EXPECT_EQ(group.about.id, "g1");
  EXPECT_EQ(group.about.opaque, wanted.about.opaque);
  EXPECT_TRUE(group.about.synced && group.has_counts);
  EXPECT_FALSE(group.about.modifiable || group.about.deletable);
  EXPECT_EQ(group.about.user_count, 7U);
  EXPECT_EQ(group.about.resource_count, 8U);
  EXPECT_EQ(group.name + group.description, "GD");
}

TEST(WantedMembersTest, HoldTheCursor) {
  for (const auto operation : {Operation::searchDirectoryUsers, Operation::searchDirectoryGroups}) {
    const auto part = page(kUsers, operation);
    EXPECT_EQ(*string_member(*member(part, "links"), "next"), "cursor");
  }
}

TEST(WantedMembersTest, AreAllWhereOthersRead) {
  for (const auto operation : {Operation::getDirectoryUsersCount, Operation::getDirectoriesForOrg,
                               Operation::getGroupRoleAssignments, Operation::queryWorkspaces,
                               Operation::getUserRoleAssignments}) {
    EXPECT_EQ(wanted_members(operation), nullptr);
  }
}

TEST(BareIdTest, IsWhatStandsBehindTheLastSlash) {
  EXPECT_EQ(bare_id("ari:cloud:identity::group/g"), "g");
  EXPECT_EQ(bare_id("a/b/c"), "c");
  EXPECT_EQ(bare_id("g"), "g");
  EXPECT_EQ(bare_id("g/"), "");
  EXPECT_EQ(bare_id(""), "");
}

}  // namespace
}  // namespace rolecall
