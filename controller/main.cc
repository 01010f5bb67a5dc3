#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "controller/cli.h"
#include "state/model/text.h"

int main(int argc, char** argv) {
  // A closed pipe or a file-size limit must show as a failed write, never end an apply half-way.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return rolecall::run_command_line(argc, argv);
  } catch (const std::exception& bug) {
    const std::string what = rolecall::escape_terminal(bug.what());
    std::fprintf(stderr, "internal error: %s\n", what.c_str());
  } catch (...) {
    std::fputs("internal error: unknown exception\n", stderr);
  }
  return 1;
}
