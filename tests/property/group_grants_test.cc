// What groups may do is read as it is, whatever a server takes two filters to mean, in few calls.

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/simulator/fake_client.h"
#include "tests/support/cases.h"
#include "tests/support/forwarding_client.h"

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
  std::size_t single_reads = 0, searches = 0;
};

/// A server whose search by role does not know the roles besides user and admin.
class FewRoles final : public test::ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  using ForwardingClient::start;
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    if (request.request().body.find("atlassian/stakeholder") != std::string::npos) {
      unknown_.insert(ticket);
    }
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (unknown_.erase(out.ticket) == 0 || !out.answer) return out;
    json::value page = json::parse(out.answer->body);
    page.at("data").as_array().clear();
    out.answer->body = json::serialize(page);
    return out;
  }

 private:
  std::set<Ticket> unknown_;
};

/// `gift`: after so many searches somebody else makes the first `groups` of them admins of the
/// second app; 0: never. From then on half of the answers are of `stale` before.
Found read(const Case& it, std::uint64_t seed, bool few_roles = false, std::size_t gift = 0,
           std::size_t groups = 1, std::chrono::milliseconds stale = {}) {
  simulator::FakeClientOptions options;
  options.seed = seed;
  simulator::FakeOrg* org = nullptr;
  options.arrived = [&org, gift, groups, stale, seed,
                     searches = std::size_t{0}](const simulator::HttpRequest& request) mutable {
    if (!request.target.ends_with("groups/search") || ++searches != gift) return;
    if (stale.count() > 0) {  // before the gift: from then on it is kept how things stood
      const json::object half{
          {"operation", "reads"}, {"probability", 0.5}, {"action", {{"stale_ms", stale.count()}}}};
      EXPECT_TRUE(org->set_faults(
          json::object{{"seed", static_cast<std::int64_t>(seed)}, {"rules", json::array{half}}}));
    }
    const json::value state = org->state();
    const std::string directory(state.at("directories").at(0).at("id").as_string());
    const auto id_of = [&](const std::string& group) {
      for (const json::value& one : state.at("groups").as_array()) {
        if (one.at("name").as_string() == group) return std::string(one.at("id").as_string());
      }
      throw std::logic_error("no " + group);
    };
    for (std::size_t i = 0; i < groups; ++i) {
      const WriteRequest grant = Endpoints("o").group_access(
          true, directory, id_of("group " + std::to_string(i)), ari(1), "admin");
      const Request& write = grant.request();
      const int status = org->handle({"POST", "/admin" + write.target, "Bearer another",
                                      "application/json", write.body})
                             .status;
      EXPECT_EQ(status / 100, 2);
    }
  };
  auto client = simulator::FakeClient::from_seed(it.seed, options);
  if (!client) throw std::logic_error(client.error().what);
  org = &(*client)->org();
  FewRoles behind(**client);
  ReadClient& way = few_roles ? static_cast<ReadClient&>(behind) : **client;
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
  const auto live = fetch(way, scope, catalog);
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
  out.searches = (*client)->calls(Operation::searchDirectoryGroups);
  return out;
}

/// Groups that have `second` on the second of their two apps, one a line of `roles`.
Case two_apps(const std::vector<std::string>& roles, bool same_binding) {
  Case out = make_case(1, same_binding);
  json::array groups;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string group = "group " + std::to_string(i);
    const std::string one = ari(i % kDeclared), other = ari((i + 1) % kDeclared);
    groups.push_back(json::object{
        {"name", group}, {"access", {{one, json::array{"user"}}, {other, json::array{roles[i]}}}}});
    out.grants[group] = {{one, "user"}, {other, roles[i]}};
  }
  std::erase_if(out.grants, [&](const auto& it) {
    return std::none_of(groups.begin(), groups.end(), [&](const json::value& group) {
      return group.at("name").as_string() == it.first;
    });
  });
  out.seed.as_object()["groups"] = std::move(groups);
  return out;
}

const std::uint64_t kCases = test::cases(20);
constexpr std::size_t kWitnesses = 2;  ///< groups that are read to see what searches mean

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

// One resource's role says nothing of the other's, which the search may not know.
TEST(GroupGrants, AreReadOneByOneWhereNoSearchKnowsARole) {
  for (const char* unknown : {"stakeholder", "viewer"}) {
    for (const char* another : {"user", "admin"}) {
      for (const bool same_binding : {true, false}) {
        std::vector<std::string> roles(40, "user");
        roles[0] = unknown;
        roles[7] = another;
        const Case it = two_apps(roles, same_binding);
        EXPECT_EQ(read(it, 1, true).grants, it.grants)
            << unknown << ", " << another << ", one grant: " << same_binding;
      }
    }
  }
}

