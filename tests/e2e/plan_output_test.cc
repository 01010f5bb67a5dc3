// What a plan prints: the keys and order of its JSON, the order of its text.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Keys = std::set<std::string>;

Keys keys_of(const json::value& object) {
  Keys out;
  for (const auto& member : object.as_object()) out.insert(std::string(member.key()));
  return out;
}

std::string shown(const json::value& value) {
  return value.is_null() ? "" : text(value);
}

/// Contract: changes come in the order in which they are applied. Of that order, what gives comes
/// before what takes, and admins lose their role last.
const std::vector<std::string> kGiving = {
    "create_group", "grant_group_access", "restore_user",  "invite_user",
    "add_member",   "grant_user_access",  "grant_org_role"};

class PlanOutput : public EndToEnd {
 protected:
  void SetUp() override {
    json::object seed = acme();
    seed["groups"].as_array().push_back(
        json::object{{"name", "zebra"}, {"members", json::array{"lin@acme.example"}}});
    seed["groups"].as_array().push_back(json::object{{"name", "aardvark"}});
    seed["users"].as_array().push_back(
        json::object{{"email", "unlisted@acme.example"}, {"name", "Un Listed"}});
    seed["users"].as_array().push_back(json::object{
        {"email", "boss@acme.example"}, {"name", "The Boss"}, {"roles", json::array{"org-admin"}}});
    start(seed);
    write_policy(kPolicy);
  }
  static constexpr const char* kPolicy = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[resources]
jira       = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
confluence = "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001"
[users]
"ada@acme.example"   = { roles = ["org-admin"] }
"grace@acme.example" = { roles = ["org-admin"] }
"boss@acme.example"  = { roles = [] }
"lin@acme.example"   = { access = { jira = ["admin"], confluence = ["user", "admin"] } }
"omar@acme.example"  = { state = "suspended", reason = "leave" }
"rosa@acme.example"  = { state = "removed" }
"zoe@acme.example"   = { reason = "HR-1" }
"bea@acme.example"   = {}
[groups.engineering]
members = ["lin@acme.example", "zoe@acme.example", "bea@acme.example"]
access  = { confluence = ["user"] }
[groups.design]
state = "absent"
[groups.writers]
members = ["grace@acme.example", "ada@acme.example"]
access  = { jira = ["user"], confluence = ["admin"] }
)";
};

TEST_F(PlanOutput, JsonHasExactlyTheKeysThatWerePromised) {
  const json::value plan = json_of({"plan"});
  // The last four, and the origins below, came later.
  EXPECT_EQ(keys_of(plan),
            (Keys{"format_version", "tool_version", "at", "organization", "directory", "digest",
                  "policy_digest", "live_digest", "complete", "applyable", "summary", "changes",
                  "calls", "notes", "refusals", "effects", "seats", "outside", "since_run"}));
  EXPECT_EQ(plan.at("format_version"), "1.0");
  EXPECT_EQ(plan.at("organization"), json::string(kOrganization));
  EXPECT_EQ(plan.at("directory"), "6d1f0000-0000-4000-8000-000000000001");
  for (const char* digest : {"digest", "policy_digest", "live_digest"}) {
    EXPECT_THAT(text(plan.at(digest)), ::testing::MatchesRegex("[0-9a-f]{64}")) << digest;
  }
  EXPECT_EQ(plan.at("complete"), true);
  EXPECT_EQ(plan.at("applyable"), true);
  EXPECT_EQ(keys_of(plan.at("summary")),
            (Keys{"invite_user", "suspend_user", "restore_user", "remove_user", "create_group",
                  "delete_group", "add_member", "remove_member", "grant_group_access",
                  "revoke_group_access", "grant_user_access", "revoke_user_access",
                  "grant_org_role", "revoke_org_role"}));
  EXPECT_EQ(keys_of(plan.at("calls")), (Keys{"reads", "writes", "estimated_seconds"}));
  for (const auto& number : plan.at("calls").as_object()) {
    EXPECT_TRUE(number.value().is_int64() || number.value().is_uint64()) << number.key();
  }
  ASSERT_FALSE(plan.at("changes").as_array().empty());
  for (const json::value& change : plan.at("changes").as_array()) {
    EXPECT_EQ(keys_of(change),
              (Keys{"kind", "user", "account_id", "group", "resource", "role", "cause", "origin"}));
    for (const char* name : {"user", "account_id", "group", "resource", "role"}) {
      const json::value& value = change.at(name);
      EXPECT_TRUE(value.is_null() || (value.is_string() && !value.as_string().empty())) << change;
    }
    Keys cause = keys_of(change.at("cause"));
    cause.erase("reason");  // which the policy's page promises in the plan
    EXPECT_EQ(cause, (Keys{"file", "line", "why"})) << change;
    EXPECT_EQ(change.at("cause").at("file"), "rolecall.toml");
    EXPECT_GT(change.at("cause").at("line").to_number<int>(), 0);
    EXPECT_TRUE(change.at("cause").at("why").is_string());
  }
  ASSERT_FALSE(plan.at("notes").as_array().empty());
  for (const json::value& note : plan.at("notes").as_array()) {
    EXPECT_EQ(keys_of(note), (Keys{"kind", "subject"}));
  }
  EXPECT_THAT(plan.at("refusals").as_array(), IsEmpty());
}

