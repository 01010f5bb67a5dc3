#include "controller/pause.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace rolecall {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Range {
  milliseconds least = milliseconds::max();
  milliseconds most{0};
};

Range pauses(seconds interval, int failures) {
  std::mt19937_64 random(20261129);
  Range out;
  for (int i = 0; i < 1000; ++i) {
    const milliseconds pause = pause_after(interval, failures, random);
    out.least = std::min(out.least, pause);
    out.most = std::max(out.most, pause);
  }
  return out;
}

void expect_about(milliseconds wanted, seconds interval, int failures) {
  SCOPED_TRACE(testing::Message() << interval.count() << " s, " << failures << " failures");
  const Range range = pauses(interval, failures);
  EXPECT_GE(range.least, wanted * 9 / 10);
  EXPECT_LE(range.most, wanted * 11 / 10);
  EXPECT_LT(range.least, wanted * 92 / 100) << "all come at once";
  EXPECT_GT(range.most, wanted * 108 / 100);
}

TEST(PauseTest, IsTheIntervalAndDoublesFromTheSecondFailureOn) {
  for (const seconds interval : {seconds(minutes(1)), seconds(minutes(5))}) {
    expect_about(interval, interval, 0);
    expect_about(interval, interval, 1);
    expect_about(interval * 2, interval, 2);
    expect_about(interval * 4, interval, 3);
    expect_about(interval * 8, interval, 4);
  }
}

TEST(PauseTest, IsAnHourAtMostUnlessTheIntervalIsLonger) {
  for (const int failures : {10, 1000, 2'000'000'000}) {
    expect_about(hours(1), minutes(1), failures);
    expect_about(hours(1), minutes(5), failures);
    expect_about(hours(1), hours(1), failures);
    expect_about(hours(24 * 7), hours(24 * 7), failures);
  }
}

}  // namespace
}  // namespace rolecall
