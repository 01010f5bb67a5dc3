#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace rolecall {

/// `text`, a line of valid UTF-8, broken at blanks so that it fits `columns` characters, where the
/// first part begins behind `before` of them and those below it behind `indent`. A word stays
/// whole, so a part with one may be longer. Zero columns: there is no limit.
[[nodiscard]] std::vector<std::string_view> wrap(std::string_view text, std::size_t before,
                                                 std::size_t indent, std::size_t columns);

}  // namespace rolecall
