// guarantees.md B10: whatever an answer names, nothing but the API's own address is connected to.
// The commands run as they are; a second listener, on every address of this machine, gets nothing.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>

#include "controller/commands.h"
#include "tests/support/busy_org.h"
#include "tests/support/end_to_end.h"
#include "tests/support/org_model.h"
#include "tests/support/running_org.h"
#include "tests/support/trap.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kStatuses[] = {301, 302, 303, 307, 308};

/// Ways to name another place; {0} is the second listener's port, {1} that of the organization.
constexpr std::string_view kPlaces[] = {
    "http://127.0.0.1:{0}/admin/v1/orgs?cursor=c",
    "http://localhost:{0}/admin/v1/orgs?cursor=c",
    "http://127.0.0.2:{0}/",
    "http://[::1]:{0}/?cursor=c",
    "http://[::ffff:127.0.0.1]:{0}/",
    "https://127.0.0.1:{0}/admin?cursor=c",
    "//127.0.0.1:{0}/admin?cursor=c",
    "http://0.0.0.0:{0}/",
    "http://127.0.0.1:{1}@127.0.0.1:{0}/?cursor=c",
    "http://169.254.169.254:{0}/latest/meta-data?cursor=c",
    "ws://127.0.0.1:{0}/",
    "javascript:fetch('http://127.0.0.1:{0}/?cursor=c')",
    "\\\\127.0.0.1:{0}\\x",
};

constexpr std::string_view kReads[] = {"getDirectoriesForOrg",   "searchDirectoryUsers",
                                       "getDirectoryUsersCount", "searchDirectoryGroups",
                                       "getGroupsCount",         "getGroupRoleAssignments",
                                       "getUserRoleAssignments", "queryWorkspaces"};
/// Those that follow links from page to page.
constexpr std::string_view kLists[] = {"getDirectoriesForOrg",
                                       "searchDirectoryUsers",
                                       "searchDirectoryGroups",
                                       "getGroupRoleAssignments",
                                       "getUserRoleAssignments",
                                       "queryWorkspaces",
                                       "getDomains",
                                       "getOrgs"};
constexpr std::string_view kWrites[] = {
    "inviteUsers",       "assignRole",           "assignOrganizationLevelRole",
    "createGroup",       "addUserToGroup",       "grantGroupAccess",
    "revokeGroupAccess", "restoreDirectoryUser", "removeUserFromGroup",
    "deleteGroup",       "removeDirectoryUser",  "suspendDirectoryUser"};

class Elsewhere : public ::testing::Test {
 protected:
  Elsewhere() {
    ::setenv("ROLECALL_SETTLE_WINDOW", "0s", 1);
    // Looked up by name, so that workspaces are read.
    policy_ = with(busy_policy(), fmt::format("\"{}\"\nconfluence", kJira),
                   "{ app = \"jira-software\", host = \"acme.atlassian.net\" }\nconfluence");
    policy_ = with(policy_, "\"new@acme.example\" = {}",
                   "\"new@acme.example\" = { roles = [\"org-admin\"] }");
  }
  ~Elsewhere() override {
    ::unsetenv("ROLECALL_SETTLE_WINDOW");
    EXPECT_EQ(trap_.connections(), 0U);
  }

  static std::string place(std::string_view text, std::uint16_t trap, std::uint16_t own) {
    return fmt::format(fmt::runtime(text), trap, own);
  }

  Ran plan(RunningOrg& org) {
    return run_captured([&] {
      return run_plan(org.global(), {.policy = org.dir().write("rolecall.toml", policy_)});
    });
  }
  Ran apply(RunningOrg& org) {
    return run_captured([&] {
      return run_apply(org.global(),
                       {.target = org.dir().write("rolecall.toml", policy_), .yes = true});
    });
  }
  static void faults(RunningOrg& org, json::array rules) {
    org.server().with_org([&](simulator::FakeOrg& fake) {
      const auto set = fake.set_faults(json::object{{"rules", std::move(rules)}});
      ASSERT_TRUE(set) << set.error().what;
    });
  }
  static json::array requests(RunningOrg& org) {
    json::value out;
    org.server().with_org([&](simulator::FakeOrg& fake) { out = fake.requests(); });
    return out.as_array();
  }
  static std::size_t count(RunningOrg& org, std::string_view operation) {
    std::size_t out = 0;
    for (const json::value& request : requests(org)) {
      if (text(request.at("operation")) == operation) ++out;
    }
    return out;
  }
  /// All that arrived is of the API, and on its path.
  static void expect_lawful(RunningOrg& org) {
    for (const json::value& request : requests(org)) {
      EXPECT_THAT(text(request.at("target")), ::testing::StartsWith("/admin/v"));
      EXPECT_NE(text(request.at("operation")), "") << request;
    }
  }

