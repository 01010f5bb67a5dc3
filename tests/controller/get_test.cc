#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "controller/get_things.h"
#include "controller/output.h"
#include "controller/text_table.h"

namespace rolecall {
namespace {

using testing::HasSubstr;

/// Answers each operation with one fixed body.
class FixedClient final : public ReadClient {
 public:
  std::map<Operation, std::string> bodies{};
  std::vector<Request> asked{};

  [[nodiscard]] bool can_start() const override { return true; }
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds) override {
    asked.push_back(request.request());
    Response response;
    response.content_type = "application/json";
    const auto found = bodies.find(request.request().operation);
    response.status = found == bodies.end() ? 404 : 200;
    if (found != bodies.end()) response.body = found->second;
    done_.push_back({ticket, std::move(response)});
  }
  [[nodiscard]] Completion wait() override {
    Completion first = std::move(done_.front());
    done_.pop_front();
    return first;
  }
  void cancel_unsent() override {}

 private:
  std::deque<Completion> done_;
};

constexpr const char* kOneDirectory = R"({"data":[{"directoryId":"dir-1","name":"Acme"}]})";

struct Shown {
  Result<void> result;
  std::string text;
};

Shown show(FixedClient& client, const GetOptions& options,
           OutputFormat format = OutputFormat::text) {
  GlobalOptions global;
  global.org = "org-1";
  global.format = format;
  testing::internal::CaptureStdout();
  Result<void> result = get_thing(global, options, client);
  std::fflush(stdout);
  return {std::move(result), testing::internal::GetCapturedStdout()};
}

TEST(Get, ListsPeopleSortedAlignedAndEscaped) {
  FixedClient client;
  client.bodies[Operation::getDirectoriesForOrg] = kOneDirectory;
  client.bodies[Operation::searchDirectoryUsers] =
      R"({"data":[{"accountId":"2","email":"zoe@acme.example","name":"Zoe"},
                  {"accountId":"1","email":"ada@acme.example","name":"Ada\u001b[31m"}]})";
  const Shown shown = show(client, {"users", "", false});
  ASSERT_TRUE(shown.result.has_value());
  EXPECT_THAT(shown.text, testing::StartsWith("EMAIL             NAME"));
  EXPECT_THAT(shown.text, HasSubstr("Ada\\u{1B}[31m"));
  EXPECT_LT(shown.text.find("ada@"), shown.text.find("zoe@"));
  EXPECT_THAT(client.asked.back().target, HasSubstr("/directories/dir-1/users/search"));
  EXPECT_THAT(client.asked.back().body, HasSubstr("membershipStatus"));
}

TEST(Get, LooksOutsideTheDirectoryOnlyWhenAsked) {
  FixedClient client;
  client.bodies[Operation::getDirectoriesForOrg] = kOneDirectory;
  client.bodies[Operation::searchDirectoryUsers] = R"({"data":[]})";
  ASSERT_TRUE(show(client, {"users", "", true}).result.has_value());
  EXPECT_THAT(client.asked.back().body, testing::Not(HasSubstr("membershipStatus")));
}

TEST(Get, PrintsListsAsJsonWithTheApisFieldNames) {
  FixedClient client;
  client.bodies[Operation::queryWorkspaces] =
      R"({"data":[{"id":"ari:1","attributes":{"typeKey":"confluence"}}],"links":{"next":null}})";
  EXPECT_EQ(show(client, {"workspaces", "", false}, OutputFormat::json).text,
            R"({"format_version":"1.0","items":[{"id":"ari:1","attributes":)"
            R"({"typeKey":"confluence"}}]})"
            "\n");
}

TEST(Get, ShowsAGroupWithItsMembers) {
  FixedClient client;
  client.bodies[Operation::getDirectoriesForOrg] = kOneDirectory;
  client.bodies[Operation::searchDirectoryGroups] =
      R"({"data":[{"id":"g-1","name":"engineering","counts":{"users":1,"resources":0}}]})";
  client.bodies[Operation::searchDirectoryUsers] =
      R"({"data":[{"accountId":"1","email":"ada@acme.example","name":"Ada"}]})";
  const Shown text = show(client, {"group", "engineering", false});
  EXPECT_THAT(text.text, HasSubstr("engineering"));
  EXPECT_THAT(text.text, HasSubstr("ada@acme.example"));
  EXPECT_THAT(client.asked.back().body, HasSubstr(R"("groupIds":["g-1"])"));
  EXPECT_THAT(show(client, {"group", "engineering", false}, OutputFormat::json).text,
              HasSubstr(R"("members":[{"accountId":"1")"));
}

TEST(Get, SaysWhatIsNotThere) {
  FixedClient client;
  client.bodies[Operation::getDirectoriesForOrg] = kOneDirectory;
  client.bodies[Operation::searchDirectoryUsers] = R"({"data":[]})";
  const Shown shown = show(client, {"user", "nobody@acme.example", false});
  ASSERT_FALSE(shown.result.has_value());
  EXPECT_EQ(shown.result.error().what, "there is no user \"nobody@acme.example\"");
  EXPECT_THAT(shown.result.error().hint, HasSubstr("--all"));
  EXPECT_EQ(shown.text, "");
}

TEST(Get, PrintsNothingOfAListThatCouldNotBeReadWhole) {
  FixedClient client;
  client.bodies[Operation::getDomains] =
      R"({"data":[{"id":"1"}],"links":{"next":"https://api/x?cursor=same"}})";
  const Shown shown = show(client, {"domains", "", false});
  ASSERT_FALSE(shown.result.has_value());
  EXPECT_THAT(shown.result.error().what, HasSubstr("cursor repeated"));
  EXPECT_EQ(shown.text, "");
}

TEST(Get, AsksForNothingWhenArgumentsDoNotFit) {
  FixedClient client;
  EXPECT_EQ(show(client, {"user", "", false}).result.error().what, "get user needs EMAIL|ID");
  EXPECT_EQ(show(client, {"user", "", false}).result.error().hint,
            "rolecall get users lists them all");
  EXPECT_EQ(show(client, {"users", "ada", false}).result.error().what,
            "get users takes nothing more");
  EXPECT_EQ(show(client, {"counts", "", true}).result.error().what,
            "--all has no effect on get counts");
  EXPECT_TRUE(client.asked.empty());
}

TEST(Get, CountsPeopleAndGroups) {
  FixedClient client;
  client.bodies[Operation::getDirectoriesForOrg] = kOneDirectory;
  client.bodies[Operation::getDirectoryUsersCount] = R"({"count":12})";
  client.bodies[Operation::getGroupsCount] = R"({"count":4})";
  EXPECT_EQ(show(client, {"counts", "", false}, OutputFormat::json).text,
            "{\"users\":12,\"groups\":4}\n");
}

TEST(TextTable, CountsCharactersNotBytes) {
  EXPECT_EQ(text_table({"ID", "NAME", "WHAT"},
                       {{"1", "somebody", "a word and some more words"}, {"2", "x", ""}}, 16),
            "ID  NAME\n    WHAT\n1   somebody\n    a word and\n    some more\n    words\n2   x\n");
  EXPECT_EQ(text_table({"ID", "WHAT"}, {{"1", "one two three four five six seven eight"}}, 36),
            "ID  WHAT\n1   one two three four five six\n    seven eight\n");
  EXPECT_EQ(text_table({"A", "B"}, {{"\xc3\xa4", "x"}, {"ab", ""}}), "A   B\n\xc3\xa4   x\nab\n");
}

}  // namespace
}  // namespace rolecall
