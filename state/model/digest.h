#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace rolecall {

/// SHA-256 of a sequence of fields. Every field is framed by its length, so that ("ab", "c") and
/// ("a", "bc") differ.
class Digest {
 public:
  /// `domain` separates digests of different things from each other.
  explicit Digest(std::string_view domain);
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void field(std::string_view bytes);
  /// 64 hexadecimal digits. Ends the digest.
  [[nodiscard]] std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rolecall
