// Adopting rolecall: import, the first plan, the first change, and asking why somebody has what.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class AdoptEndToEnd : public EndToEnd {
 protected:
  void edit(const std::string& file, std::string_view what, std::string_view instead) const {
    folder.write(file, with(read_file(folder.path() / file), what, instead));
  }
  /// "add_member lin@acme.example design": what a plan as JSON would do.
  static std::vector<std::string> changes(const json::value& list) {
    std::vector<std::string> out;
    for (const json::value& change : list.as_array()) {
      std::string line = text(change.at("kind"));
      for (const char* key : {"user", "group", "role"}) {
        if (change.at(key).is_string()) line += " " + text(change.at(key));
      }
      out.push_back(line);
    }
    return out;
  }
};

TEST_F(AdoptEndToEnd, ImportThenPlanThenChange) {
  json::object seed = acme();
  seed["users"].as_array().push_back(
      json::object{{"email", "away@acme.example"}, {"status", "suspended"}, {"name", "A\nway"}});
  seed["groups"].as_array().push_back(
      json::object{{"name", "Ops \"24/7\" #1 \U0001F600"},
                   {"members", {"lin@acme.example", "away@acme.example"}},
                   {"access", {{kConfluence, {"user", "ai-access"}}}}});
  start(seed);
  const Outcome imported = rolecall_exits(0, {"import", "--out", "access"});
  EXPECT_THAT(imported.out,
              AllOf(HasSubstr("6 people, 3 groups"), HasSubstr("rolecall plan access")));
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_THAT(read_file(folder.path() / "access/groups/others.toml"),
              AllOf(HasSubstr("[groups.\"Ops \\\"24/7\\\" #1 \U0001F600\"]"),
                    HasSubstr("# \"away@acme.example\",  suspended"), HasSubstr("ai-access")));

  rolecall_exits(0, {"validate"});
  const json::value empty = json_of({"plan"});
  EXPECT_THAT(empty.at("changes").as_array(), IsEmpty());
  EXPECT_EQ(empty.at("complete"), true);

  // Somebody's first change.
  edit("access/groups/others.toml", "members = [\"grace@acme.example\", \"rosa@acme.example\"]",
       "members = [\"grace@acme.example\", \"omar@acme.example\"]");
  EXPECT_THAT(
      changes(json_of({"plan"}).at("changes")),
      ElementsAre("add_member omar@acme.example design", "remove_member rosa@acme.example design"));
  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_THAT(members("design"), UnorderedElementsAre("grace@acme.example", "omar@acme.example"));
  EXPECT_THAT(members("Ops \"24/7\" #1 \U0001F600"),
              UnorderedElementsAre("lin@acme.example", "away@acme.example"));
}

TEST_F(AdoptEndToEnd, DirectAccessIsReadWhereAskedFor) {
  json::object seed = acme();
  seed["users"].as_array()[2].as_object()["access"] = json::object{{kJira, {"admin"}}};
  start(seed);
  rolecall_exits(0, {"import", "--out", "without"});
  EXPECT_EQ(count("getUserRoleAssignments"), 0U);
  rolecall_exits(0, {"import", "--out", "with", "--direct-access"});
  const std::string people = read_file(folder.path() / "with/users/acme.example.toml");
  EXPECT_THAT(people, HasSubstr("access = { jira-software = [\"admin\"] }"));
  EXPECT_THAT(json_of({"plan", "with"}).at("changes").as_array(), IsEmpty());
  EXPECT_THAT(json_of({"plan", "without"}).at("changes").as_array(), IsEmpty());
}

