#include "controller/define_commands.h"

#include "controller/get_things.h"
#include "state/model/text.h"

namespace rolecall {

void define_reading_commands(CLI::App& app, CommandLine& line) {
  CLI::App& get = command(
      app, "get", "Show something of the live organization",
      fmt::format("THING is one of:\n  {}\n", things_in_words()) +
          "Examples:\n"
          "  rolecall get users\n"
          "  rolecall get user ada@acme.example\n"
          "  rolecall get group engineering --format json\n"
          "  rolecall get users --all        also managed accounts outside the directory\n");
  const auto known = [](const std::string& text) -> std::string {
    if (find_thing(text) != nullptr) return {};
    const auto near = closest(text, thing_names());
    return fmt::format("{} is nothing that can be shown{}", quote(text),
                       near ? fmt::format(" - did you mean \"{}\"?", *near) : "");
  };
  option(get, "thing", line.get.thing, "What to show", "THING")->required()->check(known);
  option(get, "which", line.get.argument, "Which one: an address, a name or an id", "WHICH");
  get.add_flag("--all", line.get.all, "Also people outside the directory");
  choose(get, line, line.get);

  CLI::App& check = command(app, "check-key", "Show what the API key may read",
                            "Examples:\n"
                            "  rolecall check-key\n"
                            "  rolecall check-key --api-key-file key --org 1b2c...\n");
  check.callback([&line] { line.command = CheckKeyOptions{}; });
}

}  // namespace rolecall
