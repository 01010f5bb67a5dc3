#include "controller/policy_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace rolecall {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannot(const fs::path& path, int code) {
  return fail(
      fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(code)));
}

/// "access" of "access/" and "./access".
fs::path plain(const std::string& path) {
  fs::path out = fs::path(path).lexically_normal();
  if (!out.has_filename()) out = out.parent_path();
  return out;
}

/// Something in there that is neither a folder nor a policy file; empty where all are.
std::string stranger_in(const fs::path& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const fs::file_status status = it->symlink_status(error);
    const bool policy = fs::is_regular_file(status) && it->path().extension() == ".toml" &&
                        !it->path().filename().string().starts_with('.');
    if (!policy && !fs::is_directory(status)) return it->path().string();
  }
  return error ? folder.string() : std::string();
}

/// The file must not be there yet. Error: the code of errno.
int write_new(const fs::path& path, std::string_view content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  int code = 0;
  while (!content.empty() && code == 0) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written >= 0) {
      content.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      code = errno;
    }
  }
  if (code == 0 && fsync(file) != 0) code = errno;
  close(file);
  if (code != 0) unlink(path.c_str());
  return code;
}

fs::path free_name(const fs::path& wanted) {
  std::error_code error;
  fs::path out = wanted;
  for (int n = 2; fs::exists(fs::symlink_status(out, error)); ++n) {
    out = wanted;
    out += fmt::format("-{}", n);
  }
  return out;
}

}  // namespace

Result<void> check_policy_folder(const std::string& path, bool overwrite) {
  const fs::path folder = plain(path);
  const std::string last = folder.filename().string();
  if (last.empty() || last == "." || last == "..") {
    return fail(fmt::format("{} cannot be made anew as a whole", path),
                "name a folder of its own, such as access");
  }
  std::error_code error;
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  if (!fs::is_directory(parent, error)) {
    return fail(fmt::format("{}: no such folder", parent.string()));
  }
  if (access(parent.c_str(), W_OK) != 0) return cannot(folder, errno);
  const fs::file_status status = fs::symlink_status(folder, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) return fail(fmt::format("{} is no folder", folder.string()));
  if (fs::is_empty(folder, error)) return {};
  if (error) return cannot(folder, error.value());
  if (!overwrite) {
    return fail(fmt::format("{} is there already and not empty", folder.string()),
                "import into a fresh folder, add single groups with --adopt, or replace all of it "
                "with --overwrite");
  }
  if (const std::string stranger = stranger_in(folder); !stranger.empty()) {
    return fail(fmt::format("{} is no policy file, and --overwrite would take it along", stranger),
                "move it away, or import into a fresh folder");
  }
  return {};
}

Result<std::string> write_policy_folder(const std::string& path, std::span<const SourceFile> files,
                                        bool overwrite) {
  if (auto fine = check_policy_folder(path, overwrite); !fine) {
    return tl::make_unexpected(fine.error());
  }
  const fs::path folder = plain(path);
  fs::path fresh = folder;
  fresh += fmt::format(".{}.new", getpid());
  std::error_code error;
  fs::remove_all(fresh, error);
  const auto give_up = [&](const fs::path& where, int code) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    return cannot(where, code);
  };
  for (const SourceFile& file : files) {
    const fs::path target = fresh / file.path;
    fs::create_directories(target.parent_path(), error);
    if (error) return give_up(folder / file.path, error.value());
    if (const int code = write_new(target, file.bytes); code != 0) {
      return give_up(folder / file.path, code);
    }
  }
  std::string kept;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    const fs::path old = free_name(folder.string() + ".old");
    if (rename(folder.c_str(), old.c_str()) != 0) return give_up(folder, errno);
    kept = old.string();
  }
  if (rename(fresh.c_str(), folder.c_str()) != 0) {
    const int code = errno;
    if (!kept.empty()) (void)rename(kept.c_str(), folder.c_str());
    return give_up(folder, code);
  }
  return kept;
}

Result<std::string> add_policy_file(const std::string& folder, const std::string& stem,
                                    std::string_view content) {
  for (int n = 1; n < 1000; ++n) {
    const fs::path name =
        n == 1 ? fmt::format("{}.toml", stem) : fmt::format("{}-{}.toml", stem, n);
    const fs::path path = plain(folder) / name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return cannot(path, error.value());
    // Under its final name only once it is whole: half a table is no policy.
    fs::path fresh = path;
    fresh += fmt::format(".{}.new", getpid());
    if (const int code = write_new(fresh, content); code != 0) return cannot(path, code);
    const bool done = link(fresh.c_str(), path.c_str()) == 0;
    const int code = errno;
    unlink(fresh.c_str());
    if (done) return name.string();
    if (code != EEXIST) return cannot(path, code);
  }
  return fail(fmt::format("{}/{}.toml and all names like it are taken", folder, stem));
}

}  // namespace rolecall
