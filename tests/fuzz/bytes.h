#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace rolecall::fuzz {

/// Decisions made of the fuzzer's bytes, so that a small change of them is a small change of what
/// is made. Zeros when they have run out.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  std::size_t below(std::size_t bound) { return byte() % bound; }
  bool coin() { return (byte() & 1U) != 0; }
  std::string_view text() {
    const std::string_view out = rest_.substr(0, byte() % 24U);
    rest_.remove_prefix(std::min(rest_.size(), out.size()));
    return out;
  }

 private:
  std::string_view rest_;
};

}  // namespace rolecall::fuzz
