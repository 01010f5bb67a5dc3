// Small random organizations and policies, the whole way through the binary.
#include "tests/support/random_case.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

using ::testing::IsEmpty;

constexpr std::uint64_t kCasesInATest = 8;

/// The seed is the case: every failure names it.
class Random : public EndToEnd, public ::testing::WithParamInterface<int> {
 protected:
  void converge(std::uint64_t seed) {
    const RandomCase one = make_random_case(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + one.policy);
    remove_store();
    start(one.seed);
    write_policy(one.policy);
    rolecall_exits(0, {"apply", "--yes"});
    EXPECT_EQ(difference(read_model(simulator->state()), one.expected), "");
    simulator->forget_requests();
    rolecall_exits(0, {"plan", "--detailed-exitcode"});
    EXPECT_THAT(writes(), IsEmpty());
  }
};

TEST_P(Random, OrganizationsBecomeWhatTheirPoliciesSay) {
  for (std::uint64_t i = 0; i < kCasesInATest && !HasFailure(); ++i) {
    const std::uint64_t seed = static_cast<std::uint64_t>(GetParam()) * kCasesInATest + i;
    converge(seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Eight, Random, ::testing::Range(0, 6));

}  // namespace
}  // namespace rolecall::test
