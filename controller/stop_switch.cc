#include "controller/stop_switch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>

#include "controller/private_file.h"
#include "state/model/json.h"
#include "state/model/text.h"
#include "state/store/files.h"

namespace rolecall {
namespace {

/// Far more than set() writes.
constexpr std::size_t kMostSwitchBytes = std::size_t{16} * 1024;

/// Error: says what is wrong with the file.
Result<std::string> read_file(const std::string& file) {
  // Not to hang on a pipe that somebody put there.
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail(errno_text(errno));
  struct stat status {};
  std::string bytes(kMostSwitchBytes + 1, '\0');
  ssize_t size = -1;
  if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    size = ::read(fd, bytes.data(), bytes.size());
  }
  const int error = errno;
  ::close(fd);
  if (!S_ISREG(status.st_mode)) return fail("it is not a regular file");
  if (size < 0) return fail(errno_text(error));
  if (static_cast<std::size_t>(size) > kMostSwitchBytes) return fail("it is too long");
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

Result<StopSwitch::Order> parse_order(std::string_view bytes) {
  const auto document = parse_json(bytes);
  if (!document) return fail(document.error().what);
  const boost::json::string* user = string_member(*document, "user");
  const boost::json::string* host = string_member(*document, "host");
  const boost::json::string* at = string_member(*document, "at");
  const boost::json::string* reason = string_member(*document, "reason");
  if (user == nullptr || host == nullptr || at == nullptr || reason == nullptr) {
    return fail("it does not say who stopped it, when and why");
  }
  const auto instant = parse_instant(std::string_view(*at));
  if (!instant) return fail(fmt::format("{} is no time", quote(*at)));
  return StopSwitch::Order{std::string(*user), std::string(*host), *instant, std::string(*reason)};
}

}  // namespace

std::string StopSwitch::in_force() const {
  struct stat status {};
  const bool there = ::lstat(file_.c_str(), &status) == 0;
  if (!there && (errno == ENOENT || errno == ENOTDIR)) return {};
  const auto bytes = read_file(file_);
  const auto order = bytes ? parse_order(*bytes) : tl::make_unexpected(bytes.error());
  if (!order) {
    return fmt::format("stopped by {}, which does not tell who put it there: {}", file_,
                       order.error().what);
  }
  return fmt::format("stopped by {}@{} at {}: {}", order->user, order->host,
                     format_instant(order->at), order->reason);
}

Result<void> StopSwitch::set(const Order& order) const {
  if (auto place = find_store_place(file_, true); !place) return tl::make_unexpected(place.error());
  const auto before = read_file(file_);
  if (before && parse_order(*before)) return {};
  const boost::json::object document{{"user", order.user},
                                     {"host", order.host},
                                     {"at", format_instant(order.at)},
                                     {"reason", order.reason}};
  return write_beside_store(store_, kEnding, boost::json::serialize(document) + "\n");
}

Result<bool> StopSwitch::clear() const {
  if (::unlink(file_.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return fail(fmt::format("cannot remove {}: {}", file_, errno_text(errno)),
              "nothing is written while it is there");
}

}  // namespace rolecall
