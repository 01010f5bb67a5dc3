#pragma once

#include <string>

#include "tests/support/cases.h"

namespace rolecall::test {

/// A policy that is valid as of 2026-12-01, whether or not its rules and tests hold, and in which
/// any key of the language may stand. What it names as a roster is below.
[[nodiscard]] std::string make_random_policy(Dice& dice);
[[nodiscard]] std::string random_policys_roster();

}  // namespace rolecall::test
