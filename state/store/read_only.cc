#include "state/store/read_only.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "state/store/files.h"
#include "state/store/schema.h"
#include "state/store/store.h"

namespace rolecall {
namespace {

/// The files of a store as they are at a moment: equal when nobody has written in between.
struct FileMark {
  struct One {
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const One&) const = default;
  };
  std::array<One, 2> files{};
  bool operator==(const FileMark&) const = default;

  explicit FileMark(const std::string& file) {
    const std::array<std::string, 2> names = {file, file + "-wal"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      struct stat status {};
      if (::stat(names[i].c_str(), &status) != 0) continue;
      files[i] = {status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    }
  }
};

Result<std::string> find_file(const std::string& path) {
  // SQLite is told to follow no link; for looking at a file any way to it will do.
  char* resolved = ::realpath(path.c_str(), nullptr);
  struct stat status {};
  if (resolved == nullptr || ::stat(resolved, &status) != 0) {
    const int error = errno;
    std::free(resolved);
    if (error == ENOENT) return fail(fmt::format("there is no store at {}", path));
    return fail(fmt::format("cannot look at {}: {}", path, errno_text(error)));
  }
  std::string file = resolved;
  std::free(resolved);
  if (!S_ISREG(status.st_mode)) return fail(fmt::format("{} is not a regular file", path));
  return file;
}

Result<void> read_once(const std::string& file, Database::Mode mode,
                       const std::function<Result<void>(Database&)>& read) {
  auto database = Database::open(file, mode);
  if (!database) return tl::make_unexpected(database.error());
  if (auto begun = database->execute("BEGIN"); !begun) return begun;
  const auto version = check_schema(*database, migrations());
  if (!version) return tl::make_unexpected(version.error());
  if (*version < static_cast<std::int64_t>(migrations().size())) {
    return fail(fmt::format("the store {} was written by an older rolecall (schema {}, this one "
                            "reads {})",
                            file, *version, migrations().size()),
                "the next apply brings it up to date");
  }
  return read(*database);
}

}  // namespace

Result<void> read_without_traces(const std::string& path, WhenWritten when_written,
                                 const std::function<Result<void>(Database&)>& read) {
  const auto file = find_file(path);
  if (!file) return tl::make_unexpected(file.error());
  const FileMark before(*file);
  auto done = read_once(*file, Database::Mode::frozen, read);
  if (FileMark(*file) == before) return done;
  if (when_written == WhenWritten::keep) {
    if (!done) done.error().hint = "a run wrote to the store meanwhile: try again";
    return done;
  }
  return read_once(*file, Database::Mode::read, read);
}

Result<void> Store::look(const std::string& path,
                         const std::function<Result<void>(const Store&)>& read) {
  const auto once = [&](Access access) -> Result<void> {
    const auto store = open(path, access);
    return store ? read(*store) : tl::make_unexpected(store.error());
  };
  const FileMark before(path);
  auto done = once(Access::look);
  return FileMark(path) == before ? done : once(Access::read);
}

}  // namespace rolecall
