#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "controller/fetch_scope.h"
#include "diff/diff.h"
#include "diff/render.h"
#include "policies/policy.h"
#include "state/model/text.h"
#include "state/simulator/fake_client.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/checks.h"
#include "tests/fuzz/targets.h"

namespace rolecall::fuzz {
namespace {

namespace json = boost::json;

constexpr const char* kOrg = "1b2c3d4e-0000-4000-8000-0000000000aa";
constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
constexpr std::array<std::string_view, 6> kPeople = {"a@x.example", "b@x.example", "c@x.example",
                                                     "d@x.example", "e@x.example", "f@x.example"};
constexpr std::array<std::string_view, 5> kGroups = {"dev", "Ops", "\xC3\xA9t\xC3\xA9", "a|b<i>`",
                                                     "=1+1@team"};
constexpr std::array<std::string_view, 3> kRoles = {"user", "admin", "viewer"};

std::string name_of(Bytes& bytes) {
  return std::string(bytes.coin() ? bytes.text() : "plain");
}

json::value make_seed(Bytes& bytes) {
  json::array users;
  users.push_back(json::object{{"email", "root@x.example"}, {"roles", json::array{"org-admin"}}});
  json::array groups;
  std::vector<std::string_view> here;
  for (const std::string_view person : kPeople) {
    constexpr std::array kStatus = {"",        "active",      "suspended",
                                    "invited", "not_invited", "deactivated"};
    const std::size_t status = bytes.below(kStatus.size());
    if (status == 0) continue;
    if (status <= 3) here.push_back(person);  // the others are in no directory
    json::object user{{"email", person}, {"status", kStatus.at(status)}};
    const std::string name = name_of(bytes);
    if (!find_invalid_utf8(name)) user["name"] = name;
    if (bytes.coin()) user["roles"] = json::array{"org-admin"};
    if (bytes.coin()) user["access"] = json::object{{kJira, json::array{"user"}}};
    users.push_back(std::move(user));
  }
  for (const std::string_view group : kGroups) {
    if (bytes.coin()) continue;
    json::array members;
    for (const std::string_view person : here) {
      if (bytes.coin()) members.emplace_back(person);
    }
    json::object item{{"name", group}, {"members", std::move(members)}};
    if (bytes.coin())
      item["access"] = json::object{{kJira, json::array{kRoles.at(bytes.below(kRoles.size()))}}};
    if (bytes.below(8) == 1) item["synced"] = true;
    if (bytes.below(8) == 1) item["built_in"] = true;
    groups.push_back(std::move(item));
  }
  return json::object{{"organization", json::object{{"id", kOrg}}},
                      {"workspaces", json::array{json::object{{"ari", kJira}}}},
                      {"users", std::move(users)},
                      {"groups", std::move(groups)}};
}

std::string list(Bytes& bytes, std::span<const std::string_view> words) {
  std::string out = "[";
  for (const std::string_view word : words) {
    if (bytes.coin()) out += "'" + std::string(word) + "', ";
  }
  return out + "]";
}

std::string make_policy(Bytes& bytes) {
  constexpr std::array<std::string_view, 3> kUnlisted = {"ignore", "suspend", "remove"};
  std::string out = "version = 1\n[organization]\nid = '" + std::string(kOrg) + "'\n";
  out += "unlisted_users = '" + std::string(kUnlisted.at(bytes.below(3))) + "'\n";
  if (bytes.coin()) out += "unlisted_groups = 'delete'\n";
  out += "[resources]\njira = '" + std::string(kJira) + "'\n[users]\n";
  for (const std::string_view person : kPeople) {
    constexpr std::array<std::string_view, 6> kEntries = {
        "state = 'active'",      "state = 'suspended'",     "state = 'removed'",
        "roles = ['org-admin']", "roles = [], access = {}", "access = { jira = ['admin'] }"};
    const std::size_t entry = bytes.below(kEntries.size() + 2);
    if (entry < kEntries.size()) {
      out += "'" + std::string(person) + "' = { " + std::string(kEntries.at(entry)) + " }\n";
    } else if (entry == kEntries.size()) {
      out += "'" + std::string(person) + "' = { until = 2026-11-01, attributes = { d = 'x' } }\n";
    }
  }
  for (const std::string_view group : kGroups) {
    const std::size_t kind = bytes.below(8);
    if (kind == 0) continue;
    out += "[groups.'" + std::string(group) + "']\n";
    if (kind == 1) {
      out += "state = 'absent'\n";
      continue;
    }
    if ((kind & 2U) != 0) out += "members = " + list(bytes, kPeople) + "\n";
    if ((kind & 4U) != 0) out += "access = { jira = " + list(bytes, kRoles) + " }\n";
    if (bytes.below(4) == 1) out += "membership = 'additive'\n";
    if (bytes.below(4) == 1)
      out += "include = ['" + std::string(kGroups.at(bytes.below(5))) + "']\n";
    if (bytes.below(4) == 1) out += "match = { d = 'x' }\n";
    if (bytes.below(4) == 1) out += "empty = true\n";
    if (bytes.below(8) == 1)
      out += "previous_names = ['" + std::string(kGroups.at(bytes.below(5))) + "']\n";
  }
  out += "[safety]\nmin_org_admins = " + std::to_string(bytes.below(4)) + "\n";
  if (bytes.coin()) out += "protected_users = " + list(bytes, kPeople) + "\n";
  if (bytes.coin()) out += "protected_groups = " + list(bytes, kGroups) + "\n";
  return out;
}

/// The plan in JSON; empty where policy and organization do not fit each other.
std::string plan_of(const json::value& seed, const std::vector<SourceFile>& files,
                    std::uint64_t random) {
  simulator::FakeClientOptions client_options;
  client_options.seed = random;
  const auto client = simulator::FakeClient::from_seed(seed, client_options);
  require(client.has_value(), client ? "" : "the seed: " + client.error().what);
  const ParsedPolicy parsed = parse_policy(files);
  require_inside(parsed.diagnostics, files[0].path, files[0].bytes);
  if (parsed.diagnostics.has_errors()) return {};
  Catalog catalog;
  const ResolvedPolicy resolved =
      resolve_policy(*parsed.policy, *parse_instant("2026-12-01"), nullptr, catalog);
  require(!resolved.diagnostics.has_errors(), "a policy that does not resolve");
  const auto live = fetch(**client, fetch_scope(resolved.desired), catalog);
  require(live.has_value() && live->complete(), "an honest organization that is not believed");
  const PlanResult planned = make_plan({resolved.desired, *live, catalog});
  require_inside(planned.diagnostics, files[0].path, files[0].bytes);
  if (planned.diagnostics.has_errors()) return {};
  require_printable(render_text(planned.plan, {}));
  (void)render_markdown(planned.plan);
  require((*client)->org().requests().as_array().size() == live->read_calls, "calls beyond reads");
  return render_json(planned.plan, "1");
}

}  // namespace

void world(std::string_view input) {
  Bytes bytes(input);
  const json::value seed = make_seed(bytes);
  const std::vector<SourceFile> files{{"p.toml", make_policy(bytes)}};
  require(plan_of(seed, files, 1) == plan_of(seed, files, 2), "two plans for the same thing");
}

}  // namespace rolecall::fuzz
