#include "state/api/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Kind = Failure::Kind;

const Instant kNow = *parse_instant("2026-03-01T12:00:00Z");

Response response(int status) {
  Response made;
  made.status = status;
  return made;
}

Response limited(std::string retry_after) {
  auto made = response(429);
  made.retry_after = std::move(retry_after);
  return made;
}

Answer failure(Kind kind, bool final = false) {
  return tl::make_unexpected(Failure{kind, "x", final});
}

TEST(ToldWait, IsReadFromHeaders) {
  const auto server_time = kNow + std::chrono::hours(3);  // the server's clock is not ours
  const struct {
    const char* what;
    int status;
    const char* retry_after;
    const char* remaining;
    const char* reset;
    bool dated;
    std::optional<milliseconds> expected;
  } cases[] = {
      {"seconds", 429, "7", "", "", false, seconds(7)},
      {"seconds of a 503", 503, "7", "", "", false, seconds(7)},
      {"other statuses do not count", 500, "7", "", "", false, {}},
      {"nor does success", 200, "7", "0", "2026-03-01T12:00:09Z", false, {}},
      {"zero", 429, "0", "", "", false, {}},
      {"huge", 429, "99999999999999999999999", "", "", false, seconds(1'000'000'000)},
      {"date", 429, "Sun, 01 Mar 2026 12:00:30 GMT", "", "", false, seconds(30)},
      {"date by the server's clock", 429, "Sun, 01 Mar 2026 15:00:30 GMT", "", "", true,
       seconds(30)},
      {"past date", 429, "Sun, 01 Mar 2026 11:00:00 GMT", "", "", false, {}},
      {"negative", 429, "-5", "", "", false, {}},
      {"fraction", 429, "1.5", "", "", false, {}},
      {"words", 429, "soon", "", "", false, {}},
      {"empty", 429, "", "", "", false, {}},
      {"reset", 429, "", "0", "2026-03-01T12:00:09Z", false, seconds(9)},
      {"reset by the server's clock", 429, "", "0", "2026-03-01T15:00:09Z", true, seconds(9)},
      {"reset while something is left", 429, "", "3", "2026-03-01T12:00:09Z", false, {}},
      {"reset without remaining", 429, "", "", "2026-03-01T12:00:09Z", false, {}},
      {"reset in the past", 429, "", "0", "2026-03-01T11:00:09Z", false, {}},
      {"reset of a 503", 503, "", "0", "2026-03-01T12:00:09Z", false, {}},
      {"Retry-After goes first", 429, "2", "0", "2026-03-01T12:00:09Z", false, seconds(2)},
      {"reset stands in for junk", 429, "soon", "0", "2026-03-01T12:00:09Z", false, seconds(9)},
      {"unix time", 429, "", "0", "1772366409", false, {}},
  };
  for (const auto& it : cases) {
    auto made = response(it.status);
    made.retry_after = it.retry_after;
    made.rate_remaining = it.remaining;
    made.rate_reset = it.reset;
    if (it.dated) made.date = server_time;
    EXPECT_EQ(told_wait(made, kNow), it.expected) << it.what;
  }
}

TEST(Retry, RepeatsOnlyWhatIsSafe) {
  const struct {
    const char* what;
    Answer answer;
    bool read, write;
  } cases[] = {
      {"200", response(200), false, false},
      {"204", response(204), false, false},
      {"302", response(302), false, false},
      {"400", response(400), false, false},
      {"401", response(401), false, false},
      {"403", response(403), false, false},
      {"404", response(404), false, false},
      {"408", response(408), false, false},
      {"409", response(409), false, false},
      {"429", response(429), true, true},
      {"500", response(500), true, false},
      {"502", response(502), true, false},
      {"503", response(503), true, false},
      {"not sent", failure(Kind::not_sent), true, true},
      {"not sent, for good", failure(Kind::not_sent, true), false, false},
      {"no answer", failure(Kind::no_answer), true, false},
      {"bad answer", failure(Kind::bad_answer), true, false},
      {"bad answer, for good", failure(Kind::bad_answer, true), false, false},
      {"cancelled", failure(Kind::cancelled), false, false},
  };
  for (const auto& it : cases) {
    EXPECT_EQ(may_repeat(false, it.answer), it.read) << it.what;
    EXPECT_EQ(may_repeat(true, it.answer), it.write) << it.what;
  }
}

/// One call that always gets the same answer: how often it is sent, and why it ends.
struct Course {
  int sent = 0;
  milliseconds waited{0};
  std::string reason;
};

Course follow(const Answer& answer, milliseconds took, RetryBudget& budget, bool write = false) {
  const RetryOptions options;
  CallHistory history;
  history.write = write;
  Random random(1);
  Course course;
  for (;;) {
    const auto decision = decide(options, history, budget, answer, took, kNow, random);
    ++course.sent;
    if (const auto* end = std::get_if<GiveUp>(&decision)) {
      course.reason = end->reason;
      return course;
    }
    course.waited += std::get<RetryAfter>(decision).delay;
  }
}

TEST(Retry, GivesUpAfterFourTries) {
  for (const auto& answer : {Answer(response(503)), failure(Kind::not_sent), Answer(limited(""))}) {
    RetryBudget budget;
    const auto course = follow(answer, milliseconds(5), budget);
    EXPECT_EQ(course.sent, 4);
    EXPECT_THAT(course.reason, HasSubstr("after 4 tries"));
  }
}

TEST(Retry, GivesUpAfterTwoMinutes) {
  RetryBudget budget;
  const auto course = follow(failure(Kind::no_answer), seconds(60), budget);
  EXPECT_EQ(course.sent, 2);
  EXPECT_THAT(course.reason, HasSubstr("2 tries in 2 min"));
}

TEST(Retry, WhatIsNotRepeatedHasNoReason) {
  RetryBudget budget;
  const auto course = follow(failure(Kind::no_answer), seconds(1), budget, true);
  EXPECT_EQ(course.sent, 1);
  EXPECT_EQ(course.reason, "");
}

TEST(Retry, QueuesAsLongAsTheServerAsksAndNoLonger) {
  RetryBudget budget;
  const auto course = follow(limited("60"), milliseconds(5), budget, true);
  EXPECT_EQ(course.sent, 16) << "fifteen waits of a minute";
  EXPECT_EQ(course.waited, minutes(15));
  EXPECT_THAT(course.reason, HasSubstr("again and again"));
  EXPECT_EQ(budget.tokens(), RetryBudget::kCapacity) << "asked to queue is not a failure";
}

TEST(Retry, AServerThatAlwaysAsksForASecondIsNotFlooded) {
  RetryBudget budget;
  const auto course = follow(limited("1"), milliseconds(5), budget);
  EXPECT_LT(course.sent, 150) << "the waits grow like those of any repetition";
  EXPECT_LE(course.waited, minutes(15));
}

TEST(Retry, DoesNotWaitLongerThanAQuarterOfAnHour) {
  RetryBudget budget;
  for (const char* told : {"901", "3600", "99999999999999999999"}) {
    const auto course = follow(limited(told), milliseconds(5), budget);
    EXPECT_EQ(course.sent, 1);
    EXPECT_THAT(course.reason, HasSubstr("asks to wait"));
  }
  EXPECT_EQ(follow(limited("900"), milliseconds(5), budget).sent, 2);
}

TEST(Retry, ToldWaitIsAFloor) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const RetryOptions options;
    CallHistory history;
    history.sent = 3;
    RetryBudget budget;
    Random random(seed);
    const auto decision =
        decide(options, history, budget, limited("2"), milliseconds(5), kNow, random);
    EXPECT_GE(std::get<RetryAfter>(decision).delay, seconds(2));
    EXPECT_TRUE(std::get<RetryAfter>(decision).told);
  }
}

