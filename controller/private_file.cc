#include "controller/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace rolecall {
namespace {

Result<void> fail_with(const std::string& path, int code) {
  return fail(fmt::format("cannot write {}: {}", path, std::strerror(code)));
}

bool write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0;
}

/// So that the new name outlives a loss of power too.
Result<void> sync_folder_of(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return fail_with(path, errno);
  const bool synced = fsync(file) == 0;
  const int code = errno;
  close(file);
  // Some file systems cannot sync a folder and say so with EINVAL.
  if (!synced && code != EINVAL) return fail_with(path, code);
  return {};
}

}  // namespace

Result<void> check_writable_place(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code problem;
  if (!std::filesystem::is_directory(folder, problem)) {
    return fail(fmt::format("{}: no such directory", folder.string()));
  }
  if (std::filesystem::is_directory(path, problem)) {
    return fail(fmt::format("{} is a directory", path));
  }
  if (access(folder.c_str(), W_OK) != 0) return fail_with(path, errno);
  return {};
}

Result<void> write_private_file(const std::string& path, std::string_view content) {
  const std::string fresh = fmt::format("{}.{}.new", path, getpid());
  unlink(fresh.c_str());
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return fail_with(path, errno);
  const bool written = write_all(file, content);
  const int code = errno;
  close(file);
  if (!written) {
    unlink(fresh.c_str());
    return fail_with(path, code);
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) {
    const int problem = errno;
    unlink(fresh.c_str());
    return fail_with(path, problem);
  }
  return sync_folder_of(path);
}

}  // namespace rolecall
