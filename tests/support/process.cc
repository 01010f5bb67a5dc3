#include "tests/support/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace rolecall::test {
namespace {

using std::chrono::milliseconds;

/// Grows as it is written to and can be read at any time: no pipe that fills up.
int make_stream(const char* name) {
  const int file = memfd_create(name, MFD_CLOEXEC);
  if (file < 0) throw std::runtime_error("cannot make a stream for a process");
  return file;
}

std::string content_of(int stream) {
  std::string out;
  std::array<char, 65536> part{};
  while (true) {
    const ssize_t got = pread(stream, part.data(), part.size(), static_cast<off_t>(out.size()));
    if (got <= 0) return out;
    out.append(part.data(), static_cast<std::size_t>(got));
  }
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::string Outcome::said() const {
  return fmt::format("exit code {}\n--- stdout\n{}--- stderr\n{}---\n", exit_code, out, err);
}

Process::Process(const ProcessWish& wish)
    : out_(make_stream("stdout")), err_(make_stream("stderr")) {
  std::vector<std::string> command = wish.command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : wish.environment) variables.push_back(name + "=" + value);
  const std::vector<char*> arguments = pointers_to(command);
  const std::vector<char*> environment = pointers_to(variables);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot start a process");
  if (pid_ == 0) {
    // Only what is safe between fork and exec.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    // Whoever runs the tests may have these ignored: nohup, a shell's background.
    ::signal(SIGHUP, SIG_DFL);
    ::signal(SIGINT, SIG_DFL);
    const int nothing = open("/dev/null", O_RDONLY);
    const bool ready = nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
                       dup2(out_, STDOUT_FILENO) >= 0 && dup2(err_, STDERR_FILENO) >= 0 &&
                       chdir(wish.folder.c_str()) == 0;
    if (ready) execve(arguments[0], arguments.data(), environment.data());
    _exit(127);
  }
  watch_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (watch_ < 0) throw std::runtime_error("cannot watch a process");
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      watch_(std::exchange(other.watch_, -1)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)),
      exit_code_(other.exit_code_),
      ended_(other.ended_) {}

Process::~Process() {
  if (pid_ < 0) return;
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(watch_);
  close(out_);
  close(err_);
}

bool Process::ended_within(milliseconds limit) {
  if (ended_) return true;
  pollfd watched{watch_, POLLIN, 0};
  if (poll(&watched, 1, static_cast<int>(limit.count())) <= 0) return false;
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  ended_ = true;
  return true;
}

bool Process::running() {
  return !ended_within(milliseconds(0));
}

std::string Process::out() const {
  return content_of(out_);
}

std::string Process::err() const {
  return content_of(err_);
}

std::string Process::wait_for_line(std::string_view beginning) {
  for (int i = 0; i < 6000; ++i) {
    const bool ended = ended_within(milliseconds(5));
    const std::string text = out();
    std::size_t at = text.starts_with(beginning) ? 0 : text.find("\n" + std::string(beginning));
    if (at != std::string::npos) {
      if (at != 0) ++at;
      const std::size_t end = text.find('\n', at);
      if (end != std::string::npos) return text.substr(at, end - at);
    }
    if (ended) break;
  }
  throw std::runtime_error(fmt::format("no line \"{}...\":\n{}{}", beginning, out(), err()));
}

void Process::signal(int number) const {
  kill(pid_, number);
}

Outcome Process::wait(std::chrono::seconds limit) {
  if (!ended_within(limit)) {
    throw std::runtime_error(
        fmt::format("still running after {} s:\n{}{}", limit.count(), out(), err()));
  }
  return {exit_code_, out(), err()};
}

}  // namespace rolecall::test
