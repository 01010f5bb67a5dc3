#pragma once

#include <string>

#include "tests/support/cases.h"

namespace rolecall::test {

/// A policy that is valid as of 2026-12-01 and in which any key of the language may stand.
[[nodiscard]] std::string make_random_policy(Dice& dice);

}  // namespace rolecall::test
