#include "controller/man_page.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "controller/cli_app.h"

namespace rolecall {
namespace {

struct ExitCode {
  std::string_view code, meaning;
};
constexpr std::array kExitCodes = {
    ExitCode{"0", "Done: nothing to do, or all of it done."},
    ExitCode{"1", "Error: bad policy, bad arguments, API unreachable."},
    ExitCode{"2", "With plan --detailed-exitcode: there are changes."},
    ExitCode{"3", "Some changes failed, or were skipped because of a failure."},
    ExitCode{"4", "Refused by a safety rule, or by rolecall stop."},
    ExitCode{"5",
             "The saved plan is stale, the plan is not the one that was expected, or the policy is "
             "being changed."},
    ExitCode{"6", "Live state could not be read completely, so removals were held back."},
    ExitCode{"7", "Another run holds the lock."},
    ExitCode{"8",
             "The store cannot be written, or its log does not verify; nothing more was sent."},
    ExitCode{"130", "Interrupted; what was in flight was finished and recorded."},
};

/// Text that roff shows as it is.
std::string plain(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<const CLI::App*> shown_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

void add_option(const CLI::Option& option, std::string& out) {
  const bool positional = option.get_positional() && option.get_lnames().empty();
  std::string names;
  for (const std::string& name : option.get_snames()) names += "\\fB\\-" + plain(name) + "\\fR, ";
  for (const std::string& name : option.get_lnames())
    names += "\\fB\\-\\-" + plain(name) + "\\fR, ";
  if (!names.empty()) names.erase(names.size() - 2);
  const std::string value =
      option.get_items_expected_max() > 0 ? "\\fI" + plain(option.get_type_name()) + "\\fR" : "";
  if (!names.empty() && !value.empty()) names += " ";
  out += ".TP\n" + (positional ? value : names + value) + "\n" + plain(option.get_description());
  if (!option.get_envname().empty()) out += " [" + plain(option.get_envname()) + "]";
  out += "\n";
}

void add_command(const CLI::App& app, const std::string& name, std::string& out) {
  out += fmt::format(".SS {}\n{}\n", plain(name), plain(app.get_description()));
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_name() != "--help" && option != app.get_help_ptr()) add_option(*option, out);
  }
  std::string footer = app.get_footer();
  footer.erase(std::min(footer.find("\nOptions for every command"), footer.size()));
  out += ".PP\n.nf\n" + plain(footer) + ".fi\n";
  for (const CLI::App* below : shown_commands(app)) {
    add_command(*below, name + " " + below->get_name(), out);
  }
}

}  // namespace

std::string man_page() {
  CommandLine line;
  const auto app = define_command_line(line);
  std::string out = fmt::format(
      ".TH ROLECALL 1 \"\" \"rolecall {}\" \"User Commands\"\n"
      ".SH NAME\nrolecall \\- people, groups and access of an Atlassian organization as a policy "
      "says\n"
      ".SH SYNOPSIS\n.B rolecall\n.I COMMAND\n[\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\n{}\n"
      "A policy is TOML: one file, or a folder of them. Options may stand before or after the "
      "command. Results go to stdout, all else to stderr.\n"
      ".SH COMMANDS\n",
      plain(ROLECALL_VERSION), plain(app->get_description()));
  for (const CLI::App* command : shown_commands(*app)) {
    add_command(*command, command->get_name(), out);
  }
  out += ".SH OPTIONS FOR EVERY COMMAND\n";
  for (const CLI::Option* option : app->get_options()) add_option(*option, out);
  out += ".SH ENVIRONMENT\n";
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_envname().empty()) continue;
    out += fmt::format(".TP\n\\fB{}\\fR\nStands for {}.\n", plain(option->get_envname()),
                       plain(option->get_name()));
  }
  out +=
      ".TP\n\\fBROLECALL_API_KEY\\fR\nThe API key, where no file of it is named.\n"
      ".TP\n\\fBNO_COLOR\\fR\nStands for \\-\\-no\\-color where it is not empty.\n"
      ".SH EXIT STATUS\n";
  for (const ExitCode& exit : kExitCodes) {
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", exit.code, plain(exit.meaning));
  }
  out +=
      ".SH FILES\n"
      ".TP\n\\fIrolecall.toml\\fR, \\fIaccess/\\fR\nThe policy, where none is named.\n"
      ".TP\n\\fI.rolecall/rolecall.db\\fR\nThe store beside the policy: log, lock and memory.\n";
  return out;
}

}  // namespace rolecall
