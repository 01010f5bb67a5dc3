#pragma once

#include <string>

#include "policies/desired.h"

namespace rolecall {

/// SHA-256, 64 hexadecimal digits, of who and what a policy wants to be there at its instant. With
/// one policy it differs only where a date has come.
[[nodiscard]] std::string wanted_digest(const Desired& desired, const Catalog& catalog);

}  // namespace rolecall
