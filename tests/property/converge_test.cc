#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "controller/applier.h"
#include "controller/reconciler.h"
#include "diff/render.h"
#include "state/model/json.h"
#include "state/simulator/fake_client.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr const char* kOrg = "1b2c3d4e-0000-4000-8000-0000000000aa";
constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
constexpr const char* kWiki = "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001";
constexpr int kPeople = 8;
constexpr int kGroups = 4;

std::string person(int i) {
  return "p" + std::to_string(i) + "@acme.example";
}
std::string group(int i) {
  return "group-" + std::to_string(i);
}

/// A small world in the terms of this test alone: no type of the planner is used to say what is
/// wanted.
struct Person {
  bool here = false;
  bool suspended = false;
};
struct Crowd {
  bool here = false;
  std::set<int> members{};
  std::set<std::string> jira_roles{};
};
struct World {
  std::map<int, Person> people{};
  std::map<int, Crowd> groups{};
};

enum class Ask { nothing, active, suspended, removed };
enum class GroupAsk { nothing, present, absent };
struct GroupWish {
  GroupAsk ask = GroupAsk::nothing;
  bool members_managed = false;
  bool additive = false;
  std::set<int> members{};
  bool access_managed = false;
  std::set<std::string> jira_roles{};
};
struct Wish {
  std::map<int, Ask> people{};
  std::map<int, GroupWish> groups{};
};

/// Ranges of their whole width from the first test on, not growing with the number of tests.
int pick(int from, int to) {
  return *rc::gen::resize(100, rc::gen::inRange(from, to));
}

bool coin() {
  return pick(0, 2) == 1;
}

std::set<std::string> some_roles() {
  std::set<std::string> out;
  for (const char* role : {"user", "admin", "viewer"}) {
    if (pick(0, 3) == 0) out.insert(role);
  }
  return out;
}

World make_world() {
  World world;
  for (int i = 0; i < kPeople; ++i) {
    Person& one = world.people[i];
    one.here = coin();
    one.suspended = one.here && pick(0, 4) == 0;
  }
  for (int g = 0; g < kGroups; ++g) {
    Crowd& crowd = world.groups[g];
    crowd.here = coin();
    if (!crowd.here) continue;
    for (int i = 0; i < kPeople; ++i) {
      if (world.people[i].here && coin()) crowd.members.insert(i);
    }
    crowd.jira_roles = some_roles();
  }
  return world;
}

Wish make_wish() {
  Wish wish;
  for (int i = 0; i < kPeople; ++i) {
    wish.people[i] = static_cast<Ask>(pick(0, 4));
  }
  for (int g = 0; g < kGroups; ++g) {
    GroupWish& one = wish.groups[g];
    one.ask = static_cast<GroupAsk>(pick(0, 3));
    one.members_managed = coin();
    one.additive = coin();
    for (int i = 0; i < kPeople; ++i) {
      if (wish.people[i] == Ask::active && coin()) one.members.insert(i);
    }
    one.access_managed = coin();
    one.jira_roles = some_roles();
  }
  return wish;
}

/// What the rules of the policy language make of the world, worked out object by object.
World wanted(const World& before, const Wish& wish) {
  World after = before;
  for (const auto& [i, ask] : wish.people) {
    Person& one = after.people[i];
    if (ask == Ask::active) one = {true, false};
    if (ask == Ask::suspended && one.here) one.suspended = true;
    if (ask == Ask::removed) one = {};
  }
  for (const auto& [g, ask] : wish.groups) {
    Crowd& crowd = after.groups[g];
    if (ask.ask == GroupAsk::absent) crowd = {};
    if (ask.ask != GroupAsk::present) continue;
    crowd.here = true;
    if (ask.members_managed) {
      std::set<int> members = ask.members;
      for (const int i : crowd.members) {
        if (ask.additive || wish.people.at(i) == Ask::suspended) members.insert(i);
      }
      crowd.members = members;
    }
    if (ask.access_managed) crowd.jira_roles = ask.jira_roles;
  }
  for (auto& [g, crowd] : after.groups) {
    std::erase_if(crowd.members, [&](int i) { return !after.people[i].here; });
  }
  return after;
}

