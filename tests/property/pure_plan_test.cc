// guarantees.md D1: the bytes of a plan follow from policy and organization alone. The order in
// which the organization lists things, in which answers overtake each other and how many calls are
// in flight leave no trace. ROLECALL_CASES=500 for the long run.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "diff/render.h"
#include "state/model/json.h"
#include "tests/support/cases.h"
#include "tests/support/rehearsal.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using test::Dice;

void shuffle(json::array& list, Dice& dice) {
  for (std::size_t i = list.size(); i > 1; --i) {
    std::swap(list[i - 1], list[static_cast<std::size_t>(dice.below(static_cast<int>(i)))]);
  }
}

/// Three pages of people, two of groups, and grants; with ids, so that none follows from the order.
json::object organization() {
  const json::value seed = simulator::generate_seed({230, 130, 900, 1});
  const auto org = simulator::FakeOrg::from_seed(seed, [] { return Instant(); });
  return org->state().as_object();
}

/// Wants changes of most kinds of the first people and groups by name.
std::string policy_for(const json::object& seed) {
  std::vector<std::string> people, groups;
  for (const json::value& user : seed.at("users").as_array()) {
    if (string_or(user, "status", "active") == "active") {
      people.push_back(string_or(user, "email", ""));
    }
  }
  for (const json::value& group : seed.at("groups").as_array()) {
    if (member(group, "synced") == nullptr && member(group, "built_in") == nullptr) {
      groups.push_back(string_or(group, "name", ""));
    }
  }
  std::sort(people.begin(), people.end());
  std::sort(groups.begin(), groups.end());
  std::string out =
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n[safety]\nmin_org_admins = 0\n",
                  std::string(*string_member(*member(seed, "organization"), "id")));
  for (const char* limit : {"remove_members", "remove_members_per_group", "suspend_users",
                            "remove_users", "delete_groups"}) {
    out += fmt::format("[safety.limits.{}]\nfree = 9999\n", limit);
  }
  out += "[users]\n";
  for (std::size_t i = 0; i < 60; ++i) {
    static constexpr const char* kAsks[] = {"", "state = \"suspended\"", "roles = [\"org-admin\"]",
                                            "state = \"removed\""};
    out += fmt::format("\"{}\" = {{ {} }}\n", people[i], kAsks[i % 4]);
  }
  for (int i = 0; i < 40; ++i) out += fmt::format("\"new{}@acme.example\" = {{}}\n", i);
  for (std::size_t g = 0; g < 30; ++g) {
    out += fmt::format("[groups.{}]\n", json::serialize(json::value(groups[g])));
    if (g % 7 == 3) {
      out += "state = \"absent\"\n";
      continue;
    }
    out += "members = [";
    for (std::size_t i = g; i < 60; i += 4 + g) {
      if (i % 4 == 0 || i % 4 == 2) out += fmt::format("\"{}\", ", people[i]);
    }
    out += fmt::format("\"new{}@acme.example\"]\n", g);
  }
  return out;
}

std::string bytes_of(const Plan& plan) {
  return render_json(plan, "x") + render_text(plan, {}) + render_markdown(plan);
}

TEST(PurePlan, KnowsNothingOfTheOrderOfAnything) {
  const json::object first = organization();
  const std::string policy = policy_for(first);
  const auto planned = [&](const json::object& seed, simulator::FakeClientOptions options) {
    test::Rehearsal world(seed, options);
    world.policy(policy);
    Planned out = world.plan();
    EXPECT_TRUE(out.plan) << render(out.diagnostics);
    if (!out.plan) return std::string();
    const std::string folder =
        std::filesystem::path(world.store_path()).parent_path().parent_path().string();
    out.plan->policy_digest.clear();  // which knows the folder
    std::string bytes = bytes_of(*out.plan);
    for (std::size_t at = 0; (at = bytes.find(folder, at)) != std::string::npos;) {
      bytes.erase(at, folder.size());
    }
    return bytes;
  };
  const std::string bytes = planned(first, {});
  ASSERT_GT(std::count(bytes.begin(), bytes.end(), '\n'), 1000) << "there is much to plan";
  const std::uint64_t runs = test::cases(12);
  for (std::uint64_t run = 1; run <= runs; ++run) {
    Dice dice(run);
    json::object seed = first;
    for (const char* list : {"users", "groups", "workspaces"}) {
      shuffle(seed.at(list).as_array(), dice);
    }
    const simulator::FakeClientOptions options{
        .seed = run,
        .parallelism = static_cast<std::size_t>(1 + dice.below(32)),
        .latency = std::chrono::milliseconds(dice.below(400))};
    const std::string again = planned(seed, options);
    ASSERT_TRUE(again == bytes) << "run " << run;
  }
}

}  // namespace
}  // namespace rolecall
