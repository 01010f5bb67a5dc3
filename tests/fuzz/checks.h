#pragma once

#include <string>
#include <string_view>

#include "policies/diagnostics.h"

namespace rolecall::fuzz {

/// Every message is about a spot inside the only file there is, and can be printed.
void require_inside(const Diagnostics& diagnostics, std::string_view path, std::string_view bytes);
void require_inside(const Place& place, std::string_view path, std::string_view bytes);

/// No line of a text for people holds what escape_terminal would not let through.
void require_printable(std::string_view text);

}  // namespace rolecall::fuzz