TEST_F(AdoptEndToEnd, NothingIsOverwrittenUnasked) {
  start(acme());
  folder.write("access/mine.toml", "# mine\n");
  EXPECT_THAT(rolecall_exits(1, {"import", "--out", "access"}).err, HasSubstr("--overwrite"));
  EXPECT_EQ(read_file(folder.path() / "access/mine.toml"), "# mine\n");
  EXPECT_TRUE(simulator->requests().empty());

  folder.write("access/README.md", "words");
  EXPECT_THAT(rolecall_exits(1, {"import", "--out", "access", "--overwrite"}).err,
              HasSubstr("README.md"));
  fs::remove(folder.path() / "access/README.md");
  const json::value done =
      json_of({"import", "--out", "access", "--overwrite", "--org", std::string(kOrganization)});
  EXPECT_EQ(done.at("users"), 5);
  EXPECT_FALSE(fs::exists(folder.path() / "access/mine.toml"));
  EXPECT_EQ(read_file(folder.path() / "access.old/mine.toml"), "# mine\n");

  for (const char* place : {".", "/", "..", "access/.."}) {
    rolecall_exits(1, {"import", "--out", place, "--overwrite"});
  }
  rolecall_exits(1, {"import", "--out", "no/such/place"});
  EXPECT_THAT(rolecall_exits(1, {"import"}).err, HasSubstr("--out"));
}

TEST_F(AdoptEndToEnd, AnOrganizationThatCannotBeReadCompletelyIsNotWritten) {
  start(acme());
  simulator->set_faults(
      R"({"rules": [{"operation": "getDirectoryUsersCount", "action": {"status": 403}}]})");
  const Outcome outcome = rolecall({"import", "--out", "access"});
  EXPECT_EQ(outcome.exit_code, 6) << outcome.said();
  EXPECT_FALSE(fs::exists(folder.path() / "access"));
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".new")));
  }
}

TEST_F(AdoptEndToEnd, SeveralDirectoriesNeedAName) {
  json::object seed = acme();
  seed["directories"].as_array().push_back(
      json::object{{"id", "6d1f0000-0000-4000-8000-000000000002"}, {"name", "Other"}});
  start(seed);
  EXPECT_THAT(rolecall_exits(1, {"import", "--out", "access"}).err, HasSubstr("more than one"));
  rolecall_exits(0, {"import", "--out", "access", "--directory", "Acme"});
  EXPECT_THAT(read_file(folder.path() / "access/organization.toml"),
              HasSubstr("= \"6d1f0000-0000-4000-8000-000000000001\"  # Acme\n"));
  EXPECT_THAT(json_of({"plan"}).at("changes").as_array(), IsEmpty());
}

