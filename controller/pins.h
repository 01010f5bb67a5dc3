#pragma once

#include "controller/options.h"

namespace rolecall {

/// `get pins`: the account behind each address when the store first saw it (guarantees.md B12), as
/// lines of TOML for [users], CSV or JSON. Asks nothing of the API. Returns the exit code.
[[nodiscard]] int show_pins(const GlobalOptions& global);

}  // namespace rolecall
