// What people see who sit in front of a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "policies/schema.h"
#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Terminal : public EndToEnd {
 protected:
  [[nodiscard]] std::string policy() const { return read_file(folder.path() / "rolecall.toml"); }
};

TEST_F(Terminal, InitAsksFourQuestionsAndWritesAFirstPolicy) {
  start(acme());
  const Outcome asked =
      on_terminal({"init"}, "\nAcme\nada@acme.example, grace@acme.example\nignore\n");
  EXPECT_EQ(asked.exit_code, 0) << asked.said();
  for (const char* question :
       {"Organization id", "Directory", "Who administers", "ignore, suspend"}) {
    EXPECT_THAT(asked.out, HasSubstr(question));
  }
  EXPECT_THAT(asked.out, HasSubstr("[" + std::string(kOrganization) + "]")) << "found by the key";
  EXPECT_THAT(policy(), HasSubstr("id             = \"" + std::string(kOrganization) + "\"\n"));
  EXPECT_THAT(policy(), HasSubstr("directory      = \"Acme\"\n"));
  EXPECT_THAT(policy(), HasSubstr("\"grace@acme.example\" = { roles = [\"org-admin\"] }\n"));
  EXPECT_EQ(read_file(folder.path() / "rolecall.schema.json"), policy_schema());
  rolecall_exits(0, {"validate"});
  rolecall_exits(0, {"fmt", "--check"});

  const std::string before = policy();
  fs::remove(folder.path() / "rolecall.toml");
  const Outcome corrected =
      on_terminal({"init"}, "Acme\n\n\nada\nada@acme.example, grace@acme.example\nleave\nignore\n");
  EXPECT_EQ(corrected.exit_code, 0) << corrected.said();
  EXPECT_THAT(corrected.out,
              AllOf(HasSubstr("\"Acme\" is not an organization id"), HasSubstr("address \"ada\""),
                    HasSubstr("\"leave\" is none of the three words")));
  EXPECT_THAT(policy(), HasSubstr("\"grace@acme.example\" = { roles = [\"org-admin\"] }\n"));
  fs::remove(folder.path() / "rolecall.toml");
  (void)folder.write("rolecall.toml", before);
  const Outcome again = rolecall_exits(1, {"init", "--admin", "lin@acme.example"});
  EXPECT_THAT(again.err, HasSubstr("there is a policy already: rolecall.toml"));
  EXPECT_EQ(policy(), before);
}

TEST_F(Terminal, InitTakesTheAnswersAsOptionsWithoutATerminal) {
  const std::string organization(kOrganization);
  rolecall_exits(0, {"init", "--org", organization, "--directory", "A \"b\" \\ c", "--admin",
                     "ada@acme.example", "--unlisted-users", "suspend"});
  EXPECT_THAT(policy(), HasSubstr("directory      = \"A \\\"b\\\" \\\\ c\"\n"));
  EXPECT_THAT(policy(), HasSubstr("unlisted_users = \"suspend\""));
  rolecall_exits(0, {"validate"});
  rolecall_exits(0, {"fmt", "--check"});
}

TEST_F(Terminal, InitMakesTheFolder) {
  const std::string organization(kOrganization);
  const Outcome outcome = rolecall_exits(
      0, {"init", "--org", organization, "--admin", "ada@acme.example", "it/access"});
  EXPECT_THAT(outcome.out, HasSubstr("wrote it/access/rolecall.toml"));
  rolecall_exits(0, {"validate", "it/access"});
}

TEST_F(Terminal, InitWritesNothingThatIsNotSound) {
  const std::string organization(kOrganization);
  folder.write("a-file", "");
  for (const Arguments& wrong : std::vector<Arguments>{
           {"init", "--org", "not an id"},
           {"init", "--org", "1b2c3d4e-0000-4000-8000-0000000000a"},
           {"init", "--org", organization, "--admin", "ada"},
           {"init", "--org", organization, "--unlisted-users", "remove"},
           {"init", "--org", organization, "--admin", "a@x.example", "--admin", "A@x.example"},
           {"init", "--org", organization, "a-file/sub"}}) {
    const Outcome outcome = rolecall_exits(1, wrong);
    EXPECT_THAT(outcome.err, HasSubstr("error: "));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "rolecall.toml"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "rolecall.schema.json"));
  }
}

