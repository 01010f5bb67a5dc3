#include "state/api/rate_limiter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kUsers = Operation::searchDirectoryUsers;
constexpr auto kGroups = Operation::searchDirectoryGroups;
const Instant kWall = *parse_instant("2026-03-01T12:00:00Z");
const RateLimiter::Steady kStart{std::chrono::hours(1)};

Response with(const char* remaining, const char* reset, int status = 200) {
  Response response;
  response.status = status;
  response.rate_remaining = remaining;
  response.rate_reset = reset;
  return response;
}

/// A call that left and came back at once.
void call(RateLimiter& limiter, const Response& response) {
  limiter.reserve(kUsers, kStart);
  limiter.ended(kUsers, &response, kStart, kWall);
}

TEST(RateLimiter, HoldsNothingBackWithoutAReason) {
  RateLimiter limiter;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
    limiter.reserve(kUsers, kStart);
  }
  limiter.ended(kUsers, nullptr, kStart, kWall);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
}

TEST(RateLimiter, PlentyLeftIsNoReason) {
  RateLimiter limiter;
  call(limiter, with("90", "2026-03-01T12:00:30Z"));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
}

TEST(RateLimiter, NothingLeftWaitsForTheResetOfThatOperation) {
  RateLimiter limiter;
  call(limiter, with("0", "2026-03-01T12:00:30Z"));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(30));
  EXPECT_EQ(limiter.earliest(kUsers, kStart + seconds(31)), kStart + seconds(31));
  EXPECT_EQ(limiter.earliest(kGroups, kStart), kStart);
}

TEST(RateLimiter, CountsFromTheServersClock) {
  RateLimiter limiter;
  auto response = with("0", "2026-03-01T15:00:30Z");
  response.date = *parse_instant("2026-03-01T15:00:10Z");
  call(limiter, response);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(20));
}

TEST(RateLimiter, AsManyUnderWayAsAreLeftMeansAskAgain) {
  RateLimiter limiter;
  call(limiter, with("2", "2026-03-01T12:00:30Z"));
  limiter.reserve(kUsers, kStart);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
  limiter.reserve(kUsers, kStart);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), std::nullopt);
  EXPECT_EQ(limiter.earliest(kGroups, kStart), kStart);
  EXPECT_EQ(limiter.earliest(kUsers, kStart + seconds(31)), kStart + seconds(31));
  limiter.release(kUsers, kStart);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart) << "one did not leave after all";
}

TEST(RateLimiter, AnswersOutOfOrderDoNotGiveBackWhatIsGone) {
  RateLimiter limiter;
  call(limiter, with("0", "2026-03-01T12:00:30Z"));
  call(limiter, with("3", "2026-03-01T12:00:30Z"));  // sent before, came later
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(30));
  call(limiter, with("50", "2026-03-01T12:00:15Z"));  // from the window before
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(30));
  call(limiter, with("9", "2026-03-01T12:01:30Z"));  // a new window
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
}

TEST(RateLimiter, JunkIsIgnored) {
  const struct {
    const char* remaining;
    const char* reset;
  } cases[] = {{"", ""},
               {"0", ""},
               {"0", "soon"},
               {"0", "1772366409"},
               {"-1", "2026-03-01T12:00:30Z"},
               {"0x0", "2026-03-01T12:00:30Z"},
               {"none", "2026-03-01T12:00:30Z"},
               {"0", "2026-03-01T11:00:00Z"},
               {"0", "2999-01-01T00:00:00Z"}};
  for (const auto& [remaining, reset] : cases) {
    RateLimiter limiter;
    call(limiter, with(remaining, reset));
    EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart) << remaining << " " << reset;
  }
}

TEST(RateLimiter, ARefusedCallHoldsItsOperationUntilTheToldTime) {
  RateLimiter limiter;
  auto response = with("5", "", 429);
  response.retry_after = "12";
  call(limiter, response);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(12));
  EXPECT_EQ(limiter.earliest(kGroups, kStart), kStart);
  limiter.hold(kUsers, kStart + seconds(5));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(12)) << "never shortened";
}

TEST(RateLimiter, MaxRateSpacesAllOperationsTogether) {
  RateLimiter limiter(10.0);
  for (int i = 0; i < 20; ++i) {
    const auto operation = i % 2 == 0 ? kUsers : kGroups;
    const auto at = limiter.earliest(operation, kStart);
    EXPECT_EQ(at, kStart + milliseconds(100) * i);
    limiter.reserve(operation, *at);
  }
}

TEST(RateLimiter, MaxRateLeavesNoGapForACallThatIsFarOff) {
  RateLimiter limiter(10.0);
  limiter.reserve(kUsers, kStart + seconds(60));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
  limiter.reserve(kUsers, kStart);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + milliseconds(100));
  EXPECT_EQ(limiter.earliest(kUsers, kStart + seconds(60) - milliseconds(50)),
            kStart + seconds(60) + milliseconds(100));
  limiter.release(kUsers, kStart);
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
}

}  // namespace
}  // namespace rolecall
