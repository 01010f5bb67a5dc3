#include "policies/dated_access.h"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

TEST(DatedAccessTest, HoldsPeopleAndMembershipsWithADate) {
  const std::vector<SourceFile> files = {{"a.toml", R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[users]
"ada@acme.example" = {}
"temp@vendor.example" = { from = 2026-12-01, until = 2027-02-28, reason = "audit" }
[groups.engineering]
members = ["ada@acme.example",
           { user = "temp@vendor.example", until = 2027-01-15, reason = "PROC-77" }]
)"}};
  const ParsedPolicy parsed = parse_policy(files);
  ASSERT_FALSE(parsed.diagnostics.has_errors());
  const auto dated = dated_access(*parsed.policy);
  ASSERT_EQ(dated.size(), 2U);
  EXPECT_EQ(dated[0].user, "temp@vendor.example");
  EXPECT_EQ(dated[0].group, "");
  EXPECT_EQ(dated[0].from_text, "2026-12-01");
  EXPECT_EQ(dated[0].until_text, "2027-02-28");
  EXPECT_EQ(format_instant(*dated[0].until), "2027-03-01T00:00:00Z");
  EXPECT_EQ(dated[0].reason, "audit");
  EXPECT_EQ(dated[1].group, "engineering");
  EXPECT_FALSE(dated[1].from);
  EXPECT_EQ(dated[1].reason, "PROC-77");
  EXPECT_EQ(dated[1].place.line, 9U);
}

}  // namespace
}  // namespace rolecall