TEST_F(AdoptEndToEnd, SingleGroupsAreAddedToAPolicy) {
  start(acme());
  folder.write("access/policy.toml", "version = 1\n[organization]\nid = \"" +
                                         std::string(kOrganization) + "\"\n[resources]\njira = \"" +
                                         std::string(kJira) +
                                         "\"\n[users]\n\"ada@acme.example\" = {}\n");
  const Outcome added = rolecall_exits(0, {"import", "--adopt", "Engineering"});
  EXPECT_THAT(added.out, HasSubstr("access/groups/adopted-engineering.toml: 2 people, 1 group"));
  EXPECT_THAT(
      read_file(folder.path() / "access/groups/adopted-engineering.toml"),
      AllOf(HasSubstr("[groups.engineering]\naccess  = { jira = [\"user\"] }"),
            HasSubstr("\"lin@acme.example\"  = "), Not(HasSubstr("\"ada@acme.example\" ="))));
  EXPECT_THAT(json_of({"plan"}).at("changes").as_array(), IsEmpty());

  EXPECT_THAT(rolecall_exits(1, {"import", "--adopt", "engineering"}).err,
              HasSubstr("declared already, at access/groups/adopted-engineering.toml:"));
  EXPECT_THAT(rolecall_exits(1, {"import", "--adopt", "desing"}).err,
              HasSubstr("did you mean \"design\"?"));
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(AdoptEndToEnd, AGroupThatIsBeingRenamedIsInThePolicyAlready) {
  start(acme());
  folder.write("access/policy.toml", "version = 1\n[organization]\nid = \"" +
                                         std::string(kOrganization) +
                                         "\"\n[groups.ux]\nprevious_names = [\"design\"]\n");
  EXPECT_THAT(rolecall_exits(1, {"import", "--adopt", "design"}).err,
              HasSubstr("one of the previous_names at access/policy.toml:4"));
}

TEST_F(AdoptEndToEnd, ASingleFileCannotBeAddedTo) {
  start(acme());
  write_policy(acme_policy());
  EXPECT_THAT(rolecall_exits(1, {"import", "--adopt", "design"}).err, HasSubstr("mkdir access"));
}

// --- a change apart from drift ----------------------------------------------------------------

TEST_F(AdoptEndToEnd, APlanTellsAChangeApartFromDriftBeforeIt) {
  json::object seed = acme();
  start(seed);
  // Drift: the policy never had omar in engineering, and had rosa in it.
  const std::string before =
      with(acme_policy(), "\"ada@acme.example\", \"lin@acme.example\", \"omar@acme.example\"",
           "\"ada@acme.example\", \"lin@acme.example\", \"rosa@acme.example\"");
  folder.write("base/rolecall.toml", before);
  // The change: lin joins design, and rosa is not wanted in engineering any more.
  write_policy(
      with(with(before, "\"lin@acme.example\", \"rosa@acme.example\"]", "\"lin@acme.example\"]"),
           "\"grace@acme.example\", \"rosa@acme.example\"]",
           "\"grace@acme.example\", \"lin@acme.example\", \"rosa@acme.example\"]"));
  const json::value plan = json_of({"plan", "--base", "base"});
  EXPECT_EQ(plan.at("format_version"), "1.0");
  std::vector<std::string> own;
  std::vector<std::string> drift;
  for (const json::value& change : plan.at("changes").as_array()) {
    (change.at("in_base").as_bool() ? drift : own)
        .push_back(text(change.at("kind")) + " " + text(change.at("user")));
  }
  EXPECT_THAT(own, ElementsAre("add_member lin@acme.example"));
  EXPECT_THAT(drift, ElementsAre("remove_member omar@acme.example"));
  EXPECT_THAT(changes(plan.at("base").at("dropped")),
              ElementsAre("add_member rosa@acme.example engineering"));
  EXPECT_THAT(plan.at("base").at("problems").as_array(), IsEmpty());

  const std::string text_plan = rolecall_exits(0, {"plan", "--base", "base"}).out;
  const std::size_t change = text_plan.find("This change: 1 member to add");
  const std::size_t earlier = text_plan.find("To be done already before it (drift)");
  const std::size_t dropped = text_plan.find("this change drops it");
  ASSERT_NE(dropped, std::string::npos) << text_plan;
  EXPECT_LT(change, text_plan.find("lin@acme.example"));
  EXPECT_LT(text_plan.find("lin@acme.example"), earlier);
  EXPECT_LT(earlier, text_plan.find("omar@acme.example", earlier));
  EXPECT_LT(text_plan.find("omar@acme.example", earlier), dropped);

  const std::string markdown =
      rolecall_exits(0, {"plan", "--base", "base", "--format", "markdown"}).out;
  EXPECT_THAT(markdown, AllOf(HasSubstr("This change"), HasSubstr("drift")));

  // The same work is to be done with and without a base.
  json::value alone = json_of({"plan"});
  EXPECT_EQ(alone.at("digest"), plan.at("digest"));
  EXPECT_EQ(alone.as_object().contains("base"), false);
}

TEST_F(AdoptEndToEnd, TheBaseMayBeACommit) {
  start(acme());
  const auto git = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"/usr/bin/git", "-c", "user.name=ada", "-c", "user.email=a@b.example"});
    ProcessWish wish{std::move(arguments), bare_environment(), folder.path().string()};
    const Outcome done = Process(wish).wait();
    EXPECT_EQ(done.exit_code, 0) << done.said();
  };
  git({"init", "-q", "-b", "main"});
  git({"commit", "-q", "--allow-empty", "-m", "nothing yet"});
  git({"branch", "empty"});
  const std::string before = with(acme_policy(), ", \"omar@acme.example\"]", "]");
  folder.write("access/rolecall.toml", before);
  git({"add", "-A"});
  git({"commit", "-q", "-m", "drift: omar"});
  folder.write(
      "access/rolecall.toml",
      with(before, "\"grace@acme.example\", \"rosa@acme.example\"]", "\"grace@acme.example\"]"));
  for (const char* name : {"main", "HEAD"}) {
    const json::value plan = json_of({"plan", "--base", name});
    ASSERT_THAT(plan.at("changes").as_array(), SizeIs(2));
    for (const json::value& change : plan.at("changes").as_array()) {
      EXPECT_EQ(change.at("in_base").as_bool(), text(change.at("user")) == "omar@acme.example");
    }
  }
  // Where there was no policy yet, every change is this one's.
  const json::value first = json_of({"plan", "--base", "empty"});
  EXPECT_EQ(first.at("changes").at(0).at("in_base"), false);
  EXPECT_THAT(texts(first.at("base").at("problems")), ElementsAre("access is not in empty"));
  for (const char* name : {"no-such-branch", "main:access"}) {
    EXPECT_THAT(rolecall_exits(1, {"plan", std::string("--base=") + name}).err,
                HasSubstr("is no policy, and no commit"));
  }
}