TEST_F(PlanOutput, RefusalsHaveTheirNumbers) {
  write_policy(std::string(kPolicy) + "[safety.limits.remove_members]\nfree = 0\npercent = 0\n");
  const json::value plan = json_of({"plan"}, 4);
  EXPECT_EQ(plan.at("applyable"), false);
  ASSERT_EQ(plan.at("refusals").as_array().size(), 1U);
  const json::value& refusal = plan.at("refusals").at(0);
  for (const char* key : {"class", "n", "of", "limit"}) {
    EXPECT_TRUE(refusal.as_object().contains(key)) << key;
  }
  EXPECT_EQ(refusal.at("class"), "remove_members");
  EXPECT_EQ(refusal.at("n"), 1);
  EXPECT_EQ(refusal.at("limit"), "free 0, percent 0, count 100");
}

TEST_F(PlanOutput, SummaryCountsTheChanges) {
  const json::value plan = json_of({"plan"});
  std::map<std::string, int> counted;
  for (const json::value& change : plan.at("changes").as_array())
    ++counted[text(change.at("kind"))];
  for (const auto& [kind, n] : plan.at("summary").as_object()) {
    EXPECT_EQ(n.to_number<int>(), counted[std::string(kind)]) << kind;
  }
  EXPECT_EQ(counted["invite_user"], 2);
  EXPECT_EQ(counted["add_member"], 4);
  EXPECT_EQ(counted["grant_user_access"], 3);
  EXPECT_EQ(counted["remove_member"], 1) << "Omar is suspended and stays; what goes with Rosa and "
                                            "with design is not listed again";
  EXPECT_EQ(counted["revoke_org_role"], 1);
}

TEST_F(PlanOutput, ListsAreSorted) {
  const json::value plan = json_of({"plan"});
  std::vector<std::string> kinds;
  std::map<std::string, std::vector<std::string>> of_kind;
  for (const json::value& change : plan.at("changes").as_array()) {
    const std::string kind = text(change.at("kind"));
    if (kinds.empty() || kinds.back() != kind) kinds.push_back(kind);
    of_kind[kind].push_back(shown(change.at("group")) + "\n" + shown(change.at("user")) + "\n" +
                            shown(change.at("resource")) + "\n" + shown(change.at("role")));
  }
  EXPECT_EQ(std::set<std::string>(kinds.begin(), kinds.end()).size(), kinds.size())
      << "changes of a kind stand together";
  EXPECT_EQ(kinds.back(), "revoke_org_role");
  bool taking = false;
  for (const std::string& kind : kinds) {
    const bool gives = std::find(kGiving.begin(), kGiving.end(), kind) != kGiving.end();
    EXPECT_FALSE(gives && taking) << kind << " stands behind what takes away";
    taking = taking || !gives;
  }
  for (const auto& [kind, keys] : of_kind) {
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end())) << kind;
  }
  std::vector<std::pair<std::string, std::string>> notes;
  for (const json::value& note : plan.at("notes").as_array()) {
    notes.emplace_back(text(note.at("kind")), text(note.at("subject")));
  }
  EXPECT_TRUE(std::is_sorted(notes.begin(), notes.end()));
}

