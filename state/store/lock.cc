#include "state/store/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "state/model/json.h"
#include "state/store/files.h"

namespace rolecall {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> cannot(std::string_view verb, const std::string& file, int error) {
  return fail(fmt::format("cannot {} the lock {}: {}", verb, file, errno_text(error)));
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool is_at(const std::string& file, int fd) {
  struct stat locked {};
  struct stat there {};
  return ::fstat(fd, &locked) == 0 && ::lstat(file.c_str(), &there) == 0 &&
         locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
}

std::string describe(const LockOwner& owner) {
  boost::json::object line;
  line["user"] = owner.user;
  line["host"] = owner.host;
  line["command"] = owner.command;
  line["pid"] = owner.pid;
  line["since"] = format_instant(owner.since);
  return boost::json::serialize(line) + "\n";
}

// Nothing when the line is not whole: its holder may be about to write it.
std::optional<LockOwner> read_owner(int fd) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return std::nullopt;
  const auto line = parse_json({buffer.data(), static_cast<std::size_t>(size)});
  if (!line) return std::nullopt;
  const auto* user = string_member(*line, "user");
  const auto* host = string_member(*line, "host");
  const auto* command = string_member(*line, "command");
  const auto* since = string_member(*line, "since");
  const auto* pid = integer_member(*line, "pid");
  if (user == nullptr || host == nullptr || command == nullptr || since == nullptr ||
      pid == nullptr) {
    return std::nullopt;
  }
  const auto instant = parse_instant(*since);
  if (!instant) return std::nullopt;
  return LockOwner{std::string(*user), std::string(*host), std::string(*command), *pid, *instant};
}

Result<void> write_owner(int fd, const LockOwner& owner, const std::string& file) {
  const std::string line = describe(owner);
  if (::ftruncate(fd, 0) != 0) return cannot("write", file, errno);
  const ssize_t written = ::pwrite(fd, line.data(), line.size(), 0);
  if (written < 0) return cannot("write", file, errno);
  if (static_cast<std::size_t>(written) < line.size()) return cannot("write", file, ENOSPC);
  return {};
}

}  // namespace

struct StoreLock::Impl {
  std::string file;
  Descriptor descriptor;
};

Result<StoreLock::Taken> StoreLock::take(const std::string& store_path, const LockOwner& owner) {
  auto place = find_store_place(store_path, true);
  if (!place) return tl::make_unexpected(place.error());
  const std::string file = place->file + ".lock";
  // Another file may come to the path between opening and locking. A few of those are chance.
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (auto fine = check_private_file(file); !fine) return tl::make_unexpected(fine.error());
    Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (descriptor.get() < 0) return cannot("open", file, errno);
    struct flock lock = whole_file();
    if (::fcntl(descriptor.get(), F_OFD_SETLK, &lock) != 0) {
      if (errno != EAGAIN && errno != EACCES) return cannot("take", file, errno);
      return Taken(tl::unexpect, Held{read_owner(descriptor.get())});
    }
    if (!is_at(file, descriptor.get())) continue;
    if (auto done = write_owner(descriptor.get(), owner, file); !done) {
      return tl::make_unexpected(done.error());
    }
    return Taken(StoreLock(std::make_unique<Impl>(Impl{file, std::move(descriptor)})));
  }
  return fail(fmt::format("cannot take the lock {}: it is replaced again and again", file));
}

Result<std::optional<StoreLock::Held>> StoreLock::holder(const std::string& store_path) {
  auto place = find_store_place(store_path, false);
  if (!place) return tl::make_unexpected(place.error());
  const std::string file = place->file + ".lock";
  auto exists = check_private_file(file);
  if (!exists) return tl::make_unexpected(exists.error());
  if (!*exists) return std::nullopt;
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (descriptor.get() < 0) return cannot("open", file, errno);
  struct flock lock = whole_file();
  if (::fcntl(descriptor.get(), F_OFD_GETLK, &lock) != 0) return cannot("read", file, errno);
  if (lock.l_type == F_UNLCK) return std::nullopt;
  return Held{read_owner(descriptor.get())};
}

Result<void> StoreLock::release_forcibly(const std::string& store_path) {
  auto place = find_store_place(store_path, false);
  if (!place) return tl::make_unexpected(place.error());
  const std::string file = place->file + ".lock";
  auto exists = check_private_file(file);
  if (!exists) return tl::make_unexpected(exists.error());
  if (!*exists) return {};
  std::string fresh = file + ".XXXXXX";
  const Descriptor descriptor(::mkostemp(fresh.data(), O_CLOEXEC));
  if (descriptor.get() < 0) return cannot("replace", file, errno);
  if (std::rename(fresh.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return cannot("replace", file, error);
  }
  return {};
}

bool StoreLock::still_mine() const {
  return is_at(impl_->file, impl_->descriptor.get());
}

std::function<bool()> StoreLock::asker() const {
  return [impl = impl_.get()] { return is_at(impl->file, impl->descriptor.get()); };
}

StoreLock::StoreLock(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreLock::StoreLock(StoreLock&&) noexcept = default;
StoreLock& StoreLock::operator=(StoreLock&&) noexcept = default;
StoreLock::~StoreLock() = default;

}  // namespace rolecall
