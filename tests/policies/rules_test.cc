#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policies/policy_text.h"
#include "tests/support/golden.h"

namespace rolecall::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What the rules and tests of a policy without other problems say.
std::string broken(const std::vector<SourceFile>& files, std::string_view at = "2026-12-10") {
  const ParsedPolicy parsed = parse_policy(files);
  EXPECT_EQ(render(parsed.diagnostics), "");
  if (parsed.diagnostics.has_errors()) return "not a policy";
  return render(check_rules(*parsed.policy, *parse_instant(at)).diagnostics);
}
std::string broken(std::string_view body, std::string_view at = "2026-12-10") {
  return broken(with_head(body), at);
}

constexpr std::string_view kResources =
    "[resources]\njira = \"ari:cloud:jira::a\"\nwiki = \"ari:cloud:confluence::b\"\n";

std::string deny(std::string_view what, std::string_view users = "domain = \"vendor.example\"") {
  return "[[rules]]\nname = \"R\"\nusers = { " + std::string(users) + " }\ndeny = { " +
         std::string(what) + " }\n" + std::string(kResources);
}

// --- deny -------------------------------------------------------------------------------------

TEST(Rules, DenyOrganizationRoles) {
  const std::string rule = deny("roles = [\"org-admin\"]");
  EXPECT_EQ(broken(rule + "[users]\n\"t@vendor.example\" = { roles = [] }\n"
                          "\"a@acme.example\" = { roles = [\"org-admin\"] }\n"),
            "");
  EXPECT_EQ(broken(rule + "[users]\n\"t@Vendor.Example\" = { roles = [\"org-admin\"] }\n"),
            "policy.toml:12:33: error: rule \"R\": \"t@vendor.example\" has organization role "
            "\"org-admin\"\n"
            "  hint: take it out of \"roles\"\n"
            "  see: policy.toml:4:1\n"
            "1 error in 1 file\n");
}

TEST(Rules, DenyDirectAccess) {
  const std::string rule = deny("access = { jira = [\"admin\"] }");
  const auto access = [&](std::string_view what) {
    return broken(rule + "[users]\n\"t@vendor.example\" = { access = { " + std::string(what) +
                  " } }\n");
  };
  EXPECT_EQ(access("jira = [\"user\"], wiki = [\"admin\"]"), "");
  EXPECT_THAT(access("jira = [\"user\", \"admin\"]"),
              HasSubstr("12:51: error: rule \"R\": \"t@vendor.example\" has role \"admin\" on "
                        "\"jira\"\n"));
}

TEST(Rules, DenyAccessThroughGroups) {
  const std::string rule = deny("access = { jira = [\"admin\"] }");
  const std::string found =
      broken(rule +
             "[groups.all]\ninclude = [\"mid\"]\naccess = { jira = [\"admin\"] }\n"
             "[groups.mid]\ninclude = [\"low\"]\n"
             "[groups.low]\nmembers = [\"a@acme.example\", \"t@vendor.example\"]\n");
  EXPECT_EQ(found,
            "policy.toml:17:30: error: rule \"R\": \"t@vendor.example\" has role \"admin\" on "
            "\"jira\" through group \"all\" (which includes \"mid\", \"low\")\n"
            "  hint: take them out of the group, or the role out of its \"access\"\n"
            "  see: policy.toml:15:12\n"
            "  see: policy.toml:12:12\n"
            "  see: policy.toml:13:20\n"
            "  see: policy.toml:4:1\n"
            "1 error in 1 file\n");
}

TEST(Rules, DenyWhatAMatchGives) {
  EXPECT_THAT(
      broken(
          deny("access = { jira = [\"admin\"] }", "attributes = { kind = [\"ext\", \"temp\"] }") +
          "[users]\n\"t@acme.example\" = { attributes = { kind = \"ext\", team = \"x\" } }\n"
          "\"a@acme.example\" = { attributes = { kind = \"own\", team = \"x\" } }\n"
          "[groups.g]\nmatch = { team = \"x\" }\naccess = { jira = [\"admin\"] }\n"),
      AllOf(HasSubstr("policy.toml:15:1: error: rule \"R\": \"t@acme.example\" has role"),
            HasSubstr("\n1 error in 1 file\n")));
}

