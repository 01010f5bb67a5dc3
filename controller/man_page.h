#pragma once

#include <string>

namespace rolecall {

/// rolecall(1) in roff, made from the definition of the command line itself.
[[nodiscard]] std::string man_page();

}  // namespace rolecall