TEST_F(AdoptEndToEnd, APersonWhoseAddressChangedIsTheSameForTheBase) {
  start(acme());
  const std::string id = "712020:00000000-0000-4000-8000-000000000003";
  folder.write("base/rolecall.toml",
               with(acme_policy(), "\"lin@acme.example\"   = {}",
                    "\"lin@acme.example\"   = { account_id = \"" + id + "\" }"));
  write_policy(with(with(acme_policy(), "\"lin@acme.example\"   = {}",
                         "\"lin.zhao@acme.example\"   = { account_id = \"" + id + "\" }"),
                    "\"lin@acme.example\", \"omar", "\"lin.zhao@acme.example\", \"omar"));
  const json::value plan = json_of({"plan", "--base", "base"});
  EXPECT_THAT(plan.at("changes").as_array(), IsEmpty());
  EXPECT_THAT(plan.at("base").at("dropped").as_array(), IsEmpty());
}

TEST_F(AdoptEndToEnd, ABaseThatIsNotSoundIsSaidAndStopsNobodyFromMendingIt) {
  start(acme());
  write_policy(with(acme_policy(), ", \"omar@acme.example\"]", "]"));
  folder.write("base/rolecall.toml", "version = 1\n[organisation]\n");
  const json::value plan = json_of({"plan", "--base", "base"});
  EXPECT_THAT(plan.at("base").at("problems").as_array(), Not(IsEmpty()));
  ASSERT_THAT(plan.at("changes").as_array(), SizeIs(1));
  EXPECT_EQ(plan.at("changes").at(0).at("in_base"), false);
  EXPECT_THAT(rolecall_exits(0, {"plan", "--base", "base"}).out, HasSubstr("no plan of its own"));
  EXPECT_THAT(rolecall_exits(1, {"plan", "--base", "nowhere"}).err, HasSubstr("nowhere"));
}

// --- explain ----------------------------------------------------------------------------------

TEST_F(AdoptEndToEnd, ExplainTellsWhatAPersonHasAndWhichLineSaysSo) {
  start(acme());
  write_policy(with(acme_policy(), "\"grace@acme.example\", \"rosa@acme.example\"]",
                    "\"grace@acme.example\", \"lin@acme.example\", \"rosa@acme.example\"]"));
  const json::value lin = json_of({"explain", "lin@acme.example"});
  EXPECT_EQ(lin.at("kind"), "user");
  EXPECT_EQ(lin.at("name"), "Lin Zhao");
  ASSERT_THAT(lin.at("groups").as_array(), SizeIs(2));
  const json::value& design = lin.at("groups").at(0);
  EXPECT_EQ(design.at("subject"), "design");
  EXPECT_EQ(design.at("now"), false);
  EXPECT_EQ(design.at("after"), true);
  EXPECT_EQ(design.at("cause").at("file"), "rolecall.toml");
  EXPECT_EQ(design.at("cause").at("why"), "listed in members");
  EXPECT_GT(design.at("cause").at("line").as_int64(), 1);
  const json::value& engineering = lin.at("groups").at(1);
  EXPECT_EQ(engineering.at("now"), true);
  EXPECT_EQ(engineering.at("since"), "");
  const json::value& app = lin.at("apps").at(0);
  EXPECT_EQ(app.at("subject"), "user on jira");
  EXPECT_THAT(texts(app.at("through")), ElementsAre("engineering"));
  EXPECT_THAT(changes(lin.at("changes")), ElementsAre("add_member lin@acme.example design"));

  // The log tells since when.
  rolecall_exits(0, {"apply", "--yes"});
  const std::string after = rolecall_exits(0, {"explain", "LIN@acme.example"}).out;
  EXPECT_THAT(after, AllOf(HasSubstr("Lin Zhao <lin@acme.example>"), HasSubstr("= design"),
                           HasSubstr("since run 1, "), HasSubstr("rolecall.toml:"),
                           HasSubstr("A plan changes nothing here")));
}

