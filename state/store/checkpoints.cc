#include "state/store/checkpoints.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "state/model/json.h"
#include "state/store/files.h"

namespace rolecall {
namespace {

constexpr std::size_t kMostCheckpointBytes = 256U << 20U;

std::string file_of(const std::string& store_path) {
  return store_path + ".checkpoints";
}

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint) {
  std::string out = fmt::format("{{\"seq\":{},\"hash\":", checkpoint.head.seq);
  append_json_string(out, checkpoint.head.hash);
  out += ",\"signature\":";
  append_json_string(out, checkpoint.signature);
  return out + "}";
}

Result<Checkpoint> parse_checkpoint(std::string_view json) {
  const auto value = parse_json(json);
  if (!value) return tl::make_unexpected(value.error());
  const auto* seq = integer_member(*value, "seq");
  const auto* hash = string_member(*value, "hash");
  const auto* signature = string_member(*value, "signature");
  if (seq == nullptr || hash == nullptr || signature == nullptr) {
    return fail("it is no checkpoint");
  }
  const auto head = parse_head(fmt::format("{}:{}", *seq, std::string_view(*hash)));
  if (!head) return fail("its head is none");
  Checkpoint checkpoint{*head, std::string(*signature)};
  if (format_checkpoint(checkpoint) != json) return fail("it is not written as rolecall does");
  return checkpoint;
}

Result<void> check_checkpoints(const std::string& store_path) {
  const auto exists = check_private_file(file_of(store_path));
  if (!exists) return tl::make_unexpected(exists.error());
  return {};
}

Result<void> append_checkpoint(const std::string& store_path, const Checkpoint& checkpoint) {
  const std::string file = file_of(store_path);
  auto exists = check_private_file(file);
  if (!exists) return tl::make_unexpected(exists.error());
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(fmt::format("cannot write {}: {}", file, errno_text(errno)));
  const std::string line = format_checkpoint(checkpoint) + "\n";
  errno = ENOSPC;
  const bool whole = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                     ::fdatasync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!whole) return fail(fmt::format("cannot write {}: {}", file, errno_text(error)));
  return *exists ? Result<void>{} : sync_folder_of(file);
}

Result<std::vector<Checkpoint>> read_checkpoints(const std::string& store_path) {
  const std::string file = file_of(store_path);
  const auto text = read_small_file(file, kMostCheckpointBytes);
  if (!text) return tl::make_unexpected(text.error());
  std::vector<Checkpoint> checkpoints;
  std::string_view left = *text ? std::string_view(**text) : std::string_view();
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    auto checkpoint = parse_checkpoint(left.substr(0, end));
    if (!checkpoint || end == std::string_view::npos) {
      return fail(fmt::format("{}: line {}: {}", file, checkpoints.size() + 1,
                              checkpoint ? "it is cut" : checkpoint.error().what));
    }
    checkpoints.push_back(std::move(*checkpoint));
    left.remove_prefix(end + 1);
  }
  return checkpoints;
}

}  // namespace rolecall