TEST(Retry, DelaysAreUniformUpToADoublingBoundThatIsCapped) {
  const milliseconds bounds[] = {seconds(1),  seconds(2),  seconds(4), seconds(8),
                                 seconds(16), seconds(30), seconds(30)};
  constexpr int kSamples = 2'000;
  RetryOptions options;
  options.max_tries = 100;
  options.total = std::chrono::hours(1);
  for (int tries = 0; tries < 7; ++tries) {
    Random random(static_cast<std::uint64_t>(tries) + 42);
    std::vector<double> delays;
    for (int n = 0; n < kSamples; ++n) {
      CallHistory history;
      history.sent = tries;
      RetryBudget budget;
      const auto decision =
          decide(options, history, budget, response(503), milliseconds(0), kNow, random);
      const auto delay = std::get<RetryAfter>(decision).delay;
      EXPECT_LE(delay, bounds[tries]);
      delays.push_back(static_cast<double>(delay.count()) /
                       static_cast<double>(bounds[tries].count()));
    }
    // Kolmogorov-Smirnov against the uniform distribution; 1.63 / sqrt(n) is p = 0.01.
    std::sort(delays.begin(), delays.end());
    double distance = 0;
    for (int n = 0; n < kSamples; ++n) {
      const auto at = delays[static_cast<std::size_t>(n)];
      distance = std::max({distance, std::abs(at - n / double{kSamples}),
                           std::abs(at - (n + 1) / double{kSamples})});
    }
    EXPECT_LT(distance, 1.63 / std::sqrt(kSamples)) << "after " << tries;
  }
}

TEST(RetryBudget, EndsRepetitionInAnOutage) {
  RetryBudget budget;
  int repeated = 0;
  for (int call = 0; call < 1'000; ++call) {
    repeated += follow(response(503), milliseconds(5), budget).sent - 1;
  }
  EXPECT_EQ(repeated, 100);
  EXPECT_EQ(follow(response(503), milliseconds(5), budget).reason,
            "given up: too many calls have failed to try each of them again");
}

TEST(RetryBudget, TimeOutsCostDouble) {
  RetryBudget budget;
  int repeated = 0;
  for (int call = 0; call < 1'000; ++call) {
    repeated += follow(failure(Kind::no_answer), milliseconds(5), budget).sent - 1;
  }
  EXPECT_EQ(repeated, 50);
}

TEST(RetryBudget, SuccessEarns) {
  RetryBudget budget;
  while (budget.pay(RetryBudget::kCost)) {
  }
  for (int call = 0; call < 5; ++call) follow(response(200), milliseconds(5), budget);
  EXPECT_TRUE(budget.pay(RetryBudget::kCost));
  EXPECT_FALSE(budget.pay(RetryBudget::kCost));
  for (int call = 0; call < 2'000; ++call) follow(response(200), milliseconds(5), budget);
  EXPECT_EQ(budget.tokens(), RetryBudget::kCapacity);
}

}  // namespace
}  // namespace rolecall
