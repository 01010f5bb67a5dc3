#include "controller/private_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace rolecall {

void keep_memory_private() {
  // Either may be forbidden by a sandbox that sees to it itself; then there is nothing to add.
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace rolecall
