#pragma once

#include <string>
#include <string_view>

namespace rolecall::test {

/// Expects `actual` to be the bytes of tests/golden/`name`. With ROLECALL_ACCEPT=1 in the
/// environment the file is written instead and the test marked as skipped, never as passed.
void expect_golden(std::string_view name, const std::string& actual);

}  // namespace rolecall::test
