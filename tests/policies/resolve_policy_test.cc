#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policies/policy_text.h"

namespace rolecall::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The example of the reference, word for word.
constexpr std::string_view kExample = R"(#:schema ./rolecall.schema.json
version = 1

[organization]
id              = "1b2c3d4e-0000-4000-8000-0000000000aa"
directory       = "Acme"      # id or name; may be left out when the organization has one directory
unlisted_users  = "ignore"    # or "suspend", "remove": what happens to people no [users] entry names
unlisted_groups = "ignore"    # or "delete"

[resources]                   # names for app instances: an ARI, or looked up by app and host
jira       = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
confluence = { app = "confluence", host = "acme.atlassian.net" }

[users]
"ada@acme.example"   = { roles = ["org-admin"], access = { jira = ["admin"] } }
"grace@acme.example" = { account_id = "712020:5e0c", attributes = { department = "Engineering" } }
"lin@acme.example"   = { state = "suspended", reason = "leave of absence, HR-811" }
"old@acme.example"   = { state = "removed" }
"temp@vendor.example" = { from = 2026-12-01, until = 2027-02-28, reason = "audit, PROC-77" }

[groups.engineering]
description = "Everybody who ships code"
members     = ["ada@acme.example", "grace@acme.example",
               { user = "temp@vendor.example", until = 2027-01-15, reason = "PROC-77" }]
include     = ["backend"]                      # effective members of other groups
exclude     = ["old@acme.example"]             # taken out last
access      = { jira = ["user"], confluence = ["user"] }

[groups.backend]
match  = { department = "Engineering" }        # by users' attributes; every key must agree, a list means any of
access = {}                                    # managed: this group grants nothing on the declared resources

[groups.legacy-admins]
state = "absent"                               # tombstone: delete the group

[groups.platform]
previous_names = ["infra"]                     # rename: make the new one before the old one goes
membership     = "additive"                    # add who is listed, take nobody out
members        = ["grace@acme.example"]

[safety]
min_org_admins  = 2
protected_users  = ["breakglass@acme.example"] # never suspended, removed, or stripped of what they hold
protected_groups = ["org-admins"]
[safety.limits.remove_members]                 # see "Safety limits"
free    = 3
percent = 10
count   = 200
)";

Resolved example(std::string_view at = "2026-12-10") {
  return resolve(one_file(std::string(kExample)), at);
}

TEST(ResolveExample, HasNoProblems) {
  EXPECT_EQ(example().problems, "");
}

TEST(ResolveExample, NamesTheOrganization) {
  const Resolved r = example();
  EXPECT_EQ(r.desired.organization_id, "1b2c3d4e-0000-4000-8000-0000000000aa");
  EXPECT_EQ(r.desired.directory, "Acme");
  EXPECT_EQ(r.desired.unlisted_users, UnlistedUsers::ignore);
  EXPECT_EQ(r.desired.unlisted_groups, UnlistedGroups::ignore);
  EXPECT_EQ(r.cause(r.desired.unlisted_users_cause), "policy.toml:7:1 unlisted_users = \"ignore\"");
  EXPECT_EQ(r.desired.organization_cause.place, (Place{"policy.toml", 4, 2}));
  ASSERT_EQ(r.desired.resources.size(), 2U);
  EXPECT_EQ(r.desired.resources[0].alias, "confluence");
  EXPECT_EQ(r.catalog.name(r.desired.resources[1].ref), kJira);
}

