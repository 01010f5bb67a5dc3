#include "controller/policy_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <tuple>

#include "state/model/text.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

/// Folders below each other; more is a mistake.
constexpr std::size_t kMaxFolderDepth = 32;
constexpr std::size_t kMostGlancedAt = 10'000;
/// Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it.
constexpr int kToRead = O_RDONLY | O_NONBLOCK | O_NOCTTY;

std::string error_words(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

tl::unexpected<Error> changed(const std::string& path) {
  return fail(path + ": changed while it was being read", "try again");
}

tl::unexpected<Error> cannot_open(const std::string& path, int error_number) {
  if (error_number == ENXIO) return fail(path + ": not a regular file but a socket or a device");
  return cannot_read(path, error_number);
}

std::string_view kind_of(mode_t mode) {
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISDIR(mode)) return "a folder";
  return "something else";
}

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
Result<std::string> read_bytes(const Descriptor& file, const std::string& called,
                               std::size_t limit) {
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
    return changed(called);
  }
  return bytes;
}

/// Finds the policy files below a folder. Real files first, so that a link to one of them adds
/// nothing; then what links add. A glance passes over what it cannot read, and ends early.
class Walk {
 public:
  explicit Walk(const PolicyTree& tree, bool glance = false) : tree_(tree), glance_(glance) {}

  Result<std::vector<PolicyTree::File>> run(const PolicyTree::File& top) {
    top_ = top.path;
    if (Result<void> done = folder(top, 0); !done) return tl::make_unexpected(done.error());
    while (!links_.empty()) {
      const auto link = *links_.begin();
      links_.erase(links_.begin());
      if (Result<void> done = follow(link); !done && !glance_) {
        return tl::make_unexpected(done.error());
      }
    }
    std::sort(found_.begin(), found_.end(),
              [](const auto& left, const auto& right) { return left.path < right.path; });
    return std::move(found_);
  }

 private:
  struct Entry {
    std::string name;
    mode_t mode;
  };

  /// What is in a folder, its folders last, in byte order; without what is hidden.
  Result<std::vector<Entry>> entries(const PolicyTree::File& folder) {
    Result<Descriptor> opened = tree_.open_below(folder, O_RDONLY | O_DIRECTORY);
    if (!opened) return tl::make_unexpected(opened.error());
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(opened->get()), &::closedir);
    if (listing == nullptr) return cannot_read(folder.path, errno);
    const int number = opened->release();  // the listing closes it
    std::vector<Entry> out;
    for (;;) {
      errno = 0;
      const dirent* next = ::readdir(listing.get());
      if (next == nullptr || (glance_ && looked_at_++ >= kMostGlancedAt)) break;
      const std::string name = next->d_name;
      if (name.starts_with('.')) continue;
      struct stat status {};
      if (::fstatat(number, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (glance_) continue;
        return cannot_read(fmt::format("{}/{}", folder.path, name), errno);
      }
      out.push_back({name, status.st_mode});
    }
    if (errno != 0) return cannot_read(folder.path, errno);
    std::sort(out.begin(), out.end(), [](const Entry& left, const Entry& right) {
      return std::tuple(S_ISDIR(left.mode), std::string_view(left.name)) <
             std::tuple(S_ISDIR(right.mode), std::string_view(right.name));
    });
    return out;
  }

  Result<void> folder(const PolicyTree::File& folder, std::size_t depth) {
    if (!seen_.insert(folder.real.string()).second) return {};
    if (depth > kMaxFolderDepth) {
      return fail(fmt::format("{}: folders nested deeper than {}", folder.path, kMaxFolderDepth));
    }
    const Result<std::vector<Entry>> inside = entries(folder);
    if (!inside) return tl::make_unexpected(inside.error());
    for (const Entry& one : *inside) {
      const PolicyTree::File file{fmt::format("{}/{}", folder.path, one.name),
                                  folder.real / one.name};
      if (Result<void> done = entry(file, one, depth); !done && !glance_) return done;
    }
    return {};
  }

