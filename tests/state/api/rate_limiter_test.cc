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
  limiter.ended(kUsers, kStart, &response, kStart, kWall);
}

TEST(RateLimiter, HoldsNothingBackWithoutAReason) {
  RateLimiter limiter;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart);
    limiter.reserve(kUsers, kStart);
  }
  limiter.ended(kUsers, kStart, nullptr, kStart, kWall);
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

/// Likewise, of any operation and with the limit.
void call(RateLimiter& limiter, Operation operation, const char* limit, const char* remaining) {
  Response response = with(remaining, "2026-03-01T12:00:30Z");
  response.rate_limit = limit;
  limiter.reserve(operation, kStart);
  limiter.ended(operation, kStart, &response, kStart, kWall);
}

TEST(RateLimiter, LetsNoMoreGoForTheNextWindowThanItHolds) {
  RateLimiter limiter;
  call(limiter, kUsers, "3", "0");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(30));
    limiter.reserve(kUsers, kStart + seconds(30));
  }
  EXPECT_EQ(limiter.earliest(kUsers, kStart), std::nullopt);
  limiter.release(kUsers, kStart + seconds(30));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(30));
}

TEST(RateLimiter, AnOperationNeverCalledIsTakenForNoLessLimited) {
  RateLimiter limiter;
  call(limiter, kUsers, "3", "2");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(limiter.earliest(kGroups, kStart), kStart);
    limiter.reserve(kGroups, kStart);
  }
  EXPECT_EQ(limiter.earliest(kGroups, kStart), std::nullopt);
}

TEST(RateLimiter, AWindowThatLosesMoreThanItsOperationTookIsShared) {
  RateLimiter limiter;
  call(limiter, kUsers, "10", "9");
  call(limiter, kGroups, "10", "8");
  call(limiter, kUsers, "10", "0");
  EXPECT_EQ(limiter.earliest(kGroups, kStart), kStart + seconds(30));
  EXPECT_EQ(limiter.earliest(Operation::getGroup, kStart), kStart + seconds(30));
}

TEST(RateLimiter, OneCountToldTwiceMeansWindowsOfTheirOwn) {
  RateLimiter limiter;
  call(limiter, kUsers, "10", "9");
  call(limiter, kGroups, "10", "9");
  call(limiter, kUsers, "10", "0");
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(30));
  EXPECT_EQ(limiter.earliest(kGroups, kStart), kStart);
}

TEST(RateLimiter, NarrowsDownTheServersClockButNeverLeavesEarly) {
  // The server's clock is 600 ms further within its second than ours tells.
  RateLimiter limiter;
  const auto answer = [&](milliseconds after) {
    const Instant servers = kWall + milliseconds(600) + after;
    Response response = with("0", "2026-03-01T12:00:05Z");
    response.date = std::chrono::floor<seconds>(servers);
    const auto now = kStart + after;
    limiter.reserve(kUsers, now - milliseconds(50));
    limiter.ended(kUsers, now - milliseconds(50), &response, now, kWall + after);
  };
  const auto truly = kStart + milliseconds(4'400);
  answer(milliseconds(0));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), kStart + seconds(5)) << "up to a second late";
  answer(milliseconds(450));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), truly + milliseconds(50));
  answer(milliseconds(1'200));
  EXPECT_EQ(limiter.earliest(kUsers, kStart), truly + milliseconds(50)) << "nothing is forgotten";
}

}  // namespace
}  // namespace rolecall
