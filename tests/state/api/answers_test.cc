// What becomes of answers that are not what the API documents: the rows R01 to R46 of the catalogue
// of bad input that concern reading. (Waiting and giving up, R04 to R06: retry_test.cc. Framing,
// sizes and TLS, R12, R25, R29, R31 to R35, R48: http_client_test.cc and tls_test.cc.)
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <map>

#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/model/json.h"
#include "state/model/text.h"
#include "tests/support/canned_client.h"

namespace rolecall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Response json_answer(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

Response answer(int status, std::string type, std::string body) {
  Response response = json_answer(std::move(body), status);
  response.content_type = std::move(type);
  return response;
}

std::string user(std::string_view id, std::string_view more = "") {
  return fmt::format(R"({{"accountId":"{0}","email":"{0}@x.example","name":"N",)"
                     R"("accountStatus":"active","membershipStatus":"active",)"
                     R"("platformRoles":[],"groups":[]{1}}})",
                     id, more);
}

std::string page(std::string_view items, std::string_view next = "null") {
  return fmt::format(R"({{"data":[{}],"links":{{"next":{}}}}})", items, next);
}

/// An organization of two people and a group, in which one answer may be another.
struct Api {
  std::map<Operation, std::vector<Response>> answers{
      {Operation::getDirectoriesForOrg, {json_answer(page(R"({"directoryId":"d","name":"D"})"))}},
      {Operation::searchDirectoryUsers, {json_answer(page(user("a") + "," + user("b")))}},
      {Operation::searchDirectoryGroups,
       {json_answer(page(
           R"({"id":"g","name":"dev","description":"","counts":{"users":0,"resources":1}})"))}},
      {Operation::getDirectoryUsersCount, {json_answer(R"({"count":2})")}},
      {Operation::getGroupsCount, {json_answer(R"({"count":1})")}},
      {Operation::getGroupRoleAssignments,
       {json_answer(page(R"({"resourceId":"ari:cloud:j","roles":["atlassian/user"]})"))}},
  };
  std::vector<Request> requests{};
  std::map<Operation, std::size_t> asked{};

  /// Everything said about the reading, and how it ended.
  std::string said{};
  bool failed = false;
  bool complete = false;
  Snapshot live{};
  Catalog catalog{};

  void read() {
    test::CannedClient client([this](const Request& request) -> Answer {
      requests.push_back(request);
      const std::vector<Response>& known = answers[request.operation];
      const std::size_t n = asked[request.operation]++;
      if (known.empty()) return json_answer("{}", 404);
      return known[std::min(n, known.size() - 1)];
    });
    FetchScope scope;
    scope.organization = "o";
    scope.group_access = {catalog.group(*GroupName::parse("dev"))};
    scope.resources = {catalog.resource("ari:cloud:j")};
    scope.group_roles = {Role::user};
    auto result = fetch(client, scope, catalog);
    failed = !result;
    if (failed) {
      said = result.error().what + " - " + result.error().hint;
      return;
    }
    live = *std::move(result);
    complete = live.complete();
    for (const std::string& gap : live.gaps) said += gap + "\n";
    for (const Note& note : live.notes) said += note.kind + ": " + note.subject + "\n";
    for (const LiveUser& one : live.users) said += one.opaque + "\n";
    for (const LiveGroup& one : live.groups) said += one.opaque + "\n";
  }
};

enum class Ends { error, incomplete, opaque, well };

struct Odd {
  std::string name;
  Operation operation;
  std::vector<Response> answers;
  Ends ends;
  std::string says;
};

void PrintTo(const Odd& odd, std::ostream* out) {
  *out << odd.name;
}

class OddAnswers : public ::testing::TestWithParam<Odd> {};

TEST_P(OddAnswers, AreNamedAndNothingIsGuessed) {
  Api api;
  api.answers[GetParam().operation] = GetParam().answers;
  api.read();
  EXPECT_THAT(api.said, HasSubstr(GetParam().says));
  EXPECT_EQ(api.failed, GetParam().ends == Ends::error) << api.said;
  const bool proved = GetParam().ends == Ends::opaque || GetParam().ends == Ends::well;
  EXPECT_EQ(api.complete, proved) << api.said;
  // Named here, escaped where it is printed; but bodies are never passed on whole.
  EXPECT_LT(api.said.size(), 4'000U);
  for (const Request& request : api.requests) {
    EXPECT_TRUE(request.target.starts_with("/v2/orgs/o/")) << request.target;
    EXPECT_EQ(request.target.find_first_of(" \r\n"), std::string::npos) << request.target;
  }
}

constexpr auto kUsers = Operation::searchDirectoryUsers;
constexpr auto kGroups = Operation::searchDirectoryGroups;
constexpr auto kDirectories = Operation::getDirectoriesForOrg;
constexpr auto kRoles = Operation::getGroupRoleAssignments;

std::vector<Response> users(std::string_view items) {
  return {json_answer(page(items))};
}

const Odd kStatuses[] = {
    {"R01_Unauthorized",
     kDirectories,
     {json_answer("{}", 401)},
     Ends::error,
     "GET /v2/orgs/o/directories: 401, the API key is wrong or has expired (keys last at most a "
     "year)"},
    {"R02_ForbiddenEndpoint",
     kGroups,
     {json_answer("{}", 403)},
     Ends::incomplete,
     "POST /v2/orgs/o/directories/d/groups/search: 403, the API key lacks the permission"},
    {"R02_ForbiddenRoles",
     kRoles,
     {json_answer("{}", 403)},
     Ends::incomplete,
     "role-assignments: 403, the API key lacks the permission"},
    {"R03_UnknownOrganization",
     kDirectories,
     {json_answer("{}", 404)},
     Ends::error,
     "404, not found, or not visible to this API key - check the organization id \"o\" and the API "
     "key; rolecall get orgs names what the key sees"},
    {"R07_BadGateway",
     kUsers,
     {answer(502, "text/html", "<html>secret page</html>")},
     Ends::incomplete,
     "502 (text/html (24 bytes))"},
    {"R08_LoginPage",
     kUsers,
     {answer(200, "text/html; charset=utf-8", "<html>")},
     Ends::incomplete,
     "expected JSON, got \"text/html; charset=utf-8\"; is the API address right?"},
    {"R28_Redirect",
     kUsers,
     {answer(302, "text/html", "")},
     Ends::incomplete,
     "302, unexpected redirect; not followed"},
    {"R28_RedirectOfTheFirst",
     kDirectories,
     {answer(307, "", "")},
     Ends::error,
     "307, unexpected redirect; not followed"},
};

const Odd kDocuments[] = {
    {"R09_EmptyBody",
     kUsers,
     {json_answer("")},
     Ends::incomplete,
     "POST /v2/orgs/o/directories/d/users/search: empty body, expected JSON"},
    {"R10_Null", kUsers, {json_answer("null")}, Ends::incomplete, "$: expected an object"},
    {"R10_Number", kUsers, {json_answer("42")}, Ends::incomplete, "$: expected an object"},
    {"R10_List", kUsers, {json_answer("[]")}, Ends::incomplete, "$: expected an object"},
    {"R10_Text", kUsers, {json_answer("\"x\"")}, Ends::incomplete, "$: expected an object"},
    {"R11_CutOff",
     kUsers,
     {json_answer(page(user("a") + "," + user("b")).substr(0, 200))},
     Ends::incomplete,
     "JSON ends inside $.data[1]"},
    {"R12_BytesAfter",
     kUsers,
     {json_answer(page(user("a")) + "{}HTTP/1.1 500")},
     Ends::incomplete,
     "14 unexpected bytes after the JSON"},
    {"R13_InvalidUtf8",
     kUsers,
     {json_answer(page(user("a\xFF")))},
     Ends::incomplete,
     "(in $.data[0].accountId)"},
    {"R13_LoneSurrogate", kUsers, users(user("a", R"(,"x":"\ud800")")), Ends::incomplete,
     "(in $.data[0].x)"},
    {"R14_DuplicateMember", kUsers, users(R"({"accountId":"a","accountId":"b"})"), Ends::incomplete,
     "$.data[0].accountId: duplicate member"},
    {"R15_HugeNumber", kUsers, users(user("a", R"(,"x":1e400)")), Ends::incomplete, "$.data[0].x"},
    {"R15_LongNumber", kUsers, users(user("a", R"(,"x":18446744073709551616)")), Ends::incomplete,
     "$.data[0].x: number does not fit 64 bits"},
    {"R18_NoData",
     kUsers,
     {json_answer(R"({"links":{"next":"c"}})")},
     Ends::incomplete,
     "users/search page 1: $.data is missing"},
    {"R18_DataIsNoList",
     kUsers,
     {json_answer(R"({"data":{},"links":{}})")},
     Ends::incomplete,
     "$.data is missing"},
    {"R30_DeepNesting",
     kUsers,
     {json_answer(std::string(100'000, '['))},
     Ends::incomplete,
     "JSON nested deeper than 32"},
    {"CountIsNoNumber",
     Operation::getGroupsCount,
     {json_answer(R"({"count":"1"})")},
     Ends::incomplete,
     "$.count is no whole number"},
    {"CountBelowZero",
     Operation::getGroupsCount,
     {json_answer(R"({"count":-1})")},
     Ends::incomplete,
     "$.count is no whole number"},
};

const Odd kObjects[] = {
    {"R15_NumberForId", kUsers,
     users(user("a") + R"(,{"accountId":7,"email":"b@x.example","accountStatus":"active",)"
                       R"("membershipStatus":"active"})"),
     Ends::opaque, "accountId is missing or unusable"},
    {"R16_NoAccountId", kUsers,
     users(user("a") + R"(,{"email":"b@x.example","accountStatus":"active",)"
                       R"("membershipStatus":"active"})"),
     Ends::opaque, "accountId is missing or unusable"},
    {"R16_NoEmail", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":null,"accountStatus":"active",)"
                       R"("membershipStatus":"active"})"),
     Ends::opaque, "no e-mail address is visible"},
    {"R16_OddEmail", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":"b\u202e@@x","accountStatus":"active",)"
                       R"("membershipStatus":"active"})"),
     Ends::opaque, "its address is not understood"},
    {"R16_NoStatus", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":"b@x.example","membershipStatus":"active"})"),
     Ends::opaque, "accountStatus is missing"},
    {"R17_UnknownStatus", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":"b@x.example","accountStatus":"LIMBO",)"
                       R"("membershipStatus":"active"})"),
     Ends::opaque, "unknown accountStatus \"LIMBO\""},
    {"R17_UnknownMembership", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":"b@x.example","accountStatus":"active",)"
                       R"("membershipStatus":"maybe"})"),
     Ends::opaque, "unknown membershipStatus \"maybe\""},
    {"NoMemberThoughMembersWereAskedFor", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":"b@x.example","accountStatus":"active",)"
                       R"("membershipStatus":"no_membership"})"),
     Ends::opaque, "no_membership was not asked for (users/search: $.data[].membershipStatus)"},
    {"R37_LongId", kUsers,
     users(user("a") + R"(,{"email":"b@x.example","accountStatus":"active",)" +
           R"("membershipStatus":"active","accountId":")" + std::string(4'096, 'x') + "\"}"),
     Ends::opaque, "accountId is missing or unusable"},
    {"NeitherIdNorAddress", kUsers, users(user("a") + "," + user(std::string(4'096, 'x'))),
     Ends::incomplete, "somebody without account and address"},
    {"R44_OneAddressTwice", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":"A@x.example","accountStatus":"active",)"
                       R"("membershipStatus":"active"})"),
     Ends::opaque, "two accounts have this address"},
    {"NotAnObject", kUsers, users(user("a") + ",null"), Ends::incomplete,
     "accountId is missing or unusable"},
    {"GroupWithoutName",
     kGroups,
     {json_answer(page(R"({"id":"g","counts":{"users":0,"resources":0}})"))},
     Ends::incomplete,
     "group \"g\": name is missing (groups/search: $.data[].name)"},
    {"GroupWithoutId",
     kGroups,
     {json_answer(page(R"({"name":"dev","counts":{"users":0,"resources":0}})"))},
     Ends::opaque,
     "id is missing or unusable (groups/search: $.data[].id)"},
    {"GroupSyncedByWord",
     kGroups,
     {json_answer(page(R"({"id":"g","name":"dev","externalSynced":"yes",)"
                       R"("counts":{"users":0,"resources":0}})"))},
     Ends::opaque,
     "externalSynced is neither true nor false (groups/search: $.data[].externalSynced)"},
    {"RolesOfAPersonAreText", kUsers,
     users(user("a") + R"(,{"accountId":"b","email":"b@x.example","accountStatus":"active",)"
                       R"("membershipStatus":"active","platformRoles":"atlassian/org-admin"})"),
     Ends::opaque, "platformRoles is no list (users/search: $.data[].platformRoles)"},
    {"GroupManagedByWhom",
     kGroups,
     {json_answer(page(R"({"id":"g","name":"dev","managedBy":"robots",)"
                       R"("counts":{"users":0,"resources":0}})"))},
     Ends::opaque,
     "unknown managedBy \"robots\""},
    {"RolesAreText",
     kRoles,
     {json_answer(page(R"({"resourceId":"ari:cloud:j","roles":"atlassian/user"})"))},
     Ends::incomplete,
     "role-assignments of group \"dev\": $.data[].roles is no list"},
    {"RolesAreNumbers",
     kRoles,
     {json_answer(page(R"({"resourceId":"ari:cloud:j","roles":[1]})"))},
     Ends::incomplete,
     "dev"},
};

const Odd kPaging[] = {
    {"R19_CursorTwice",
     kUsers,
     {json_answer(page(user("a"), "\"c\""))},
     Ends::incomplete,
     "cursor repeated after page 2, the listing is not trusted"},
    {"R19_CursorsInALoop",
     kUsers,
     {json_answer(page(user("a"), "\"c\"")), json_answer(page(user("b"), "\"d\"")),
      json_answer(page("", "\"c\""))},
     Ends::incomplete,
     "cursor repeated after page 3"},
    {"R20_NewCursorsWithoutEnd",
     kUsers,
     {json_answer(page(user("a"), "\"c\"")), json_answer(page(user("a"), "\"d\"")),
      json_answer(page(user("a"), "\"e\""))},
     Ends::incomplete,
     "page 2 begins as an earlier one, the listing is not trusted"},
    {"R21_OnTwoPages",
     kUsers,
     {json_answer(page(user("a"), "\"c\"")), json_answer(page(user("a")))},
     Ends::incomplete,
     "listed account a twice"},
    {"R22_EmptyPageBetween",
     kUsers,
     {json_answer(page(user("a"), "\"c\"")), json_answer(page("", "\"d\"")),
      json_answer(page(user("b")))},
     Ends::well,
     ""},
    {"R23_CountDiffers",
     Operation::getDirectoryUsersCount,
     {json_answer(R"({"count":500})")},
     Ends::incomplete,
     "users/search listed 2 people, users/count says 500"},
    {"R23_GroupCountDiffers",
     Operation::getGroupsCount,
     {json_answer(R"({"count":0})")},
     Ends::incomplete,
     "groups/search listed 1 groups, groups/count says 0"},
    {"R26_LinkToAnotherHost",
     kUsers,
     {json_answer(page(user("a"), R"("https://evil.example/x?y=z&cursor=c#f")")),
      json_answer(page(user("b")))},
     Ends::well,
     ""},
    {"R26_LinkWithoutCursor",
     kUsers,
     {json_answer(page(user("a"), R"("https://evil/?x=1")"))},
     Ends::incomplete,
     "$.links.next holds no cursor"},
    {"R26_ProtocolRelative",
     kUsers,
     {json_answer(page(user("a"), R"("//evil.example/x")")), json_answer(page(user("b")))},
     Ends::well,
     ""},
    {"R26_Script",
     kUsers,
     {json_answer(page(user("a"), "\"javascript:alert(1)\"")), json_answer(page(user("b")))},
     Ends::well,
     ""},
    {"R26_NextIsNumber",
     kUsers,
     {json_answer(page(user("a"), "7"))},
     Ends::incomplete,
     "$.links.next is no text"},
    {"R27_CursorWithLines",
     kDirectories,
     {json_answer(page("", R"("c\r\nX: y &admin=true")")),
      json_answer(page(R"({"directoryId":"d","name":"D"})"))},
     Ends::well,
     ""},
    {"R27_LongCursor",
     kDirectories,
     {json_answer(page("", "\"" + std::string(100'000, '/') + "\"")),
      json_answer(page(R"({"directoryId":"d","name":"D"})"))},
     Ends::well,
     ""},
};

constexpr auto kName = [](const auto& test) { return test.param.name; };
INSTANTIATE_TEST_SUITE_P(Statuses, OddAnswers, ::testing::ValuesIn(kStatuses), kName);
INSTANTIATE_TEST_SUITE_P(Documents, OddAnswers, ::testing::ValuesIn(kDocuments), kName);
INSTANTIATE_TEST_SUITE_P(Objects, OddAnswers, ::testing::ValuesIn(kObjects), kName);
INSTANTIATE_TEST_SUITE_P(Paging, OddAnswers, ::testing::ValuesIn(kPaging), kName);

TEST(Answers, TheUsualOnesAreUnderstood) {
  Api api;
  api.read();
  EXPECT_TRUE(api.complete) << api.said;
}

std::string group(std::string_view name) {
  return fmt::format(R"({{"id":"g"{},"counts":{{"users":0,"resources":0}}}})", name);
}

TEST(Answers, AnIdUnderTwoNamesMeansNoGroup) {
  const std::string dev = group(R"(,"name":"dev")");
  const std::string ops = group(R"(,"name":"ops")");
  for (const std::string& listed :
       {dev + "," + ops, ops + "," + dev, dev + "," + group(""), group("") + "," + dev}) {
    Api api;
    api.answers[kGroups] = {json_answer(page(listed))};
    api.answers[Operation::getGroupsCount] = {json_answer(R"({"count":2})")};
    api.read();
    EXPECT_FALSE(api.complete) << listed;
    const auto ref = api.catalog.find_group(*GroupName::parse("dev"));
    ASSERT_TRUE(ref && api.live.live.find(*ref) != nullptr) << listed;
    EXPECT_THAT(api.live.about(*ref).opaque, HasSubstr("listed under its id")) << listed;
  }
}

TEST(Answers, AnAccountUnderTwoAddressesIsNobody) {
  const auto shown = [](std::string_view email) {
    return fmt::format(R"({{"accountId":"a","email":"{}@x.example","accountStatus":"active",)"
                       R"("membershipStatus":"active","platformRoles":[],"groups":[]}})",
                       email);
  };
  for (const bool on_two_pages : {false, true}) {
    Api api;
    // The policy names others too, who come later.
    for (const char* named : {"a@x.example", "b@x.example", "z@x.example"}) {
      api.catalog.user(*Email::parse(named));
    }
    api.answers[kUsers] = users(user("z") + "," + user("z") + "," + shown("b") + "," + shown("a"));
    if (on_two_pages) {
      api.answers[kUsers] = {
          json_answer(page(user("z") + "," + user("z") + "," + shown("b"), "\"c\"")),
          json_answer(page(shown("a")))};
    }
    api.read();
    EXPECT_FALSE(api.complete);
    const auto first = api.catalog.find_user(*Email::parse("b@x.example"));
    ASSERT_TRUE(first);
    EXPECT_THAT(api.live.about(*first).opaque, HasSubstr("under another address"));
    const auto second = api.catalog.find_user(*Email::parse("a@x.example"));
    ASSERT_TRUE(second) << "the other address is no free one";
    ASSERT_EQ(api.live.conflicts.size(), 1U);
    EXPECT_EQ(api.live.conflicts.front().user, *second);
  }
}

TEST(Answers, R20EndlessCursorsEnd) {
  std::size_t pages = 0;
  test::CannedClient client([&](const Request&) -> Answer {
    return json_answer(page("", fmt::format("\"c{}\"", ++pages)));
  });
  const auto found = fetch_workspaces(client, "o");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what, HasSubstr("more than 100000 pages"));
  EXPECT_EQ(pages, 100'000U);
}

// G5, R37: whatever an id holds, it is one segment of the path.
TEST(Answers, R37IdsAreOneSegment) {
  const Endpoints endpoints("o");
  const auto segments = [](const std::string& target) {
    return std::count(target.begin(), target.end(), '/');
  };
  const std::string usual = endpoints.group("d", "g").request().target;
  std::string every;
  for (int c = 1; c < 256; ++c) every += static_cast<char>(c);
  for (const std::string& id :
       {std::string("/"), std::string(".."), std::string("."), std::string("a/../../b"),
        std::string("%2f"), std::string("?x=1"), std::string("#f"), std::string("a\r\nX: y"),
        std::string("\0", 1), std::string(4096, '/'), every}) {
    const std::string target = endpoints.group("d", id).request().target;
    EXPECT_EQ(segments(target), segments(usual)) << target;
    EXPECT_EQ(target.find_first_of(" ?#\r\n\\"), std::string::npos) << target;
    EXPECT_FALSE(target.ends_with("/..") || target.ends_with("/.")) << target;
  }
}

// H6: what a server says is quoted in part, in one line, and never as it is.
TEST(Answers, H6ErrorBodiesAreCutAndEscaped) {
  const auto described = [](const Response& response) { return describe_error_body(response); };
  const std::string words = described(
      json_answer(R"({"errors":[{"code":"X\u001b[2J","title":"a\nb","detail":"\u202e"}]})"));
  EXPECT_EQ(words, "X\\u{1B}[2J a\\u{A}b \\u{202E}");
  const std::string cut =
      described(json_answer(R"({"message":")" + std::string(10'000, 'x') + "\"}"));
  EXPECT_EQ(cut.size(), 515U);
  const std::string html = described(answer(500, "text/html", "<script>x</script>"));
  EXPECT_THAT(html, Not(HasSubstr("script")));
  EXPECT_EQ(described(answer(500, "te\x1bxt", "x")), "te\\u{1B}xt (1 bytes)");
  EXPECT_EQ(described(json_answer("{broken")), "");
}

TEST(Answers, H6NobodysKeyIsQuoted) {
  const auto described = [](const std::string& detail) {
    return describe_error_body(json_answer(R"({"errors":[{"detail":")" + detail + R"("}]})"));
  };
  EXPECT_EQ(described("Authorization: Bearer abc.DEF-1_2~3+/= refused"),
            "Authorization: Bearer [key]= refused");
  EXPECT_EQ(described("Authorization: ApiKey me:s3cretKey99 refused"),
            "Authorization: ApiKey me:[key] refused");
  EXPECT_EQ(described("Invalid bearer token: s3cretKeyOfSomebody99, sorry"),
            "Invalid bearer token: [key], sorry");
  EXPECT_EQ(described("Bearer ABCDEFGH=IJKLMNOP99QRST"), "Bearer [key]=[key]");
  EXPECT_EQ(described("got 'BASIC  dXNlcjpwdw=='"), "got 'BASIC  [key]=='");
  EXPECT_EQ(described("token=ATATT3xFfGN0abcdef, ATCTT3xFfGN0abcdef."), "token=[key], [key]");
  EXPECT_EQ(described("https://x/y/eyJhbGciOiJIUzI1NiJ9.e30.abc not taken"),
            "https://x/y/[key] not taken");
  for (const std::string plain :
       {"user 712020:00000000-0000-4000-8000-000000000003, eyJ", "Bearer token expired",
        "Basic authentication is not offered", "BASIC Authentication", "not ATATT-like",
        "role basic 70ef3a32-0000-4000-8000-000000000001 unknown", "role basic (Confluence2024)",
        "Authorization of 70ef3a32-0000-4000-8000-000000000001 failed",
        "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"}) {
    EXPECT_EQ(described(plain), plain);
  }
  EXPECT_EQ(describe_error_body(answer(500, "text/Bearer s3cretKey99", "x")),
            "text/Bearer [key] (1 bytes)");
}

}  // namespace
}  // namespace rolecall