TEST(Rules, DenyPointsToTheRosterRow) {
  std::vector<SourceFile> files =
      with_head(deny("access = { jira = [\"admin\"] }") +
                "[[rosters]]\nfile = \"hr.csv\"\nemail = \"m\"\nattributes = { team = \"t\" }\n"
                "declare_users = true\n[groups.g]\nmatch = { team = \"x\" }\naccess = { jira = "
                "[\"admin\"] }\n");
  files.push_back({"hr.csv", "m,t\na@acme.example,x\nt@vendor.example,x\n", true});
  EXPECT_THAT(broken(files), HasSubstr("hr.csv:3:18: error: rule \"R\": \"t@vendor.example\" has"));
}

TEST(Rules, DenySeesOnlyThoseWhoAreInAtTheInstant) {
  const std::string body =
      deny("access = { jira = [\"admin\"] }") +
      "[groups.g]\naccess = { jira = [\"admin\"] }\n"
      "members = [{ user = \"t@vendor.example\", from = 2027-01-01, until = 2027-01-31 }]\n";
  EXPECT_EQ(broken(body, "2026-12-31T23:59:59Z"), "");
  EXPECT_THAT(broken(body, "2027-01-01"), HasSubstr("1 error"));
  EXPECT_THAT(broken(body, "2027-01-31T23:59:59Z"), HasSubstr("1 error"));
  EXPECT_EQ(broken(body, "2027-02-01"), "");
}

TEST(Rules, DenyCountsWhatWaitsForTheSuspended) {
  const std::string rule = deny("roles = [\"org-admin\"], access = { jira = [\"admin\"] }");
  const std::string holds = "roles = [\"org-admin\"], access = { jira = [\"admin\"] }";
  for (const std::string state :
       {"state = \"suspended\"", "from = 2027-01-01", "until = 2026-01-01"}) {
    EXPECT_THAT(broken(rule + "[users]\n\"t@vendor.example\" = { " + state + ", " + holds + " }\n"),
                AllOf(HasSubstr("org-admin\", which waits while they are suspended"),
                      HasSubstr("on \"jira\", which waits while they are suspended"),
                      HasSubstr("2 errors")))
        << state;
  }
}

TEST(Rules, EveryWayIsShown) {
  EXPECT_THAT(
      broken(deny("access = { jira = [\"admin\", \"user\"] }") +
             "[users]\n\"t@vendor.example\" = { access = { jira = [\"user\"] } }\n"
             "[groups.a]\nmembers = [\"t@vendor.example\"]\naccess = { jira = [\"admin\"] }\n"
             "[groups.b]\nmembers = [\"t@vendor.example\"]\naccess = { jira = [\"admin\"] }\n"),
      HasSubstr("3 errors"));
}

// --- who ----------------------------------------------------------------------------------------

TEST(Rules, AreAboutThoseOfWhomEveryPartHolds) {
  const std::string people =
      "[users]\n\"a@x.example\" = { roles = [\"org-admin\"], attributes = { k = \"1\" } }\n"
      "\"b@x.example\" = { roles = [\"org-admin\"] }\n"
      "\"c@sub.x.example\" = { roles = [\"org-admin\"], attributes = { k = \"1\" } }\n"
      "[groups.g]\ninclude = [\"h\"]\n[groups.h]\nmembers = [\"a@x.example\", \"b@x.example\"]\n";
  const auto who = [&](std::string_view users) {
    std::string out;
    const std::string found = broken(deny("roles = [\"org-admin\"]", users) + people);
    for (const char* one : {"\"a@x", "\"b@x", "\"c@sub"}) {
      if (found.find(one) != std::string::npos) out += one[1];
    }
    return out;
  };
  EXPECT_EQ(who("domain = \"X.example\""), "ab") << "not of the domains below it";
  EXPECT_EQ(who("domain = [\"sub.x.example\", \"x.example\"]"), "abc");
  EXPECT_EQ(who("group = \"G\""), "ab");
  EXPECT_EQ(who("attributes = { k = \"1\" }"), "ac");
  EXPECT_EQ(who("group = [\"g\", \"h\"], attributes = { k = \"1\" }"), "a");
  EXPECT_EQ(who("domain = \"sub.x.example\", attributes = { k = \"1\" }"), "c");
}

