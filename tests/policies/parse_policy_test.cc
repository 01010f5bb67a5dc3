#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Mistake {
  std::string name;
  std::string body;     ///< below kHead: begins on line 4
  std::string message;  ///< "LINE:COLUMN: error: ..."
  std::string hint = {};
};

class ParseRefuses : public ::testing::TestWithParam<Mistake> {};

/// The message at its place and nothing else: a mistake has one error.
TEST_P(ParseRefuses, AtItsPlace) {
  const std::string found = report(with_head(GetParam().body));
  EXPECT_THAT(found, HasSubstr("policy.toml:" + GetParam().message));
  EXPECT_THAT(found, HasSubstr(GetParam().hint));
  EXPECT_THAT(found, HasSubstr("\n1 error in 1 file\n"));
}

const Mistake kTopLevel[] = {
    {"UnknownTable", "[usres]\n", "4:2: error: unknown table [usres]", "did you mean \"users\"?"},
    {"SingularTable", "[user]\n", "4:2: error: unknown table [user]", "did you mean \"users\"?"},
    {"ListOfTables", "[[group]]\n", "4:3: error: unknown table [group]", "\"groups\""},
    {"RulesAsTable", "[rules]\n", "4:2: error: [rules] is one table", "write [[rules]]"},
    {"TestsAsText", "tests = \"x\"\n", "4:1: error: unknown key \"tests\" in [organization]"},
    {"Misspelt", "[[roster]]\n", "4:3: error: unknown table [roster]", "did you mean \"rosters\"?"},
    {"AcknowledgeAsTable", "[acknowledge]\nclass = \"remove_members\"\n",
     "4:2: error: [acknowledge] is one table", "write [[acknowledge]]"},
    {"BaseUrl", "base_url = \"https://evil.example\"\n", "4:1: error: unknown key \"base_url\""},
    {"Token", "api_key = \"s3cret\"\n", "4:1: error: unknown key \"api_key\" in [organization]"},
    {"UsersAsList", "[[users]]\n", "4:1: error: [users] must be a table, found an array"},
    {"GroupsAsString", "[resources]\n[safety]\n[users]\n[groups]\nx = 1\n",
     "8:5: error: group \"x\" must be a table, found an integer"},
    {"DuplicateKey", "[users]\n\"a@x.example\" = {}\n\"a@x.example\" = {}\n", "6:"},
    {"DuplicateTable", "[safety]\n[safety]\n", "5:"},
    {"UnclosedHeader", "[a\n", "4:3: error: not TOML"},
    {"TooBigInteger", "[safety]\nmin_org_admins = 9223372036854775808\n", "5:"},
    {"NoSuchDay", "[users]\n\"a@x.example\" = { from = 2026-02-30 }\n", "5:"},
};

const Mistake kOrganization[] = {
    {"UnknownKey", "direktory = \"x\"\n", "4:1: error: unknown key \"direktory\" in [organization]",
     "did you mean \"directory\"?"},
    {"UnknownWord", "unlisted_users = \"susspend\"\n",
     "4:18: error: \"unlisted_users\" of [organization] cannot be \"susspend\"",
     "did you mean \"suspend\"?"},
    {"GroupsRemove", "unlisted_groups = \"remove\"\n", "4:19: error:", "\"ignore\", \"delete\""},
    {"NotAString", "directory = 3\n",
     "4:13: error: \"directory\" of [organization] must be a string, found an integer"},
    {"EmptyDirectory", "directory = \" \"\n",
     "4:13: error: \"directory\" of [organization] is empty"},
};

const Mistake kResources[] = {
    {"NotAnAri", "[resources]\njira = \"arn:aws:x\"\n", "5:8: error: \"arn:aws:x\" is not the ARI"},
    {"AriPrefixAlone", "[resources]\njira = \"ari:cloud:\"\n", "5:8: error:"},
    {"AriWithSpace", "[resources]\njira = \"ari:cloud:a b\"\n", "5:8: error:"},
    {"HostAlone", "[resources]\nwiki = { host = \"x.example\" }\n",
     "5:8: error: resource \"wiki\" has no \"app\""},
    {"HostIsUrl", "[resources]\nwiki = { app = \"c\", host = \"https://x.example\" }\n",
     "5:28: error: \"host\" of resource \"wiki\" cannot be", "the host alone"},
    {"UnknownKey", "[resources]\nwiki = { app = \"c\", hots = \"x\" }\n",
     "5:21: error: unknown key \"hots\" in resource \"wiki\"", "\"host\""},
    {"OneAriTwice", "[resources]\na = \"ari:cloud:x\"\nb = \"ari:cloud:x\"\n",
     "6:1: error: \"b\" and \"a\" are the same resource", "see: policy.toml:5:1"},
    {"OneLookupTwice",
     "[resources]\na = { app = \"c\", host = \"X.example\" }\nb = { app = \"c\", host = "
     "\"x.example\" }\n",
     "6:1: error: \"b\" and \"a\" are the same resource"},
    {"WrongType", "[resources]\na = 1\n",
     "5:5: error: resource \"a\" must be a string, found an integer"},
};

