#pragma once

#include <string>
#include <string_view>

namespace rolecall {

/// `text`, which a server said, with "[key]" in place of what looks like somebody's key, such as
/// another client's that it repeats (guarantees.md H6): what follows "Bearer", "Basic" or
/// "Authorization" (RFC 9110, 11.4) and is no word of a language nor a UUID, and what begins as
/// Atlassian's tokens or JSON Web Tokens do. The key of this process is not known here: mask().
[[nodiscard]] std::string without_tokens(std::string_view text);

}  // namespace rolecall