TEST(Rules, WithoutUsersAreAboutEverybody) {
  EXPECT_THAT(broken("[[rules]]\nname = \"R\"\ndeny = { roles = [\"org-admin\"] }\n"
                     "[users]\n\"a@x.example\" = { roles = [\"org-admin\"] }\n"),
              HasSubstr("1 error"));
}

TEST(Rules, AboutNobodyAreWarnedOf) {
  const std::string found = broken(deny("roles = [\"org-admin\"]", "domain = \"vendr.example\"") +
                                   "[users]\n\"t@vendor.example\" = {}\n");
  EXPECT_EQ(found,
            "policy.toml:6:1: warning: rule \"R\" is about nobody\n"
            "  hint: did you mean \"vendor.example\"?\n"
            "1 warning in 1 file\n");
  EXPECT_THAT(broken(deny("roles = [\"org-admin\"]", "attributes = { kid = \"x\" }") +
                     "[users]\n\"t@vendor.example\" = { attributes = { kind = \"x\" } }\n"),
              HasSubstr("did you mean \"kind\"?"));
}

TEST(Rules, OfSeverityWarningOnlyWarn) {
  const std::string found = broken(
      "[[rules]]\nname = \"R\"\nseverity = \"warning\"\n"
      "deny = { roles = [\"org-admin\"] }\n"
      "[users]\n\"a@x.example\" = { roles = [\"org-admin\"] }\n");
  EXPECT_THAT(found, AllOf(HasSubstr(": warning: rule \"R\": "), HasSubstr("1 warning in")));
}

TEST(Rules, ThatManyBreakAreCutShort) {
  std::string members;
  for (int i = 0; i < 80; ++i) members += "\"u" + std::to_string(i) + "@vendor.example\",";
  const std::string found =
      broken(deny("access = { jira = [\"admin\"] }") + "[groups.g]\nmembers = [" + members +
             "]\naccess = { jira = [\"admin\"] }\n");
  EXPECT_THAT(found, AllOf(HasSubstr("policy.toml:4:1: error: rule \"R\": broken 30 times more"),
                           HasSubstr("51 errors")));
}

// --- exclusive groups ---------------------------------------------------------------------------

constexpr std::string_view kExclusive =
    "[[rules]]\nname = \"R\"\nexclusive_groups = [\"build\", \"approve\", \"audit\"]\n";

TEST(Rules, ExclusiveGroupsShareNobody) {
  const std::string rule(kExclusive);
  EXPECT_EQ(broken(rule + "[groups.build]\nmembers = [\"a@x.example\"]\n"
                          "[groups.approve]\nmembers = [\"b@x.example\"]\n"
                          "[groups.audit]\nmembers = []\nempty = true\n"),
            "");
  EXPECT_EQ(broken(rule + "[groups.build]\nmembers = [\"a@x.example\"]\n"
                          "[groups.approve]\nmembers = [\"b@x.example\", \"A@x.example\"]\n"
                          "[groups.audit]\ninclude = [\"build\"]\n"),
            "policy.toml:8:12: error: rule \"R\": \"a@x.example\" is in group \"build\", in group "
            "\"approve\" and in group \"audit\" (which includes \"build\")\n"
            "  hint: take them out of all but one\n"
            "  see: policy.toml:10:27\n"
            "  see: policy.toml:8:12\n"
            "  see: policy.toml:12:12\n"
            "  see: policy.toml:4:1\n"
            "1 error in 1 file\n");
}

