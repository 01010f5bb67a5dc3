#include "controller/man_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <sstream>
#include <string>

#include "controller/cli_app.h"
#include "controller/completion.h"

namespace rolecall {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string as_roff(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '-' ? std::string("\\-") : std::string(1, c);
  return out;
}

std::string_view trim_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

void for_every_command(const CLI::App& app, const std::string& name,
                       const std::function<void(const CLI::App&, const std::string&)>& see) {
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    const std::string below = name.empty() ? command->get_name() : name + " " + command->get_name();
    see(*command, below);
    for_every_command(*command, below, see);
  }
}

TEST(ManPage, NamesEveryCommandAndOption) {
  CommandLine line;
  const auto app = define_command_line(line);
  const std::string page = man_page();
  int commands = 0;
  for_every_command(*app, "", [&](const CLI::App& command, const std::string& name) {
    ++commands;
    EXPECT_THAT(page, HasSubstr("\n.SS " + as_roff(name) + "\n"));
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& word : option->get_lnames()) {
        if (word == "help") continue;
        EXPECT_THAT(page, HasSubstr("\\fB\\-\\-" + as_roff(word) + "\\fR"));
      }
    }
  });
  EXPECT_GE(commands, 18);
  for (const char* part : {"\\fB\\-\\-api\\-key\\-file\\fR", "ROLECALL_STORE", ".SH EXIT STATUS"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, Not(HasSubstr("\n.SS man\n"))) << "it is for packagers";
}

TEST(ManPage, HasNoLineThatRoffWouldTakeForAnotherRequest) {
  const std::string page = man_page();
  for (std::size_t at = page.find("\n."); at != std::string::npos; at = page.find("\n.", at + 1)) {
    const std::string request = page.substr(at + 2, page.find_first_of(" \n", at + 2) - at - 2);
    EXPECT_THAT((std::set<std::string>{"TH", "SH", "SS", "TP", "PP", "nf", "fi", "B", "I"}),
                testing::Contains(request));
  }
}

TEST(Help, TeachesWithExamplesOnEveryCommand) {
  CommandLine line;
  const auto app = define_command_line(line);
  for_every_command(*app, "", [](const CLI::App& command, const std::string& name) {
    EXPECT_THAT(command.get_footer(), HasSubstr("Examples:\n  ")) << name;
    EXPECT_THAT(command.get_footer(), HasSubstr("rolecall " + name)) << name;
  });
}

TEST(Help, FitsATerminalOf80Columns) {
  CommandLine line;
  const auto app = define_command_line(line);
  const auto expect_narrow = [](const std::string& help, const std::string& name) {
    std::istringstream lines(help);
    for (std::string one; std::getline(lines, one);) {
      EXPECT_LE(one.size(), 80U) << name << ": " << one;
      EXPECT_EQ(one, std::string(trim_end(one))) << name;
    }
    EXPECT_THAT(help, Not(HasSubstr("\n\n\n"))) << name;
  };
  expect_narrow(app->help(), "rolecall");
  for_every_command(*app, "", [&](const CLI::App& command, const std::string& name) {
    expect_narrow(command.help(), name);
    // Nothing is lost on the way.
    for (const CLI::Option* option : command.get_options()) {
      const std::string words = option->get_description();
      EXPECT_THAT(command.help(), HasSubstr(words.substr(words.rfind(' ') + 1))) << name;
      EXPECT_THAT(command.help(), HasSubstr(option->get_type_name())) << name;
    }
  });
  const std::string help = app->help();
  EXPECT_THAT(help, HasSubstr("\n  --format text|json|markdown|csv\n"
                              "                          How results are printed\n"));
  EXPECT_LT(help.find("To begin:\n  import  "), help.find("Every day:\n  validate  ")) << help;
}

TEST(Completion, KnowsEveryCommandInEveryShell) {
  CommandLine line;
  const auto app = define_command_line(line);
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    const std::string script = completion_script(shell);
    for_every_command(*app, "", [&](const CLI::App& command, const std::string&) {
      EXPECT_THAT(script, HasSubstr(command.get_name()));
    });
    EXPECT_THAT(script, Not(HasSubstr("|man"))) << "hidden";
  }
}

}  // namespace
}  // namespace rolecall
