// A policy imported from any organization, whatever its names hold, says what is there: a plan of
// it has nothing to do, and what it declares is really managed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "controller/import.h"
#include "controller/policy_folder.h"
#include "controller/reconciler.h"
#include "state/model/text.h"
#include "state/simulator/fake_client.h"
#include "tests/support/cases.h"
#include "tests/support/end_to_end.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::IsEmpty;

constexpr std::string_view kSiteTwo =
    "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000002";

/// An organization that grew by hand, with names of everything that TOML, terminals and reviews
/// mind.
class HostileOrganization {
 public:
  explicit HostileOrganization(std::uint64_t seed) : dice_(seed) {
    seed_ = acme();
    seed_["workspaces"].as_array().push_back(
        json::object{{"ari", kSiteTwo}, {"host", "acme-two.atlassian.net"}});
    make_users();
    make_groups();
  }
  [[nodiscard]] const json::object& seed() const { return seed_; }

 private:
  template <class T, std::size_t n>
  const T& one_of(const T (&items)[n]) {
    return items[static_cast<std::size_t>(dice_.below(static_cast<int>(n)))];
  }

  std::string name() {
    static constexpr std::string_view kPieces[] = {"team",       "Ops",
                                                   "\"",         "'",
                                                   "\\",         "#",
                                                   "##",         "\n",
                                                   "\r\n",       "\t",
                                                   " ",          ".",
                                                   "]",          "[groups.x]",
                                                   "= {}",       "\U0001F600",
                                                   "שלום",       "عربي",
                                                   "\u202e",     "\u200b",
                                                   "é",          "e\u0301",
                                                   "中文",       "Straße",
                                                   "\x01",       "\x7f",
                                                   "\u0085",     "+++",
                                                   "\"\"\"",     "<<<<<<< HEAD",
                                                   "-",          "_",
                                                   "а",          "1979",
                                                   "1979-05-27", "true",
                                                   "\\u0041",    "\xEF\xBB\xBF",
                                                   "//",         ".."};
    std::string out;
    for (int i = 1 + dice_.below(4); i > 0; --i) out += one_of(kPieces);
    return out;
  }

  std::string address(int i) {
    static constexpr std::string_view kLocal[] = {"ada",      "o'brien", "zoë",  "а.mixed",
                                                  "plus+tag", "50%",     "a#b",  "{x}",
                                                  "x=y",      "שלום",    "UPPER"};
    static constexpr std::string_view kDomains[] = {"acme.example",   "acme.example",
                                                    "ACME.example",   "vendor.example",
                                                    "bücher.example", "a.b.c.example"};
    return fmt::format("{}{}@{}", one_of(kLocal), i, one_of(kDomains));
  }

  json::object access() {
    static constexpr std::string_view kApps[] = {kJira, kConfluence, kSiteTwo};
    static constexpr std::string_view kRoles[] = {"user",  "admin",     "guest",
                                                  "basic", "ai-access", "site-admin"};
    json::object out;
    for (int i = dice_.below(4); i > 0; --i) {
      json::value& roles = out[one_of(kApps)];
      if (!roles.is_array()) roles = json::array();
      const std::string_view role = one_of(kRoles);
      bool there = false;
      for (const json::value& known : roles.as_array()) there = there || text(known) == role;
      if (!there) roles.as_array().emplace_back(role);
    }
    return out;
  }

  void make_users() {
    static constexpr std::string_view kStatuses[] = {"active",  "active",      "active",
                                                     "invited", "suspended",   "suspended",
                                                     "closed",  "deactivated", "not_invited"};
    json::array& users = seed_["users"].as_array();
    for (int i = 0; i < 6 + dice_.below(20); ++i) {
      json::object user{{"email", address(i)},
                        {"id", fmt::format("712020:{:08}-0000-4000-8000-000000000000", i)},
                        {"name", name()},
                        {"status", one_of(kStatuses)}};
      if (dice_.chance(8)) user["email"] = "";
      if (dice_.chance(8)) user["email"] = "ADA@acme.example";  // somebody else's
      if (dice_.chance(12)) user["account_type"] = "app";
      if (dice_.chance(6)) user["roles"] = json::array{"org-admin"};
      if (dice_.chance(4)) user["access"] = access();
      users.push_back(std::move(user));
    }
  }