const Mistake kUsers[] = {
    {"UnknownKey", "[users]\n\"a@x.example\" = { emial = 1 }\n",
     "5:19: error: unknown key \"emial\" in user \"a@x.example\""},
    {"NotAnAddress", "[users]\nbob = {}\n", "5:1: error: address \"bob\" is not an e-mail address"},
    {"SecondAt", "[users]\n\"bob@@x.example\" = {}\n", "5:1: error:", "second \"@\""},
    {"SpaceInside", "[users]\n\"bob@ex ample.com\" = {}\n", "5:1: error:"},
    {"ZeroWidth", "[users]\n\"bo\\u200Bb@x.example\" = {}\n", "5:1: error:", "U+200B"},
    {"OtherCase", "[users]\n\"bob@x.example\" = {}\n\" Bob@X.example\" = {}\n",
     "6:1: error: user \"bob@x.example\" is declared twice", "see: policy.toml:5:1"},
    {"OtherDomainForm",
     "[users]\n\"bob@b\xC3\xBC"
     "cher.example\" = {}\n\"bob@xn--bcher-kva.example\" = {}\n",
     "6:1: error: user \"bob@xn--bcher-kva.example\" is declared twice"},
    {"UnknownState", "[users]\n\"a@x.example\" = { state = \"suspend\" }\n",
     "5:27: error: \"state\" of user \"a@x.example\" cannot be \"suspend\"",
     "did you mean \"suspended\"?"},
    {"NotATable", "[users]\n\"a@x.example\" = \"active\"\n",
     "5:17: error: user \"a@x.example\" must be a table, found a string"},
    {"RolesString", "[users]\n\"a@x.example\" = { roles = \"org-admin\" }\n",
     "5:27: error: \"roles\" of user \"a@x.example\" must be an array, found a string",
     "write [\"org-admin\"]"},
    {"RolesMixed", "[users]\n\"a@x.example\" = { roles = [\"org-admin\", 1] }\n",
     "5:41: error: element 2 of \"roles\" must be a string, found an integer"},
    {"UnknownOrgRole", "[users]\n\"a@x.example\" = { roles = [\"org-admn\"] }\n",
     "5:28: error: unknown organization role \"org-admn\"", "did you mean \"org-admin\"?"},
    {"RoleTwice", "[users]\n\"a@x.example\" = { roles = [\"org-admin\", \"org-admin\"] }\n",
     "5:41: error: role \"org-admin\" is listed twice", "see: policy.toml:5:28"},
    {"UnknownResource", "[users]\n\"a@x.example\" = { access = { jira = [] } }\n",
     "5:30: error: unknown resource \"jira\"", "[resources]"},
    {"UnknownRole",
     "[resources]\nj = \"ari:cloud:x\"\n[users]\n\"a@x.example\" = { access = { j = [\"usr\"] } "
     "}\n",
     "7:35: error: unknown role \"usr\"", "did you mean \"user\"?"},
    {"PrefixedRole",
     "[resources]\nj = \"ari:cloud:x\"\n[users]\n\"a@x.example\" = { access = { j = "
     "[\"atlassian/user\"] } }\n",
     "7:35: error: unknown role \"atlassian/user\"", "without \"atlassian/\""},
    {"AccessRoleTwice",
     "[resources]\nj = \"ari:cloud:x\"\n[users]\n\"a@x.example\" = { access = { j = [\"user\", "
     "\"user\"] } }\n",
     "7:43: error: role \"user\" is listed twice"},
    {"ViewerForUser",
     "[resources]\nj = \"ari:cloud:x\"\n[users]\n\"a@x.example\" = { access = { j = [\"viewer\"] } "
     "}\n",
     "7:35: error: role \"viewer\" can be granted to groups only"},
    {"AccessList", "[users]\n\"a@x.example\" = { access = [\"user\"] }\n",
     "5:28: error: \"access\" of user \"a@x.example\" must be a table, found an array"},
    {"DateInQuotes", "[users]\n\"a@x.example\" = { until = \"2026-12-01\" }\n",
     "5:27: error: \"until\" of user \"a@x.example\" must be a date, found a string",
     "without quotes"},
    {"TimeOfDay", "[users]\n\"a@x.example\" = { until = 10:00:00 }\n",
     "5:27: error: \"until\" of user \"a@x.example\" must be a date, found a time of day"},
    {"Backwards", "[users]\n\"a@x.example\" = { from = 2026-12-02, until = 2026-12-01 }\n",
     "5:26: error: user \"a@x.example\" starts 2026-12-02 and ends 2026-12-01",
     "see: policy.toml:5:38"},
    {"EmptyMoment",
     "[users]\n\"a@x.example\" = { from = 2026-12-02T00:00:00Z, until = 2026-12-02T01:00:00+01:00 "
     "}\n",
     "5:26: error:", "before it starts"},
    {"AccountTwice",
     "[users]\n\"a@x.example\" = { account_id = \"1\" }\n\"b@x.example\" = { account_id = \"1\" "
     "}\n",
     "6:1: error: \"a@x.example\" and \"b@x.example\" have the same account_id",
     "one account is one person"},
    {"TombstoneWithMore", "[users]\n\"a@x.example\" = { state = \"removed\", roles = [] }\n",
     "5:38: error: user \"a@x.example\" is wanted removed, and has \"roles\"", "\"reason\""},
    {"AttributeNotString", "[users]\n\"a@x.example\" = { attributes = { level = 3 } }\n",
     "5:42: error: \"level\" of user \"a@x.example\" must be a string, found an integer"},
    {"BidiInReason", "[users]\n\"a@x.example\" = { reason = \"x\\u202Ey\" }\n",
     "5:28: error: \"reason\" holds the invisible character U+202E", "remove it"},
    {"ControlInAttribute", "[users]\n\"a@x.example\" = { attributes = { d = \"\\u001b[31m\" } }\n",
     "5:38: error: \"d\" holds the invisible character U+001B"},
    {"EmptyAccountId", "[users]\n\"a@x.example\" = { account_id = \"\" }\n",
     "5:32: error: \"account_id\" of user \"a@x.example\" cannot be \"\""},
};

