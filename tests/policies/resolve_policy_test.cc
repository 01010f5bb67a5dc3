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
  EXPECT_THAT(r.members("engineering"), ElementsAre("ada@acme.example: listed in members",
                                                    "grace@acme.example: listed in members",
                                                    "temp@vendor.example: listed in members"));
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

}  // namespace
}  // namespace rolecall::testing