TEST(ResolveExample, WantsThePeopleAsDeclared) {
  const Resolved r = example();
  EXPECT_EQ(r.user("ada@acme.example").presence, Presence::active);
  EXPECT_TRUE(r.user("ada@acme.example").org_admin);
  EXPECT_THAT(r.grants(r.user("ada@acme.example").grants),
              ElementsAre(std::string(kJira) + " admin"));
  EXPECT_EQ(r.cause(r.user_scope("ada@acme.example").roles_cause),
            "policy.toml:15:35 listed in roles");
  EXPECT_FALSE(r.user_scope("grace@acme.example").roles_managed);
  EXPECT_FALSE(r.user_scope("grace@acme.example").access_managed);
  EXPECT_EQ(r.user_scope("grace@acme.example").account_id, "712020:5e0c");
  EXPECT_EQ(r.user("lin@acme.example").presence, Presence::suspended);
  EXPECT_EQ(r.cause(r.user_scope("lin@acme.example").state_cause),
            "policy.toml:17:26 state = \"suspended\" (leave of absence, HR-811)");
  EXPECT_EQ(r.user("old@acme.example").presence, Presence::absent);
  EXPECT_TRUE(r.user_scope("old@acme.example").declared);
  EXPECT_EQ(r.user("temp@vendor.example").presence, Presence::active);
}

TEST(ResolveExample, WantsTheGroupsAsDeclared) {
  const Resolved r = example();
  EXPECT_EQ(r.group("engineering").description, "Everybody who ships code");
  EXPECT_THAT(
      r.members("engineering"),
      ElementsAre("ada@acme.example: listed in members", "grace@acme.example: listed in members",
                  "temp@vendor.example: listed in members until 2027-01-15"));
  EXPECT_THAT(r.members("backend"),
              ElementsAre("grace@acme.example: matches department = Engineering"));
  EXPECT_TRUE(r.group_scope("backend").access_managed);
  EXPECT_THAT(r.group("backend").grants, IsEmpty());
  EXPECT_THAT(
      r.grants(r.group("engineering").grants),
      ElementsAre(std::string(kJira) + " user", "lookup:confluence@acme.atlassian.net user"));
  EXPECT_FALSE(r.group("legacy-admins").present);
  EXPECT_TRUE(r.group_scope("legacy-admins").declared);
  EXPECT_EQ(r.cause(r.group_scope("legacy-admins").state_cause),
            "policy.toml:34:1 state = \"absent\"");
  EXPECT_TRUE(r.group_scope("platform").additive);
  EXPECT_THAT(r.group_scope("platform").previous, ElementsAre(r.group_ref("infra").value()));
  EXPECT_FALSE(r.group_scope("infra").declared);
}

TEST(ResolveExample, KeepsTheSafetyLimits) {
  const Resolved r = example();
  EXPECT_EQ(r.desired.safety.min_org_admins, 2);
  EXPECT_THAT(r.desired.safety.protected_users,
              ElementsAre(r.ref("breakglass@acme.example").value()));
  EXPECT_THAT(r.desired.safety.protected_groups, ElementsAre(r.group_ref("org-admins").value()));
  EXPECT_EQ(r.desired.safety.limits[static_cast<std::size_t>(LimitClass::remove_members)],
            (Limit{3, 10, 200}));
  EXPECT_EQ(r.desired.safety.limits[static_cast<std::size_t>(LimitClass::revoke_admins)],
            (Limit{1, 25, 5}));
}

Presence presence_at(std::string_view window, std::string_view at) {
  const std::string body = "[users]\n\"b@x.example\" = { " + std::string(window) + " }\n";
  const Resolved r = resolve(with_head(body), at);
  EXPECT_EQ(r.problems, "");
  return r.user("b@x.example").presence;
}

struct Edge {
  std::string_view window;
  std::string_view at;
  Presence presence;
};