const Mistake kGroups[] = {
    {"UnknownKey", "[groups.a]\nmembres = []\n",
     "5:1: error: unknown key \"membres\" in group \"a\"", "did you mean \"members\"?"},
    {"UnknownState", "[groups.a]\nstate = \"removed\"\n",
     "5:9: error: \"state\" of group \"a\" cannot be \"removed\"", "\"absent\""},
    {"OtherCase", "[groups.Dev]\n[groups.dev]\n", "5:9: error: group \"dev\" is declared twice",
     "see: policy.toml:4:9"},
    {"OtherNormalForm", "[groups.\"Caf\xC3\xA9\"]\n[groups.\"Cafe\xCC\x81\"]\n",
     "5:9: error: group"},
    {"LongName", "[groups.\"" + std::string(300, 'x') + "\"]\n", "4:9: error: group name",
     "has 300 characters, limit 255"},
    {"HiddenInName", "[groups.\"a\\u202Eb\"]\n", "4:9: error: group name", "U+202E"},
    {"MembersString", "[groups.a]\nmembers = \"b@x.example\"\n",
     "5:11: error: \"members\" of group \"a\" must be an array, found a string",
     "write [\"b@x.example\"]"},
    {"MembersNumber", "[groups.a]\nmembers = [\"b@x.example\", 1]\n",
     "5:27: error: element 2 of \"members\" must be an address or a table, found an integer"},
    {"MemberTwice", "[groups.a]\nmembers = [\"b@x.example\", { user = \"B@x.example\" }]\n",
     "5:36: error: \"b@x.example\" is listed twice in \"members\" of group \"a\"",
     "see: policy.toml:5:12"},
    {"MemberWithoutUser", "[groups.a]\nmembers = [{ until = 2026-12-01 }]\n",
     "5:12: error: an entry of \"members\" of \"a\" has no \"user\""},
    {"MemberUnknownKey", "[groups.a]\nmembers = [{ user = \"b@x.example\", role = \"x\" }]\n",
     "5:36: error: unknown key \"role\""},
    {"MemberBackwards",
     "[groups.a]\nmembers = [{ user = \"b@x.example\", from = 2027-01-01, until = 2026-12-01 }]\n",
     "5:43: error:", "before it starts"},
    {"MemberNoAddress", "[groups.a]\nmembers = [\"bob\"]\n", "5:12: error: address \"bob\""},
    {"SuspendedMember",
     "[users]\n\"b@x.example\" = { state = \"suspended\" }\n[groups.a]\nmembers = "
     "[\"b@x.example\"]\n",
     "7:12: error: \"b@x.example\" is listed in \"members\" of group \"a\", and is wanted "
     "suspended",
     "see: policy.toml:5:19"},
    {"MemberAndExcluded",
     "[groups.a]\nmembers = [\"b@x.example\", \"c@x.example\"]\nexclude = [\"b@x.example\"]\n",
     "6:12: error: \"b@x.example\" is both in \"members\" and in \"exclude\" of group \"a\""},
    {"ExcludeTwice",
     "[groups.a]\nmembers = [\"b@x.example\"]\nexclude = [\"c@x.example\", \"C@x.example\"]\n",
     "6:27: error: \"C@x.example\" is listed twice in \"exclude\""},
    {"IncludeUnknown",
     "[groups.dev]\nmembers = [\"b@x.example\"]\n[groups.a]\ninclude = [\"devs\"]\n",
     "7:12: error: unknown group \"devs\"", "did you mean \"dev\"?"},
    {"IncludeUnmanaged", "[groups.b]\n[groups.a]\ninclude = [\"b\"]\n",
     "6:12: error: membership of the included group \"b\" is not managed", "see: policy.toml:4:9"},
    {"IncludeTombstone", "[groups.b]\nstate = \"absent\"\n[groups.a]\ninclude = [\"b\"]\n",
     "7:12: error: included group \"b\" is wanted absent"},
    {"IncludeItself", "[groups.a]\ninclude = [\"A\"]\n",
     "5:12: error: groups include each other: a -> a"},
    {"IncludeItselfAndMembers",
     "[groups.a]\nmembers = [\"b@x.example\", \"c@x.example\", \"d@x.example\"]\ninclude = "
     "[\"a\"]\n",
     "6:12: error: groups include each other: a -> a"},
    {"IncludeCycle",
     "[groups.a]\ninclude = [\"b\"]\n[groups.b]\ninclude = [\"c\"]\n[groups.c]\ninclude = "
     "[\"a\"]\n",
     "9:12: error: groups include each other: a -> b -> c -> a"},
    {"MatchNothing", "[groups.a]\nmatch = {}\n",
     "5:9: error: \"match\" of group \"a\" names no attribute", "everybody"},
    {"MatchEmptyList", "[groups.a]\nmatch = { d = [] }\n",
     "5:15: error: no value is listed for \"d\""},
    {"MatchNumber", "[groups.a]\nmatch = { d = 3 }\n", "5:15: error: \"d\" of \"match\" must be"},
    {"NoMembers", "[groups.a]\nmembers = []\n", "4:9: error: group \"a\" has no members",
     "empty = true"},
    {"NoMembersSaidFalse", "[groups.a]\nmembers = []\nempty = false\n",
     "6:1: error: group \"a\" has no members"},
    {"AllExcluded",
     "[groups.b]\nmembers = [\"b@x.example\"]\n[groups.a]\ninclude = [\"b\"]\nexclude = "
     "[\"b@x.example\"]\n",
     "6:9: error: group \"a\" has no members"},
    {"NotEmpty", "[groups.a]\nmembers = [\"b@x.example\"]\nempty = true\n",
     "6:1: error: group \"a\" says empty = true, and has 1 member"},
    {"EmptyInQuotes", "[groups.a]\nmembers = []\nempty = \"true\"\n",
     "6:9: error: \"empty\" of group \"a\" must be true or false, found a string",
     "without quotes"},
    {"EmptyUnmanaged", "[groups.a]\nempty = true\n",
     "5:1: error: group \"a\" has \"empty\", but its membership is not managed", "may be []"},
    {"ExcludeUnmanaged", "[groups.a]\nexclude = [\"b@x.example\"]\n",
     "5:1: error: group \"a\" has \"exclude\", but"},
    {"TombstoneWithMore", "[groups.a]\nstate = \"absent\"\naccess = {}\n",
     "6:1: error: group \"a\" is wanted absent, and has \"access\""},
    {"ReasonWithoutTombstone", "[groups.a]\nreason = \"x\"\n",
     "5:1: error: \"reason\" of group \"a\" has nothing to explain"},
    {"PreviousDeclared", "[groups.a]\n[groups.b]\nprevious_names = [\"A\"]\n",
     "6:19: error: previous name \"A\" is declared as a group of its own", "see: policy.toml:4:9"},
    {"PreviousTwice",
     "[groups.a]\nprevious_names = [\"x\"]\n[groups.b]\nprevious_names = [\"X\"]\n",
     "7:19: error: \"X\" is a previous name twice", "see: policy.toml:5:19"},
    {"PreviousItself", "[groups.a]\nprevious_names = [\"A\"]\n",
     "5:19: error: group \"A\" cannot be its own previous name"},
    {"HiddenInDescription", "[groups.a]\ndescription = \"x\\u200By\"\n",
     "5:15: error: \"description\" holds the invisible character U+200B"},
};