TEST(Rules, ExclusiveGroupsAskForTheInstant) {
  const std::string body =
      std::string(kExclusive) +
      "[groups.build]\nmembers = [{ user = \"a@x.example\", until = 2026-12-31 }]\n"
      "[groups.approve]\nmembers = [{ user = \"a@x.example\", from = 2027-01-01 }]\n"
      "[groups.audit]\nmembers = []\nempty = true\n";
  EXPECT_EQ(broken(body, "2026-12-31"), "");
  EXPECT_EQ(broken(body, "2027-01-01"), "");
}

TEST(Rules, ExcludedPeopleAreInNoGroup) {
  EXPECT_EQ(broken(std::string(kExclusive) +
                   "[groups.build]\nmembers = [\"a@x.example\", \"b@x.example\"]\n"
                   "[groups.approve]\ninclude = [\"build\"]\nexclude = [\"a@x.example\", "
                   "\"b@x.example\"]\nempty = true\n"
                   "[groups.audit]\nstate = \"absent\"\n"),
            "");
}

TEST(Rules, ExclusiveGroupsMayBeAboutSome) {
  const std::string body =
      "[groups.build]\nmembers = [\"a@x.example\"]\n[groups.approve]\nmembers = [\"a@x.example\"]\n"
      "[groups.audit]\nmembers = [\"b@y.example\"]\n";
  EXPECT_EQ(broken(std::string(kExclusive) + "users = { domain = \"y.example\" }\n" + body), "");
  EXPECT_THAT(broken(std::string(kExclusive) + "users = { domain = \"x.example\" }\n" + body),
              HasSubstr("1 error"));
}

// --- require ------------------------------------------------------------------------------------

std::string require(std::string_view what, std::string_view user) {
  return broken("[[rules]]\nname = \"R\"\nusers = { domain = \"v.example\" }\nrequire = { " +
                std::string(what) + " }\n[users]\n\"t@v.example\" = { " + std::string(user) +
                " }\n\"own@acme.example\" = {}\n");
}

TEST(Rules, RequireAnEnd) {
  EXPECT_THAT(require("until_within_days = 30", ""),
              HasSubstr("policy.toml:9:1: error: rule \"R\": \"t@v.example\" has no \"until\"\n"));
  // As of 2026-12-10.
  EXPECT_EQ(require("until_within_days = 30", "until = 2027-01-09"), "");
  EXPECT_THAT(require("until_within_days = 30", "until = 2027-01-10"),
              AllOf(HasSubstr("policy.toml:9:19: error: rule \"R\": \"t@v.example\" has until = "
                              "2027-01-10, more than 30 days after 2026-12-10"),
                    HasSubstr("write 2027-01-09 or earlier")));
  EXPECT_EQ(require("until_within_days = 30", "until = 2026-12-01"), "") << "ended already";
  EXPECT_EQ(require("until_within_days = 0", "until = 2026-12-10"), "");
}

TEST(Rules, RequireCountsFromTheBeginning) {
  EXPECT_EQ(require("until_within_days = 30", "from = 2027-06-01, until = 2027-07-01"), "");
  EXPECT_THAT(require("until_within_days = 30", "from = 2027-06-01, until = 2027-07-02"),
              HasSubstr("after 2027-06-01"));
  EXPECT_THAT(require("until_within_days = 30", "from = 2027-06-01"), HasSubstr("no \"until\""));
}

TEST(Rules, RequireAReason) {
  EXPECT_THAT(require("reason = true", "reason = \" \""), HasSubstr("has no \"reason\""));
  EXPECT_EQ(require("reason = true", "reason = \"PROC-77\""), "");
  EXPECT_THAT(require("reason = true, until_within_days = 9", ""), HasSubstr("2 errors"));
}

TEST(Rules, RequireNothingOfWhoHasNothing) {
  EXPECT_EQ(require("until_within_days = 30, reason = true", "state = \"suspended\""), "");
  EXPECT_EQ(require("until_within_days = 30, reason = true", "state = \"removed\""), "");
}