  void make_groups() {
    json::array& groups = seed_["groups"].as_array();
    std::set<std::string> taken{"engineering", "design"};
    for (int i = 0; i < 4 + dice_.below(12); ++i) {
      const std::string called = name();
      if (!taken.insert(fold_case(called)).second) continue;
      json::array members;
      for (const json::value& user : seed_["users"].as_array()) {
        const json::object& about = user.as_object();
        if (about.contains("status") && about.at("status") == "not_invited") continue;
        if (about.at("email").as_string().empty() || dice_.chance(3)) {
          members.push_back(about.at("id"));
        }
      }
      if (dice_.chance(4)) members.clear();
      json::object group{{"name", called}, {"members", std::move(members)}};
      if (dice_.chance(2)) group["description"] = name();
      if (dice_.chance(2)) group["access"] = access();
      if (dice_.chance(8)) group["synced"] = true;
      if (dice_.chance(8)) group["built_in"] = true;
      if (dice_.chance(10)) group["modifiable"] = false;
      groups.push_back(std::move(group));
    }
  }

  Dice dice_;
  json::object seed_;
};

std::unique_ptr<simulator::FakeClient> client_of(const json::value& seed) {
  auto client = simulator::FakeClient::from_seed(seed);
  if (!client) throw std::logic_error(client.error().what);
  return *std::move(client);
}

WrittenPolicy import_of(simulator::FakeClient& client, bool direct_access) {
  auto imported = import_policy(
      client, {std::string(kOrganization), {}, direct_access, client.clock().now()}, {});
  if (!imported) throw std::logic_error(imported.error().what + " " + imported.error().hint);
  EXPECT_THAT(imported->gaps, IsEmpty());
  return std::move(imported->policy);
}

Planned plan_of(simulator::FakeClient& client, const std::string& folder) {
  PlanRequest request;
  request.policy_path = folder;
  request.at = client.clock().now();
  return plan_policy(client, request, {});
}

std::string joined(const WrittenPolicy& policy) {
  std::string out;
  for (const SourceFile& file : policy.files) out += "--- " + file.path + "\n" + file.bytes;
  return out;
}

TEST(ImportProperty, APlanOfWhatWasImportedHasNothingToDo) {
  std::size_t groups = 0;
  std::size_t left_out = 0;
  for (std::uint64_t n = 1; n <= cases(60); ++n) {
    SCOPED_TRACE(n);
    const auto client = client_of(HostileOrganization(n).seed());
    const WrittenPolicy policy = import_of(*client, n % 2 == 0);
    groups += policy.groups;
    left_out += policy.left_out.size();
    const TempDir dir;
    const std::string folder = (dir.path() / "access").string();
    ASSERT_TRUE(write_policy_folder(folder, policy.files, false).has_value());

    const Planned planned = plan_of(*client, folder);
    ASSERT_TRUE(planned.plan.has_value())
        << render(planned.diagnostics) << (planned.error ? planned.error->what : "") << '\n'
        << joined(policy);
    EXPECT_FALSE(planned.diagnostics.has_errors());
    EXPECT_TRUE(planned.plan->complete);
    EXPECT_THAT(planned.plan->refusals, IsEmpty());
    for (const Change& change : planned.plan->changes) {
      ADD_FAILURE() << name(change.kind) << ' ' << change.user << ' ' << quote(change.group) << ' '
                    << change.resource << ' ' << change.role << '\n'
                    << joined(policy);
    }
    EXPECT_EQ(joined(import_of(*client, n % 2 == 0)), joined(policy)) << "not the same twice";
  }
  // Otherwise the cases would not be about much.
  EXPECT_GT(groups, 100U);
  EXPECT_GT(left_out, 20U);
}