const Mistake kSafety[] = {
    {"NegativeAdmins", "[safety]\nmin_org_admins = -1\n",
     "5:18: error: \"min_org_admins\" of [safety] must be between 0 and"},
    {"DecimalAdmins", "[safety]\nmin_org_admins = 2.0\n",
     "5:18: error: \"min_org_admins\" of [safety] must be an integer, found a decimal number"},
    {"PercentTooHigh", "[safety.limits.remove_members]\npercent = 250\n",
     "5:11: error: \"percent\" of [safety.limits.remove_members] must be between 0 and 100"},
    {"PercentNan", "[safety.limits.remove_members]\npercent = nan\n", "5:11: error:"},
    {"UnknownClass", "[safety.limits.remove_member]\nfree = 1\n",
     "4:16: error: unknown class \"remove_member\" in [safety.limits]",
     "did you mean \"remove_members\"?"},
    {"UnknownLimitKey", "[safety.limits.remove_users]\npercentage = 1\n",
     "5:1: error: unknown key \"percentage\" in [safety.limits.remove_users]"},
    {"ProtectedTwice", "[safety]\nprotected_groups = [\"a\", \"A\"]\n",
     "5:26: error: \"A\" is listed twice in \"protected_groups\""},
    {"ProtectedNoAddress", "[safety]\nprotected_users = [\"root\"]\n",
     "5:20: error: address \"root\""},
    {"ApiUrl", "[safety]\napi_url = \"x\"\n", "5:1: error: unknown key \"api_url\" in [safety]"},
};