TEST(ResolveWindow, HoldsToTheMillisecond) {
  constexpr Presence kIn = Presence::active;
  constexpr Presence kOut = Presence::suspended;
  const Edge edges[] = {
      {"from = 2026-12-01", "2026-11-30T23:59:59.999Z", kOut},
      {"from = 2026-12-01", "2026-12-01T00:00:00Z", kIn},
      {"until = 2027-02-28", "2027-02-28T23:59:59.999Z", kIn},
      {"until = 2027-02-28", "2027-03-01T00:00:00Z", kOut},
      {"from = 2026-12-01, until = 2026-12-01", "2026-12-01T12:00:00Z", kIn},
      {"until = 2027-02-28T12:00:00Z", "2027-02-28T11:59:59.999Z", kIn},
      {"until = 2027-02-28T12:00:00Z", "2027-02-28T12:00:00Z", kOut},
      {"until = 2027-02-28T12:00:00", "2027-02-28T11:59:59.999Z", kIn},
      {"until = 2027-02-28T12:00:00", "2027-02-28T12:00:00Z", kOut},
      {"until = 2027-02-28T12:00:00+02:00", "2027-02-28T10:00:00Z", kOut},
      {"until = 2027-02-28T12:00:00-02:00", "2027-02-28T13:59:59Z", kIn},
      {"from = 2027-02-28T12:00:00.500Z", "2027-02-28T12:00:00.499Z", kOut},
      {"from = 2027-02-28T12:00:00.500Z", "2027-02-28T12:00:00.500Z", kIn},
      {"until = 2028-02-29", "2028-02-29T23:00:00Z", kIn},
  };
  for (const Edge& edge : edges) {
    EXPECT_EQ(presence_at(edge.window, edge.at), edge.presence) << edge.window << " " << edge.at;
  }
}

TEST(ResolveWindow, SaysWhySomebodyIsSuspended) {
  const std::string body =
      "[users]\n\"b@x.example\" = { from = 2026-12-01, until = 2027-02-28, "
      "reason = \"audit\" }\n";
  const auto why = [&](std::string_view at) {
    const Resolved r = resolve(with_head(body), at);
    return r.cause(r.user_scope("b@x.example").state_cause);
  };
  EXPECT_EQ(why("2026-11-30"), "policy.toml:5:19 outside its window (from 2026-12-01) (audit)");
  EXPECT_EQ(why("2026-12-01"), "policy.toml:5:1 declared (audit)");
  EXPECT_EQ(why("2027-03-01"), "policy.toml:5:38 outside its window (until 2027-02-28) (audit)");
}

constexpr std::string_view kTeams =
    "[users]\n"
    "\"ada@x.example\"   = { attributes = { team = \"core\", site = \"Berlin\" } }\n"
    "\"grace@x.example\" = { attributes = { team = \"web\", site = \"Berlin\" } }\n"
    "\"kay@x.example\"   = { attributes = { team = \"core\", site = \"Oslo\" } }\n"
    "\"lin@x.example\"   = { state = \"suspended\", attributes = { team = \"core\" } }\n"
    "\"sue@x.example\"   = { until = 2026-12-31, attributes = { team = \"core\" } }\n";

Resolved teams(std::string_view groups, std::string_view at = "2026-12-10") {
  Resolved r = resolve(with_head(std::string(kTeams) + std::string(groups)), at);
  EXPECT_EQ(r.problems, "");
  return r;
}

TEST(ResolveMembers, MatchAsksForEveryKeyAndAnyValue) {
  const std::string_view groups =
      "[groups.core]\nmatch = { team = \"core\" }\n"
      "[groups.any]\nmatch = { team = [\"core\", \"web\"], site = \"Berlin\" }\n"
      "[groups.case]\nmatch = { team = \"Core\" }\nempty = true\n";
  const Resolved r = teams(groups);
  EXPECT_THAT(r.members("core"), ElementsAre("ada@x.example: matches team = core",
                                             "kay@x.example: matches team = core",
                                             "sue@x.example: matches team = core"));
  EXPECT_THAT(r.members("any"), ElementsAre("ada@x.example: matches team = core, site = Berlin",
                                            "grace@x.example: matches team = web, site = Berlin"));
  EXPECT_THAT(r.members("case"), IsEmpty());
  EXPECT_THAT(
      teams(groups, "2027-01-01").members("core"),
      ElementsAre("ada@x.example: matches team = core", "kay@x.example: matches team = core"));
}

