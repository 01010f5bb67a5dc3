#include "controller/define_commands.h"

#include "controller/get_things.h"
#include "state/model/text.h"

namespace rolecall {

namespace {

void define_import(CLI::App& app, CommandLine& line) {
  CLI::App& import = command(
      app, "import", "Write a policy from the live organization; a plan of it has nothing to do",
      "Everything goes into a fresh folder. With --adopt single groups are added to a policy\n"
      "folder, in a file of their own, with those of their members it does not declare yet.\n"
      "Exit codes: 0 written, 6 the organization could not be read completely.\n"
      "Examples:\n"
      "  rolecall import --out access\n"
      "  rolecall import --out access --direct-access\n"
      "  rolecall import --adopt engineering --adopt design\n");
  option(import, "--out", line.import.out,
         "The folder to write (with --adopt: the policy folder, default access/)", "DIR");
  import.add_flag("--overwrite", line.import.overwrite,
                  "Replace the policy in that folder; the former one is kept beside it");
  import.add_flag(
      "--direct-access", line.import.direct_access,
      "Also what people were granted directly: reading it takes a call for each person");
  option(import, "--directory", line.import.directory,
         "Which directory, by id or name, where the organization has several", "DIRECTORY");
  import.add_option("--adopt", line.import.adopt, "Add this group to the policy (may be repeated)")
      ->type_name("GROUP")
      ->allow_extra_args(false);
  choose(import, line, line.import);
}

void define_explain(CLI::App& app, CommandLine& line) {
  CLI::App& explain = command(
      app, "explain",
      "Tell what somebody has and is to have, through which groups, and which line says so",
      "Examples:\n"
      "  rolecall explain ada@acme.example\n"
      "  rolecall explain ada@acme.example --without engineering   what they would lose\n"
      "  rolecall explain --group engineering\n"
      "  rolecall explain --resource jira --offline                what the policy wants\n");
  option(explain, "who", line.explain.who,
         "A person's address (with --group or --resource: the policy)", "EMAIL");
  option(explain, "policy", line.explain.policy, kPolicyHelp, "POLICY");
  option(explain, "--group", line.explain.group, "Explain a group", "NAME");
  option(explain, "--resource", line.explain.resource, "Explain an entry of [resources]", "ALIAS");
  option(explain, "--without", line.explain.without,
         "What the person would lose if this group went", "GROUP");
  explain.add_flag("--offline", line.explain.offline,
                   "What is wanted alone, without asking the API");
  choose(explain, line, line.explain);
}

}  // namespace

void define_reading_commands(CLI::App& app, CommandLine& line) {
  define_explain(app, line);
  define_import(app, line);
  CLI::App& get = command(
      app, "get", "Show something of the live organization",
      fmt::format("THING is one of:\n  {}\n", things_in_words()) +
          "Examples:\n"
          "  rolecall get users\n"
          "  rolecall get user ada@acme.example\n"
          "  rolecall get group engineering --format json\n"
          "  rolecall get users --all        also managed accounts outside the directory\n"
          "  rolecall get groups --format csv\n"
          "  rolecall get counts --record    and keep them, for a schedule\n"
          "  rolecall get counts --history --format csv\n"
          "  rolecall get pins               the account the store knows for each address\n");
  const auto known = [](const std::string& text) -> std::string {
    if (find_thing(text) != nullptr) return {};
    const auto near = closest(text, thing_names());
    return fmt::format("{} is nothing that can be shown{}", quote(text),
                       near ? fmt::format(" - did you mean \"{}\"?", *near) : "");
  };
  option(get, "thing", line.get.thing, "What to show", "THING")->required()->check(known);
  option(get, "which", line.get.argument, "Which one: an address, a name or an id", "WHICH");
  get.add_flag("--all", line.get.all, "Also people outside the directory");
  CLI::Option* history = get.add_flag("--history", line.get.history,
                                      "counts: as runs and --record have kept them in the store");
  get.add_flag("--record", line.get.record,
               "counts: read the whole organization, and keep its counts in the store")
      ->excludes(history);
  choose(get, line, line.get);

  CLI::App& report =
      command(app, "report", "A page for a review of access: who has what, through what",
              "The page is one file that needs nothing else. Direct access of people is looked up "
              "where no\n"
              "group explains an app they have; --direct-access asks for everybody's.\n"
              "Examples:\n"
              "  rolecall report --out access.html\n"
              "  rolecall report --csv access-tables/     its tables for a spreadsheet\n");
  option(report, "policy", line.report.policy, kPolicyHelp, "POLICY");
  option(report, "--out", line.report.out, "Write the page to this file", "FILE");
  option(report, "--csv", line.report.csv, "Write its tables into this folder", "FOLDER");
  report.add_flag("--direct-access", line.report.direct_access,
                  "Look up everybody's direct access: a call for each person");
  choose(report, line, line.report);

  CLI::App& check = command(app, "check-key", "Show what the API key may read",
                            "Examples:\n"
                            "  rolecall check-key\n"
                            "  rolecall check-key --api-key-file key --org 1b2c...\n");
  check.callback([&line] { line.command = CheckKeyOptions{}; });
}

}  // namespace rolecall
