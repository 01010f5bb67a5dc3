// What keeps others out of the memory where the key is (guarantees.md H3).
#include "controller/private_memory.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "tests/state/store/store_fixture.h"

namespace rolecall {
namespace {

TEST(PrivateMemory, LeavesNoCoreFileAndMayNotBeLookedInto) {
  // In a process of its own: there is no way back.
  const int found = in_child([] {
    keep_memory_private();
    rlimit core{1, 1};
    ::getrlimit(RLIMIT_CORE, &core);
    const bool no_core = core.rlim_cur == 0 && core.rlim_max == 0;
    return (no_core ? 0 : 1) + (::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 2);
  });
  EXPECT_EQ(found, 0) << "1: core files, 2: others may attach";
}

}  // namespace
}  // namespace rolecall