std::string seed_of(const World& world) {
  json::array users;
  users.push_back(json::object{{"email", "root@acme.example"}, {"roles", {"org-admin"}}});
  for (const auto& [i, one] : world.people) {
    if (!one.here) continue;
    users.push_back(
        json::object{{"email", person(i)}, {"status", one.suspended ? "suspended" : "active"}});
  }
  json::array groups;
  for (const auto& [g, crowd] : world.groups) {
    if (!crowd.here) continue;
    json::array members;
    for (const int i : crowd.members) members.emplace_back(person(i));
    json::object access;
    json::array roles(crowd.jira_roles.begin(), crowd.jira_roles.end());
    if (!roles.empty()) access[kJira] = roles;
    access[kWiki] = json::array{"user"};
    groups.push_back(
        json::object{{"name", group(g)}, {"members", members}, {"access", std::move(access)}});
  }
  return json::serialize(json::object{
      {"organization", {{"id", kOrg}}},
      {"workspaces", {{{"ari", kJira}}, {{"ari", kWiki}}}},
      {"users", std::move(users)},
      {"groups", std::move(groups)},
  });
}

std::string toml_of(const Wish& wish) {
  std::string out = "version = 1\n[organization]\nid = \"" + std::string(kOrg) +
                    "\"\n[resources]\njira = \"" + kJira + "\"\n[safety]\nmin_org_admins = 1\n";
  for (const std::string_view klass : kLimitClassNames) {
    out += "[safety.limits." + std::string(klass) + "]\nfree = 1000\n";
  }
  out += "[users]\n";
  for (const auto& [i, ask] : wish.people) {
    if (ask == Ask::nothing) continue;
    const char* state = ask == Ask::active      ? "active"
                        : ask == Ask::suspended ? "suspended"
                                                : "removed";
    out += "\"" + person(i) + "\" = { state = \"" + state + "\" }\n";
  }
  for (const auto& [g, one] : wish.groups) {
    if (one.ask == GroupAsk::nothing) continue;
    out += "[groups." + group(g) + "]\n";
    if (one.ask == GroupAsk::absent) {
      out += "state = \"absent\"\n";
      continue;
    }
    if (one.members_managed) {
      out += "members = [";
      for (const int i : one.members) out += "\"" + person(i) + "\", ";
      out += "]\n";
      if (one.members.empty()) out += "empty = true\n";
      if (one.additive) out += "membership = \"additive\"\n";
    }
    if (one.access_managed) {
      out += "access = { jira = [";
      for (const std::string& role : one.jira_roles) out += "\"" + role + "\", ";
      out += "] }\n";
    }
  }
  return out;
}

World read_world(const json::value& state) {
  World world;
  for (int i = 0; i < kPeople; ++i) world.people[i];
  for (int g = 0; g < kGroups; ++g) world.groups[g];
  for (const json::value& user : state.at("users").as_array()) {
    for (int i = 0; i < kPeople; ++i) {
      if (*string_member(user, "email") != person(i)) continue;
      const json::string* status = string_member(user, "status");
      const bool gone = status != nullptr && *status == "not_invited";
      world.people[i] = {!gone, status != nullptr && *status == "suspended"};
    }
  }
  const json::array* groups = array_member(state, "groups");
  for (const json::value& item : groups == nullptr ? json::array() : *groups) {
    for (int g = 0; g < kGroups; ++g) {
      if (*string_member(item, "name") != group(g)) continue;
      Crowd& crowd = world.groups[g];
      crowd.here = true;
      if (const json::array* members = array_member(item, "members")) {
        for (const json::value& member : *members) {
          for (int i = 0; i < kPeople; ++i) {
            if (member.as_string() == person(i)) crowd.members.insert(i);
          }
        }
      }
      if (const json::value* access = member(item, "access")) {
        if (const json::array* roles = array_member(*access, kJira)) {
          for (const json::value& role : *roles) {
            std::string word(role.as_string());
            crowd.jira_roles.insert(word.substr(word.find('/') + 1));
          }
        }
      }
    }
  }
  return world;
}

bool operator==(const Person& a, const Person& b) {
  return a.here == b.here && a.suspended == b.suspended;
}
bool operator==(const Crowd& a, const Crowd& b) {
  return a.here == b.here && a.members == b.members && a.jira_roles == b.jira_roles;
}

class Trial {
 public:
  Trial(const World& world, const Wish& wish, std::uint64_t seed) {
    simulator::FakeClientOptions options;
    options.seed = seed;
    auto made = simulator::FakeClient::from_seed(json::parse(seed_of(world)), options);
    RC_ASSERT(made.has_value());
    client_ = std::move(*made);
    policy_ = dir_.write("rolecall.toml", toml_of(wish));
  }

