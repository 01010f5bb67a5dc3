#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "state/model/result.h"

namespace rolecall {

inline constexpr std::size_t kMaxPolicyFiles = 1'000;

/// Of a file or a path.
[[nodiscard]] bool is_policy_name(const std::string& name);

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// The folder of a policy, opened once: nothing outside it is read, whoever changes names below it
/// meanwhile. A name is looked up to a real path, which has no symbolic link in it, and that is
/// opened from the folder's descriptor with no link followed. What has become a link since is an
/// error.
class PolicyTree {
 public:
  struct File {
    std::string path;            ///< what messages call it
    std::filesystem::path real;  ///< canonical; where it was when it was looked up
  };

  [[nodiscard]] static Result<PolicyTree> open(const std::string& folder);

  [[nodiscard]] bool holds(const std::filesystem::path& real) const;
  /// Every `*.toml`, in byte order of the paths. Hidden files and folders are skipped; so are links
  /// that leave the folder, while what others point to is found once.
  [[nodiscard]] Result<std::vector<File>> policy_files() const;
  /// Those of them that are found without trouble in the first ten thousand entries: what cannot be
  /// read is passed over. For a folder that may be anything, such as somebody's home.
  [[nodiscard]] std::vector<File> glance() const;
  /// An error where it is not a regular file, larger than `limit`, or changes meanwhile.
  [[nodiscard]] Result<std::string> read(const File& file, std::size_t limit) const;
  [[nodiscard]] Result<Descriptor> open_below(const File& file, int flags) const;

 private:
  PolicyTree(Descriptor folder, File top) : folder_(std::move(folder)), top_(std::move(top)) {}

  Descriptor folder_;
  File top_;
};

/// The same of the one file that somebody named, wherever it is and links lead: they chose it.
[[nodiscard]] Result<std::string> read_named_file(const std::string& path, std::size_t limit);

/// Says why, and what to do, by the code of errno.
[[nodiscard]] tl::unexpected<Error> cannot_read(const std::string& path, int error_number);

}  // namespace rolecall
