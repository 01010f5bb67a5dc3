// Saved plans that somebody rewrote, with every digest in them made to fit: whatever they ask for,
// only what the policy asks for is done. Judged by the organization's own state, not by what
// rolecall says. ROLECALL_CASES=10000 for the long run.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <set>

#include "controller/applier.h"
#include "controller/reconciler.h"
#include "diff/plan_file.h"
#include "state/model/json.h"
#include "state/simulator/fake_client.h"
#include "tests/support/cases.h"
#include "tests/support/no_log.h"
#include "tests/support/org_model.h"
#include "tests/support/random_case.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

using simulator::FakeClient;
using test::Dice;
using test::Model;
using test::RandomCase;

constexpr std::uint64_t kUsual = 240;
constexpr std::uint64_t kForgeriesOfAPlan = 8;

/// An organization and a policy, from the beginning each time.
class Attempt {
 public:
  Attempt(const RandomCase& one, const std::string& policy_path)
      : policy_path_(policy_path), client_(FakeClient::from_seed(one.seed).value()) {}

  Planned plan(const SavedPlan* only = nullptr) {
    PlanRequest request{policy_path_, client_->clock().now(), {}};
    request.only = only;
    request.for_people = false;
    return plan_policy(*client_, request, {});
  }
  void apply(const Plan& plan) {
    test::NoLog log;
    (void)apply_plan(plan, {*client_, log, client_->clock(), {}, {}, {}});
  }
  [[nodiscard]] Model model() const { return test::read_model(client_->org().state()); }

 private:
  std::string policy_path_;
  std::unique_ptr<FakeClient> client_;
};

/// Everything that is so, one fact a line; a fact that is missing is not so.
std::set<std::string> facts(const Model& model) {
  std::set<std::string> out;
  for (const auto& [who, person] : model.people) {
    out.insert(who + " is here");
    if (person.suspended) out.insert(who + " is suspended");
    if (person.admin) out.insert(who + " is an admin");
    for (const std::string& access : person.access) out.insert(who + " may " + access);
  }
  for (const auto& [name, group] : model.groups) {
    out.insert(name + " exists");
    for (const std::string& who : group.members) out.insert(name + " has " + who);
    for (const std::string& access : group.access) out.insert(name + " may " + access);
  }
  return out;
}

/// What became so, or ceased to be, without the policy asking for it.
std::vector<std::string> not_asked_for(const std::set<std::string>& before,
                                       const std::set<std::string>& wanted,
                                       const std::set<std::string>& after) {
  std::vector<std::string> out;
  for (const std::string& fact : after) {
    if (!before.contains(fact) && !wanted.contains(fact)) out.push_back("+ " + fact);
  }
  for (const std::string& fact : before) {
    if (!after.contains(fact) && wanted.contains(fact)) out.push_back("- " + fact);
  }
  return out;
}

// --- forging ------------------------------------------------------------------------------------

/// What a forger knows: every name, and the id behind it.
struct Known {
  std::vector<std::pair<std::string, std::string>> people, groups, resources;
};

Known known_of(const RandomCase& one, const Plan& honest) {
  std::map<std::string, std::string> people{{"mallory@evil.example", "712020:mallory"}};
  std::map<std::string, std::string> groups{{"backdoor", ""}};
  std::map<std::string, std::string> resources;
  const boost::json::value state = FakeClient::from_seed(one.seed).value()->org().state();
  const auto text = [](const boost::json::value& of, std::string_view member) {
    const boost::json::string* found = string_member(of, member);
    return found == nullptr ? std::string() : std::string(*found);
  };
  for (const auto& user : state.at("users").as_array()) {
    people[text(user, "email")] = text(user, "id");
  }
  for (const auto& group : state.at("groups").as_array()) {
    groups[text(group, "name")] = text(group, "id");
  }
  for (const Change& change : honest.changes) {
    if (!change.user.empty()) people[change.user] = change.account_id;
    if (!change.group.empty()) groups[change.group] = change.group_id;
    if (!change.resource.empty()) resources[change.resource] = change.ari;
  }
  const auto list = [](const std::map<std::string, std::string>& from) {
    return std::vector<std::pair<std::string, std::string>>(from.begin(), from.end());
  };
  return {list(people), list(groups), list(resources)};
}

