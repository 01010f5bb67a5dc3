#pragma once

#include <string>
#include <string_view>

namespace rolecall {

/// The lines of a TOML document by which one policy is told from another, each ended by a line
/// feed: all but blank lines and [[acknowledge]] tables with their comments. An acknowledgement
/// names the digest of a plan, so that adding one must not make the policy another.
///
/// `text` must be valid TOML; of anything else the result means nothing.
[[nodiscard]] std::string digested_lines(std::string_view text);

}  // namespace rolecall