TEST(Rules, RequireOfTheUndeclaredThatTheirMembershipsEnd) {
  const std::string rule =
      "[[rules]]\nname = \"R\"\nusers = { domain = \"v.example\" }\n"
      "require = { until_within_days = 30, reason = true }\n[groups.g]\n";
  EXPECT_THAT(broken(rule + "members = [\"t@v.example\"]\n"),
              AllOf(HasSubstr("policy.toml:9:12: error: rule \"R\": \"t@v.example\" in group \"g\" "
                              "has no \"until\""),
                    HasSubstr("2 errors")));
  EXPECT_EQ(broken(rule + "members = [{ user = \"t@v.example\", until = 2027-01-01, reason = "
                          "\"x\" }]\n"),
            "");
}

// --- tests --------------------------------------------------------------------------------------

constexpr std::string_view kTemp =
    "[resources]\njira = \"ari:cloud:jira::a\"\n"
    "[users]\n"
    "\"temp@vendor.example\" = { from = 2026-12-01, until = 2027-02-28, roles = [\"org-admin\"], "
    "access = { jira = [\"customer\"] } }\n"
    "[groups.engineering]\nmembers = [{ user = \"temp@vendor.example\", until = 2027-01-15 }]\n"
    "access = { jira = [\"user\"] }\n"
    "[groups.all]\ninclude = [\"engineering\"]\n";

std::string ask(std::string_view at, std::string_view expects) {
  return broken("[[tests]]\nname = \"T\"\nuser = \"Temp@vendor.example\"\n" + std::string(at) +
                "\n" + std::string(expects) + "\n" + std::string(kTemp));
}

constexpr std::string_view kHasAll =
    "has = { groups = [\"engineering\", \"ALL\"], roles = [\"org-admin\"], access = { jira = "
    "[\"user\", \"customer\"] } }";
constexpr std::string_view kLacksAll =
    "lacks = { groups = [\"engineering\", \"all\"], roles = [\"org-admin\"], access = { jira = "
    "[\"user\", \"customer\"] } }";

TEST(PolicyTests, AreAskedAtTheirInstant) {
  EXPECT_EQ(ask("at = 2026-11-30T23:59:59Z", kLacksAll), "");
  EXPECT_EQ(ask("at = 2026-12-01", kHasAll), "");
  EXPECT_EQ(ask("at = 2027-01-15", kHasAll), "");
  EXPECT_THAT(ask("at = 2027-01-16", kHasAll), HasSubstr("3 errors"));
  EXPECT_EQ(ask("at = 2027-02-28",
                "has = { roles = [\"org-admin\"], access = { jira = [\"customer\"] } }\n"
                "lacks = { groups = [\"engineering\"], access = { jira = [\"user\"] } }"),
            "");
  EXPECT_EQ(ask("at = 2027-03-01", kLacksAll), "");
}

TEST(PolicyTests, WithoutAnInstantAreAskedAtTheRuns) {
  EXPECT_EQ(ask("", kHasAll), "") << "2026-12-10";
}

TEST(PolicyTests, SayWhatIsThereAndThroughWhat) {
  EXPECT_EQ(
      ask("at = 2026-12-01", "lacks = { groups = [\"all\"], access = { jira = [\"user\"] } }"),
      "policy.toml:8:21: error: test \"T\": on 2026-12-01 \"temp@vendor.example\" is in group "
      "\"all\" (which includes \"engineering\")\n"
      "  see: policy.toml:14:21\n"
      "  see: policy.toml:17:12\n"
      "policy.toml:8:48: error: test \"T\": on 2026-12-01 \"temp@vendor.example\" has role "
      "\"user\" on \"jira\" through group \"engineering\"\n"
      "  see: policy.toml:14:21\n"
      "  see: policy.toml:15:20\n"
      "2 errors in 1 file\n");
}

TEST(PolicyTests, SayWhatIsMissingAndWhy) {
  EXPECT_EQ(ask("at = 2027-03-01", "has = { roles = [\"org-admin\"] }"),
            "policy.toml:8:18: error: test \"T\": on 2027-03-01 \"temp@vendor.example\" does not "
            "have organization role \"org-admin\"\n"
            "  hint: they are not wanted active then: outside its window (until 2027-02-28)\n"
            "  see: policy.toml:12:46\n"
            "1 error in 1 file\n");
}

