// How the program was built: what makes a memory error hard to use (guarantees.md J3).
#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/simulator_process.h"

namespace rolecall::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string readelf(const std::string& what) {
  ProcessWish wish;
  wish.command = {"/usr/bin/readelf", "--wide", what, rolecall_binary()};
  wish.environment = bare_environment();
  wish.folder = "/";
  const Outcome outcome = Process(wish).wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.said();
  return outcome.out;
}

TEST(Hardening, TheProgramMayBeAnywhereInMemory) {
  EXPECT_THAT(readelf("--file-header"), ContainsRegex("Type: +DYN"));
}

TEST(Hardening, TablesOfFunctionsAreReadOnlyBeforeItStarts) {
  EXPECT_THAT(readelf("--program-headers"), HasSubstr("GNU_RELRO"));
  EXPECT_THAT(readelf("--dynamic"), HasSubstr("BIND_NOW"));
}

TEST(Hardening, TheStackIsNoPlaceForCode) {
  const std::string headers = readelf("--program-headers");
  EXPECT_THAT(headers, ContainsRegex("GNU_STACK.* RW "));
  EXPECT_THAT(headers, Not(ContainsRegex(" RWE ")));
}

TEST(Hardening, TheStackIsWatched) {
  EXPECT_THAT(readelf("--dyn-syms"), HasSubstr("__stack_chk_fail"));
}

TEST(Hardening, LibrariesComeFromTheSystemOnly) {
  EXPECT_THAT(readelf("--dynamic"), Not(ContainsRegex("RPATH|RUNPATH")));
}

#if defined(_FORTIFY_SOURCE) && _FORTIFY_SOURCE >= 2
TEST(Hardening, CopiesAreChecked) {
  EXPECT_THAT(readelf("--dyn-syms"), ContainsRegex("__mem(cpy|move|set)_chk|__read_chk|__.*_chk@"));
}
#endif

}  // namespace
}  // namespace rolecall::test