TEST(ResolveMembers, IncludeTakesEffectiveMembersAndExcludeComesLast) {
  const Resolved r = teams(
      "[groups.all]\ninclude = [\"most\"]\nmembers = [\"grace@x.example\", \"new@x.example\"]\n"
      "[groups.most]\ninclude = [\"core\"]\nexclude = [\"kay@x.example\"]\n"
      "[groups.core]\nmatch = { team = \"core\" }\n");
  EXPECT_THAT(r.members("most"), ElementsAre("ada@x.example: included from core",
                                             "sue@x.example: included from core"));
  EXPECT_THAT(r.members("all"),
              ElementsAre("ada@x.example: included from most", "grace@x.example: listed in members",
                          "new@x.example: listed in members", "sue@x.example: included from most"));
  EXPECT_FALSE(r.user_scope("new@x.example").declared);
}

TEST(ResolveMembers, AnEntrysWindowEndsThatEntryAlone) {
  const std::string_view groups =
      "[groups.a]\nmembers = [{ user = \"ada@x.example\", until = 2026-12-05, reason = \"PROC-1\" "
      "},"
      " \"kay@x.example\"]\n"
      "[groups.b]\ninclude = [\"a\"]\n"
      "[groups.c]\ninclude = [\"a\"]\nmatch = { site = \"Berlin\" }\n";
  const Resolved before = teams(groups, "2026-12-05T23:59:59Z");
  EXPECT_EQ(before.members("b").size(), 2U);
  const GroupScope& scope = before.group_scope("a");
  EXPECT_EQ(before.cause(scope.member_causes.at(0)),
            "policy.toml:11:21 listed in members until 2026-12-05 (PROC-1)");
  const Resolved after = teams(groups, "2026-12-06");
  EXPECT_THAT(after.members("a"), ElementsAre("kay@x.example: listed in members"));
  EXPECT_THAT(after.members("b"), ElementsAre("kay@x.example: included from a"));
  EXPECT_EQ(after.members("c").front(), "ada@x.example: matches site = Berlin");
}

TEST(ResolveMembers, ARemovalPointsToTheListItIsMissingFrom) {
  const Resolved r = teams(
      "[groups.a]\nmatch = { team = \"core\" }\nmembers = [\"ada@x.example\"]\n"
      "[groups.b]\ninclude = [\"a\"]\nmatch = { team = \"web\" }\n"
      "[groups.c]\ninclude = [\"a\"]\n"
      "[groups.d]\n");
  EXPECT_EQ(r.cause(r.group_scope("a").members_cause), "policy.toml:12:1 not listed in members");
  EXPECT_EQ(r.cause(r.group_scope("b").members_cause), "policy.toml:15:1 not matched");
  EXPECT_EQ(r.cause(r.group_scope("c").members_cause), "policy.toml:17:1 not in an included group");
  EXPECT_FALSE(r.group_scope("d").members_managed);
  EXPECT_TRUE(r.group("d").present);
}

TEST(ResolveMembers, ListsAreSortedByRefWhateverTheCatalogHoldsAlready) {
  Resolved r;
  for (const char* live : {"kay@x.example", "zoe@x.example", "ada@x.example"}) {
    (void)r.catalog.user(*Email::parse(live));
  }
  const ParsedPolicy parsed = parse_policy(with_head(
      "[groups.a]\nmembers = [\"ada@x.example\", \"new@x.example\", \"kay@x.example\"]\n"));
  r.desired = resolve_policy(*parsed.policy, Instant{}, nullptr, r.catalog).desired;
  const std::vector<UserRef>& members = r.group("a").members;
  EXPECT_TRUE(std::is_sorted(members.begin(), members.end()));
  EXPECT_EQ(r.members("a").size(), 3U);
  EXPECT_EQ(r.user("zoe@x.example").presence, Presence::absent);
  EXPECT_FALSE(r.user_scope("zoe@x.example").declared);
}