TEST_F(AdoptEndToEnd, ExplainTellsWhatWouldBeLost) {
  json::object seed = acme();
  seed["groups"].as_array()[1].as_object()["access"] =
      json::object{{kJira, {"user"}}, {kConfluence, {"user"}}};
  seed["groups"].as_array()[1].as_object()["members"] =
      json::array{"grace@acme.example", "rosa@acme.example", "lin@acme.example"};
  start(seed);
  rolecall_exits(0, {"import", "--out", "access"});
  const json::value lin = json_of({"explain", "lin@acme.example", "--without", "Design"});
  ASSERT_THAT(lin.at("lost").as_array(), SizeIs(1));
  EXPECT_EQ(lin.at("lost").at(0).at("subject"), "user on confluence");
  ASSERT_THAT(lin.at("kept").as_array(), SizeIs(1));
  EXPECT_THAT(texts(lin.at("kept").at(0).at("through")), ElementsAre("engineering"));

  const json::value group = json_of({"explain", "--group", "design", "access"});
  EXPECT_THAT(group.at("members").as_array(), SizeIs(3));
  EXPECT_THAT(group.at("access").as_array(), SizeIs(2));
  // Two have both apps through it alone, lin has one.
  EXPECT_THAT(group.at("lost").as_array(), SizeIs(5));

  const json::value jira = json_of({"explain", "--resource", "jira-software"});
  EXPECT_THAT(jira.at("groups").as_array(), SizeIs(2));
  EXPECT_THAT(jira.at("people").as_array(), SizeIs(5));
  EXPECT_THAT(rolecall_exits(1, {"explain", "--resource", "jria"}).err, HasSubstr("there are: "));
  EXPECT_THAT(writes(), IsEmpty());
}

TEST_F(AdoptEndToEnd, ExplainWorksOfflineForWhatIsWanted) {
  write_policy(acme_policy());
  const json::value lin = json::value(json_of({"explain", "lin@acme.example", "--offline"}));
  EXPECT_EQ(lin.at("offline"), true);
  EXPECT_THAT(lin.at("groups").as_array(), SizeIs(1));
  EXPECT_THAT(lin.at("apps").as_array(), SizeIs(1));
  const Outcome away =
      rolecall({"explain", "lin@acme.example"}, {{"ROLECALL_API_URL", "http://127.0.0.1:9/admin"}});
  EXPECT_EQ(away.exit_code, 1);
  EXPECT_THAT(away.err, HasSubstr("--offline"));
  EXPECT_THAT(rolecall_exits(1, {"explain", "nobody@acme.example", "--offline"}).err,
              HasSubstr("nobody@acme.example is not in the policy"));
  EXPECT_THAT(rolecall_exits(1, {"explain"}).err, HasSubstr("needs an address"));
  EXPECT_THAT(rolecall_exits(1, {"explain", "--group", "a", "--resource", "b"}).err,
              HasSubstr("one at a time"));
  EXPECT_THAT(
      rolecall_exits(0, {"explain", "lin@acme.example", "--offline", "--format", "markdown"}).out,
      HasSubstr("### lin@<!-- -->acme.example"));
}

}  // namespace
}  // namespace rolecall::test
