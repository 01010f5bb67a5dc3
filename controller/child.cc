#include "controller/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace rolecall {
namespace {

constexpr int kMostMilliseconds = 60'000;
constexpr int kFileDescriptor = 3;

/// A file in memory, so that neither a full pipe nor a temporary file is in the way.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content = {})
      : fd_(::memfd_create("rolecall", MFD_CLOEXEC)) {
    if (fd_ < 0 ||
        ::pwrite(fd_, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size())) {
      failed_ = true;
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::string content() const {
    std::string out;
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while ((got = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(out.size()))) > 0) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  int fd_;
  bool failed_ = false;
};

std::vector<std::string> clean_environment() {
  std::vector<std::string> out = {"LC_ALL=C"};
  for (const char* name : {"PATH", "HOME", "SSH_AUTH_SOCK"}) {
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Nothing when it has not ended in time, and was killed.
std::optional<int> wait_for(pid_t child) {
  // glibc 2.36 declares pidfd_open without C linkage.
  const auto watched = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  struct pollfd ready {
    watched, POLLIN, 0
  };
  int events = 0;
  while (watched >= 0 && (events = ::poll(&ready, 1, kMostMilliseconds)) < 0 && errno == EINTR) {
  }
  const bool late = watched >= 0 && events == 0;
  if (watched >= 0) ::close(watched);
  if (late) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (late) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Result<ChildResult> run_child(const std::vector<std::string>& arguments, std::string_view input,
                              std::string_view file) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = clean_environment();
  const std::string& program = arguments.front();
  const MemoryFile in(input);
  const MemoryFile out;
  const MemoryFile err;
  const MemoryFile extra(file);
  if (in.failed() || out.failed() || err.failed() || extra.failed()) {
    return fail(fmt::format("cannot run {}: no memory for its input", program));
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, extra.get(), kFileDescriptor);
  // Away from the terminal: what needs an answer fails rather than waits.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t child = 0;
  const int error = posix_spawnp(&child, program.c_str(), &actions, &attributes,
                                 pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return fail(fmt::format("cannot run {}: {}", program, std::strerror(error)),
                error == ENOENT ? fmt::format("install {}, or put it into PATH", program) : "");
  }
  const auto exit_code = wait_for(child);
  if (!exit_code) return fail(fmt::format("{} did not end within a minute", program));
  return ChildResult{*exit_code, out.content(), err.content()};
}

}  // namespace rolecall