constexpr auto kName = [](const auto& test) { return test.param.name; };
INSTANTIATE_TEST_SUITE_P(TopLevel, ParseRefuses, ::testing::ValuesIn(kTopLevel), kName);
INSTANTIATE_TEST_SUITE_P(Organization, ParseRefuses, ::testing::ValuesIn(kOrganization), kName);
INSTANTIATE_TEST_SUITE_P(Resources, ParseRefuses, ::testing::ValuesIn(kResources), kName);
INSTANTIATE_TEST_SUITE_P(Users, ParseRefuses, ::testing::ValuesIn(kUsers), kName);
INSTANTIATE_TEST_SUITE_P(Groups, ParseRefuses, ::testing::ValuesIn(kGroups), kName);
INSTANTIATE_TEST_SUITE_P(Safety, ParseRefuses, ::testing::ValuesIn(kSafety), kName);

TEST(ParsePolicy, AnEmptyPolicyIsAnError) {
  for (const char* text : {"", "# nothing\n\n", "\xEF\xBB\xBF", " \r\n"}) {
    EXPECT_THAT(report(one_file(text)),
                AllOf(HasSubstr("policy.toml:1:1: error: policy is empty"),
                      HasSubstr("never means \"remove everybody\""), HasSubstr("1 error")));
  }
  EXPECT_THAT(report({}), HasSubstr("error: there is no policy file"));
}

