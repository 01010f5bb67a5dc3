// What groups may do is read as it is, whatever a server takes two filters to mean, in few calls.

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>

#include "state/api/fetch.h"
#include "state/simulator/fake_client.h"
#include "tests/support/cases.h"

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> kApps = {"jira-software", "confluence",
                                                   "jira-servicedesk", "statuspage"};
constexpr std::array<std::string_view, 4> kRoles = {"user", "admin", "guest", "viewer"};
constexpr std::size_t kDeclared = 3;

std::string ari(std::size_t app) {
  return "ari:cloud:" + std::string(kApps[app]) + "::site/70ef3a32-0000-4000-8000-000000000001";
}

using Grants = std::map<std::string, std::set<std::pair<std::string, std::string>>>;

struct Case {
  json::value seed;
  Grants grants;  ///< on the declared resources, by group
};

/// Most groups have a grant or two, of a few kinds; some have anything.
Case make_case(std::uint64_t seed, bool same_binding) {
  test::Dice dice(seed);
  Case out;
  json::array workspaces;
  for (std::size_t app = 0; app < kApps.size(); ++app) {
    workspaces.push_back(json::object{{"ari", ari(app)}, {"app", kApps[app]}});
  }
  json::array groups;
  const int count = 1 + dice.below(260);
  for (int i = 0; i < count; ++i) {
    const std::string group = "group " + std::to_string(i);
    std::map<std::string, std::set<std::string>> access;
    const auto give = [&](int app, int role) {
      access[ari(static_cast<std::size_t>(app))].insert(
          std::string(kRoles[static_cast<std::size_t>(role)]));
    };
    if (dice.chance(8)) {
      for (int n = dice.below(6); n > 0; --n) give(dice.below(4), dice.below(4));
    } else if (!dice.chance(4)) {
      give(i % 3, 0);
      if (dice.chance(2)) give((i + 1) % 3, dice.chance(2) ? 1 : 0);
    }
    json::object roles_on;
    for (const auto& [resource, roles] : access) {
      json::array list;
      for (const std::string& role : roles) {
        list.emplace_back(role);
        if (resource != ari(kDeclared)) out.grants[group].emplace(resource, role);
      }
      roles_on[resource] = std::move(list);
    }
    groups.push_back(json::object{{"name", group}, {"access", std::move(roles_on)}});
  }
  out.seed = json::object{{"organization", {{"id", "o"}}},
                          {"options", {{"same_binding", same_binding}}},
                          {"workspaces", std::move(workspaces)},
                          {"users", json::array{json::object{{"email", "a@acme.example"}}}},
                          {"groups", std::move(groups)}};
  return out;
}

struct Found {
  Grants grants;
  std::size_t single_reads = 0;
};

Found read(const Case& it, std::uint64_t seed) {
  simulator::FakeClientOptions options;
  options.seed = seed;
  auto client = simulator::FakeClient::from_seed(it.seed, options);
  if (!client) throw std::logic_error(client.error().what);
  Catalog catalog;
  FetchScope scope;
  scope.organization = "o";
  for (std::size_t app = 0; app < kDeclared; ++app) {
    scope.resources.push_back(catalog.resource(ari(app)));
  }
  for (const json::value& group : it.seed.at("groups").as_array()) {
    const std::string_view name = group.at("name").as_string();
    scope.group_access.push_back(catalog.group(*GroupName::parse(name)));
  }
  scope.group_roles = {Role::user, Role::admin};
  const auto live = fetch(**client, scope, catalog);
  if (!live) throw std::logic_error(live.error().what);
  EXPECT_TRUE(live->complete()) << live->gaps.front();
  Found out;
  for (const GroupRef ref : scope.group_access) {
    for (const Grant& grant : live->live.groups[index(ref)].grants) {
      const std::string& resource = catalog.name(grant.resource);
      if (resource == ari(kDeclared)) continue;
      out.grants[catalog.name(ref).display()].emplace(resource, name(grant.role));
    }
  }
  out.single_reads = (*client)->calls(Operation::getGroupRoleAssignments);
  return out;
}

const std::uint64_t kCases = test::cases(20);

TEST(GroupGrants, AreReadAsTheyAreWhateverTwoFiltersMean) {
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    for (const bool same_binding : {true, false}) {
      const Case it = make_case(seed, same_binding);
      ASSERT_EQ(read(it, seed).grants, it.grants) << seed << ", one grant: " << same_binding;
    }
  }
}

TEST(GroupGrants, AreToldApartWithoutACallForEachGroup) {
  std::size_t apart = 0, one_by_one = 0;
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    apart += read(make_case(seed, true), seed).single_reads;
    one_by_one += read(make_case(seed, false), seed).single_reads;
  }
  EXPECT_LT(apart * 2, one_by_one);
}

}  // namespace
}  // namespace rolecall
