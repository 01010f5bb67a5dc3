#include "controller/policy_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "controller/nearby_policy.h"
#include "controller/output.h"
#include "policies/byte_scan.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

/// Folders below each other; more is a mistake.
constexpr std::size_t kMaxFolderDepth = 32;

std::string in_words(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

tl::unexpected<Error> cannot_read(const std::string& path, int error_number) {
  std::string hint;
  if (error_number == ENOENT) {
    hint = "run in the folder of the policy, or name it on the command line";
  } else if (error_number == EACCES) {
    hint = fmt::format("user id {} needs to be allowed to read it", ::geteuid());
  }
  return fail(
      fmt::format("{}: {}", path,
                  error_number == ENOENT ? "no such file or folder" : in_words(error_number)),
      std::move(hint));
}

std::string_view kind_of(mode_t mode) {
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISDIR(mode)) return "a folder";
  return "something else";
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

bool same_version(const struct stat& before, const struct stat& after) {
  return before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
         before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
}

tl::unexpected<Error> too_large(const std::string& path, double bytes, std::size_t limit) {
  return fail(fmt::format("{}: {:.1f} MiB is over the limit of {} MiB", path, bytes / (1 << 20),
                          limit >> 20U),
              "split it into several files of one folder");
}

/// `called` is what messages call it.
Result<std::string> read_bytes(const std::string& path, const std::string& called,
                               std::size_t limit) {
  // Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    if (errno == ENXIO) return fail(called + ": not a regular file but a socket or a device");
    return cannot_read(called, errno);
  }
  struct stat before {};
  if (::fstat(file.get(), &before) != 0) return cannot_read(called, errno);
  if (!S_ISREG(before.st_mode)) {
    return fail(fmt::format("{}: not a regular file but {}", called, kind_of(before.st_mode)));
  }
  if (static_cast<std::size_t>(before.st_size) > limit) {
    return too_large(called, static_cast<double>(before.st_size), limit);
  }
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(before.st_size));
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(called, errno);
    if (got == 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > limit) return too_large(called, static_cast<double>(bytes.size()), limit);
  }
  struct stat after {};
  if (::fstat(file.get(), &after) != 0) return cannot_read(called, errno);
  if (!same_version(before, after) || bytes.size() != static_cast<std::size_t>(after.st_size)) {
    return fail(called + ": changed while it was being read", "try again");
  }
  return bytes;
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const auto [folder_end, _] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return folder_end == folder.end();
}

bool is_policy_name(const std::string& name) {
  return name.size() > 5 && name.ends_with(".toml");
}

/// Finds the policy files below a folder. Real files first, so that a link to one of them adds
/// nothing; then what links add.
class Walk {
 public:
  explicit Walk(fs::path root) : root_(std::move(root)) {}

  Result<std::vector<std::string>> run(const std::string& base) {
    if (Result<void> done = folder(base, 0); !done) return tl::make_unexpected(done.error());
    while (!links_.empty()) {
      const auto link = *links_.begin();
      links_.erase(links_.begin());
      if (Result<void> done = follow(link); !done) return tl::make_unexpected(done.error());
    }
    std::sort(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  Result<void> folder(const std::string& path, std::size_t depth) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) return cannot_read(path, error.value());
    if (!seen_.insert(real.string()).second) return {};
    if (depth > kMaxFolderDepth) {
      return fail(fmt::format("{}: folders nested deeper than {}", path, kMaxFolderDepth));
    }
    fs::directory_iterator entries(path, error);
    if (error) return cannot_read(path, error.value());
    std::vector<std::string> names;
    for (; entries != fs::directory_iterator(); entries.increment(error)) {
      names.push_back(entries->path().filename().string());
    }
    if (error) return cannot_read(path, error.value());
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (name.starts_with('.')) continue;
      if (Result<void> done = entry(fmt::format("{}/{}", path, name), name, depth); !done)
        return done;
    }
    return {};
  }

  Result<void> entry(const std::string& path, const std::string& name, std::size_t depth) {
    if (is_policy_name(name) && (find_invalid_utf8(name) || find_hidden_character(name))) {
      return fail(fmt::format("{}: the name holds what cannot be seen", path), "rename the file");
    }
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return cannot_read(path, errno);
    if (S_ISLNK(status.st_mode)) {
      links_.emplace(path, depth);
      return {};
    }
    if (S_ISDIR(status.st_mode)) return folder(path, depth + 1);
    return is_policy_name(name) ? file(path) : Result<void>{};
  }

  Result<void> file(const std::string& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) return cannot_read(path, error.value());
    if (!seen_.insert(real.string()).second) return {};
    if (found_.size() == kMaxPolicyFiles) {
      return fail(fmt::format("{}: more than {} policy files", root_.string(), kMaxPolicyFiles));
    }
    found_.push_back(path);
    return {};
  }

  Result<void> follow(const std::pair<std::string, std::size_t>& link) {
    const auto& [path, depth] = link;
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) {
      if (!is_policy_name(path)) return {};
      return fail(path + ": broken symbolic link", "mend it or take it away");
    }
    if (!is_within(real, root_)) return {};
    if (fs::is_directory(real, error)) return folder(path, depth + 1);
    return is_policy_name(path) ? file(path) : Result<void>{};
  }

  fs::path root_;
  std::set<std::string> seen_;  ///< real paths of files and folders
  std::set<std::pair<std::string, std::size_t>> links_;
  std::vector<std::string> found_;
};

