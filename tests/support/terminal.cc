#include "tests/support/terminal.h"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <vector>

namespace rolecall::test {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Outcome run_on_terminal(const ProcessWish& wish, const std::string& input,
                        const AtPrompt& at_prompt) {
  std::vector<std::string> command = wish.command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : wish.environment) variables.push_back(name + "=" + value);
  const std::vector<char*> arguments = pointers_to(command);
  const std::vector<char*> environment = pointers_to(variables);
  const winsize size{24, 80, 0, 0};
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, &size);
  if (pid < 0) throw std::runtime_error("cannot start a process on a terminal");
  if (pid == 0) {
    if (chdir(wish.folder.c_str()) == 0) execve(arguments[0], arguments.data(), environment.data());
    _exit(127);
  }
  const auto type = [&] {
    if (write(terminal, input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
      kill(pid, SIGKILL);
    }
  };
  bool typed = !at_prompt.then;
  if (typed) type();
  Outcome out;
  std::array<char, 4096> part{};
  pollfd watched{terminal, POLLIN, 0};
  while (poll(&watched, 1, 60'000) > 0) {
    const ssize_t got = read(terminal, part.data(), part.size());
    if (got <= 0) break;  // EIO: the other end is closed
    out.out.append(part.data(), static_cast<std::size_t>(got));
    if (typed || out.out.find(at_prompt.prompt) == std::string::npos) continue;
    typed = true;
    at_prompt.then(pid);
    type();
  }
  close(terminal);
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) == 0) {
    // Either it has closed the terminal and ends now, or a minute has passed without a word.
    usleep(200'000);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  out.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return out;
}

}  // namespace rolecall::test
