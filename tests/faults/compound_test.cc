// A fault, another one while recovering from it, and a kill while recovering from both
// (guarantees.md A9).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <random>

#include "tests/faults/faulted.h"

namespace rolecall::test {
namespace {

struct Call {
  const char* name;
  const char* error;
  unsigned points;  ///< about as many as an apply makes
};
constexpr Call kCalls[] = {
    {"pwrite64", "ENOSPC", 330}, {"pwrite64", "EIO", 330},      {"fdatasync", "EIO", 50},
    {"openat", "EMFILE", 75},    {"sendmsg", "ECONNRESET", 35}, {"recvmsg", "ECONNRESET", 45},
    {"unlink", "EACCES", 12},    {"rename", "EROFS", 4},        {"ftruncate", "EIO", 3}};

class Compound : public Faulted {
 protected:
  struct Fault {
    const char* call;
    std::string how;
  };
  static Fault some_fault(std::mt19937_64& random, bool kill) {
    const Call& call = kCalls[random() % std::size(kCalls)];
    std::string how =
        fmt::format("{}:when={}", kill ? "signal=KILL" : fmt::format("error={}", call.error),
                    1 + random() % call.points);
    if (!kill && random() % 2 == 0) how += '+';
    return {call.name, std::move(how)};
  }
};

TEST_F(Compound, FaultsOneMoreApplyMakesEverythingRight) {
  if (!strace_works()) GTEST_SKIP() << "strace may not trace here, or cannot with a sanitizer";
  std::mt19937_64 random(9);
  for (std::size_t i = 0; i < first_trial() + trials(6) && !HasFailure(); ++i) {
    const std::array faults = {some_fault(random, true), some_fault(random, false),
                               some_fault(random, true)};
    if (i < first_trial()) continue;
    turn();
    std::string what = fmt::format("trial {}", i);
    for (const Fault& fault : faults) {
      what += fmt::format(", {} {}", fault.call, fault.how);
      inject(fault.call, fault.how);
      (void)apply_under_fault();
    }
    recover_and_check(what);
  }
}

}  // namespace
}  // namespace rolecall::test
