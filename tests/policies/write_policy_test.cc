#include "policies/write_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/policy.h"
#include "policies/toml_text.h"
#include "state/model/text.h"
#include "tests/support/plan_builder.h"

namespace rolecall {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(TomlText, StringsEscapeWhatEndsOrHides) {
  EXPECT_EQ(toml_string("plain"), "\"plain\"");
  EXPECT_EQ(toml_string("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(toml_string("a\nb\x01\x7f"), "\"a\\u000Ab\\u0001\\u007F\"");
  EXPECT_EQ(toml_string("\u202e\u200b"), "\"\\u202E\\u200B\"");
  EXPECT_EQ(toml_string("\U000E0041"), "\"\\U000E0041\"");
  EXPECT_EQ(toml_string("# \U0001F600 שלום"), "\"# \U0001F600 שלום\"");
}

TEST(TomlText, KeysAreBareOnlyWhereThatIsAllowed) {
  EXPECT_EQ(toml_key("team_a-1"), "team_a-1");
  EXPECT_EQ(toml_key("1979-05-27"), "1979-05-27");
  EXPECT_EQ(toml_key("a.b"), "\"a.b\"");
  EXPECT_EQ(toml_key("büro"), "\"büro\"");
  EXPECT_EQ(toml_key(""), "\"\"");
}

TEST(TomlText, NoCommentCanEndItsLine) {
  EXPECT_EQ(toml_comment("Ada\nversion = 2").find('\n'), std::string::npos);
  EXPECT_FALSE(find_hidden_character(toml_comment("a\r\u2028\u202e")));
}

TEST(FileStem, IsAlwaysAPlainVisibleName) {
  EXPECT_EQ(file_stem("Engineering / Berlin"), "engineering-berlin");
  EXPECT_EQ(file_stem("../../etc"), "etc");
  EXPECT_EQ(file_stem(".hidden"), "hidden");
  EXPECT_EQ(file_stem("設計"), "others");
  EXPECT_EQ(file_stem(""), "others");
  EXPECT_EQ(file_stem(std::string(500, 'a')).size(), 60U);
}

class WritePolicy : public ::testing::Test {
 protected:
  WrittenPolicy write() {
    return write_policy({org.live, org.catalog, "1b2c3d4e-0000-4000-8000-0000000000aa", false,
                         workspaces, true, Instant{}});
  }
  static std::string file(const WrittenPolicy& policy, std::string_view path) {
    for (const SourceFile& one : policy.files) {
      if (one.path == path) return one.bytes;
    }
    ADD_FAILURE() << "no file " << path;
    return {};
  }
  static std::vector<std::string> paths(const WrittenPolicy& policy) {
    std::vector<std::string> out;
    for (const SourceFile& one : policy.files) out.push_back(one.path);
    return out;
  }

