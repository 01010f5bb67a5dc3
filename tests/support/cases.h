#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace rolecall::test {

/// How many cases a test over random ones tries: as many as given, unless ROLECALL_CASES says
/// otherwise.
inline std::uint64_t cases(std::uint64_t usual) {
  const char* asked = std::getenv("ROLECALL_CASES");
  return asked == nullptr ? usual : std::strtoull(asked, nullptr, 10);
}

/// Case n is the same on every machine, so that its number replays it.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed * 0x9E3779B97F4A7C15U + 1) {}
  /// 0 to bound - 1.
  int below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(bound)); }
  bool chance(int in) { return below(in) == 0; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace rolecall::test
