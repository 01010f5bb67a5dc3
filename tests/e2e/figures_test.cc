// How many calls a plan and an apply may take.
#include <fmt/format.h>

#include <boost/json/value_to.hpp>
#include <map>

#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kThird =
    "ari:cloud:jira-servicedesk::site/70ef3a32-0000-4000-8000-000000000001";

/// 1,000 people, 100 groups of a few dozen, 40 of them with grants on three resources: one role
/// on all three, or (a tenth, where `mixed`) another role on each of two. Without these nothing
/// shows that a search for a role on a resource does not mean any role and any resource.
json::object thousand(bool mixed = true) {
  json::object seed = acme();
  seed["workspaces"].as_array().push_back(json::object{{"ari", kThird}});
  json::array& users = seed["users"].as_array();
  while (users.size() < 1000) {
    users.push_back(json::object{{"email", fmt::format("p{}@acme.example", users.size())}});
  }
  json::array& groups = seed["groups"].as_array();
  groups.clear();
  for (std::size_t i = 0; i < 100; ++i) {
    json::array members;
    for (std::size_t n = 0; n < 30; ++n)
      members.push_back(users[(i * 37 + n * 11) % 1000].at("email"));
    json::object group{{"name", fmt::format("team-{}", i)}, {"members", members}};
    if (i < 40) {
      const std::string_view resources[] = {kJira, kConfluence, kThird};
      json::object access;
      if (mixed && i % 10 == 0) {
        access[resources[i % 3]] = json::array{"user"};
        access[resources[(i + 1) % 3]] = json::array{"admin"};
      } else {
        for (const std::string_view one : resources) {
          access[one] = json::array{i % 4 == 0 ? "admin" : "user"};
        }
      }
      group["access"] = std::move(access);
    }
    groups.push_back(std::move(group));
  }
  return seed;
}

/// A policy that declares all of it as it is.
std::string policy_of(const json::object& seed) {
  std::string out = fmt::format(
      "version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = \"{}\"\n"
      "confluence = \"{}\"\ndesk = \"{}\"\n[users]\n",
      kOrganization, kJira, kConfluence, kThird);
  for (const json::value& user : seed.at("users").as_array()) {
    out += fmt::format("\"{}\" = {{}}\n", text(user.at("email")));
  }
  const std::map<std::string, std::string, std::less<>> kAliases = {
      {std::string(kJira), "jira"},
      {std::string(kConfluence), "confluence"},
      {std::string(kThird), "desk"}};
  for (const json::value& group : seed.at("groups").as_array()) {
    out += fmt::format("[groups.{}]\nmembers = [", text(group.at("name")));
    for (const json::value& member : group.at("members").as_array()) {
      out += fmt::format("\"{}\", ", text(member));
    }
    out += "]\naccess = {";
    if (const json::value* access = group.as_object().if_contains("access")) {
      std::string separator;
      for (const auto& [ari, roles] : access->as_object()) {
        out += fmt::format("{} {} = [\"{}\"]", separator,
                           kAliases.find(std::string_view(ari))->second, text(roles.at(0)));
        separator = ",";
      }
    }
    out += " }\n";
  }
  return out;
}

class Figures : public EndToEnd {};

TEST_F(Figures, APlanOfAThousandPeopleTakesAtMostTwentyFiveReads) {
  const json::object seed = thousand();
  start(seed);
  write_policy(policy_of(seed));
  const json::value plan = json_of({"plan", "--detailed-exitcode"});
  EXPECT_EQ(plan.at("changes").as_array().size(), 0U);
  EXPECT_EQ(plan.at("complete"), true);
  const std::size_t reads = simulator->requests().size();
  EXPECT_LE(reads, 25U);
  EXPECT_EQ(plan.at("calls").at("reads").to_number<std::size_t>(), reads);
}

TEST_F(Figures, GroupsWhoseGrantsNoSearchTellsApartTakeOneReadEach) {
  const json::object seed = thousand(false);
  start(seed);
  write_policy(policy_of(seed));
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
  EXPECT_LE(simulator->requests().size(), 25U + 40U);
}

TEST_F(Figures, APlanWithChangesInEveryGroupTakesNoMoreReads) {
  const json::object seed = thousand();
  json::object drifted = seed;
  for (json::value& group : drifted["groups"].as_array()) {
    group.as_object()["members"].as_array().pop_back();
  }
  start(drifted);
  write_policy(policy_of(seed));
  const json::value plan = json_of({"plan", "--detailed-exitcode"}, 2);
  EXPECT_EQ(plan.at("summary").at("add_member"), 100);
  // Apps, domains and seats, for what it takes.
  EXPECT_LE(simulator->requests().size(), 25U + 3U);
}

TEST_F(Figures, SixtyNewPeopleInThreeBundlesTakeAtMostFourInvitations) {
  start(acme());
  std::string policy = acme_policy();
  std::string engineering = R"("ada@acme.example", "lin@acme.example", "omar@acme.example")";
  std::string design = R"("grace@acme.example", "rosa@acme.example")";
  std::string users;
  for (int i = 0; i < 60; ++i) {
    const std::string email = fmt::format("new{}@acme.example", i);
    const int bundle = i % 3;
    users += fmt::format("\"{}\" = {}\n", email,
                         bundle == 0   ? R"({ access = { jira = ["admin"] } })"
                         : bundle == 1 ? R"({ access = { confluence = ["user"] } })"
                                       : "{}");
    if (bundle != 2) engineering += fmt::format(", \"{}\"", email);
    if (bundle != 1) design += fmt::format(", \"{}\"", email);
  }
  policy =
      with(policy, R"("ada@acme.example", "lin@acme.example", "omar@acme.example")", engineering);
  policy = with(policy, R"("grace@acme.example", "rosa@acme.example")", design);
  policy = with(policy, "\n[groups.engineering]", users + "\n[groups.engineering]");
  write_policy(policy);

  rolecall_exits(0, {"apply", "--yes"});
  EXPECT_LE(count("inviteUsers"), 4U);
  EXPECT_EQ(writes().size(), count("inviteUsers")) << "nothing is done one by one";
  EXPECT_EQ(members("engineering").size(), 43U);
  EXPECT_EQ(members("design").size(), 42U);
  EXPECT_EQ(access(user("new0@acme.example")), std::vector<std::string>{"jira admin"});
  EXPECT_EQ(access(user("new1@acme.example")), std::vector<std::string>{"confluence user"});
  rolecall_exits(0, {"plan", "--detailed-exitcode"});
}

}  // namespace
}  // namespace rolecall::test