// It looks as if the server took two filters to mean one grant.
TEST(GroupGrants, OfSomeThatAreGivenSomethingMeanwhileSayNothingOfOthers) {
  for (const std::size_t groups : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    std::vector<std::string> roles(groups, "user");
    roles.insert(roles.end(), groups == 5 ? 3 : 40, "admin");
    for (const bool same_binding : {true, false}) {
      Case it = two_apps(roles, same_binding);
      const auto leave_out = [&](Grants& grants) {
        for (std::size_t i = 0; i < groups; ++i) grants.erase("group " + std::to_string(i));
      };
      leave_out(it.grants);
      for (std::size_t gift = 1; gift <= 12; ++gift) {
        Found found = read(it, 1, false, gift, groups);
        leave_out(found.grants);
        EXPECT_EQ(found.grants, it.grants)
            << groups << " after " << gift << ", one grant: " << same_binding;
      }
    }
  }
}

// Of a group that was given something a moment ago one replica knows, and another does not.
TEST(GroupGrants, OfSomeThatReplicasKnowInTwoWaysSayNothingOfOthers) {
  for (const std::size_t groups : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    std::vector<std::string> roles(groups, "user");
    roles.insert(roles.end(), 40, "admin");
    for (const bool same_binding : {true, false}) {
      Case it = two_apps(roles, same_binding);
      const auto leave_out = [&](Grants& grants) {
        for (std::size_t i = 0; i < groups; ++i) grants.erase("group " + std::to_string(i));
      };
      leave_out(it.grants);
      for (std::uint64_t seed = 1; seed <= 2 * kCases; ++seed) {
        Found found = read(it, seed, false, 1, groups, std::chrono::seconds(100));
        leave_out(found.grants);
        EXPECT_EQ(found.grants, it.grants) << groups << ", seed " << seed;
      }
    }
  }
}

// Many that have every role everywhere say nothing against one that has not.
TEST(GroupGrants, AreToldApartBesideThoseThatHaveEverything) {
  std::vector<std::string> roles(400, "user");
  for (std::size_t i = 0; i < roles.size(); i += 40) roles[i] = "admin";
  Case it = two_apps(roles, true);
  json::array& groups = it.seed.as_object().at("groups").as_array();
  for (std::size_t i = 1; i < groups.size(); i += 8) {
    for (auto& [ari, list] : groups[i].at("access").as_object()) {
      list = json::array{"user", "admin"};
      it.grants["group " + std::to_string(i)].emplace(ari, "user");
      it.grants["group " + std::to_string(i)].emplace(ari, "admin");
    }
  }
  const Found found = read(it, 1);
  EXPECT_EQ(found.grants, it.grants);
  EXPECT_EQ(found.single_reads, kWitnesses + 1);
}

// Then nothing shows what the server takes two filters to mean.
TEST(GroupGrants, AreReadOneByOneWhereNoGroupHasDifferentRoles) {
  const Case it = two_apps(std::vector<std::string>(40, "user"), true);
  const Found found = read(it, 1);
  EXPECT_EQ(found.grants, it.grants);
  EXPECT_EQ(found.single_reads, 40U);
}

// What an app that the policy does not name has shown tells it, too.
TEST(GroupGrants, OnOneDeclaredAppAreToldApartFromThoseOnOthers) {
  for (const bool same_binding : {true, false}) {
    Case it = two_apps(std::vector<std::string>(200, "user"), same_binding);
    json::array& groups = it.seed.as_object().at("groups").as_array();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      json::object& access = groups[i].at("access").as_object();
      access.clear();
      const bool nothing = i % 4 == 0;
      if (!nothing) access[ari(0)] = json::array{"user"};
      access[ari(kDeclared)] = json::array{i % 4 == 1 ? "admin" : "user"};
      auto& grants = it.grants["group " + std::to_string(i)];
      grants.clear();
      if (!nothing) grants.emplace(ari(0), "user");
    }
    std::erase_if(it.grants, [](const auto& group) { return group.second.empty(); });
    const Found found = read(it, 1);
    EXPECT_EQ(found.grants, it.grants);
    EXPECT_EQ(found.single_reads, same_binding ? kWitnesses : 150U);
  }
}

// As many groups as a tenth of the standard work has, and the same grants.
TEST(GroupGrants, OfAThousandGroupsTakeFewCalls) {
  std::vector<std::string> roles(1'000, "user");
  for (std::size_t i = 0; i < roles.size(); i += 20) roles[i] = "admin";
  const Case it = two_apps(roles, true);
  const Found found = read(it, 1);
  EXPECT_EQ(found.grants, it.grants);
  EXPECT_EQ(found.single_reads, kWitnesses);
  EXPECT_EQ(found.searches, 36U) << "ten of them list the groups";
}

}  // namespace
}  // namespace rolecall