class Forger {
 public:
  Forger(Dice& dice, const Known& known) : dice_(dice), known_(known) {}

  /// The bytes of a file with one or more things in it that are not what was planned. Its digests
  /// fit, and it is in order unless order is what was forged.
  std::string forge(const SavedPlan& honest) {
    SavedPlan forged = honest;
    sorted_ = true;
    twice_ = {};
    for (int n = 1 + dice_.below(3); n > 0; --n) once(forged);
    if (sorted_) sort(forged.plan);
    reschedule(forged.plan);
    std::string bytes = save_plan(forged.plan, forged.info);
    if (!twice_.empty()) put_twice(bytes);
    return bytes;
  }

 private:
  template <class T>
  const T& any(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(dice_.below(static_cast<int>(from.size())))];
  }
  Change& any_change(Plan& plan) {
    if (plan.changes.empty()) plan.changes.push_back(made_up());
    return plan
        .changes[static_cast<std::size_t>(dice_.below(static_cast<int>(plan.changes.size())))];
  }
  void name_user(Change& change) { std::tie(change.user, change.account_id) = any(known_.people); }
  void name_group(Change& change) { std::tie(change.group, change.group_id) = any(known_.groups); }
  void name_resource(Change& change) {
    if (known_.resources.empty()) {
      change.resource = change.ari = "ari:cloud:jira-software::site/forged";
    } else {
      std::tie(change.resource, change.ari) = any(known_.resources);
    }
  }

  /// With the fields that its kind uses.
  Change made_up() {
    Change change;
    change.kind = static_cast<ChangeKind>(dice_.below(static_cast<int>(kChangeKindCount)));
    const std::string_view kind = name(change.kind);
    if (kind.find("user") != std::string_view::npos || kind.find("member") != kind.npos ||
        kind.find("org_role") != kind.npos) {
      name_user(change);
    }
    if (kind.find("group") != kind.npos || kind.find("member") != kind.npos) name_group(change);
    if (kind.find("access") != kind.npos) {
      name_resource(change);
      change.role = "admin";
    }
    if (kind.find("org_role") != kind.npos) change.role = "org-admin";
    change.cause = {{"rolecall.toml", 1, 1}, "listed in members", ""};
    return change;
  }

  /// A letter that looks like the one it replaces, another case, or one that cannot be seen.
  std::string alias_of(std::string text) {
    const std::array<std::pair<std::string_view, std::string_view>, 6> kAliases = {
        {{"a", "\u0430"},
         {"e", "\u0435"},
         {"p", "\u0440"},
         {"o", "\u043e"},
         {"e", "e\u0301"},
         {"p", "P"}}};
    const auto& [letter, instead] = kAliases[static_cast<std::size_t>(dice_.below(6))];
    const std::size_t at = text.find(letter);
    if (at == std::string::npos) return text + "\u200b";
    return text.replace(at, letter.size(), instead);
  }

  void once(SavedPlan& forged) {
    Plan& plan = forged.plan;
    switch (dice_.below(13)) {
      case 0:
      case 1:
        for (int n = 1 + dice_.below(3); n > 0; --n) plan.changes.push_back(made_up());
        return;
      case 2:
        return name_user(any_change(plan));
      case 3:
        return name_group(any_change(plan));
      case 4: {
        Change& change = any_change(plan);
        change.role = change.role == "admin" ? "user" : "admin";
        return;
      }
      case 5:
        // The guard says no more, and the plan seems to be made of all there is.
        plan.refusals.clear();
        plan.complete = true;
        plan.notes.clear();
        plan.changes.push_back(made_up());
        return;
      case 6: {
        constexpr std::array<std::string_view, 4> kMembers = {"\"kind\"", "\"changes\"", "\"user\"",
                                                              "\"complete\""};
        twice_ = kMembers.at(static_cast<std::size_t>(dice_.below(4)));
        return;
      }
      case 7: {
        Change& change = any_change(plan);
        std::string& text = change.group.empty() ? change.user : change.group;
        text = alias_of(text);
        return;
      }
      case 8:
        plan.changes.push_back(made_up());
        std::rotate(plan.changes.begin(),
                    plan.changes.begin() + dice_.below(static_cast<int>(plan.changes.size())),
                    plan.changes.end());
        sorted_ = false;
        return;
      case 9: {
        // Granting where something was to be taken away, and the other way round.
        Change& change = any_change(plan);
        change.kind = static_cast<ChangeKind>(dice_.below(static_cast<int>(kChangeKindCount)));
        return;
      }
      case 10: {
        Change& change = any_change(plan);
        change.account_id = any(known_.people).second;
        change.group_id = any(known_.groups).second;
        return;
      }
      case 11: {
        Change& change = any_change(plan);
        change.description = "made by hand";
        change.cause = {{"other.toml", 7, 1}, "said so", "trust me"};
        return;
      }
      default:
        // Left out is the one thing that a file may do.
        if (!plan.changes.empty()) {
          plan.changes.erase(plan.changes.begin() +
                             dice_.below(static_cast<int>(plan.changes.size())));
        }
        if (dice_.chance(2)) forged.info.at_given = !forged.info.at_given;
        return;
    }
  }

  static void sort(Plan& plan) {
    const auto before = [](const Change& a, const Change& b) { return a.order(b) < 0; };
    const auto same = [](const Change& a, const Change& b) { return a.order(b) == 0; };
    std::sort(plan.changes.begin(), plan.changes.end(), before);
    plan.changes.erase(std::unique(plan.changes.begin(), plan.changes.end(), same),
                       plan.changes.end());
  }

  void put_twice(std::string& bytes) const {
    const std::size_t at = bytes.find(twice_);
    if (at != std::string::npos) bytes.insert(at, std::string(twice_) + ": null, ");
  }

  Dice& dice_;
  const Known& known_;
  bool sorted_ = true;
  std::string_view twice_;
};

