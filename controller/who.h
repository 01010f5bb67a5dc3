#pragma once

#include <string>

namespace rolecall {

/// Who runs this process, as the system knows them; the number of the account where it has no name.
[[nodiscard]] std::string login_name();
/// Empty where the machine has none.
[[nodiscard]] std::string host_name();

}  // namespace rolecall
