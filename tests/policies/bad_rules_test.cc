#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policies/policy_text.h"

// Mistakes in [[rules]] and [[tests]].

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kResources = "[resources]\njira = \"ari:cloud:jira::a\"\n";

struct Mistake {
  std::string name;
  std::string body;  ///< below kHead: begins on line 4
  std::string message;
  std::string hint = {};
};
void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}
class BadRules : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadRules, AreRefusedAtTheirPlace) {
  const std::string found = report(with_head(
      GetParam().body + std::string(kResources) +
      "[users]\n\"a@x.example\" = {}\n[groups.g]\nmembers = [\"a@x.example\"]\n[groups.open]\n"));
  EXPECT_THAT(found, HasSubstr("policy.toml:" + GetParam().message));
  EXPECT_THAT(found, HasSubstr(GetParam().hint));
  EXPECT_THAT(found, HasSubstr("\n1 error in 1 file\n"));
}

const Mistake kMistakes[] = {
    {"NoName", "[[rules]]\ndeny = { roles = [\"org-admin\"] }\n",
     "4:1: error: [[rules]] has no \"name\"", "contractors never"},
    {"EmptyName", "[[rules]]\nname = ' '\ndeny = { roles = [\"org-admin\"] }\n",
     "5:8: error: \"name\" of [[rules]] is empty"},
    {"SameName",
     "[[rules]]\nname = 'a'\ndeny = { roles = [\"org-admin\"] }\n"
     "[[rules]]\nname = 'a'\ndeny = { roles = [\"org-admin\"] }\n",
     "8:8: error: [[rules]] \"a\" is declared twice", "see: policy.toml:5:8"},
    {"DemandsNothing", "[[rules]]\nname = 'a'\nusers = { group = 'g' }\n",
     "4:1: error: [[rules]] demands nothing", "\"deny\""},
    {"UnknownKey", "[[rules]]\nname = 'a'\ndenny = 1\ndeny = { roles = [\"org-admin\"] }\n",
     "6:1: error: unknown key \"denny\" in [[rules]]", "did you mean \"deny\"?"},
    {"Severity", "[[rules]]\nname = 'a'\nseverity = 'warn'\ndeny = { roles = [\"org-admin\"] }\n",
     "6:12: error: \"severity\" of [[rules]] cannot be \"warn\"", "\"warning\""},
    {"NobodyNamed", "[[rules]]\nname = 'a'\nusers = {}\ndeny = { roles = [\"org-admin\"] }\n",
     "6:9: error: \"users\" of [[rules]] names nobody", "everybody"},
    {"NoDomain",
     "[[rules]]\nname = 'a'\nusers = { domain = [] }\ndeny = { roles = [\"org-admin\"] }\n",
     "6:20: error: \"domain\" of \"users\" of [[rules]] lists nothing"},
    {"BadDomain",
     "[[rules]]\nname = 'a'\nusers = { domain = '@x.example' }\ndeny = { roles = [\"org-admin\"] "
     "}\n",
     "6:20: error: \"@x.example\" is not a domain", "what follows"},
    {"NoAttribute",
     "[[rules]]\nname = 'a'\nusers = { attributes = {} }\ndeny = { roles = [\"org-admin\"] }\n",
     "6:24: error: \"attributes\" of \"users\" of [[rules]] names no attribute"},
    {"UnknownGroup",
     "[[rules]]\nname = 'a'\nusers = { group = 'gg' }\ndeny = { roles = [\"org-admin\"] }\n",
     "6:19: error: unknown group \"gg\"", "did you mean \"g\"?"},
    {"OpenGroup", "[[rules]]\nname = 'a'\nexclusive_groups = ['g', 'open']\n",
     "6:26: error: membership of group \"open\" is not managed", "\"members\""},
    {"OneGroup", "[[rules]]\nname = 'a'\nexclusive_groups = ['g']\n",
     "6:20: error: \"exclusive_groups\" of [[rules]] needs two"},
    {"GroupTwice", "[[rules]]\nname = 'a'\nexclusive_groups = ['g', 'G']\n",
     "6:26: error: \"G\" is listed twice"},
    {"UnknownResource", "[[rules]]\nname = 'a'\ndeny = { access = { jria = ['user'] } }\n",
     "6:21: error: unknown resource \"jria\"", "did you mean \"jira\"?"},
    {"UnknownRole", "[[rules]]\nname = 'a'\ndeny = { access = { jira = ['usr'] } }\n",
     "6:29: error: unknown role \"usr\"", "did you mean \"user\"?"},
    {"NoRole", "[[rules]]\nname = 'a'\ndeny = { access = { jira = [] } }\n",
     "6:28: error: no role is listed for \"jira\""},
    {"NoResource", "[[rules]]\nname = 'a'\ndeny = { access = {} }\n",
     "6:19: error: \"access\" of \"deny\" of [[rules]] names nothing"},
    {"DeniesNothing", "[[rules]]\nname = 'a'\ndeny = {}\n",
     "6:8: error: \"deny\" of [[rules]] names nothing"},
    {"DeniesGroups", "[[rules]]\nname = 'a'\ndeny = { groups = ['g'] }\n",
     "6:10: error: unknown key \"groups\" in \"deny\" of [[rules]]"},
    {"UnknownOrgRole", "[[rules]]\nname = 'a'\ndeny = { roles = ['org-admn'] }\n",
     "6:19: error: unknown organization role \"org-admn\"", "did you mean \"org-admin\"?"},
    {"RequiresNothing", "[[rules]]\nname = 'a'\nrequire = {}\n",
     "6:11: error: \"require\" of [[rules]] requires nothing"},
    {"RequiresFalse", "[[rules]]\nname = 'a'\nrequire = { reason = false }\n",
     "6:11: error: \"require\" of [[rules]] requires nothing"},
    {"NegativeDays", "[[rules]]\nname = 'a'\nrequire = { until_within_days = -1 }\n",
     "6:33: error: \"until_within_days\" of \"require\" of [[rules]] must be between 0 and"},
    {"TestNoName", "[[tests]]\nuser = 'a@x.example'\nhas = { groups = ['g'] }\n",
     "4:1: error: [[tests]] has no \"name\""},
    {"TestNoUser", "[[tests]]\nname = 'a'\nhas = { groups = ['g'] }\n",
     "4:1: error: [[tests]] has no \"user\""},
    {"TestExpectsNothing", "[[tests]]\nname = 'a'\nuser = 'a@x.example'\n",
     "4:1: error: [[tests]] expects nothing", "\"has\" or \"lacks\""},
    {"TestEmpty", "[[tests]]\nname = 'a'\nuser = 'a@x.example'\nhas = { groups = [] }\n",
     "7:18: error: \"groups\" of \"has\" of [[tests]] names nothing"},
    {"TestStranger", "[[tests]]\nname = 'a'\nuser = 'b@x.example'\nlacks = { groups = ['g'] }\n",
     "6:8: error: unknown user \"b@x.example\"", "did you mean \"a@x.example\"?"},
    {"TestBadAddress", "[[tests]]\nname = 'a'\nuser = 'b'\nlacks = { groups = ['g'] }\n",
     "6:8: error: address \"b\" is not an e-mail address"},
    {"TestUnknownGroup",
     "[[tests]]\nname = 'a'\nuser = 'a@x.example'\nlacks = { groups = ['gg'] }\n",
     "7:21: error: unknown group \"gg\"", "did you mean \"g\"?"},
    {"TestOpenGroup",
     "[[tests]]\nname = 'a'\nuser = 'a@x.example'\nlacks = { groups = ['open'] }\n",
     "7:21: error: membership of group \"open\" is not managed"},
    {"TestAtText",
     "[[tests]]\nname = 'a'\nuser = 'a@x.example'\nat = '2027-01-01'\nhas = { groups = ['g'] }\n",
     "7:6: error: \"at\" of [[tests]] must be a date, found a string", "without quotes"},
    {"TestUnknownKey",
     "[[tests]]\nname = 'a'\nuser = 'a@x.example'\nhave = 1\nhas = { groups = ['g'] }\n",
     "7:1: error: unknown key \"have\" in [[tests]]", "did you mean"},
    {"TestUnknownHolding", "[[tests]]\nname = 'a'\nuser = 'a@x.example'\nhas = { group = ['g'] }\n",
     "7:9: error: unknown key \"group\" in \"has\" of [[tests]]", "did you mean \"groups\"?"},
};
INSTANTIATE_TEST_SUITE_P(All, BadRules, ::testing::ValuesIn(kMistakes),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace rolecall::testing