TEST(ParsePolicy, TheOrganizationIsNeededOnce) {
  EXPECT_THAT(report(one_file("version = 1\n")),
              HasSubstr("policy.toml: error: no [organization]"));
  const std::string twice =
      report({{"a.toml", std::string(kHead)}, {"b.toml", std::string(kHead)}});
  EXPECT_THAT(twice, HasSubstr("b.toml:2:2: error: [organization] is declared twice"));
  EXPECT_THAT(twice, HasSubstr("see: a.toml:2:2"));
  EXPECT_THAT(report(one_file("version = 1\n[organization]\n")),
              HasSubstr("policy.toml:2:2: error: [organization] has no \"id\""));
  EXPECT_THAT(report(one_file("version = 1\n[organization]\nid = \"\"\n")),
              HasSubstr("3:6: error: \"\" is not an organization id"));
}

TEST(ParsePolicy, TheVersionStandsWithTheOrganization) {
  EXPECT_THAT(report({{"a.toml", "version = 1\n"}, {"b.toml", "[organization]\nid = \"1b\"\n"}}),
              HasSubstr("b.toml:1:2: error: the file with [organization] has no version"));
  EXPECT_THAT(report(one_file("version = 9\n[organization]\nid = \"1b\"\n")),
              HasSubstr("1:11: error: policy version 9, this tool knows version 1"));
  EXPECT_THAT(report(one_file("version = \"1\"\n[organization]\nid = \"1b\"\n")),
              HasSubstr("1:11: error: version must be an integer, found a string"));
  EXPECT_EQ(report({{"a.toml", std::string(kHead)}, {"b.toml", "version = 1\n"}}), "");
}

TEST(ParsePolicy, FilesAreMerged) {
  EXPECT_EQ(
      report({{"z.toml", std::string(kHead)},
              {"a.toml", "[groups.a]\nmembers = [\"b@x.example\"]\naccess = { j = [\"user\"] }\n"},
              {"b.toml", "[users]\n\"b@x.example\" = {}\n[resources]\nj = \"ari:cloud:j\"\n"},
              {"empty.toml", ""}}),
      "");
}

TEST(ParsePolicy, DeclaringTwiceInTwoFilesNamesBoth) {
  const std::string found =
      report({{"a.toml", std::string(kHead) + "[users]\n\"b@x.example\" = {}\n[groups.G]\n"
                                              "[resources]\nj = \"ari:cloud:j\"\n"
                                              "[safety]\nmin_org_admins = 1\n"},
              {"b.toml",
               "[users]\n\"B@x.example\" = {}\n[groups.g]\n"
               "[resources]\nj = \"ari:cloud:k\"\n"
               "[safety]\nmin_org_admins = 1\n"}});
  EXPECT_THAT(found, HasSubstr("b.toml:2:1: error: user \"b@x.example\" is declared twice"));
  EXPECT_THAT(found, HasSubstr("see: a.toml:5:1"));
  EXPECT_THAT(found, HasSubstr("b.toml:3:9: error: group \"g\" is declared twice"));
  EXPECT_THAT(found, HasSubstr("b.toml:5:1: error: resource \"j\" is declared twice"));
  EXPECT_THAT(found, HasSubstr("b.toml:7:1: error: \"min_org_admins\" of [safety] is set twice"));
}

TEST(ParsePolicy, AFileThatDoesNotParseHidesNoErrorAndMakesNone) {
  const std::string found =
      report({{"a.toml", "[users\n"},
              {"b.toml",
               "[groups.a]\ninclude = [\"elsewhere\"]\naccess = { elsewhere = [\"user\"] }\n"
               "[groups.b]\nmatch = { team = \"x\" }\n[groups.c]\nstat = 1\n"}});
  EXPECT_THAT(found, HasSubstr("a.toml:1:7: error: not TOML"));
  EXPECT_THAT(found, HasSubstr("b.toml:7:1: error: unknown key \"stat\""));
  EXPECT_THAT(found, HasSubstr("2 errors in 2 files"));
}

TEST(ParsePolicy, UndeclaredMembersAreForIgnoredPeopleOnly) {
  const std::string group = "[groups.a]\nmembers = [\"b@x.example\"]\n";
  EXPECT_EQ(report(with_head(group)), "");
  EXPECT_THAT(report(with_head("unlisted_users = \"suspend\"\n" + group)),
              HasSubstr("6:12: error: unknown user \"b@x.example\""));
}