/// A roster that cannot be read does not keep the other problems of the policy from being shown.
SourceFile read_roster(const std::string& path, const fs::path& root) {
  SourceFile out{path, {}, true};
  const auto unreadable = [&](Error why) {
    out.unreadable = std::move(why);
    return out;
  };
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error.value() == ENOENT) {
    return unreadable({path + ": no such file", "the path is relative to the file that names it"});
  }
  if (error) return unreadable(cannot_read(path, error.value()).value());
  if (!is_within(real, root)) {
    return unreadable({path + ": outside the folder of the policy", "copy it into that folder"});
  }
  // What the name led to when it was looked at, not what it leads to by now.
  Result<std::string> bytes = read_bytes(real.string(), path, kMaxRosterBytes);
  if (!bytes) return unreadable(bytes.error());
  out.bytes = *std::move(bytes);
  return out;
}

/// Those that the TOML files name, each once.
std::vector<SourceFile> read_rosters(const std::vector<SourceFile>& files, const fs::path& root) {
  std::set<std::string> paths;
  for (const SourceFile& file : files) {
    for (std::string& path : roster_paths(file)) paths.insert(std::move(path));
  }
  std::vector<SourceFile> out;
  for (const std::string& path : paths) {
    if (out.size() == kMaxPolicyFiles) break;
    out.push_back(read_roster(path, root));
  }
  return out;
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Whether it looks like a part of a policy.
bool speaks_of_access(const std::string& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  std::ifstream in(file, std::ios::binary);
  std::string begin(1 << 16, '\0');
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(in.gcount()));
  begin.insert(0, "\n");
  return begin.find("\n[users") != std::string::npos ||
         begin.find("\n[groups") != std::string::npos ||
         begin.find("\n[[rosters") != std::string::npos;
}

}  // namespace

Result<PolicyFiles> read_policy_files(const std::string& path) {
  PolicyFiles out;
  out.base = without_slash(path);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return cannot_read(path, errno);
  if (S_ISREG(status.st_mode) && fs::path(out.base).extension() == ".plan") {
    return fail(path + " is a saved plan, no policy", "rolecall apply " + path + " applies it");
  }
  std::vector<std::string> paths{out.base};
  const bool folder = S_ISDIR(status.st_mode);
  std::error_code error;
  const fs::path top = folder ? fs::path(out.base) : fs::path(out.base).parent_path();
  const fs::path root = fs::canonical(top.empty() ? fs::path(".") : top, error);
  if (error) return cannot_read(path, error.value());
  if (folder) {
    Result<std::vector<std::string>> found = Walk(root).run(out.base);
    if (!found) return tl::make_unexpected(found.error());
    if (found->empty()) {
      return fail(path + ": no policy files in this folder", "at least one *.toml is needed");
    }
    paths = *std::move(found);
  }
  for (const std::string& file : paths) {
    Result<std::string> bytes = read_bytes(file, file, kMaxFileBytes);
    if (!bytes) return tl::make_unexpected(bytes.error());
    out.files.push_back({file, *std::move(bytes)});
  }
  std::vector<SourceFile> rosters = read_rosters(out.files, root);
  std::move(rosters.begin(), rosters.end(), std::back_inserter(out.files));
  return out;
}

Result<std::string> default_policy_path(const std::string& folder) {
  const std::string prefix = folder == "." ? std::string{} : without_slash(folder) + "/";
  struct stat status {};
  const std::string file = prefix + "rolecall.toml";
  if (::lstat(file.c_str(), &status) == 0) return file;
  const std::string access = prefix + "access";
  if (::stat(access.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return access;
  const auto around = policy_around(folder);
  return fail("no policy here: neither a file rolecall.toml nor a folder access/",
              around ? fmt::format("{} is a policy: name it on the command line", *around)
                     : "run in the folder of the policy, or name it on the command line");
}

Result<std::string> policy_path_or_default(const std::string& asked) {
  if (!asked.empty()) return asked;
  auto found = default_policy_path();
  if (!found || *found != "rolecall.toml") return found;
  std::error_code error;
  if (fs::is_directory("access", error)) {
    print_message("note: the policy is rolecall.toml; the folder access/ beside it is not read\n");
  }
  for (fs::directory_iterator it(".", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!is_policy_name(name) || name == "rolecall.toml" || !speaks_of_access(name)) continue;
    print_message(fmt::format(
        "note: the policy is rolecall.toml alone; {} beside it is not read (name the folder, "
        "\".\", to read all)\n",
        escape_terminal(name)));
    break;
  }
  return found;
}

}  // namespace rolecall
