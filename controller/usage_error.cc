#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "controller/cli_app.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// The commands that were named: the program itself, then "audit", then "show".
std::vector<const CLI::App*> named(const CLI::App& app) {
  std::vector<const CLI::App*> out{&app};
  while (!out.back()->get_subcommands().empty()) {
    out.push_back(out.back()->get_subcommands().front());
  }
  return out;
}

std::string words(const std::vector<const CLI::App*>& path) {
  std::string out;
  for (const CLI::App* app : path) out += (out.empty() ? "" : " ") + app->get_name();
  return out;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const auto near = closest(word, views);
  return near ? fmt::format(" - did you mean {}?", *near) : "";
}

bool has_option(const CLI::App& app, const std::string& option) {
  const auto options = app.get_options();
  return std::any_of(options.begin(), options.end(),
                     [&](const CLI::Option* known) { return known->check_name(option); });
}

std::string unknown_option(const CLI::App& app, const std::vector<const CLI::App*>& path,
                           const std::string& given) {
  // What follows "=" is a value, and values may be secrets.
  const std::string option = given.substr(0, given.find('='));
  std::vector<std::string> candidates;
  for (const CLI::App* level : path) {
    for (const CLI::Option* known : level->get_options()) {
      for (const std::string& name : known->get_lnames()) candidates.push_back("--" + name);
    }
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    if (has_option(*command, option)) {
      const bool elsewhere = path.size() > 1 && command != path.back();
      return elsewhere ? fmt::format("{} is an option of {}, not of {}", option,
                                     command->get_name(), words(path))
                       : fmt::format("{} is an option of {}: write it after the command", option,
                                     command->get_name());
    }
  }
  return fmt::format("unknown option {}{}", quote(option), did_you_mean(option, candidates));
}

std::string unknown_word(const std::vector<const CLI::App*>& path, const std::string& given) {
  const auto commands = path.back()->get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty()) {
    return fmt::format("{} takes no further argument: {}", words(path), quote(given));
  }
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  for (const CLI::Option* option : path.back()->get_options()) {
    if (option->check_lname(given)) {
      return fmt::format("unknown command {} - did you mean \"--{}\"?", quote(given), given);
    }
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near = closest(given, views);
  return fmt::format("unknown command {}{}", quote(given),
                     near ? fmt::format(" - did you mean \"{}\"?", *near) : "");
}

std::string mismatch(const std::vector<const CLI::App*>& path, const CLI::ParseError& error) {
  for (const CLI::App* level : path) {
    for (const CLI::Option* option : level->get_options()) {
      if (option->get_items_expected_max() == 1 && option->results().size() > 1) {
        return option->get_name() + " given twice";
      }
    }
  }
  const std::string what = error.what();
  return what.substr(0, what.find(':')) + " needs a value";
}

std::string sentence(const CLI::App& app, const std::vector<const CLI::App*>& path,
                     const CLI::ParseError& error) {
  const std::vector<std::string> left = app.remaining(true);
  // A command that was misspelt: its options are not to blame.
  if (path.size() == 1 && !left.empty() && !left.front().starts_with("-")) {
    return unknown_word(path, left.front());
  }
  for (const std::string& argument : left) {
    if (argument.starts_with("-") && argument != "--") return unknown_option(app, path, argument);
  }
  for (const std::string& argument : left) {
    if (argument != "--") return unknown_word(path, argument);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return mismatch(path, error);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    for (const CLI::Option* option : path.back()->get_options()) {
      if (option->get_required() && option->count() == 0) {
        return option->get_positional()
                   ? fmt::format("{} needs {}", words(path), option->get_type_name())
                   : fmt::format("{} needs {} {}", words(path), option->get_name(),
                                 option->get_type_name());
      }
    }
    return fmt::format("{} needs a command", words(path));
  }
  return escape_terminal(error.what());
}

}  // namespace

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<const CLI::App*> path = named(app);
  return fmt::format("error: {}\n  hint: see {} --help\n", sentence(app, path, error), words(path));
}

}  // namespace rolecall
