#pragma once

#include <string>

#include "controller/options.h"

namespace rolecall {

/// The completion script for a shell, made from the definition of the command line itself.
[[nodiscard]] std::string completion_script(Shell shell);

}  // namespace rolecall