  Plan plan() {
    const Planned planned = plan_policy(*client_, {policy_, client_->clock().now(), {}, {}}, {});
    if (!planned.plan) {
      RC_LOG() << render(planned.diagnostics) << (planned.error ? planned.error->what : "");
    }
    RC_ASSERT(planned.plan.has_value());
    return *planned.plan;
  }

  ApplyReport apply(const Plan& plan) {
    std::filesystem::create_directories(dir_.path() / ".rolecall");
    auto store =
        Store::open((dir_.path() / ".rolecall" / "rolecall.db").string(), Store::Access::write);
    RC_ASSERT(store.has_value());
    const auto run = store->begin_run({});
    RC_ASSERT(run.has_value());
    StoreLog log(*store, *run);
    return apply_plan(plan, {*client_, log, client_->clock(), {}, {}, {}});
  }

  simulator::FakeClient& client() { return *client_; }

 private:
  test::TempDir dir_;
  std::string policy_;
  std::unique_ptr<simulator::FakeClient> client_;
};

std::size_t effective_writes(const json::value& requests) {
  std::size_t out = 0;
  for (const json::value& request : requests.as_array()) {
    const bool* effective = bool_member(request, "effective");
    if (effective != nullptr && *effective) ++out;
  }
  return out;
}

TEST(ConvergeProperty, ApplyMakesTheOrganizationAsWantedAndASecondPlanIsEmpty) {
  const bool held = rc::check([] {
    const World before = make_world();
    const Wish wish = make_wish();
    Trial trial(before, wish, *rc::gen::arbitrary<std::uint64_t>());

    const Plan plan = trial.plan();
    RC_ASSERT(plan.complete);
    RC_ASSERT(plan.refusals.empty());
    RC_ASSERT(effective_writes(trial.client().org().requests()) == 0U);

    const ApplyReport report = trial.apply(plan);
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
      if (report.outcomes[i].state != ChangeOutcome::State::applied) {
        RC_LOG() << name(plan.changes[i].kind) << ' ' << plan.changes[i].user << ' '
                 << plan.changes[i].group << ": " << report.outcomes[i].message;
      }
      RC_ASSERT(report.outcomes[i].state == ChangeOutcome::State::applied);
    }
    RC_ASSERT(report.writes == plan.calls.size());

    const World after = read_world(trial.client().org().state());
    const World goal = wanted(before, wish);
    for (int i = 0; i < kPeople; ++i) {
      if (!(after.people.at(i) == goal.people.at(i))) RC_LOG() << person(i);
      RC_ASSERT(after.people.at(i) == goal.people.at(i));
    }
    for (int g = 0; g < kGroups; ++g) {
      if (!(after.groups.at(g) == goal.groups.at(g))) RC_LOG() << group(g);
      RC_ASSERT(after.groups.at(g) == goal.groups.at(g));
    }

    const Plan again = trial.plan();
    RC_ASSERT(again.changes.empty());
    const json::value requests = trial.client().org().requests();
    for (const json::value& request : requests.as_array()) {
      const bool* valid = bool_member(request, "valid");
      if (valid != nullptr && !*valid) RC_LOG() << json::serialize(request);
      RC_ASSERT(valid == nullptr || *valid);
    }
  });
  EXPECT_TRUE(held);
}

TEST(ConvergeProperty, PlansOfTheSameInputAreTheSameBytes) {
  const bool held = rc::check([] {
    const World before = make_world();
    const Wish wish = make_wish();
    Trial one(before, wish, 1);
    Trial two(before, wish, 2);
    Plan first = one.plan();
    Plan second = two.plan();
    // Where the policy lies and when it was read differ between the trials, and nothing else.
    second.at = first.at;
    for (Change& change : first.changes) change.cause.place.file.clear();
    for (Change& change : second.changes) change.cause.place.file.clear();
    first.policy_digest = second.policy_digest;
    RC_ASSERT(render_json(first, "x") == render_json(second, "x"));
  });
  EXPECT_TRUE(held);
}

TEST(ConvergeProperty, EveryChangeIsNeeded) {
  const bool held = rc::check([] {
    const World before = make_world();
    const Wish wish = make_wish();
    const Plan plan = Trial(before, wish, 1).plan();
    if (plan.calls.empty()) return;
    const std::size_t left_out =
        static_cast<std::size_t>(pick(0, static_cast<int>(plan.calls.size())));
    Trial trial(before, wish, 1);
    Plan partial = trial.plan();
    partial.calls.erase(partial.calls.begin() + static_cast<std::ptrdiff_t>(left_out));
    (void)trial.apply(partial);
    RC_ASSERT(!trial.plan().changes.empty());
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace rolecall
