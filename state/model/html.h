#pragma once

#include <string>
#include <string_view>

namespace rolecall {

/// Text from outside made safe for HTML, as text and in a quoted attribute: nothing in it can
/// become markup. What hides or reorders (control, bidirectional, zero-width characters) is shown
/// as \u{..}, invalid UTF-8 as \x...
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace rolecall
