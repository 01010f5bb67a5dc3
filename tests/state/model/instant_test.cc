#include "state/model/instant.h"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

TEST(InstantTest, ReadsTheFormsPoliciesAndServersUse) {
  const struct {
    const char* text;
    const char* utc;
  } rows[] = {
      {"2026-12-01", "2026-12-01T00:00:00Z"},
      {"2026-12-01T08:30:00Z", "2026-12-01T08:30:00Z"},
      {"2026-12-01T08:30:00.25Z", "2026-12-01T08:30:00.250Z"},
      {"2026-12-01T08:30:00+02:00", "2026-12-01T06:30:00Z"},
      {"2026-12-01T00:00:00-01:30", "2026-12-01T01:30:00Z"},
      {"2026-12-01T08:30:00", "2026-12-01T08:30:00Z"},
      {"2028-02-29", "2028-02-29T00:00:00Z"},
      {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
  };
  for (const auto& row : rows) {
    const auto instant = parse_instant(row.text);
    ASSERT_TRUE(instant) << row.text;
    EXPECT_EQ(format_instant(*instant), row.utc);
  }
}

TEST(InstantTest, RefusesWhatIsNoMoment) {
  for (const char* text : {"", "2026", "2026-02-30", "2027-02-29", "2026-13-01",
                           "2026-12-01T25:00:00Z", "2026-12-01T08:61:00Z", "2026-12-01Tx",
                           "2026-12-01T08:30:00Zx", "abc", "2026-12-01T08:30:00.Z"}) {
    EXPECT_FALSE(parse_instant(text)) << text;
  }
}

TEST(InstantTest, HttpDatesGoThereAndBack) {
  const auto instant = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  ASSERT_TRUE(instant);
  EXPECT_EQ(format_instant(*instant), "1994-11-06T08:49:37Z");
  EXPECT_EQ(format_http_date(*instant), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_FALSE(parse_http_date("Sun, 31 Feb 2026 08:49:37 GMT"));
  EXPECT_FALSE(parse_http_date("tomorrow"));
}

}  // namespace
}  // namespace rolecall
