#include "tests/support/nobody.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace rolecall::test {
namespace {

constexpr uid_t kNobody = 65534;

void give_away(const std::filesystem::path& path) {
  EXPECT_EQ(::lchown(path.c_str(), kNobody, kNobody), 0) << path;
}

}  // namespace

int as_nobody(const std::filesystem::path& folder, const std::function<int()>& body) {
  const bool root = ::geteuid() == 0;
  if (root) {
    give_away(folder);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      give_away(entry.path());
    }
  }
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool held_up = !root || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0);
    const int code = held_up ? body() : 125;
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace rolecall::test
