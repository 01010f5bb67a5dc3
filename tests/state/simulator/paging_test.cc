#include <set>

#include "tests/state/simulator/sim.h"

namespace rolecall::simulator {
namespace {

Sim generated(std::size_t users, std::size_t groups, std::size_t memberships) {
  return Sim(generate_seed({users, groups, memberships, 1}));
}

/// Every page of a search, following its cursors.
std::vector<std::string> walk(Sim& sim, const std::string& path, boost::json::object body,
                              std::string_view id, std::size_t& pages) {
  std::vector<std::string> out;
  for (pages = 1;; ++pages) {
    const auto page = sim.post(path, boost::json::serialize(body));
    EXPECT_EQ(page.status, 200) << page.raw.body;
    const auto ids = page.each(id);
    out.insert(out.end(), ids.begin(), ids.end());
    if (page.next().empty()) return out;
    body["cursor"] = page.next();
  }
}

TEST(Paging, AWalkSeesEverybodyOnce) {
  Sim sim = generated(1000, 100, 3000);
  std::size_t pages = 0;
  const auto users = walk(sim, Sim::dir("/users/search"), {{"limit", 100}, {"expand", {"groups"}}},
                          "accountId", pages);
  EXPECT_EQ(pages, 11U);  // a thousand and the managed accounts outside
  EXPECT_EQ(std::set<std::string>(users.begin(), users.end()).size(), users.size());
  EXPECT_EQ(users.size(), static_cast<std::size_t>(
                              sim.get(Sim::dir("/users/count")).body.at("count").as_int64()));
  const auto groups = walk(sim, Sim::dir("/groups/search"), {{"limit", 7}}, "id", pages);
  EXPECT_EQ(pages, 15U);
  EXPECT_EQ(std::set<std::string>(groups.begin(), groups.end()).size(), 100U);
  EXPECT_EQ(walk(sim, Sim::dir("/users/search"),
                 {{"limit", 33}, {"sortBy", {{{"field", "nick_name"}, {"direction", "asc"}}}}},
                 "accountId", pages)
                .size(),
            users.size());
}

TEST(Paging, TheLastPageHasNoCursorEvenWhenItIsFull) {
  Sim sim = generated(200, 4, 100);
  const auto page = sim.users(R"({"limit":100,"membershipStatus":["active","suspended"]})");
  const auto last = sim.users(
      "{\"limit\":100,\"membershipStatus\":[\"active\",\"suspended\"],"
      "\"cursor\":\"" +
      page.next() + "\"}");
  EXPECT_EQ(last.data().size(), 100U);
  EXPECT_TRUE(last.body.at("links").at("next").is_null());
}

TEST(Paging, DefaultsAreFiftyAndTwenty) {
  Sim sim = generated(100, 30, 100);
  EXPECT_EQ(sim.post(Sim::dir("/users/search")).data().size(), 50U);
  EXPECT_EQ(sim.post(Sim::dir("/groups/search")).data().size(), 20U);
}

TEST(Paging, CursorsBelongToOneListing) {
  Sim sim = generated(100, 30, 100);
  const std::string cursor = sim.users(R"({"limit":10})").next();
  const auto with = [&](const std::string& path, std::string_view rest) {
    return sim.post(path, "{\"cursor\":\"" + cursor + "\"" + std::string(rest) + "}");
  };
  EXPECT_EQ(with(Sim::dir("/users/search"), R"(,"limit":20)").status, 200);
  EXPECT_EQ(with(Sim::dir("/users/search"), R"(,"claimStatus":"managed")").code(), "ADMIN-400-1");
  EXPECT_EQ(with(Sim::dir("/groups/search"), "").code(), "ADMIN-400-1");
  EXPECT_EQ(with(Sim::v2("/directories/-/users/search"), "").code(), "ADMIN-400-1");
  std::string altered = cursor;
  altered[8] = altered[8] == 'A' ? 'B' : 'A';
  EXPECT_EQ(sim.users("{\"cursor\":\"" + altered + "\"}").code(), "ADMIN-400-1");
}

TEST(Paging, AGetWithACursorDiscardsAllElse) {
  Sim sim = generated(100, 30, 100);
  const auto first = sim.get(Sim::dir("/users?limit=10&claimStatus=managed"));
  std::string escaped;
  for (const char c : first.next()) {
    escaped += c == '+' ? "%2B" : c == '/' ? "%2F" : c == '=' ? "%3D" : std::string(1, c);
  }
  const auto second = sim.get(Sim::dir("/users?claimStatus=nonsense&limit=77&cursor=" + escaped));
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.data().size(), 10U);
  EXPECT_EQ(second.data().at(0).at("claimStatus"), "managed");
}

TEST(Paging, V1LinksAreUrls) {
  Sim sim = Sim::with_options(R"({"server_page": 1, "base_url": "https://api.example/admin"})");
  auto seed = sim.org().state();
  seed.as_object()["domains"].as_array().push_back(boost::json::object{{"name", "other.example"}});
  Sim two(seed);
  const auto first = two.get(Sim::v1("/domains"));
  ASSERT_EQ(first.data().size(), 1U);
  const std::string start = "https://api.example/admin" + Sim::v1("/domains?cursor=");
  ASSERT_EQ(first.next().find(start), 0U) << first.next();
  const auto second = two.get(Sim::v1("/domains?cursor=") + first.next().substr(start.size()));
  EXPECT_EQ(second.data().size(), 1U);
  EXPECT_EQ(second.next(), "");
}

TEST(Paging, AWalkOfAGroupSurvivesChangesToIt) {
  Sim sim(Sim::parse(R"({"organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
    "directories": [{"id": "22222222-0000-4000-8000-000000000001"}],
    "users": [{"email": "a@x.example", "id": "a"}, {"email": "b@x.example", "id": "b"},
              {"email": "c@x.example", "id": "c"}],
    "groups": [{"name": "g", "id": "g", "members": ["a", "b", "c"]}]})"));
  const auto first = sim.users(R"({"groupIds":["g"],"limit":1})");
  EXPECT_EQ(sim.del(Sim::dir("/groups/g/memberships/a")).status, 204);
  const auto second =
      sim.users("{\"groupIds\":[\"g\"],\"limit\":1,\"cursor\":\"" + first.next() + "\"}");
  EXPECT_EQ(second.each("accountId"), std::vector<std::string>{"b"});
}

TEST(Paging, TheEndCanBeToldInThreeWays) {
  EXPECT_FALSE(Sim::with_options(R"({"end_of_list": "absent"})")
                   .users("{}")
                   .body.at("links")
                   .as_object()
                   .contains("next"));
  EXPECT_EQ(
      Sim::with_options(R"({"end_of_list": "empty"})").users("{}").body.at("links").at("next"), "");
}

}  // namespace
}  // namespace rolecall::simulator
