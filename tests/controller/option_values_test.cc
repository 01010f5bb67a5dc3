#include "controller/option_values.h"

#include <gtest/gtest.h>

#include <string>

namespace rolecall {
namespace {

TEST(OptionValues, ReadDurationsWithAUnit) {
  EXPECT_EQ(parse_duration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(parse_duration("15m"), std::chrono::minutes(15));
  EXPECT_EQ(parse_duration("2h"), std::chrono::hours(2));
  EXPECT_EQ(parse_duration("7d"), std::chrono::hours(168));
  for (const char* wrong : {"", "5", "m", "-1m", "+1m", "1.5h", "1 m", "15min", "9999999999999999d",
                            "18446744073709551616s"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(OptionValues, ReadRates) {
  EXPECT_EQ(parse_rate("20/s"), 20.0);
  EXPECT_EQ(parse_rate("20"), 20.0);
  EXPECT_EQ(parse_rate("0.5/s"), 0.5);
  for (const char* wrong : {"", "/s", "0", "-1", "20/m", "nan", "inf", "1e3", "20/s ", "100000"}) {
    EXPECT_FALSE(parse_rate(wrong)) << wrong;
  }
}

TEST(OptionValues, ReadHowADigestBegins) {
  const std::string whole(64, 'f');
  EXPECT_EQ(parse_digest("9f2c41d07a3e"), "9f2c41d07a3e");
  EXPECT_EQ(parse_digest("9F2C41D07A3E0"), "9f2c41d07a3e0");
  EXPECT_EQ(parse_digest(whole), whole);
  for (const std::string& wrong :
       {std::string(), std::string("9f2c41d07a3"), whole + "f", std::string("9f2c41d07a3g"),
        std::string(" 9f2c41d07a3e"), std::string("9f2c41d07a3e...")}) {
    EXPECT_FALSE(parse_digest(wrong)) << wrong;
  }
}

TEST(OptionValues, ReadWholeNumbersWithinBounds) {
  EXPECT_EQ(parse_whole("1", 1, 32), 1U);
  EXPECT_EQ(parse_whole("32", 1, 32), 32U);
  for (const char* wrong : {"", "0", "33", "-1", "+1", " 1", "1 ", "0x1", "1.0"}) {
    EXPECT_FALSE(parse_whole(wrong, 1, 32)) << wrong;
  }
}

}  // namespace
}  // namespace rolecall
