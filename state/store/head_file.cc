#include "state/store/head_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "state/store/files.h"

namespace rolecall {
namespace {

constexpr std::size_t kMostHeadBytes = 1024;
constexpr std::size_t kStoreIdDigits = 32;
constexpr std::size_t kSeqDigits = 19;

std::string content(const std::string& store_id, const ChainHead& head) {
  return fmt::format("rolecall-audit-head v1\n{} {:0{}} {}\n", store_id, head.seq, kSeqDigits,
                     head.hash);
}

}  // namespace

std::optional<HeadFile::Content> HeadFile::parse(std::string_view text) {
  const std::string_view title = "rolecall-audit-head v1\n";
  if (!text.starts_with(title) || !text.ends_with('\n')) return std::nullopt;
  const std::string_view line = text.substr(title.size(), text.size() - title.size() - 1);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first != kStoreIdDigits || second == std::string_view::npos) return std::nullopt;
  std::string_view seq = line.substr(first + 1, second - first - 1);
  if (seq.size() != kSeqDigits) return std::nullopt;
  seq.remove_prefix(std::min(seq.find_first_not_of('0'), kSeqDigits - 1));
  const auto head = parse_head(fmt::format("{}:{}", seq, line.substr(second + 1)));
  if (!head) return std::nullopt;
  return Content{std::string(line.substr(0, first)), *head};
}

Result<std::optional<HeadFile::Content>> HeadFile::read(bool strict) const {
  if (strict) {
    auto exists = check_private_file(file_);
    if (!exists) return tl::make_unexpected(exists.error());
    if (!*exists) return std::nullopt;
  }
  auto text = read_small_file(file_, kMostHeadBytes);
  if (!text) return tl::make_unexpected(text.error());
  if (!*text) return std::nullopt;
  auto parsed = parse(**text);
  if (!parsed) return fail(fmt::format("{} is not the head of a log", file_));
  return parsed;
}

Result<void> HeadFile::write(const std::string& store_id, const ChainHead& head) const {
  const std::string draft = file_ + ".new";
  ::unlink(draft.c_str());
  const auto cannot = [&](int error) {
    ::unlink(draft.c_str());
    return fail(fmt::format("cannot write {}: {}", file_, errno_text(error)));
  };
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return cannot(errno);
  const std::string text = content(store_id, head);
  errno = 0;
  const ssize_t written = ::write(fd, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  // Not the folder: when the new name is lost with the power, the older file is there, and a store
  // that is ahead of it is fine.
  const bool kept = whole && ::fchmod(fd, 0600) == 0 && ::fdatasync(fd) == 0;
  const int error = errno != 0 ? errno : ENOSPC;
  ::close(fd);
  if (!kept) return cannot(error);
  if (std::rename(draft.c_str(), file_.c_str()) != 0) return cannot(errno);
  return {};
}

Result<void> HeadFile::overwrite(const std::string& store_id, const ChainHead& head) const {
  const int fd = ::open(file_.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return fail(fmt::format("cannot write {}: {}", file_, errno_text(errno)));
  const std::string text = content(store_id, head);
  errno = ENOSPC;
  const bool whole = ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  const int error = errno;
  ::close(fd);
  if (!whole) return fail(fmt::format("cannot write {}: {}", file_, errno_text(error)));
  return {};
}

}  // namespace rolecall
