#include "state/store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace rolecall {
namespace {

/// A folder made for the store holds nothing that belongs into a repository. Without it all works.
void hide_from_git(const std::string& folder) {
  constexpr std::string_view kEverything = "*\n";
  const int file = ::open((folder + "/.gitignore").c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return;
  [[maybe_unused]] const auto written = ::write(file, kEverything.data(), kEverything.size());
  ::close(file);
}

Result<void> create_folder_of(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    hide_from_git(folder);
    return {};
  }
  if (errno == EEXIST) return {};
  if (errno == ENOENT) {
    return fail(
        fmt::format("cannot make the folder {}: the folder above it does not exist", folder),
        "check the path of the store, or make the folder first");
  }
  return fail(fmt::format("cannot make the folder {}: {}", folder, errno_text(errno)));
}

}  // namespace

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

Result<StorePlace> find_store_place(const std::string& path, bool create_folder) {
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == ".." || path.find('\0') != std::string::npos) {
    return fail(fmt::format("\"{}\" does not name a file for the store", path));
  }
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  if (create_folder) {
    if (auto made = create_folder_of(folder); !made) return tl::make_unexpected(made.error());
  }
  char* resolved = ::realpath(folder.c_str(), nullptr);
  if (resolved == nullptr) {
    if (errno == ENOENT) {
      return fail(fmt::format("there is no store at {}", path), std::string(kNoStoreYet));
    }
    return fail(fmt::format("cannot open the store {}: the folder {}: {}", path, folder,
                            errno_text(errno)));
  }
  StorePlace place{path, resolved, {}};
  std::free(resolved);
  place.file = place.folder == "/" ? "/" + name : place.folder + "/" + name;

  struct stat status {};
  if (::stat(place.folder.c_str(), &status) != 0) {
    return fail(fmt::format("cannot open the folder {}: {}", place.folder, errno_text(errno)));
  }
  if (!S_ISDIR(status.st_mode)) return fail(fmt::format("{} is not a folder", place.folder));
  // The sticky bit keeps others from replacing the file, as in /tmp.
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return fail(fmt::format("the folder {} of the store can be written by everybody (mode {:04o})",
                            place.folder, status.st_mode & 07777),
                fmt::format("chmod o-w {}", place.folder));
  }
  return place;
}

Result<bool> check_private_file(const std::string& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    return fail(fmt::format("cannot look at {}: {}", file, errno_text(errno)));
  }
  if (S_ISLNK(status.st_mode)) return fail(fmt::format("{} is a symbolic link", file));
  if (!S_ISREG(status.st_mode)) return fail(fmt::format("{} is not a regular file", file));
  if (status.st_uid != ::geteuid()) {
    return fail(fmt::format("{} belongs to another user (uid {})", file, status.st_uid),
                "run rolecall as that user");
  }
  if ((status.st_mode & 077) != 0) {
    return fail(fmt::format("{} is open to others (mode {:04o})", file, status.st_mode & 07777),
                fmt::format("chmod 600 {}", file));
  }
  if (status.st_nlink != 1) {
    return fail(fmt::format("{} has {} names (hard links)", file, status.st_nlink),
                "keep one of them; copy the file where a copy is wanted");
  }
  return true;
}

bool may_write(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

Result<std::optional<std::string>> read_small_file(const std::string& file,
                                                   std::size_t most_bytes) {
  const auto cannot = [&](int error) {
    return fail(fmt::format("cannot read {}: {}", file, errno_text(error)));
  };
  // A FIFO would otherwise be waited for.
  const int fd = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return cannot(errno);
  }
  struct stat status {};
  const bool regular = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  std::string content(most_bytes + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 0;
  while (regular && size < content.size() &&
         (got = ::read(fd, content.data() + size, content.size() - size)) > 0) {
    size += static_cast<std::size_t>(got);
  }
  const int error = errno;
  ::close(fd);
  if (!regular) return fail(fmt::format("{} is not a regular file", file));
  if (got < 0) return cannot(error);
  if (size > most_bytes) return fail(fmt::format("{} is too long", file));
  content.resize(size);
  return content;
}

Result<void> create_private_file(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(fmt::format("cannot make {}: {}", file, errno_text(errno)));
  // A umask may have taken bits of the owner.
  const int failed = ::fchmod(fd, 0600);
  const int error = errno;
  ::close(fd);
  if (failed != 0) return fail(fmt::format("cannot make {}: {}", file, errno_text(error)));
  return {};
}

Result<void> sync_folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == 0 || slash == std::string::npos ? "/" : file.substr(0, slash);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(fmt::format("cannot open the folder {}: {}", folder, errno_text(errno)));
  const int failed = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  // Some file systems cannot sync a folder and say so with EINVAL.
  if (failed != 0 && error != EINVAL) {
    return fail(fmt::format("cannot write the folder {}: {}", folder, errno_text(error)));
  }
  return {};
}

Result<void> rename_without_replacing(const std::string& from, const std::string& to) {
  int failed = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (failed != 0 && errno == EINVAL) {
    // A file system without that flag (NFS). The lock of the store keeps out other rolecalls.
    struct stat status {};
    if (::lstat(to.c_str(), &status) == 0) {
      errno = EEXIST;
    } else {
      failed = std::rename(from.c_str(), to.c_str());
    }
  }
  if (failed != 0) return fail(fmt::format("cannot make {}: {}", to, errno_text(errno)));
  return sync_folder_of(to);
}

std::string_view network_file_system(unsigned long type) {
  switch (type) {
    case NFS_SUPER_MAGIC:
      return "NFS";
    case SMB_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
      return "SMB";
    case AFS_SUPER_MAGIC:
    case AFS_FS_MAGIC:
      return "AFS";
    default:
      return {};
  }
}

std::string_view network_file_system(const std::string& file) {
  struct statfs about {};
  if (::statfs(file.c_str(), &about) != 0) return {};
  // Signed where it is narrower than what it holds.
  return network_file_system(static_cast<unsigned long>(about.f_type) & 0xffffffffUL);
}

}  // namespace rolecall
