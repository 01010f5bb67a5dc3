#pragma once

#include <cstddef>
#include <functional>

namespace rolecall {

/// Policy::InOrder (policies/policy.h) on all cores: `make` is called for several numbers at once,
/// a few ahead of `take`, on threads with stacks of 8 MiB and on the calling one. What either
/// throws is thrown here, once no thread is left.
void in_order_on_all_cores(std::size_t count, const std::function<void(std::size_t)>& make,
                           const std::function<void(std::size_t)>& take);

}  // namespace rolecall
