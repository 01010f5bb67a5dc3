#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "state/api/api_client.h"
#include "tests/support/cases.h"

namespace rolecall::test {

/// The ways in which a server's answer to a read may be untrue or make no sense: pages, people,
/// groups, counts, grants, directories, and answers that are none. Whoever writes a policy cannot
/// see through all of them; none may take from anybody what is theirs, or give what is not wanted.
[[nodiscard]] const std::vector<std::string_view>& lie_names();

/// A server that tells a few of them, now and then; the seed decides which and when.
class Liar {
 public:
  explicit Liar(std::uint64_t seed);
  /// The answer to this read, perhaps spoilt. Failures and errors stay as they are.
  void tell(const Request& request, Answer& answer);
  [[nodiscard]] const std::map<std::string_view, std::size_t>& told() const { return told_; }

 private:
  struct Habit {
    std::size_t lie = 0;
    int one_in = 1;
  };
  Dice dice_;
  std::vector<Habit> habits_;
  std::map<Operation, std::string> page_before_;
  std::map<std::string_view, std::size_t> told_;
};

}  // namespace rolecall::test