TEST(PolicyTests, TheRemovedAndSuspendedHaveNothing) {
  for (const char* state : {"removed", "suspended"}) {
    const std::string body =
        "[[tests]]\nname = \"T\"\nuser = \"t@x.example\"\nlacks = { groups = [\"g\"] }\n"
        "[users]\n\"t@x.example\" = { state = \"" +
        std::string(state) +
        "\" }\n\"a@x.example\" = {}\n[groups.g]\nmembers = [\"a@x.example\"]\n";
    EXPECT_EQ(broken(body), "");
  }
}

TEST(Rules, AndTestsChangeNothingOfWhatIsWanted) {
  const Resolved with = resolve(
      with_head("[[tests]]\nname = \"T\"\nuser = \"A@x.example\"\nhas = { groups = [\"G\"] }\n"
                "[[rules]]\nname = \"R\"\nusers = { group = \"G\" }\nrequire = { reason = true }\n"
                "[groups.g]\nmembers = [\"a@x.example\"]\n"));
  ASSERT_EQ(with.problems, "");
  EXPECT_EQ(with.catalog.user_count(), 1U);
  EXPECT_EQ(with.catalog.group_count(), 1U);
  EXPECT_EQ(with.group_ref("G"), with.group_ref("g"));
}

/// One policy with a bit of everything, as people see it.
TEST(RulesGolden, ABrokenPolicy) {
  std::vector<SourceFile> files = {
      {"access/org.toml",
       "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-0000000000aa\"\n" +
           std::string(kResources)},
      {"access/people.toml",
       "[[rosters]]\nfile = \"hr.csv\"\nemail = \"Work Email\"\n"
       "attributes = { department = \"Department\" }\n"
       "active = { column = \"Status\", values = [\"Active\", \"leave\"] }\ndeclare_users = true\n"
       "[users]\n\"temp@vendor.example\" = { until = 2027-12-31, access = { jira = [\"admin\"] } "
       "}\n"},
      {"access/rules.toml",
       "[[rules]]\nname = \"contractors never administer\"\n"
       "users = { domain = \"vendor.example\" }\n"
       "deny = { access = { jira = [\"admin\"] } }\n\n"
       "[[rules]]\nname = \"nobody both builds and approves\"\nseverity = \"warning\"\n"
       "exclusive_groups = [\"builders\", \"approvers\"]\n\n"
       "[[rules]]\nname = \"outside access ends\"\nusers = { domain = \"vendor.example\" }\n"
       "require = { until_within_days = 120, reason = true }\n\n"
       "[[rules]]\nname = \"interns\"\nusers = { attributes = { departmet = \"Interns\" } }\n"
       "deny = { roles = [\"org-admin\"] }\n\n"
       "[[tests]]\nname = \"Temp is out in March\"\nuser = \"temp@vendor.example\"\n"
       "at = 2027-03-01\n"
       "lacks = { groups = [\"builders\"], access = { jira = [\"admin\"] } }\n\n"
       "[[tests]]\nname = \"Bo has left\"\nuser = \"bo@acme.example\"\n"
       "has = { groups = [\"approvers\"] }\n"},
      {"access/teams.toml",
       "[groups.builders]\nmembers = [\"temp@vendor.example\"]\ninclude = [\"approvers\"]\n"
       "[groups.approvers]\nmatch = { department = \"Release\" }\naccess = { jira = [\"admin\"] "
       "}\n"},
      {"access/hr.csv",
       "\xEF\xBB\xBFWork Email;Department;Status\r\nann@acme.example;Release;Active\r\n"
       "bo@acme.example;Release;Left\r\n\"eve@vendor.example\";\"Release\";Leave\r\n"
       "ida@vendor.example;Release;Active\r\n",
       true},
  };
  const ParsedPolicy parsed = parse_policy(files);
  Diagnostics all = parsed.diagnostics;
  ASSERT_FALSE(all.has_errors()) << render(all);
  all.append(check_rules(*parsed.policy, *parse_instant("2026-12-10")).diagnostics);
  test::expect_golden("diagnostics/rules.txt", render(all));
}

}  // namespace
}  // namespace rolecall::testing
