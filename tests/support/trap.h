#pragma once

#include <cstddef>
#include <cstdint>

namespace rolecall::testing {

/// A listener on every address of this machine, IPv4 and IPv6, to which nobody should connect.
class Trap {
 public:
  Trap();
  ~Trap();
  Trap(const Trap&) = delete;
  Trap& operator=(const Trap&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// How many have connected so far.
  [[nodiscard]] std::size_t connections();

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::size_t caught_ = 0;
};

}  // namespace rolecall::testing
