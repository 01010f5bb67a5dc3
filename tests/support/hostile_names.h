#pragma once

#include <gtest/gtest.h>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "state/model/text.h"

namespace rolecall::test {

inline constexpr int kHostileNames = 10'000;

/// Names of pieces that mean something to a terminal, a log, a build server, Markdown, HTML, a
/// spreadsheet or JSON.
class HostileNames {
 public:
  std::string next();

 private:
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  std::mt19937 random_{20261201};
};

template <class Check>
void for_each_hostile_name(std::uint64_t count, Check check) {
  HostileNames names;
  for (std::uint64_t i = 0; i < count && !::testing::Test::HasFailure(); ++i) {
    const std::string name = names.next();
    SCOPED_TRACE(quote(name, 1'000));
    check(name);
  }
}

/// \u{..} and \x.. become what they stand for; with `slashes`, \" and \\ too.
[[nodiscard]] std::string unescape(std::string_view text, bool slashes = false);

/// One line, valid, visible, and no command to a build server. Written out here, not asked of the
/// product.
void expect_one_harmless_line(std::string_view line);
void expect_harmless_lines(std::string_view text);

}  // namespace rolecall::test
