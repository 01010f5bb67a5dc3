#include "state/model/json.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <string>

#include "state/model/json_parts.h"

namespace rolecall {
namespace {

std::string problem(std::string_view text) {
  const auto value = parse_json(text);
  return value ? "none" : value.error().what;
}

TEST(JsonTest, ReadsWhatIsThere) {
  const auto value = parse_json(R"({"a":[1,{"b":"x\n"},null,true,1.5],"c":{}})");
  ASSERT_TRUE(value);
  EXPECT_EQ(boost::json::serialize(*value), R"({"a":[1,{"b":"x\n"},null,true,1.5E0],"c":{}})");
}

TEST(JsonTest, NamesTheDuplicateMember) {
  EXPECT_EQ(problem(R"({"data":[{"id":"a"},{"id":"b","id":"c"}]})"),
            "$.data[1].id: duplicate member");
  EXPECT_EQ(problem(R"({"a":1,"\u0061":2})"), "$.a: duplicate member");
}

std::string with_members(int count, int repeated) {
  std::string out = "{\"outer\":[{";
  for (int i = 0; i < count; ++i) out += "\"m" + std::to_string(i) + "\":{\"m0\":[{\"m1\":1}]},";
  return out + "\"m" + std::to_string(repeated) + "\":1}]}";
}

TEST(JsonTest, FindsTheDuplicateAmongAnyNumberOfMembers) {
  for (const int count : {1, 2, 31, 32, 33, 34, 100}) {
    EXPECT_EQ(problem(with_members(count, count)), "none") << count;
    for (const int repeated : {0, count / 2, count - 1}) {
      EXPECT_EQ(problem(with_members(count, repeated)),
                "$.outer[0].m" + std::to_string(repeated) + ": duplicate member")
          << count;
    }
  }
}

TEST(JsonTest, NamesAlikeInOtherObjectsAreNoDuplicates) {
  EXPECT_EQ(problem(R"({"a":{"a":[{"a":1},{"a":2}],"b":{"a":1}},"b":{"a":{}},"":{"":1}})"), "none");
  EXPECT_EQ(problem(R"({"a":{"a":{}},"ab":1,"b":2,"a":3})"), "$.a: duplicate member");
  EXPECT_EQ(problem(R"({"":1,"x":{"":2},"":3})"), "$: duplicate member");
}

TEST(JsonTest, RefusesNumbersThatWouldBeChanged) {
  EXPECT_EQ(problem(R"({"n":9223372036854775808})"), "$.n: number does not fit 64 bits");
  EXPECT_EQ(problem(R"({"n":99999999999999999999999})"), "$.n: number does not fit 64 bits");
  EXPECT_NE(problem(R"([1e400])"), "none");
}

TEST(JsonTest, RefusesBrokenDocuments) {
  EXPECT_EQ(problem(""), "empty body, expected JSON");
  EXPECT_EQ(problem(R"({"data":[{"x":)"), "JSON ends inside $.data[0].x");
  EXPECT_EQ(problem("{} x"), "byte 3: 1 unexpected bytes after the JSON");
  EXPECT_EQ(problem(std::string(33, '[')), "JSON nested deeper than 32");
  EXPECT_NE(problem("\"\xFF\""), "none");
  EXPECT_NE(problem("{\"a\":1} {"), "none");
}

std::string parts(std::string_view text, IsWanted is_wanted) {
  const auto value = parse_json_parts(text, is_wanted, {});
  return value ? boost::json::serialize(*value) : value.error().what;
}

TEST(JsonTest, LeavesOutWhatIsNotWanted) {
  const IsWanted only_a = [](std::size_t, std::string_view name) { return name == "a"; };
  EXPECT_EQ(parts(R"({"b":1,"a":{"b":[1,{"a":2}],"a":[{"b":"x","a":null},"s",1.5,true]},"c":{}})",
                  only_a),
            R"({"a":{"a":[{"a":null},"s",1.5E0,true]}})");
  EXPECT_EQ(parts(R"({"b":{"a":1},"c":[{"a":1}],"d":"\n","e":-1,"f":1e3,"g":null})", only_a), "{}");
  EXPECT_EQ(parts(R"([{"b":1},{"a":"\u00e9\n"}])", only_a), "[{},{\"a\":\"\u00e9\\n\"}]");
  const IsWanted outermost = [](std::size_t depth, std::string_view) { return depth == 1; };
  EXPECT_EQ(parts(R"({"x":[{"y":1}],"z":{"y":2},"w":3})", outermost), R"({"x":[{}],"z":{},"w":3})");
}

TEST(JsonTest, ChecksAlsoWhatIsNotWanted) {
  const IsWanted nothing = [](std::size_t, std::string_view) { return false; };
  EXPECT_EQ(parts(R"({"data":[{"id":"a"},{"id":"b","id":"c"}]})", nothing),
            "$.data[1].id: duplicate member");
  EXPECT_EQ(parts(R"({"n":{"m":[0,9223372036854775808]}})", nothing),
            "$.n.m[1]: number does not fit 64 bits");
  EXPECT_EQ(parts(R"({"data":[{"x":)", nothing), "JSON ends inside $.data[0].x");
  EXPECT_EQ(parts("{\"a\":" + std::string(32, '['), nothing), "JSON nested deeper than 32");
  EXPECT_EQ(parts("{\"a\":\"\xFF\"}", nothing).substr(0, 4), "byte");
}

TEST(JsonTest, MembersOfTheWrongTypeAreAbsent) {
  const auto value = parse_json(R"({"s":1,"i":"x","n":null,"neg":-1,"d":1.0})");
  ASSERT_TRUE(value);
  EXPECT_EQ(string_member(*value, "s"), nullptr);
  EXPECT_EQ(integer_member(*value, "i"), nullptr);
  EXPECT_EQ(integer_member(*value, "neg"), nullptr);
  EXPECT_EQ(integer_member(*value, "d"), nullptr);
  EXPECT_EQ(member(*value, "n"), nullptr);
  EXPECT_EQ(member(parse_json("[]").value(), "n"), nullptr);
}

}  // namespace
}  // namespace rolecall