  testing::Trap trap_;
  std::string policy_;
};

TEST_F(Elsewhere, RedirectsOfReadsAreNotFollowed) {
  std::size_t n = 0, redirected = 0;
  RunningOrg org(busy_organization());
  const std::uint16_t own = org.server().port();
  for (const std::string_view operation : kReads) {
    for (const int status : kStatuses) {
      // Each operation meets each place, each status most of them.
      for (std::size_t k = 0; k < 3; ++k, ++n) {
        const std::string location = place(kPlaces[n % std::size(kPlaces)], trap_.port(), own);
        SCOPED_TRACE(fmt::format("{} {} {}", operation, status, location));
        faults(org,
               {json::object{{"operation", operation},
                             {"action", json::object{{"status", status},
                                                     {"shape", "empty"},
                                                     {"headers", {{"Location", location}}}}}}});
        const std::size_t before = count(org, operation);
        const Ran ran = plan(org);
        if (count(org, operation) == before) continue;
        ++redirected;
        EXPECT_NE(ran.code, 0);
        EXPECT_THAT(ran.out + ran.err, HasSubstr(fmt::format("{}, unexpected redirect", status)));
      }
    }
  }
  EXPECT_EQ(redirected, n) << "each of them was asked for";
  expect_lawful(org);
  EXPECT_EQ(trap_.connections(), 0U);
  std::cout << redirected << " plans whose reads were redirected\n";
}

TEST_F(Elsewhere, RedirectsOfWritesAreNotFollowedAndReadBack) {
  std::size_t redirected = 0;
  for (std::size_t round = 0; round < 6; ++round) {
    SCOPED_TRACE(round);
    RunningOrg org(busy_organization());
    json::array rules;
    for (std::size_t k = 0; k < std::size(kWrites); ++k) {
      const std::size_t pair = round * std::size(kWrites) + k;
      const std::string location =
          place(kPlaces[pair % std::size(kPlaces)], trap_.port(), org.server().port());
      rules.push_back(
          json::object{{"operation", kWrites[k]},
                       {"action", json::object{{"status", kStatuses[pair % std::size(kStatuses)]},
                                               {"after_effect", true},
                                               {"shape", "empty"},
                                               {"headers", {{"Location", location}}}}}});
    }
    faults(org, std::move(rules));
    const Ran ran = apply(org);
    for (const json::value& request : requests(org)) {
      const auto status = request.at("status").as_int64();
      if (status >= 300 && status < 400) ++redirected;
    }
    for (const std::string_view operation : kWrites) {
      EXPECT_GT(count(org, operation), 0U) << operation << '\n' << ran.out << ran.err;
    }
    expect_lawful(org);
    EXPECT_THAT(ran.out, HasSubstr("the answer was lost or an error"));
    EXPECT_EQ(trap_.connections(), 0U);
    faults(org, {});
    EXPECT_EQ(apply(org).code, 0);
  }
  std::cout << redirected << " writes were redirected\n";
}

TEST_F(Elsewhere, LinksToTheNextPageGiveACursorAndNothingElse) {
  std::size_t followed = 0;
  RunningOrg org(busy_organization());
  for (const std::string_view operation : kLists) {
    for (const std::string_view form : kPlaces) {
      const std::string next = place(form, trap_.port(), org.server().port());
      SCOPED_TRACE(fmt::format("{} {}", operation, next));
      const json::object body{{"data", json::array{}}, {"links", {{"next", next}}}};
      faults(org, {json::object{{"operation", operation},
                                {"action", json::object{{"status", 200}, {"body", body}}}}});
      const std::size_t before = count(org, operation);
      Ran ran;
      if (operation == "getDomains") {
        ran = run_captured([&] { return run_get(org.global(), {.thing = "domains"}); });
      } else if (operation == "getOrgs") {
        ran = run_captured([&] { return run_get(org.global(), {.thing = "orgs"}); });
      } else {
        ran = plan(org);
      }
      EXPECT_NE(ran.code, 0) << ran.out;
      if (count(org, operation) > before) ++followed;
    }
  }
  EXPECT_EQ(followed, std::size(kLists) * std::size(kPlaces));
  expect_lawful(org);
  EXPECT_EQ(trap_.connections(), 0U);
  std::cout << followed << " lists with a link to elsewhere\n";
}

}  // namespace
}  // namespace rolecall::test
