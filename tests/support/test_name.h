#pragma once

#include <string>
#include <string_view>

namespace rolecall::test {

/// What a case of a parameterized test is called, from words about it: "plan --out x" becomes
/// "PlanOutX". Letters and digits stay, as no others may stand in a name; of long words the
/// beginning.
inline std::string test_name(std::string_view words) {
  constexpr std::size_t kLongest = 60;
  std::string out;
  bool begins = true;
  for (const char c : words) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (lower || other) out += lower && begins ? static_cast<char>(c - 'a' + 'A') : c;
    begins = !lower && !other;
    if (out.size() == kLongest) break;
  }
  return out;
}

}  // namespace rolecall::test