TEST(ImportProperty, WhatIsDeclaredIsManaged) {
  std::size_t tried = 0;
  for (std::uint64_t n = 1; n <= cases(30); ++n) {
    SCOPED_TRACE(n);
    const auto client = client_of(HostileOrganization(n).seed());
    WrittenPolicy policy = import_of(*client, false);
    // A line of a list of members goes: that person has to go out of that group, and nobody else.
    for (SourceFile& file : policy.files) {
      if (!file.path.starts_with("groups/")) continue;
      const std::size_t list = file.bytes.find("members = [\n");
      if (list == std::string::npos) continue;
      const std::size_t header = file.bytes.rfind("[groups.", list);
      const std::size_t additive = file.bytes.find("additive", header);
      if (additive < list) continue;
      const std::size_t line = file.bytes.find("\n  \"", list);
      const std::size_t end = file.bytes.find("\n]", list);
      if (line == std::string::npos || line > end) continue;
      if (file.bytes.find("\n  \"", line + 1) > end) continue;  // it would be empty then
      const std::size_t next = file.bytes.find('\n', line + 1);
      const std::string address =
          file.bytes.substr(line + 4, file.bytes.find('"', line + 4) - line - 4);
      file.bytes.erase(line, next - line);
      const TempDir dir;
      const std::string folder = (dir.path() / "access").string();
      ASSERT_TRUE(write_policy_folder(folder, policy.files, false).has_value());
      const Planned planned = plan_of(*client, folder);
      ASSERT_TRUE(planned.plan.has_value()) << render(planned.diagnostics);
      ASSERT_EQ(planned.plan->changes.size(), 1U) << file.bytes;
      EXPECT_EQ(planned.plan->changes[0].kind, ChangeKind::remove_member);
      EXPECT_EQ(planned.plan->changes[0].user, address);
      ++tried;
      break;
    }
  }
  EXPECT_GT(tried, 10U);
}

TEST(ImportProperty, AdoptedGroupsAddNothingToWhatIsPlanned) {
  std::size_t tried = 0;
  for (std::uint64_t n = 1; n <= cases(30); ++n) {
    SCOPED_TRACE(n);
    const auto client = client_of(HostileOrganization(n).seed());
    const TempDir dir;
    const std::string folder = (dir.path() / "access").string();
    // One that has something to plan: what is adopted stands beside it.
    (void)dir.write("access/policy.toml",
                    fmt::format("version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = "
                                "\"{}\"\n[users]\n\"lin@acme.example\" = {{ state = \"suspended\" "
                                "}}\n\"omar@acme.example\" = {{ state = \"removed\" }}\n",
                                kOrganization, kJira));
    const Planned before = plan_of(*client, folder);
    ASSERT_TRUE(before.plan.has_value()) << render(before.diagnostics);
    Catalog catalog;
    const Wanted wanted = read_wanted(folder, client->clock().now(), client.get(), catalog);
    ASSERT_TRUE(wanted.usable());
    std::vector<std::string> names{"engineering"};
    const json::value state = client->org().state();
    for (const json::value& group : state.at("groups").as_array()) {
      const std::string name = text(group.at("name"));
      if (GroupName::parse(name)) names.push_back(name);
      if (names.size() == 4) break;
    }
    const auto adopted = adopt_groups(*client, folder, wanted, catalog, names, {});
    ASSERT_TRUE(adopted.has_value()) << adopted.error().what;
    ASSERT_TRUE(add_policy_file(folder, adopted->stem, adopted->adoption.text).has_value());
    const Planned after = plan_of(*client, folder);
    ASSERT_TRUE(after.plan.has_value()) << render(after.diagnostics) << adopted->adoption.text;
    ASSERT_EQ(after.plan->changes.size(), before.plan->changes.size()) << adopted->adoption.text;
    for (std::size_t i = 0; i < after.plan->changes.size(); ++i) {
      EXPECT_TRUE(after.plan->changes[i].order(before.plan->changes[i]) == 0);
    }
    EXPECT_GE(adopted->adoption.groups, 1U);
    ++tried;
  }
  EXPECT_GT(tried, 20U);
}

}  // namespace
}  // namespace rolecall::test
