// A policy in three files with twenty different mistakes: all are shown, each with its place.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

using ::testing::IsEmpty;

/// A line that ends in "#!" is a mistake.
constexpr std::string_view kFiles[][2] = {{"organization.toml", R"(version = 1

[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
unlisted_users = "forget"                       #!
unlisted_group = "delete"                       #!

[resources]
jira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
wiki = "https://acme.atlassian.net/wiki"        #!
chat = { application = "chat" }                 #!

[safety]
min_org_admins = "two"                          #!
[safety.limits.remove_everybody]                #!
free = 3
)"},
                                          {"people.toml", R"([users]
"ada@acme.example" = { roles = ["org-admin"] }
"grace@acme.example" = { roles = ["boss"] }     #!
"not an address" = {}                           #!
"lin@acme.example" = { state = "asleep" }       #!
"LIN@ACME.EXAMPLE" = {}                         #!
"omar@acme.example" = { access = { jura = ["user"] } }  #!
"rosa@acme.example" = { access = { jira = "user" } }    #!
"kim@acme.example" = { from = "tomorrow" }      #!
"sam@acme.example" = { from = 2027-01-01, until = 2026-01-01 }  #!
"old@acme.example" = { state = "removed", roles = ["org-admin"] }  #!
)"},
                                          {"teams.toml", R"([groups.one]
members = ["ada@acme.example", "ada@acme.example"]  #!
include = ["missing"]                           #!
[groups.two]                                    #!
members = []
[groups.three]
membership = "sometimes"                        #!
members = ["ada@acme.example"]
[groups.four]
state = "absent"
members = ["ada@acme.example"]                  #!
)"}};

class Mistakes : public EndToEnd {
 protected:
  void SetUp() override {
    start(acme());
    for (const auto& [name, content] : kFiles) {
      folder.write("access/" + std::string(name), content);
    }
  }
};

/// "people.toml:4" of every marked line.
std::set<std::string> marked_lines() {
  std::set<std::string> out;
  for (const auto& [name, content] : kFiles) {
    int line = 1;
    for (std::size_t i = 0; i + 1 < content.size(); ++i) {
      if (content.substr(i, 2) == "#!") out.insert(fmt::format("{}:{}", name, line));
      if (content[i] == '\n') ++line;
    }
  }
  return out;
}

TEST_F(Mistakes, AreAllShownAtOnceWithTheirPlaces) {
  const std::set<std::string> expected = marked_lines();
  ASSERT_EQ(expected.size(), 20U);
  for (const Arguments& command :
       std::vector<Arguments>{{"validate"}, {"plan"}, {"apply", "--yes"}, {"run", "--once"}}) {
    const Outcome outcome = rolecall_exits(1, command);
    std::set<std::string> shown;
    const std::string said = outcome.out + outcome.err;
    static const std::regex kPlace(R"((?:^|\n)(?:access/)?([a-z]+\.toml:\d+):\d+: error: )");
    for (std::sregex_iterator it(said.begin(), said.end(), kPlace), end; it != end; ++it) {
      shown.insert((*it)[1]);
    }
    EXPECT_EQ(shown, expected) << said;
  }
  EXPECT_THAT(simulator->requests(), IsEmpty());
}

class BeginnersMistakes : public EndToEnd {};

TEST_F(BeginnersMistakes, AreToldWithWhatToDo) {
  start(acme());
  write_policy(acme_policy());
  rolecall_exits(0, {"plan", "--out", "changes.plan"});
  folder.write("seed.toml", "version = 1\n");
  folder.write("two-lines", "a-key-that-any-organization-takes\nand more\n");
  std::filesystem::permissions(folder.path() / "two-lines", std::filesystem::perms::owner_read);
  std::string elsewhere = acme_policy();
  const std::string id(kOrganization);
  elsewhere.replace(elsewhere.find(id), id.size(), "9" + id.substr(1));
  folder.write("elsewhere.toml", elsewhere);
  struct Row {
    Arguments arguments;
    std::string hint;
  };
  for (const Row& row : std::vector<Row>{
           {{"validate", "changes.plan"}, "hint: rolecall apply changes.plan applies it\n"},
           {{"explain", "--group", "enginering"}, "hint: did you mean \"engineering\"?"},
           {{"explain", "ada"}, "hint: people go by their address; rolecall get users lists them"},
           {{"plan", "elsewhere.toml"}, "hint: check the organization id \"9"},
           {{"plan", "--api-key-file", "two-lines"}, "hint: give the key alone, on one line\n"},
           {{"plan", "--api-key-file", "none"}, "hint: --api-key-file or ROLECALL_API_KEY_FILE"},
           {{"simulate", "--listen", "127.0.0.1:0", "--seed", "seed.toml"},
            "hint: a seed is JSON"}}) {
    const Outcome outcome = rolecall_exits(1, row.arguments);
    EXPECT_THAT(outcome.err, ::testing::HasSubstr(row.hint)) << row.arguments.back();
  }
}

// Without the other files every group would be one that nobody declares.
TEST_F(BeginnersMistakes, OneFileOfAFolderIsNotTakenForThePolicy) {
  start(acme());
  folder.write("access/organization.toml", R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
unlisted_groups = "delete"
)");
  folder.write("access/teams/groups.toml", "[groups.engineering]\n[groups.design]\n");
  rolecall_exits(0, {"apply", "--yes"});
  const std::string file = "access/organization.toml";
  const std::size_t before = simulator->requests().size();
  for (const Arguments& command :
       std::vector<Arguments>{{"validate", file},
                              {"plan", file},
                              {"apply", "--yes", file},
                              {"run", "--once", file},
                              {"explain", "ada@acme.example", file},
                              {"explain", "--offline", "ada@acme.example", file},
                              {"undo", "1", file},
                              {"report", file, "--out", "report.html"},
                              {"stop", "--reason", "x", file},
                              {"resume", file},
                              {"plan", "--base", file}}) {
    const Outcome outcome = rolecall_exits(1, command);
    EXPECT_THAT(outcome.err, ::testing::HasSubstr(
                                 "error: access/organization.toml is a part of the policy access\n"
                                 "  hint: name all of it: access; access/teams/groups.toml is "
                                 "another part\n"))
        << ::testing::PrintToString(command);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "access/.rolecall"))
        << ::testing::PrintToString(command);
  }
  EXPECT_THAT(writes(), IsEmpty());
  EXPECT_EQ(simulator->requests().size(), before);
  rolecall_exits(0, {"fmt", file});
}

}  // namespace
}  // namespace rolecall::test
