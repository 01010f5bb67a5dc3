#pragma once

#include <string_view>

namespace rolecall {

/// Why a call did not leave after an answer was 401, so that readers can tell it from a stop.
inline constexpr std::string_view kKeyRefusedBefore = "not sent: the API has refused the key";

}  // namespace rolecall