TEST(ParsePolicy, EmptinessLooksAtWhatIsDeclared) {
  EXPECT_EQ(report(with_head(
                "[users]\n\"b@x.example\" = { until = 2020-01-01 }\n"
                "\"c@x.example\" = { state = \"suspended\", attributes = { d = \"e\" } }\n"
                "[groups.lapsed]\nmembers = [\"b@x.example\"]\n"
                "[groups.entry]\nmembers = [{ user = \"d@x.example\", until = 2020-01-01 }]\n"
                "[groups.suspended]\nmatch = { d = \"e\" }\n"
                "[groups.nobody]\nmembers = []\nempty = true\n"
                "[groups.unmanaged]\n")),
            "");
}

TEST(ParsePolicy, WhatReadsLikeAnEndInAnAdditiveGroupIsAWarning) {
  const std::string entries =
      "members = [\"ada@acme.example\", { user = \"lin@acme.example\", until = 2026-11-01 }]\n"
      "exclude = [\"bob@acme.example\"]\n";
  const ParsedPolicy parsed =
      parse_policy(with_head("[groups.eng]\nmembership = \"additive\"\n" + entries));
  EXPECT_FALSE(parsed.diagnostics.has_errors());
  const std::string said = render(parsed.diagnostics);
  EXPECT_THAT(said,
              HasSubstr("policy.toml:6:41: warning: nobody is taken out of an additive group: "
                        "\"until\" of group \"eng\""));
  EXPECT_THAT(said, HasSubstr("policy.toml:7:1: warning: nobody is taken out of an additive group: "
                              "\"exclude\" of group \"eng\""));
  EXPECT_EQ(report(with_head("[groups.eng]\n" + entries)), "");
  EXPECT_EQ(report(with_head("[groups.eng]\nmembership = \"additive\"\nmembers = [{ user = "
                             "\"lin@acme.example\", from = 2026-11-01 }]\n")),
            "");
}

TEST(ParsePolicy, AMisspeltAttributeIsAWarning) {
  const std::string found =
      report(with_head("[users]\n\"b@x.example\" = { attributes = { department = \"e\" } }\n"
                       "[groups.a]\nmembers = [\"b@x.example\"]\nmatch = { departmnt = \"e\" }\n"));
  EXPECT_THAT(found, HasSubstr("8:11: warning: no user has an attribute \"departmnt\""));
  EXPECT_THAT(found, HasSubstr("did you mean \"department\"?"));
  EXPECT_THAT(found, Not(HasSubstr("error")));
}

TEST(ParsePolicy, SecretsAreNotRepeated) {
  EXPECT_THAT(report(with_head("[safety]\napi_key = \"s3cret\"\n")), Not(HasSubstr("s3cret")));
}

std::string digest_of(const std::vector<SourceFile>& files) {
  return resolve(files).desired.policy_digest;
}

TEST(ParsePolicy, TheDigestIsOfPathsAndLinesInPathOrder) {
  const SourceFile a{"a.toml", std::string(kHead)};
  const SourceFile b{"b.toml", "[users]\n"};
  EXPECT_EQ(digest_of({a, b}), digest_of({b, a}));
  EXPECT_EQ(digest_of({a, b}).size(), 64U);
  EXPECT_NE(digest_of({a, b}), digest_of({a}));
  EXPECT_NE(digest_of({a, b}), digest_of({a, {"c.toml", b.bytes}}));
  EXPECT_NE(digest_of({a, b}), digest_of({a, {"b.toml", "[users] # all\n"}}));
  EXPECT_EQ(digest_of({a, b}), digest_of({a, {"b.toml", "\n[users]\r\n\n"}}));
  EXPECT_NE(digest_of({a, b}), digest_of({a, {"b.toml", "# all\n[users]\n"}}));
}

TEST(ParsePolicy, TellsWhetherItNeedsWorkspaces) {
  const auto needs = [](std::string_view body) {
    return needs_workspaces(*parse_policy(with_head(body)).policy);
  };
  EXPECT_FALSE(needs("[resources]\nj = \"ari:cloud:j\"\n"));
  EXPECT_TRUE(needs("[resources]\nj = { app = \"jira\" }\n"));
  EXPECT_EQ(organization_id(*parse_policy(with_head("")).policy),
            "1b2c3d4e-0000-4000-8000-0000000000aa");
  EXPECT_EQ(organization_id(*parse_policy({}).policy), "");
}

}  // namespace
}  // namespace rolecall::testing