TEST(ResolveAccess, IsManagedWhereTheKeyIsThere) {
  const Resolved r = resolve(
      with_head("[resources]\nj = \"ari:cloud:j\"\nc = \"ari:cloud:c\"\n[users]\n"
                "\"a@x.example\" = { roles = [], access = { j = [\"user\", \"admin\"], c = [] } }\n"
                "\"b@x.example\" = { access = {} }\n\"c@x.example\" = {}\n"));
  EXPECT_EQ(r.problems, "");
  EXPECT_THAT(r.grants(r.user("a@x.example").grants),
              ElementsAre("ari:cloud:j admin", "ari:cloud:j user"));
  const UserScope& a = r.user_scope("a@x.example");
  EXPECT_EQ(r.cause(a.grant_causes.at(0)), "policy.toml:8:55 listed in access");
  EXPECT_EQ(r.cause(a.grant_causes.at(1)), "policy.toml:8:47 listed in access");
  EXPECT_EQ(r.cause(a.access_cause), "policy.toml:8:31 not listed in access");
  EXPECT_EQ(r.cause(a.roles_cause), "policy.toml:8:19 not listed in roles");
  EXPECT_TRUE(r.user_scope("b@x.example").access_managed);
  EXPECT_FALSE(r.user_scope("c@x.example").access_managed);
  EXPECT_FALSE(r.user("a@x.example").org_admin);
}

const std::vector<Workspace> kWorkspaces = {
    {"ari:cloud:confluence::site/1", "confluence", "Acme", "acme.atlassian.net"},
    {"ari:cloud:confluence::site/2", "confluence", "Lab", "lab.atlassian.net"},
    {"ari:cloud:jira-software::site/3", "jira-software", "Acme", "Acme.atlassian.net"},
};

std::string look_up(std::string_view resource) {
  const Resolved r =
      resolve(with_head("[resources]\n" + std::string(resource)), "2026-12-10", &kWorkspaces);
  return r.problems.empty() ? r.catalog.name(r.desired.resources.at(0).ref) : r.problems;
}

TEST(ResolveResources, AreLookedUpByAppAndHost) {
  EXPECT_EQ(look_up("c = { app = \"confluence\", host = \"ACME.atlassian.net\" }"),
            "ari:cloud:confluence::site/1");
  EXPECT_EQ(look_up("c = { app = \"jira-software\" }"), "ari:cloud:jira-software::site/3");
}

TEST(ResolveResources, NoMatchOrTwoListTheCandidates) {
  const std::string two = look_up("c = { app = \"confluence\" }");
  EXPECT_THAT(two,
              ::testing::HasSubstr(
                  "policy.toml:5:1: error: resource \"c\" (app = \"confluence\") finds 2 app"));
  EXPECT_THAT(two,
              ::testing::HasSubstr("ari:cloud:confluence::site/2 (app = \"confluence\", host = "
                                   "\"lab.atlassian.net\")"));
  const std::string none = look_up("c = { app = \"jira\", host = \"acme.atlassian.net\" }");
  EXPECT_THAT(none, ::testing::HasSubstr("finds no app instance"));
  EXPECT_THAT(none, ::testing::HasSubstr("ari:cloud:jira-software::site/3"));
  EXPECT_THAT(none, ::testing::Not(::testing::HasSubstr("site/2")));
}

TEST(ResolveResources, TwoAliasesForOneInstanceAreAnError) {
  EXPECT_THAT(
      look_up("a = { app = \"jira-software\" }\nb = \"ari:cloud:jira-software::site/3\"\n"),
      ::testing::HasSubstr("policy.toml:6:1: error: \"b\" and \"a\" are the same resource"));
}

TEST(ResolvePolicy, TheSameFilesGiveTheSameState) {
  const Resolved one = example();
  const Resolved two = example();
  EXPECT_EQ(one.desired.state.users, two.desired.state.users);
  EXPECT_EQ(one.desired.state.groups, two.desired.state.groups);
  ASSERT_EQ(one.desired.causes.size(), two.desired.causes.size());
  for (CauseRef i = 0; i < one.desired.causes.size(); ++i) {
    EXPECT_EQ(one.desired.causes[i], two.desired.causes[i]);
  }
}

}  // namespace
}  // namespace rolecall::testing