  Result<void> entry(const PolicyTree::File& at, const Entry& entry, std::size_t depth) {
    const bool named = is_policy_name(entry.name);
    if (named && (find_invalid_utf8(entry.name) || find_hidden_character(entry.name))) {
      return fail(fmt::format("{}: the name holds what cannot be seen", at.path),
                  "rename the file");
    }
    if (S_ISLNK(entry.mode)) {
      links_.emplace(at.path, depth);
      return {};
    }
    if (S_ISDIR(entry.mode)) return folder(at, depth + 1);
    return named ? file(at) : Result<void>{};
  }

  Result<void> file(const PolicyTree::File& file) {
    if (!seen_.insert(file.real.string()).second) return {};
    if (found_.size() == kMaxPolicyFiles) {
      return fail(fmt::format("{}: more than {} policy files", top_, kMaxPolicyFiles));
    }
    found_.push_back(file);
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
    if (!tree_.holds(real)) return {};
    if (fs::is_directory(real, error)) return folder({path, real}, depth + 1);
    return is_policy_name(path) ? file({path, real}) : Result<void>{};
  }

  const PolicyTree& tree_;
  bool glance_;
  std::size_t looked_at_ = 0;
  std::string top_;
  std::set<std::string> seen_;  ///< real paths of files and folders
  std::set<std::pair<std::string, std::size_t>> links_;
  std::vector<PolicyTree::File> found_;
};

}  // namespace

bool is_policy_name(const std::string& name) {
  return name.size() > 5 && name.ends_with(".toml");
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Result<PolicyTree> PolicyTree::open(const std::string& folder) {
  Descriptor opened(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return cannot_read(folder, errno);
  std::error_code error;
  fs::path real = fs::canonical(folder, error);
  if (error) return cannot_read(folder, error.value());
  return PolicyTree(std::move(opened), {folder, std::move(real)});
}

bool PolicyTree::holds(const fs::path& real) const {
  return std::mismatch(top_.real.begin(), top_.real.end(), real.begin(), real.end()).first ==
         top_.real.end();
}

Result<std::vector<PolicyTree::File>> PolicyTree::policy_files() const {
  return Walk(*this).run(top_);
}

std::vector<PolicyTree::File> PolicyTree::glance() const {
  return Walk(*this, true).run(top_).value_or(std::vector<File>{});
}

Result<Descriptor> PolicyTree::open_below(const File& file, int flags) const {
  // Otherwise there would be a ".." on the way.
  if (!holds(file.real)) return changed(file.path);
  // Step by step, as every kernel can; without links and ".." it is what openat2 would do.
  const fs::path way = file.real.lexically_relative(top_.real);
  Descriptor at(-1);
  for (auto part = way.begin(); part != way.end(); ++part) {
    const int from = at.get() < 0 ? folder_.get() : at.get();
    const int how = std::next(part) == way.end() ? flags : O_PATH | O_DIRECTORY;
    Descriptor next(::openat(from, part->c_str(), how | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) {
      const bool other = errno == ELOOP || errno == ENOTDIR || errno == ENOENT;
      return other ? changed(file.path) : cannot_open(file.path, errno);
    }
    at = std::move(next);
  }
  return at;
}

Result<std::string> PolicyTree::read(const File& file, std::size_t limit) const {
  const Result<Descriptor> opened = open_below(file, kToRead);
  if (!opened) return tl::make_unexpected(opened.error());
  return read_bytes(*opened, file.path, limit);
}

Result<std::string> read_named_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), kToRead | O_CLOEXEC));
  if (file.get() < 0) return cannot_open(path, errno);
  return read_bytes(file, path, limit);
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
                  error_number == ENOENT ? "no such file or folder" : error_words(error_number)),
      std::move(hint));
}

}  // namespace rolecall
