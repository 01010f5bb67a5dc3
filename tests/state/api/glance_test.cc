// A quick look compares what a few calls show with what the last full reading would have shown.

#include "state/api/glance.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "state/simulator/fake_client.h"

namespace rolecall {
namespace {

Result<Glanced> looked(ReadClient& client, const FetchScope& scope, Glance& before,
                       const char* spelling) {
  Catalog catalog;
  (void)catalog.group(*GroupName::parse(spelling));  // as the policy spells it
  const auto live = fetch(client, scope, catalog);
  if (!live) return tl::make_unexpected(live.error());
  before = glance_of(*live, catalog);
  return glance(client, scope);
}

TEST(GlanceTest, IsTheSameHoweverThePolicySpellsAGroup) {
  const auto client =
      simulator::FakeClient::from_seed(boost::json::parse(R"({"organization": {"id": "o"},
                             "users": [{"email": "ada@acme.example"}],
                             "groups": [{"name": "Engineering", "members": ["ada@acme.example"]}]
                            })"),
                                       {});
  ASSERT_TRUE(client);
  FetchScope scope;
  scope.organization = "o";
  for (const char* spelling : {"Engineering", "engineering", "ENGINEERING", "another group"}) {
    Glance before;
    const auto now = looked(**client, scope, before, spelling);
    ASSERT_TRUE(now) << now.error().what;
    EXPECT_EQ(now->seen, before) << spelling;
  }
}

TEST(GlanceTest, IsAnotherWhereAGroupHasAnotherName) {
  std::vector<Glance> seen;
  for (const char* seed : {R"({"organization": {"id": "o"}, "users": [{"email": "a@x.example"}],
                               "directories": [{"id": "d", "name": "D"}],
                               "groups": [{"name": "one", "id": "g"}]})",
                           R"({"organization": {"id": "o"}, "users": [{"email": "a@x.example"}],
                               "directories": [{"id": "d", "name": "D"}],
                               "groups": [{"name": "two", "id": "g"}]})"}) {
    const auto client = simulator::FakeClient::from_seed(boost::json::parse(seed), {});
    ASSERT_TRUE(client) << client.error().what;
    FetchScope scope;
    scope.organization = "o";
    seen.push_back(glance(**client, scope).value().seen);
  }
  EXPECT_NE(seen.front(), seen.back());
}

}  // namespace
}  // namespace rolecall
