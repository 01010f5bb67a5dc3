// The checker that every end-to-end test ends with: what it lets through and what it does not.
#include "tests/support/conformance.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace rolecall::test {
namespace {

struct Case {
  std::string method, target, body, complaint;
};

const std::string kOrg = "/admin/v2/orgs/o";
const std::string kDirectory = kOrg + "/directories/d";

std::vector<std::string> complaints_about(const Case& one) {
  return ApiDocument().complaints(
      one.method, one.target,
      one.body.empty() ? boost::json::value(nullptr) : boost::json::parse(one.body));
}

std::string many(std::string_view item, int n) {
  return fmt::format(
      "[{}]", fmt::join(std::vector<std::string_view>(static_cast<std::size_t>(n), item), ","));
}

TEST(Conformance, GoodRequestsAreLetThrough) {
  const std::vector<Case> kGood = {
      {"GET", "/admin/v1/orgs", "", ""},
      {"GET", "/admin/v1/orgs?cursor=a%2Fb", "", ""},
      {"GET", kOrg + "/directories?limit=100&directoryIds=a&directoryIds=b", "", ""},
      {"GET", kDirectory + "/users/count?mfaEnabled=true&roleIds=atlassian%2Fguest", "", ""},
      {"GET", kOrg + "/directories/-/groups/count", "", ""},
      {"POST", kDirectory + "/users/search", R"({"limit": 100, "expand": ["groups"]})", ""},
      {"POST", kDirectory + "/users/search", "", ""},
      {"POST", kDirectory + "/users/search", R"({"emails": )" + many("\"a@b\"", 100) + "}", ""},
      {"POST", kOrg + "/workspaces", R"({"query": {"and": [{"anything": 1}]}, "cursor": null})",
       ""},
      {"POST", kOrg + "/users/invite",
       R"({"emails": ["a@b"], "permissionRules": [{"resource": "r", "role": "atlassian/user"}]})",
       ""},
      {"DELETE", kDirectory + "/groups/g/memberships/712020%3Ax", "", ""},
      {"POST", kDirectory + "/users/712020:x/suspend", "", ""},
  };
  for (const Case& one : kGood) {
    EXPECT_EQ(complaints_about(one), std::vector<std::string>()) << one.method << one.target;
  }
}

TEST(Conformance, BadRequestsAreNamed) {
  const std::vector<Case> kBad = {
      {"GET", "/v1/orgs", "", "path: not below /admin"},
      {"GET", kDirectory + "/people", "", "path: the document does not know it"},
      {"GET", kOrg + "/directories//groups", "", "path: the document does not know it"},
      {"PUT", kDirectory + "/groups", "", "PUT: no such method on this path"},
      {"GET", kDirectory + "/users/search", "", "GET: no such method on this path"},
      {"POST", kOrg + "/directories/-/groups", R"({"name": "g"})",
       "path: directoryId: \"-\" is not for this operation"},
      {"GET", "/admin/v1/orgs?limit=5", "", "query: there is no limit"},
      {"GET", kOrg + "/directories?limit=101", "", "query: limit: 101 is more than 100"},
      {"GET", kOrg + "/directories?limit=0", "", "query: limit: 0 is less than 1"},
      {"GET", kOrg + "/directories?limit=ten", "", "query: limit: no integer"},
      {"GET", kOrg + "/directories?limit=1&limit=2", "", "query: limit more than once"},
      {"GET", kDirectory + "/users/count?roleIds=user", "",
       "query: roleIds: \"user\" is none of the values there are"},
      {"GET", kDirectory + "/users/count?mfaEnabled=yes", "", "query: mfaEnabled: no boolean"},
      {"GET",
       kDirectory + "/users/count?groupIds=1&groupIds=2&groupIds=3&groupIds=4&groupIds=5&"
                    "groupIds=6&groupIds=7&groupIds=8&groupIds=9&groupIds=10&groupIds=11",
       "", "groupIds: 11 is more than 10"},
      {"POST", kOrg + "/users/invite", "", "body: there must be one"},
      {"POST", kOrg + "/users/invite", "[]", "body: no object"},
      {"POST", kOrg + "/users/invite", R"({"sendNotification": false})", "body: no emails"},
      {"POST", kOrg + "/users/invite", R"({"emails": []})", "body.emails: 0 is less than 1"},
      {"POST", kOrg + "/users/invite", R"({"emails": )" + many("\"a@b\"", 26) + "}",
       "body.emails: 26 is more than 25"},
      {"POST", kOrg + "/users/invite", R"({"emails": ["a@b"], "extra": 1})",
       "body.extra: there is no such field"},
      {"POST", kOrg + "/users/invite", R"({"emails": [1]})", "body.emails[]: no string"},
      {"POST", kOrg + "/users/invite",
       R"({"emails": ["a@b"], "permissionRules": [{"resource": "r", "role": "user"}]})",
       "body.permissionRules[].role: \"user\" is none of the values there are"},
      {"POST", kOrg + "/users/invite",
       R"({"emails": ["a@b"], "permissionRules": [{"role": null}]})",
       "body.permissionRules[].role: no string"},
      {"POST", kDirectory + "/users/search", R"({"limit": 101})",
       "body.limit: 101 is more than 100"},
      {"POST", kDirectory + "/users/search", R"({"limit": "5"})", "body.limit: no integer"},
      {"POST", kDirectory + "/users/x/suspend", "{}", "body: this operation takes none"},
      {"DELETE", kDirectory + "/groups/g/memberships/x", R"({"a": 1})",
       "body: this operation takes none"},
  };
  for (const Case& one : kBad) {
    const auto said = complaints_about(one);
    EXPECT_FALSE(said.empty()) << one.method << " " << one.target << one.body;
    if (!said.empty()) {
      EXPECT_EQ(said[0], one.complaint) << one.method << " " << one.target << one.body;
    }
  }
}

TEST(Conformance, ALogIsCheckedRequestByRequest) {
  const boost::json::value log = boost::json::parse(R"([
    {"method": "GET", "target": "/admin/v1/orgs", "body": null},
    {"method": "GET", "target": "/admin/v1/orgs?x=1", "body": null},
    {"method": "POST", "target": "/admin/v2/orgs/o/users/invite", "body": {"emails": "a"}}])");
  EXPECT_EQ(
      ApiDocument().complaints(log.as_array()),
      (std::vector<std::string>{"GET /admin/v1/orgs?x=1: query: there is no x",
                                "POST /admin/v2/orgs/o/users/invite: body.emails: no array"}));
}

}  // namespace
}  // namespace rolecall::test
