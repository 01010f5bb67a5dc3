// What becomes of a change by the answer it gets: the rows R39 to R46 of the catalogue of bad input
// that concern writing. (R38, R42 with every ambiguity: ambiguous_writes_test.cc.)
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "tests/support/end_to_end.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

constexpr const char* kHead = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[resources]
jira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
)";
constexpr const char* kInvite =
    "[users]\n\"new@acme.example\" = { access = { jira = [\"user\"] } }\n";
constexpr const char* kJoin =
    "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\", "
    "\"lin@acme.example\"]\n";
constexpr const char* kRenewed = "[groups.fresh]\nmembers = [\"lin@acme.example\"]\n";

struct Answered {
  std::string name;
  std::string policy;
  std::string faults;   ///< of the simulated organization
  std::string options;  ///< likewise
  std::vector<State> states;
  std::string says;
};

void PrintTo(const Answered& row, std::ostream* out) {
  *out << row.name;
}

class WriteAnswers : public ::testing::TestWithParam<Answered> {};

TEST_P(WriteAnswers, AreUnderstood) {
  json::object seed = acme();
  const json::value options = json::parse(GetParam().options);
  for (const auto& [key, value] : options.as_object()) seed["options"].as_object()[key] = value;
  if (GetParam().name == "R40_NoSeat") {
    seed["workspaces"].as_array()[0].as_object()["capacity"] = 3;  // all taken
  }
  Rehearsal world(seed);
  world.policy(std::string(kHead) + GetParam().policy);
  const Planned planned = world.plan();
  ASSERT_TRUE(planned.plan);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(GetParam().faults)));
  const ApplyReport report = world.apply(planned);
  std::vector<State> states;
  std::string words;
  for (const ChangeOutcome& outcome : report.outcomes) {
    states.push_back(outcome.state);
    words += outcome.message + '\n';
  }
  EXPECT_EQ(states, GetParam().states) << words;
  EXPECT_THAT(words, HasSubstr(GetParam().says));
}

std::string once(std::string_view operation, std::string_view action) {
  return fmt::format(R"({{"rules": [{{"operation": "{}", "nth": 1, "action": {}}}]}})", operation,
                     action);
}

const Answered kRows[] = {
    {"R39_AlreadyAMember",
     kJoin,
     once("addUserToGroup", R"({"status": 409, "after_effect": true})"),
     "{}",
     {State::already_so},
     ""},
    {"R39_ConflictThatReadingContradicts",
     kJoin,
     once("addUserToGroup", R"({"status": 409})"),
     "{}",
     {State::failed},
     "409"},
    {"R40_NoSeat", kInvite, "{}", "{}", {State::failed, State::failed}, "License limit exceeded"},
    {"R40_NotPaid", kInvite, "{}", R"({"paid": false})", {State::failed, State::failed}, "402"},
    {"R41_GroupShowsLater",
     kRenewed,
     "{}",
     R"({"group_lag_ms": 2000})",
     {State::applied, State::applied},
     ""},
    {"R42_DoneAndAnswered500",
     kJoin,
     once("addUserToGroup", R"({"status": 500, "after_effect": true})"),
     "{}",
     {State::applied},
     "found done on reading back; the answer was 500"},
    {"R42_Answered500AndNotDone",
     kJoin,
     once("addUserToGroup", R"({"status": 500})"),
     "{}",
     {State::applied},
     ""},
    {"R28_Redirected",
     kJoin,
     once("addUserToGroup", R"({"status": 307, "headers": {"Location": "https://evil.example/"}})"),
     "{}",
     {State::applied},
     ""},
    {"R02_Forbidden",
     kJoin,
     once("addUserToGroup", R"({"status": 403})"),
     "{}",
     {State::failed},
     "403"},
    {"GoneMeanwhile",
     kJoin,
     once("addUserToGroup", R"({"status": 404})"),
     "{}",
     {State::failed},
     "404"},
};

INSTANTIATE_TEST_SUITE_P(Rows, WriteAnswers, ::testing::ValuesIn(kRows),
                         [](const auto& it) { return it.param.name; });

TEST(WriteAnswersTest, R46GroupsOfAnIdentityProviderAreLeftAlone) {
  json::object seed = acme();
  seed["groups"].as_array()[1].as_object()["synced"] = true;
  Rehearsal world(seed);
  world.policy(std::string(kHead) + kJoin);
  const Planned planned = world.plan();
  EXPECT_FALSE(planned.plan);
  EXPECT_THAT(render(planned.diagnostics), HasSubstr("synced from an identity provider"));
}

}  // namespace
}  // namespace rolecall::test