TEST_F(PlanOutput, TheSamePlanIsTheSameBytes) {
  for (const Arguments& format :
       std::vector<Arguments>{{}, {"--format", "json"}, {"--format", "markdown"}}) {
    Arguments arguments = {"plan", "--at", "2026-06-01T12:00:00Z"};
    arguments.insert(arguments.end(), format.begin(), format.end());
    const std::string first = rolecall_exits(0, arguments).out;
    EXPECT_EQ(rolecall_exits(0, arguments).out, first);
    arguments.insert(arguments.end(), {"--parallelism", "1"});
    EXPECT_EQ(rolecall_exits(0, arguments).out, first) << "whatever order the answers came in";
  }
  // The same work has the same digest, from wherever it is planned.
  const std::string digest = text(json_of({"plan"}).at("digest"));
  folder.write("elsewhere/access/all.toml", kPolicy);
  EXPECT_EQ(text(json_of({"plan", "elsewhere/access"}).at("digest")), digest);
}

TEST_F(PlanOutput, TextComesInTheOrderThatWasPromised) {
  write_policy(std::string(kPolicy) + "[safety.limits.remove_users]\nfree = 0\npercent = 0\n");
  const std::string plan = rolecall_exits(4, {"plan"}).out;
  const std::string digest = text(json_of({"plan"}, 4).at("digest")).substr(0, 12);
  const std::vector<std::string> parts = {"remove_users",                  // refusals
                                          "The Boss <boss@acme.example>",  // risks
                                          "engineering",
                                          "zoe@acme.example: ",  // by group, by person
                                          "groups that the policy does not name",
                                          "aardvark",    // notes
                                          " to invite",  // counts
                                          " reads",      // cost
                                          digest};
  std::size_t last = 0;
  for (const std::string& part : parts) {
    const std::size_t at = plan.find(part, last);
    ASSERT_NE(at, std::string::npos) << part << " is missing, or comes too early\n" << plan;
    last = at;
  }
}

TEST_F(PlanOutput, TextNamesPeopleAndShowsOnlyWhatChanges) {
  const std::string plan = rolecall_exits(0, {"plan"}).out;
  EXPECT_THAT(plan,
              AllOf(HasSubstr("Ada Lovelace <ada@acme.example>"),
                    HasSubstr("Omar Haddad <omar@acme.example>"), HasSubstr("zoe@acme.example")));
  EXPECT_THAT(plan, ContainsRegex("\\+ .*zoe@acme.example"));
  EXPECT_THAT(plan, ContainsRegex("- .*Ada Lovelace"));
  EXPECT_THAT(plan, ContainsRegex("\\+ writers"));
  EXPECT_THAT(plan, HasSubstr("HR-1"));
  EXPECT_THAT(plan, Not(HasSubstr("\x1b"))) << "no colors where nobody looks";
  EXPECT_THAT(plan, HasSubstr(text(json_of({"plan"}).at("digest")).substr(0, 12)));
  EXPECT_THAT(plan, HasSubstr("rolecall apply"));
}

TEST_F(PlanOutput, MarkdownHoldsTheSameAndIsEscaped) {
  write_policy(with(kPolicy, "[groups.writers]", "[groups.\"<b>wri|ters</b>\"]"));
  const std::string plan = rolecall_exits(0, {"plan", "--format", "markdown"}).out;
  EXPECT_THAT(plan, HasSubstr("engineering"));
  EXPECT_THAT(plan, Not(HasSubstr("<b>")));
}

TEST_F(PlanOutput, AnEmptyPlanSaysSo) {
  start(acme());
  write_policy(acme_policy());
  const json::value plan = json_of({"plan"});
  EXPECT_THAT(plan.at("changes").as_array(), IsEmpty());
  EXPECT_EQ(plan.at("calls").at("writes"), 0);
  EXPECT_EQ(plan.at("applyable"), true);
  for (const auto& kind : plan.at("summary").as_object()) EXPECT_EQ(kind.value(), 0);
}

}  // namespace
}  // namespace rolecall::test
