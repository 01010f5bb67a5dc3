#pragma once

#include <string>

namespace rolecall::test {

/// The folder that the project was built from. Only one file is compiled with such paths, so that a
/// compiler's cache serves every other one in any checkout.
[[nodiscard]] std::string source_dir();

/// The program that tests start: what ROLECALL_BINARY names (tests/run.sh --sanitize: the release),
/// else the one that was built with them.
[[nodiscard]] std::string rolecall_binary();

/// Whether that program is under AddressSanitizer: it keeps what is freed, maps terabytes, makes
/// system calls of its own, and LeakSanitizer ends it where it is traced.
[[nodiscard]] bool rolecall_is_sanitized();

}  // namespace rolecall::test
