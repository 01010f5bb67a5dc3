#include "state/api/parse.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "state/model/json.h"

namespace rolecall {
namespace {

constexpr std::string_view kUsers = R"({"data":[{
  "accountId":"a","accountType":"app","status":"x","accountStatus":"inactive",
  "membershipStatus":"suspended","name":"N","nickname":"n","email":"e@x.example",
  "emailVerified":false,"mfaEnabled":true,"platformRoles":["atlassian/org-admin"],
  "groups":[{"id":"ari:cloud:identity::group/g1","name":"G","description":"D"},{"id":"g2"}]}],
  "links":{"self":"s","next":"cursor","prev":null}})";

boost::json::value page(std::string_view text, Operation operation) {
  return parse_json_parts(text, wanted_members(operation), {}).value();
}

TEST(WantedMembersTest, LeaveOutWhatGroupsOfPeopleSay) {
  auto whole = parse_json(kUsers).value();
  boost::json::array& groups = whole.at("data").at(0).as_object().at("groups").as_array();
  for (boost::json::value& group : groups) {
    group.as_object().erase("name");
    group.as_object().erase("description");
  }
  EXPECT_EQ(page(kUsers, Operation::searchDirectoryUsers), whole);
  const ParsedUser user = parse_user(whole.at("data").at(0));
  EXPECT_EQ(user.group_ids, (std::vector<std::string>{"g1", "g2"}));
}

TEST(WantedMembersTest, AreAllOfOtherAnswers) {
  for (const auto operation : {Operation::searchDirectoryGroups, Operation::getDirectoryUsersCount,
                               Operation::getDirectoriesForOrg, Operation::getGroupRoleAssignments,
                               Operation::queryWorkspaces, Operation::getUserRoleAssignments}) {
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
