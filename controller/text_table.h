#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rolecall {

/// Rows under a header line, columns aligned by characters, cells escaped for a terminal. The last
/// column is not padded. Where a line would be longer than `columns`, the cells that do not fit go
/// on below it, indented, and words of a cell that is too long by itself wrap; zero: each row is
/// one line.
[[nodiscard]] std::string text_table(const std::vector<std::string>& header,
                                     const std::vector<std::vector<std::string>>& rows,
                                     std::size_t columns = 0);

}  // namespace rolecall
