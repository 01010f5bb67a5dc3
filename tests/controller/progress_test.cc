#include "controller/progress.h"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

using std::chrono::milliseconds;

TEST(Progress, SaysRateAndRemainingTimeOnceTheyMeanSomething) {
  EXPECT_EQ(in_words({1200, 5000, "12 calls", milliseconds(1500), {}}), "1200 of 5000, 12 calls");
  EXPECT_EQ(in_words({1200, 5000, "12 calls", milliseconds(3000), {}}),
            "1200 of 5000, 400/s, 10 s left, 12 calls");
  EXPECT_EQ(in_words({5, 605, "", milliseconds(5000), {}}), "5 of 605, 1.0/s, 10 min left");
  EXPECT_EQ(in_words({30, 0, "", milliseconds(3000), {}}), "30, 10/s");
  EXPECT_EQ(in_words({7, 7, "", milliseconds(3500), {}}), "7 of 7, 2.0/s");
  EXPECT_EQ(in_words({0, 9, "", milliseconds(3500), {}}), "0 of 9");
}

TEST(Progress, SaysThatItWaits) {
  EXPECT_EQ(in_words({1, 2, "", milliseconds(1000), "14:05:30", "rate limit"}),
            "1 of 2, waiting until 14:05:30: rate limit");
}

TEST(Progress, TheBarFitsTheTerminal) {
  const Advance half{50, 100, "3 calls", milliseconds(0), {}};
  EXPECT_EQ(bar_line("reading", half, 80), "reading [############............] 50 of 100, 3 calls");
  EXPECT_EQ(bar_line("reading", half, 48), "reading [######......] 50 of 100, 3 calls");
  EXPECT_EQ(bar_line("reading", half, 20), "reading 50 of 100");
  EXPECT_EQ(bar_line("reading", half, 12), "50 of 100");
  EXPECT_EQ(bar_line("reading", half, 6), "50 of");
  EXPECT_EQ(bar_line("reading", half, 0), "");
  EXPECT_EQ(bar_line("reading", {200, 100, "", {}, {}}, 80),
            "reading [########################] 200 of 100");
}

TEST(Progress, WhatIsWaitedForGoesLast) {
  const Advance waits{1200, 5000, "12 calls", milliseconds(3000), "14:05:30", "rate limit"};
  EXPECT_EQ(bar_line("reading the organization", waits, 80),
            "1200 of 5000, 400/s, 10 s left, waiting until 14:05:30: rate limit");
  EXPECT_EQ(bar_line("reading the organization", waits, 50),
            "1200 of 5000, waiting until 14:05:30: rate limit");
  EXPECT_EQ(bar_line("reading the organization", waits, 38),
            "1200 of 5000, waiting until 14:05:30:");
}

TEST(Progress, WithoutATerminalAWaitIsForTheLog) {
  EXPECT_FALSE(Progress::waits(milliseconds(1000), "rate limit"));
  const Progress progress({}, "reading");
  EXPECT_FALSE(Progress::waits(milliseconds(1000), "rate limit"));
}

}  // namespace
}  // namespace rolecall
