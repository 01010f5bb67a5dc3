#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace rolecall {

/// Asks for `all` by parts of at most `most`, as many as one search takes; `ask` is given each.
template <class Ask>
void by_parts(const std::vector<std::string>& all, std::size_t most, const Ask& ask) {
  for (std::size_t i = 0; i < all.size(); i += most) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(i);
    ask(std::vector<std::string>(
        from, from + static_cast<std::ptrdiff_t>(std::min(most, all.size() - i))));
  }
}

}  // namespace rolecall
