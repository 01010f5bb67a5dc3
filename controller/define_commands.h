#pragma once

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/cli_app.h"
#include "controller/option_values.h"

// What the definitions of the commands are made of, and the definitions by kind, one file a kind.
// Private to define_*.cc and cli_app.cc.

namespace rolecall {

constexpr const char* kPolicyHelp =
    "A policy file or a folder of them (default: rolecall.toml, else the folder access/)";

inline CLI::Option* option(CLI::App& app, const std::string& name, std::string& target,
                           const std::string& what, const std::string& type) {
  return app.add_option(name, target, what)->type_name(type);
}

/// An option whose text is read by `parse`; what that does not take is refused with `must`.
template <class T, class Parse>
CLI::Option* parsed_option(CLI::App& app, const std::string& name, T& target,
                           const std::string& what, const std::string& type,
                           const std::string& must, Parse parse) {
  const auto set = [name, &target, must, parse](const std::string& text) {
    const auto value = parse(text);
    if (!value) throw CLI::ValidationError(name, must);
    target = static_cast<T>(*value);
  };
  return app.add_option_function<std::string>(name, set, what)->type_name(type);
}

/// An option that takes one of a few words: help and completion know them by its type.
template <class T>
CLI::Option* word_option(CLI::App& app, const std::string& name, T& target, const std::string& what,
                         const std::vector<std::pair<std::string, T>>& words) {
  std::string list;
  std::string type;
  for (const auto& [word, value] : words) {
    list += (list.empty() ? "" : ", ") + word;
    type += (type.empty() ? "" : "|") + word;
  }
  const auto parse = [words](const std::string& text) -> std::optional<T> {
    for (const auto& [word, value] : words) {
      if (word == text) return value;
    }
    return std::nullopt;
  };
  return parsed_option(app, name, target, what, type, "must be one of " + list, parse);
}

template <class T>
CLI::Option* whole_option(CLI::App& app, const std::string& name, T& target,
                          const std::string& what, std::uint64_t least, std::uint64_t most) {
  return parsed_option(
      app, name, target, what, "N",
      fmt::format("must be a whole number from {} to {}", least, most),
      [least, most](const std::string& text) { return parse_whole(text, least, most); });
}

inline CLI::Option* run_option(CLI::App& app, const std::string& name, std::int64_t& target,
                               const std::string& what) {
  return parsed_option(
      app, name, target, what, "RUN", "must be the number of a run",
      [](const std::string& text) { return parse_whole(text, 1, std::uint64_t{1} << 62U); });
}

inline CLI::App& command(CLI::App& parent, const std::string& name, const std::string& what,
                         const std::string& examples) {
  CLI::App* app = parent.add_subcommand(name, what);
  app->footer(examples + "\nOptions for every command: rolecall --help");
  return *app;
}

/// Which command was named, with its options as they then are.
template <class Options>
void choose(CLI::App& app, CommandLine& line, const Options& options) {
  app.callback([&line, &options] { line.command = options; });
}

/// validate, plan, apply, run, stop, resume.
void define_policy_commands(CLI::App& app, CommandLine& line);
/// get, report, check-key.
void define_reading_commands(CLI::App& app, CommandLine& line);
/// audit and what is below it, undo.
void define_audit_commands(CLI::App& app, CommandLine& line);
/// Commands about this machine: simulate, unlock, init, schema, completion, man.
void define_other_commands(CLI::App& app, CommandLine& line);

}  // namespace rolecall
