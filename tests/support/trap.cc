#include "tests/support/trap.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace rolecall::testing {

Trap::Trap() : listener_(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  const int off = 0;
  ::setsockopt(listener_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_any;
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, generic, &length) != 0) {
    throw std::runtime_error("Trap: cannot listen");
  }
  port_ = ntohs(address.sin6_port);
}

Trap::~Trap() {
  ::close(listener_);
}

std::size_t Trap::connections() {
  for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; ++caught_) {
    ::close(fd);
  }
  return caught_;
}

}  // namespace rolecall::testing
