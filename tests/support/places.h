#pragma once

#include <string>

namespace rolecall::test {

/// The folder that the project was built from, and the built binary. Only one file is compiled with
/// these paths, so that a compiler's cache serves every other one in any checkout.
[[nodiscard]] std::string source_dir();
[[nodiscard]] std::string rolecall_binary();

}  // namespace rolecall::test