  test::PlanBuilder org;
  std::vector<Workspace> workspaces;
};

TEST_F(WritePolicy, PeopleAreSortedPinnedAndNamed) {
  org.live_user("zoe@acme.example").live_user("ada@acme.example", Presence::active, true);
  org.live_user("bob@acme.example", Presence::suspended);
  org.about("ada@acme.example").account_id = "712020:ada";
  org.about("bob@acme.example").account_id = "712020:bob";
  org.about("bob@acme.example").name = "Bob\n[groups.evil]";
  org.about("zoe@acme.example").account_id = "712020:zoe";
  org.about("zoe@acme.example").account_active = false;
  const WrittenPolicy policy = write();
  EXPECT_THAT(file(policy, "users/org-admins.toml"),
              HasSubstr("\"ada@acme.example\" = { account_id = \"712020:ada\", roles = "
                        "[\"org-admin\"] }"));
  const std::string others = file(policy, "users/acme.example.toml");
  EXPECT_THAT(others, HasSubstr("\"bob@acme.example\" = { state = \"suspended\", account_id = "
                                "\"712020:bob\", roles = [] }  # Bob\\u{A}[groups.evil]\n"
                                "\"zoe@acme.example\" = "));
  EXPECT_THAT(others, HasSubstr("the account is deactivated"));
  EXPECT_EQ(policy.users, 3U);
}

TEST_F(WritePolicy, WhoeverCannotBeDeclaredIsLeftAloneAndTheirGroupTakesNobodyOut) {
  org.live_user("ada@acme.example").live_user("\u0430lan@acme.example");
  org.live_user("robot@acme.example");
  org.about("robot@acme.example").opaque = "account type \"app\"";
  org.live_group("team", {"ada@acme.example", "\u0430lan@acme.example"});
  org.live_group("robots", {"robot@acme.example"});
  const WrittenPolicy policy = write();
  EXPECT_EQ(policy.users, 1U);
  EXPECT_EQ(policy.left_out.size(), 2U);
  EXPECT_THAT(file(policy, "left-alone.toml"), HasSubstr("robot@acme.example\": account type"));
  const std::string groups = file(policy, "groups/others.toml");
  EXPECT_THAT(groups, HasSubstr("[groups.team]\naccess = {}\nmembership = \"additive\""));
  // Nothing is ever done to an opaque account, so nothing has to be held back for it.
  EXPECT_THAT(groups, HasSubstr("[groups.robots]\naccess = {}\nmembers = [\n  # robot@acme.example"
                                ": left alone, account type \"app\"\n]\nempty = true\n"));
}

TEST_F(WritePolicy, SuspendedMembersStandInCommentsSoThatTheyAreNotForgotten) {
  org.live_user("ada@acme.example").live_user("bob@acme.example", Presence::suspended);
  org.live_group("team", {"bob@acme.example", "ada@acme.example"});
  EXPECT_THAT(file(write(), "groups/others.toml"),
              HasSubstr("members = [\n  \"ada@acme.example\",\n  # \"bob@acme.example\","));
}

TEST_F(WritePolicy, SyncedAndBuiltInGroupsDeclareTheirAccessOnly) {
  org.live_user("ada@acme.example");
  org.live_group("idp", {"ada@acme.example"}).live_group("fixed", {"ada@acme.example"});
  org.live_group("default", {"ada@acme.example"});
  org.about_group("idp").synced = true;
  org.about_group("fixed").modifiable = false;
  org.about_group("default").deletable = false;
  const WrittenPolicy policy = write();
  EXPECT_THAT(file(policy, "groups/synced.toml"), HasSubstr("[groups.idp]\naccess = {}\n"));
  EXPECT_THAT(file(policy, "groups/synced.toml"), Not(HasSubstr("members =")));
  const std::string others = file(policy, "groups/others.toml");
  EXPECT_THAT(others, HasSubstr("[groups.fixed]\naccess = {}\n"));
  EXPECT_THAT(others, HasSubstr("# Built in: cannot be deleted.\n[groups.default]\naccess = {}\n"
                                "members = [\"ada@acme.example\"]\n"));
}

TEST_F(WritePolicy, RolesNoPolicyKnowsAndOddDescriptionsAreSaidInComments) {
  org.live_group("team");
  org.live.live.group(org.group_ref("team")).description = "a\u202eb";
  org.live.notes.push_back({"unmanageable_role", "group team: ai-access"});
  const std::string groups = file(write(), "groups/others.toml");
  EXPECT_THAT(groups, HasSubstr("# Not managed: the role ai-access"));
  EXPECT_THAT(groups, HasSubstr("invisible characters: \"a\\u{202E}b\""));
  EXPECT_THAT(groups, Not(HasSubstr("description =")));
}

TEST_F(WritePolicy, GroupsThatBeginAlikeShareAFileAndLargeOnesStandAlone) {
  std::vector<std::string> many;
  for (int i = 0; i < 120; ++i) many.push_back("p" + std::to_string(i) + "@acme.example");
  for (const std::string& one : many) org.live_user(one);
  org.live_group("ops-a").live_group("Ops-b").live_group("ops c").live_group("single");
  org.live_group("ops-all", many);
  const WrittenPolicy policy = write();
  EXPECT_THAT(paths(policy),
              ElementsAre("groups/large/ops-all.toml", "groups/ops.toml", "groups/others.toml",
                          "organization.toml", "users/acme.example.toml"));
  const std::string ops = file(policy, "groups/ops.toml");
  EXPECT_THAT(ops, HasSubstr("[groups.\"ops c\"]"));
  EXPECT_THAT(ops, HasSubstr("[groups.Ops-b]"));
}

TEST_F(WritePolicy, InstancesOfOneAppAreToldApartByTheirHost) {
  workspaces = {{"ari:cloud:confluence::site/1", "confluence", "A", "one.atlassian.net"},
                {"ari:cloud:confluence::site/2", "confluence", "B", "two.atlassian.net"},
                {"ari:cloud:jira-software::site/1", "jira-software", "A", "one.atlassian.net"}};
  const std::string text = file(write(), "organization.toml");
  EXPECT_THAT(text, HasSubstr("confluence-one = \"ari:cloud:confluence::site/1\""));
  EXPECT_THAT(text, HasSubstr("confluence-two = \"ari:cloud:confluence::site/2\""));
  EXPECT_THAT(text, HasSubstr("\njira-software = "));
}

TEST_F(WritePolicy, GroupsThatNameACollisionOrAnUnusableNameAreLeftAlone) {
  org.live_group("twice").live_group("bad\nname");
  org.about_group("twice").opaque = "two groups have this name";
  const WrittenPolicy policy = write();
  EXPECT_EQ(policy.groups, 0U);
  const std::string text = file(policy, "left-alone.toml");
  EXPECT_THAT(text, HasSubstr("# group \"twice\": two groups have this name\n"));
  EXPECT_THAT(text, HasSubstr("# group \"bad\\u{A}name\": its name holds the invisible"));
}

TEST_F(WritePolicy, ManyGroupsStayWithinTheNumberOfFilesAPolicyMayHave) {
  for (int i = 0; i < 5000; ++i) {
    for (const char* part : {"-a", "-b", "-c"}) {
      org.live_group("t" + std::to_string(i) + part);
    }
  }
  const WrittenPolicy policy = write();
  EXPECT_LE(policy.files.size(), 310U);
  EXPECT_EQ(policy.groups, 15'000U);
  EXPECT_FALSE(parse_policy(policy.files).diagnostics.has_errors());
}

}  // namespace
}  // namespace rolecall
