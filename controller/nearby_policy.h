#pragma once

#include <optional>
#include <string>

#include "state/model/result.h"

namespace rolecall {

/// The nearest folder above `path`, or `path` itself, in which a policy file has [organization]:
/// where somebody who named a part of a policy meant the whole. Looks at three levels, and at a
/// folder's own files only.
[[nodiscard]] std::optional<std::string> policy_around(const std::string& path);

/// An error where the file `path` has [organization], but lies among files that can only be parts
/// of the same policy: what they declare would be missing, and to an `unlisted_*` switch what
/// nobody declares is to go. One called rolecall.toml is a whole policy by its name. What else is
/// wrong with it is for others to say.
[[nodiscard]] Result<void> refuse_part_of_policy(const std::string& path);

}  // namespace rolecall