TEST_F(Terminal, HasColorsUnlessTheyAreNotWanted) {
  start(acme());
  write_policy(acme_policy());
  constexpr const char* kEscape = "\x1b[";
  const Variables xterm{{"TERM", "xterm"}};
  EXPECT_THAT(on_terminal({"validate"}, "", xterm).out, HasSubstr("\x1b[32mvalid\x1b[0m"));
  EXPECT_THAT(on_terminal({"plan"}, "", xterm).out, HasSubstr(kEscape));
  EXPECT_THAT(rolecall({"validate"}, xterm).out, Not(HasSubstr(kEscape))) << "no terminal";
  EXPECT_THAT(rolecall({"plan"}, xterm).out, Not(HasSubstr(kEscape))) << "no terminal";
  write_policy("version = 1\n[organization]\nid = 7\n");
  for (const char* command : {"validate", "plan"}) {
    EXPECT_THAT(on_terminal({command}, "", xterm).out, HasSubstr("\x1b[31merror:\x1b[0m"));
    const Outcome plain = rolecall({command}, xterm);
    EXPECT_THAT(plain.err, Not(HasSubstr(kEscape)));
    EXPECT_THAT(plain.err, HasSubstr("    3 | id = 7\n      |      ^\n  hint: "));
    EXPECT_THAT(on_terminal({command, "--no-color"}, "", xterm).out, Not(HasSubstr(kEscape)));
    EXPECT_THAT(on_terminal({command}, "", {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).out,
                Not(HasSubstr(kEscape)));
    EXPECT_THAT(on_terminal({command}, "", {{"TERM", "dumb"}}).out, Not(HasSubstr(kEscape)));
  }
}

TEST_F(Terminal, ApplyTakesNothingButYesForAYes) {
  start(acme());
  write_policy(with(acme_policy(), R"(["grace@acme.example", "rosa@acme.example"])",
                    R"(["grace@acme.example"])"));
  for (const char* answer : {"y\n", "n\n", "\n", "YES\n", "yes \n", " yes\n", "yess\n", "\x04"}) {
    const Outcome outcome = on_terminal({"apply"}, answer);
    EXPECT_EQ(outcome.exit_code, 1) << answer;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("Apply 1 change with 1 call to organization"),
                                   HasSubstr("nothing was done")))
        << answer;
    EXPECT_TRUE(writes().empty()) << answer;
  }
  EXPECT_EQ(on_terminal({"apply"}, "yes\n").exit_code, 0);
  EXPECT_EQ(writes().size(), 1U);
}

TEST_F(Terminal, PlansAndExplanationsFitItAndAreWholeLinesInAPipe) {
  start(acme());
  const std::string reason = "the auditors look at the books of the year that has just ended";
  const std::string rosa = R"("rosa@acme.example"  = {})";
  write_policy(
      with(acme_policy(), rosa, rosa + "\n\"new@acme.example\" = { reason = \"" + reason + "\" }"));
  for (const Arguments& command : {Arguments{"plan"}, {"explain", "new@acme.example"}}) {
    EXPECT_THAT(rolecall(command).out, HasSubstr(reason));
    Arguments quiet = command;
    quiet.insert(quiet.end(), {"--no-color", "--progress", "none"});
    const std::string shown = on_terminal(quiet).out;
    EXPECT_THAT(shown, Not(HasSubstr(reason)));
    std::istringstream lines(shown);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80U + 1U) << line;  // a carriage return
    }
  }
}

}  // namespace
}  // namespace rolecall::test
