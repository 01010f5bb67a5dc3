#include "controller/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace rolecall {
namespace {

tl::unexpected<Error> cannot_write(const std::string& path, int code) {
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
  if (file < 0) return cannot_write(path, errno);
  const bool synced = fsync(file) == 0;
  const int code = errno;
  close(file);
  // Some file systems cannot sync a folder and say so with EINVAL.
  if (!synced && code != EINVAL) return cannot_write(path, code);
  return {};
}

/// A file with this content beside `path`, which nobody sees as a policy; its name.
Result<std::string> write_beside(const std::string& path, std::string_view content, mode_t mode) {
  std::string fresh = fmt::format("{}.{}.new", path, getpid());
  unlink(fresh.c_str());
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (file < 0) return cannot_write(path, errno);
  const bool written = write_all(file, content);
  const int code = errno;
  close(file);
  if (written) return fresh;
  unlink(fresh.c_str());
  return cannot_write(path, code);
}

Result<void> put_in_place(const std::string& fresh, const std::string& path) {
  if (rename(fresh.c_str(), path.c_str()) == 0) return sync_folder_of(path);
  const int code = errno;
  unlink(fresh.c_str());
  return cannot_write(path, code);
}

bool holds(const std::string& path, std::string_view content) {
  std::ifstream file(path, std::ios::binary);
  const std::string found{std::istreambuf_iterator<char>(file), {}};
  return file && found == content;
}

}  // namespace

Result<void> write_whole_file(const std::string& path, std::string_view content, mode_t mode) {
  const Result<std::string> fresh = write_beside(path, content, mode);
  if (!fresh) return tl::make_unexpected(fresh.error());
  return put_in_place(*fresh, path);
}

Result<void> write_whole_file(const std::string& path, std::string_view content, mode_t mode,
                              std::initializer_list<std::string> owner_of) {
  const Result<std::string> fresh = write_beside(path, content, mode);
  if (!fresh) return tl::make_unexpected(fresh.error());
  struct stat like {};
  for (const std::string& other : owner_of) {
    if (geteuid() != 0) break;
    if (lstat(other.c_str(), &like) != 0) continue;
    if (like.st_uid == 0 || lchown(fresh->c_str(), like.st_uid, like.st_gid) == 0) break;
    const int code = errno;
    unlink(fresh->c_str());
    return cannot_write(path, code);
  }
  return put_in_place(*fresh, path);
}

Result<void> write_new_file(const std::string& path, std::string_view content) {
  const Result<std::string> fresh = write_beside(path, content, 0666);
  if (!fresh) return tl::make_unexpected(fresh.error());
  // Unlike rename, link does not replace what is there.
  const bool linked = link(fresh->c_str(), path.c_str()) == 0;
  const int code = errno;
  unlink(fresh->c_str());
  if (linked) return sync_folder_of(path);
  if (code == EEXIST) return fail(path + " exists already", "nothing was written");
  return cannot_write(path, code);
}

Result<void> rewrite_file(const std::string& path, std::string_view before,
                          std::string_view content) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return cannot_write(path, errno);
  if (S_ISLNK(status.st_mode)) {
    return fail(path + " is a symbolic link, which is not written through",
                "name the file that it leads to");
  }
  // Renaming would replace a read-only file too; root is asked to mean it like anybody else.
  if ((status.st_mode & 0222U) == 0) return cannot_write(path, EACCES);
  if (access(path.c_str(), W_OK) != 0) return cannot_write(path, errno);
  const Result<std::string> fresh = write_beside(path, content, status.st_mode & 07777U);
  if (!fresh) return tl::make_unexpected(fresh.error());
  const bool owned = (status.st_uid == geteuid() && status.st_gid == getegid()) ||
                     chown(fresh->c_str(), status.st_uid, status.st_gid) == 0;
  const bool kept = owned && chmod(fresh->c_str(), status.st_mode & 07777U) == 0;
  const int code = errno;
  if (kept && holds(path, before)) return put_in_place(*fresh, path);
  unlink(fresh->c_str());
  if (!kept) return cannot_write(path, code);
  return fail(path + " changed meanwhile", "try again");
}

}  // namespace rolecall
