#pragma once

#include <span>
#include <string>
#include <variant>

#include "controller/options.h"

namespace rolecall {

/// A command line that asks for work.
struct Invocation {
  GlobalOptions global;
  Command command;
};

/// One that is answered with a text: help and version (exit code 0, for stdout) or what is wrong
/// with it (1, for stderr).
struct Answered {
  std::string text;
  int exit_code = 0;
};

/// Reads the arguments (without the program's name) and the environment variables that stand for
/// options. Values are never echoed where they may be secrets.
[[nodiscard]] std::variant<Invocation, Answered> parse_command_line(
    std::span<const std::string> arguments);

/// Parses, sets up the log, runs the command, and says whether its output arrived.
[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace rolecall
