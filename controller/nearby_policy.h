#pragma once

#include <optional>
#include <string>

namespace rolecall {

/// The nearest folder above `path`, or `path` itself, in which a policy file has [organization]:
/// where somebody who named a part of a policy meant the whole. Looks at three levels, and at a
/// folder's own files only.
[[nodiscard]] std::optional<std::string> policy_around(const std::string& path);

}  // namespace rolecall
