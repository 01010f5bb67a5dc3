#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "controller/cli.h"
#include "state/model/invariant.h"
#include "state/model/text.h"

namespace {

constexpr int kBroken = 8;

/// Where a check of the standard library or of the compiler fails: an end that callers understand.
extern "C" void end_as_broken(int) {
  constexpr char kWords[] = "internal error: a check failed; nothing more was sent\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kWords, sizeof kWords - 1);
  ::_exit(kBroken);
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe or a file-size limit must show as a failed write, never end an apply half-way.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGABRT, end_as_broken);
  try {
    return rolecall::run_command_line(argc, argv);
  } catch (const rolecall::BrokenInvariant& bug) {
    std::fprintf(stderr, "internal error: %s; nothing more was sent\n", bug.what());
    return kBroken;
  } catch (const std::exception& bug) {
    const std::string what = rolecall::escape_terminal(bug.what());
    std::fprintf(stderr, "internal error: %s\n", what.c_str());
  } catch (...) {
    std::fputs("internal error: unknown exception\n", stderr);
  }
  return 1;
}
