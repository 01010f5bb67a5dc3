#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "policies/diagnostics.h"
#include "policies/plain_list.h"
#include "policies/policy.h"

namespace rolecall {

/// Limits of one policy file. They are far beyond any policy people review, and well inside what
/// toml++ takes: 3.3 runs out of stack on a key of 100,000 parts, and looks through a list of all
/// tables that dotted keys made for each part of each further one.
inline constexpr std::size_t kMaxFileBytes = std::size_t{8} << 20;
inline constexpr std::size_t kMaxBracketDepth = 32;
inline constexpr std::size_t kMaxKeyParts = 16;
inline constexpr std::size_t kMaxDots = 50'000;

/// Checks raw bytes before toml++ may see them: size, encoding, control bytes, leftovers of a
/// merge, unfinished strings and headers, depth, parts of a key, comments that turn the direction
/// of reading, and no character beyond ASCII outside strings and comments (toml++ 3.3 has undefined
/// behaviour on those).
///
/// Returns the text without its byte-order mark, or nothing when it reported an error. `lists`, if
/// asked for, become the plain lists of that text, in its order. Linear.
[[nodiscard]] std::optional<std::string_view> scan_bytes(const SourceFile& file,
                                                         Diagnostics& diagnostics,
                                                         std::vector<PlainList>* lists = nullptr);

/// The first part of that, for any text file: encoding and byte-order mark. `format` is what it
/// should hold ("TOML").
[[nodiscard]] std::optional<std::string_view> decode_text(const SourceFile& file,
                                                          std::string_view format,
                                                          Diagnostics& diagnostics);

}  // namespace rolecall
