#include "state/store/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "state/store/files.h"

namespace rolecall {
namespace {

constexpr const char* kHint = "the store was left as it is: make room, or take away what is there";

Result<void> sync_file(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  const int failed = fd < 0 ? -1 : ::fsync(fd);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (failed == 0) return {};
  return fail(fmt::format("cannot keep the store as {}: {}", file, errno_text(error)), kHint);
}

}  // namespace

std::string backup_file(const std::string& store_file, std::int64_t schema) {
  return fmt::format("{}.schema-{}", store_file, schema);
}

Result<void> back_up(Database& database, const std::string& store_file, std::int64_t schema) {
  const std::string file = backup_file(store_file, schema);
  const std::string draft = file + ".new";
  for (const char* suffix : {"", "-journal"}) ::unlink((draft + suffix).c_str());
  // SQLite takes an empty file for its copy, which is how it comes to be ours alone.
  if (auto made = create_private_file(draft); !made) return made;
  auto copy = database.prepare("VACUUM INTO ?");
  if (!copy) return tl::make_unexpected(copy.error());
  if (auto done = copy->use().bind(draft).run(); !done) {
    ::unlink(draft.c_str());
    return done;
  }
  // SQLite does not wait for the disk here.
  if (auto done = sync_file(draft); !done) return done;
  if (std::rename(draft.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(draft.c_str());
    return fail(fmt::format("cannot keep the store as {}: {}", file, errno_text(error)), kHint);
  }
  return sync_folder_of(file);
}

}  // namespace rolecall
