#pragma once

#include "state/model/role.h"

namespace rolecall {

/// Whether `role` on an app does for whoever loses `lost` there: who had a seat needs one, and who
/// may only say who has access has none.
[[nodiscard]] bool stands_in(Role role, Role lost);

/// Whether whoever has `role` on an app has all that `other` gives there.
[[nodiscard]] bool includes(Role role, Role other);

}  // namespace rolecall