TEST(ForgedPlans, DoNothingThatThePolicyDoesNotAskFor) {
  const std::uint64_t n = test::cases(kUsual);
  const test::TempDir dir;
  std::uint64_t tried = 0;
  std::uint64_t unread = 0;
  std::uint64_t stale = 0;
  std::uint64_t refused = 0;
  std::uint64_t narrowed = 0;
  for (std::uint64_t seed = 0; tried < n; ++seed) {
    const RandomCase one = test::make_random_case(seed);
    const std::string policy = dir.write("rolecall.toml", one.policy);
    Attempt honest(one, policy);
    const Planned planned = honest.plan();
    if (!planned.plan) continue;
    const SavedPlanInfo info{ROLECALL_VERSION, planned.plan->at, policy};
    const std::string bytes = save_plan(*planned.plan, info);
    const auto saved = parse_saved_plan(bytes);
    ASSERT_TRUE(saved) << saved.error().what;
    const std::set<std::string> before = facts(honest.model());
    if (planned.plan->applyable()) honest.apply(*planned.plan);
    const std::set<std::string> wanted = facts(honest.model());
    const Known known = known_of(one, *planned.plan);

    for (std::uint64_t i = 0; i < kForgeriesOfAPlan && tried < n; ++i) {
      Dice dice(seed * kForgeriesOfAPlan + i);
      const std::string forged = Forger(dice, known).forge(*saved);
      if (forged == bytes) continue;
      ++tried;
      const auto parsed = parse_saved_plan(forged);
      if (!parsed) {
        ++unread;
        continue;
      }
      Attempt attempt(one, policy);
      const Planned again = attempt.plan(&*parsed);
      ASSERT_TRUE(again.plan) << "case " << seed << '/' << i;
      // A stale plan is not applied. It is here: that it is narrowed has to be enough by itself.
      if (!again.stale.empty()) {
        ++stale;
      } else if (!again.plan->applyable()) {
        ++refused;
      } else {
        ++narrowed;
      }
      if (!again.plan->applyable()) continue;
      attempt.apply(*again.plan);
      ASSERT_EQ(not_asked_for(before, wanted, facts(attempt.model())), std::vector<std::string>())
          << "case " << seed << '/' << i << '\n'
          << forged;
    }
  }
  RecordProperty("tried", std::to_string(tried));
  std::cout << tried << " forgeries: " << unread << " not read, " << stale << " stale, " << refused
            << " refused, " << narrowed << " applied in part\n";
  // Each of the ways out is one that forgeries took.
  EXPECT_GT(unread, n / 50);
  EXPECT_GT(stale, n / 4);
  EXPECT_GT(narrowed, n / 50);
}

}  // namespace
}  // namespace rolecall
