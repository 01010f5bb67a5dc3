// guarantees.md B5: three calls in ten fail, and a thousand changes come about all the same, each
// once, within three runs.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <map>

#include "state/api/paced_client.h"
#include "state/model/instant.h"
#include "tests/support/cases.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr const char* kOrg = "1b2c3d4e-0000-4000-8000-0000000000aa";
constexpr int kPeople = 100;
constexpr int kGroups = 40;
constexpr int kMembers = 24;
constexpr int kWithAccess = 20;
constexpr int kHandful = 5;
// A handful each leaves a group, is given and loses an app; one each is suspended, restored,
// removed, made an admin and made none; a group goes, another loses its app. (Nobody is invited: an
// invitation that may not have been sent waits for a person.)
constexpr std::size_t kChanges = kGroups * (1 + kMembers) + kWithAccess + 3 * kHandful + 5 + 2;
constexpr const char* kJira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";
constexpr milliseconds kTold{2'000};
/// Within three, but for one seed in a hundred at most: in a tenth of the runs some reading fails
/// each of its tries, and what was not read waits for the next run.
constexpr int kMostRuns = 4;

std::string person(int i) {
  return fmt::format("p{}@acme.example", i);
}

/// A handful of people from this one on.
constexpr int kStripped = 90, kGiven = 80;
bool is_in(int i, int first) {
  return i >= first && i < first + kHandful;
}

json::value organization() {
  json::array users, crowd;
  for (int i = 0; i < kPeople; ++i) {
    json::object user{{"email", person(i)}};
    if (i < 4) user["roles"] = json::array{"org-admin"};
    if (i == 96) user["status"] = "suspended";
    if (is_in(i, kStripped)) user["access"] = json::object{{kJira, {"user"}}};
    users.push_back(std::move(user));
    if (i < 2 * kHandful) crowd.emplace_back(person(i));
  }
  const json::object jira{{kJira, {"user"}}};
  json::array groups{json::object{{"name", "old"}, {"members", crowd}, {"access", jira}},
                     json::object{{"name", "crowd"}, {"members", crowd}},
                     json::object{{"name", "apps"}, {"access", jira}}};
  return json::object{
      {"organization", json::object{{"id", kOrg}}},
      {"workspaces", json::array{json::object{{"ari", kJira}, {"host", "acme.atlassian.net"}}}},
      {"users", std::move(users)},
      {"groups", std::move(groups)}};
}

std::string policy() {
  std::string out = fmt::format(
      "version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = \"{}\"\n[users]\n"
      "\"{}\" = {{ state = \"suspended\" }}\n\"{}\" = {{ state = \"removed\" }}\n"
      "\"{}\" = {{ roles = [\"org-admin\"] }}\n",
      kOrg, kJira, person(98), person(99), person(97));
  out += fmt::format("\"{}\" = {{}}\n\"{}\" = {{ roles = [] }}\n", person(96), person(3));
  for (int i = 0; i < kPeople; ++i) {
    if (is_in(i, kStripped)) out += fmt::format("\"{}\" = {{ access = {{}} }}\n", person(i));
    if (is_in(i, kGiven)) {
      out += fmt::format("\"{}\" = {{ access = {{ jira = [\"user\"] }} }}\n", person(i));
    }
  }
  for (const char* limit :
       {"remove_members", "remove_members_per_group", "revoke_user_access", "revoke_admins"}) {
    out += fmt::format("[safety.limits.{}]\nfree = 1000\n", limit);
  }
  out +=
      "[groups.old]\nstate = \"absent\"\n[groups.apps]\naccess = {}\n[groups.crowd]\nmembers = [";
  for (int i = 0; i < kHandful; ++i) out += fmt::format("\"{}\", ", person(i));
  out += "]\n";
  for (int g = 0; g < kGroups; ++g) {
    out += fmt::format("[groups.g{}]\n{}members = [", g,
                       g < kWithAccess ? "access = { jira = [\"user\"] }\n" : "");
    for (int k = 0; k < kMembers; ++k) out += fmt::format("\"{}\", ", person((g + 4 * k) % 97));
    out += "]\n";
  }
  return out;
}

json::value trouble(std::uint64_t seed) {
  json::value faults = json::parse(R"({"rules": [
      {"probability": 0.07, "action": {"status": 429, "headers": {"Retry-After": "2"}}},
      {"probability": 0.07, "action": {"status": 503, "shape": "gateway"}},
      {"probability": 0.07, "action": {"status": 500, "after_effect": true}},
      {"probability": 0.04, "action": {"cut": "before_effect"}},
      {"probability": 0.01, "action": {"delay_ms": 60000, "cut": "after_effect"}},
      {"probability": 0.05, "action": {"cut": "after_effect"}},
      {"probability": 0.04, "action": {"cut": "half_body"}}]})");
  faults.as_object()["seed"] = static_cast<std::int64_t>(seed);
  return faults;
}

class TroubledCalls : public ::testing::Test {
 protected:
  struct Seen {
    std::size_t requests = 0, effective = 0, failed = 0;
    int runs = 0;
  };

  /// Applies until nothing is left; null: in calm.
  Seen converge(const json::value& faults, std::uint64_t seed) {
    simulator::FakeClientOptions options;
    options.seed = seed;
    Rehearsal world(organization(), options);
    world.policy(policy());
    EXPECT_TRUE(world.client().org().set_faults(faults));
    Seen seen;
    for (bool done = false; !done && seen.runs < kMostRuns;) {
      PacedOptions paced;
      paced.seed = seed + static_cast<std::uint64_t>(seen.runs);
      PacedClient client(std::make_unique<ForwardingClient>(world.client()), world.client().clock(),
                         paced);
      world.through(client);
      const Planned planned = world.plan();
      if (planned.plan && planned.plan->complete && planned.plan->changes.empty()) break;
      ++seen.runs;
      if (planned.plan && planned.plan->applyable()) (void)world.apply(planned);
    }
    count(world.client().org().requests().as_array(), seen);
    return seen;
  }

  static void count(const json::array& requests, Seen& seen) {
    std::map<std::string, Instant> told;
    for (const json::value& request : requests) {
      const std::string operation(request.at("operation").as_string());
      const Instant at = parse_instant(std::string(request.at("at").as_string())).value();
      ++seen.requests;
      if (request.at("effective").as_bool()) ++seen.effective;
      if (const auto limited = told.find(operation); limited != told.end()) {
        // What was on its way when the answer was.
        const bool could_know = at - limited->second > milliseconds(110);
        EXPECT_FALSE(could_know && at - limited->second < kTold) << operation;
      }
      const std::int64_t status = request.at("status").as_int64();
      if (status == 429) told[operation] = at;
      if (request.as_object().contains("fault")) ++seen.failed;
    }
  }
};

TEST_F(TroubledCalls, ThreeInTenAndAThousandChangesComeAboutOnceEach) {
  const Seen calm = converge(json::object{}, 0);
  EXPECT_EQ(calm.runs, 1);
  EXPECT_EQ(calm.effective, kChanges);
  const std::uint64_t seeds = cases(5);
  Seen sum;
  double most = 0;
  std::size_t late = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    const Seen seen = converge(trouble(seed), seed);
    EXPECT_LE(seen.runs, kMostRuns);
    if (seen.runs > 3) ++late;
    EXPECT_EQ(seen.effective, kChanges);
    EXPECT_LE(seen.requests, 2 * calm.requests);
    sum.requests += seen.requests;
    sum.failed += seen.failed;
    sum.runs += seen.runs;
    most = std::max(most, static_cast<double>(seen.requests) / static_cast<double>(calm.requests));
  }
  std::cout << fmt::format(
      "{} seeds: {} of {} requests failed, {} runs, at most {:.2f} times the "
      "requests of a run in calm; {} took a fourth run\n",
      seeds, sum.failed, sum.requests, sum.runs, most, late);
  EXPECT_LE(100 * late, seeds);
}

// What is left is not tried change by change for hours; the next run goes on.
TEST_F(TroubledCalls, AnOutageEndsAnApply) {
  for (const char* how : {R"({"cut": "before_effect"})", R"({"cut": "after_effect"})",
                          R"({"status": 503})", R"({"delay_ms": 60000, "cut": "before_effect"})"}) {
    SCOPED_TRACE(how);
    Rehearsal world(organization());
    world.policy(policy());
    PacedClient client(std::make_unique<ForwardingClient>(world.client()), world.client().clock(),
                       {});
    world.through(client);
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    const std::size_t before = world.client().org().requests().as_array().size();
    EXPECT_TRUE(world.client().org().set_faults(
        json::parse(fmt::format(R"({{"rules": [{{"after": 100, "action": {}}}]}})", how))));
    const Instant begun = world.client().clock().now();
    const ApplyReport report = world.apply(planned);
    const auto took = world.client().clock().now() - begun;
    const std::size_t calls = world.client().org().requests().as_array().size() - before;
    EXPECT_THAT(report.stopped_because, ::testing::HasSubstr("does not answer any more"));
    EXPECT_GT(report.count(ChangeOutcome::State::applied), 50U);
    EXPECT_GT(report.count(ChangeOutcome::State::skipped), 800U);
    EXPECT_LT(report.count(ChangeOutcome::State::in_doubt), 60U);
    EXPECT_LT(calls, 100 + 200U);
    std::cout << how << ": ended after " << took / milliseconds(1000) << " s and " << calls - 100
              << " calls without an answer\n";
    EXPECT_TRUE(world.client().org().set_faults(json::object{}));
    PacedClient again(std::make_unique<ForwardingClient>(world.client()), world.client().clock(),
                      {});
    world.through(again);
    (void)world.apply(world.plan());
    EXPECT_TRUE(world.plan().plan->changes.empty());
  }
}

// One operation that fails is no outage: what can be done is done, and what it left open is read.
TEST_F(TroubledCalls, ABrokenOperationEndsNoApply) {
  for (const char* how : {R"({"status": 500})", R"({"status": 502, "after_effect": true})"}) {
    SCOPED_TRACE(how);
    Rehearsal world(organization());
    world.policy(policy());
    PacedClient client(std::make_unique<ForwardingClient>(world.client()), world.client().clock(),
                       {});
    world.through(client);
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    EXPECT_TRUE(world.client().org().set_faults(json::parse(
        fmt::format(R"({{"rules": [{{"operation": "addUserToGroup", "action": {}}}]}})", how))));
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(report.stopped_because, "");
    const bool done = std::string_view(how).find("after") != std::string_view::npos;
    if (done) {
      EXPECT_EQ(report.count(ChangeOutcome::State::in_doubt), 0U);
    }
    // Who is to have an app by one of these groups instead keeps it as it is.
    const std::size_t held = kGroups * kMembers + kHandful + 2;
    EXPECT_GE(report.count(ChangeOutcome::State::applied), done ? kChanges : kChanges - held);
  }
}

// Nor does one that reads, twenty times in a row, whether the plan or what it rests on.
TEST_F(TroubledCalls, ABrokenReadEndsNoApply) {
  for (const bool before : {true, false}) {
    Rehearsal world(organization());
    world.policy(policy());
    PacedClient client(std::make_unique<ForwardingClient>(world.client()), world.client().clock(),
                       {});
    world.through(client);
    const auto break_it = [&] {
      EXPECT_TRUE(world.client().org().set_faults(json::parse(R"({"rules": [
          {"operation": "getUserRoleAssignments", "action": {"status": 500}},
          {"operation": "getGroupRoleAssignments", "action": {"status": 500}}]})")));
    };
    if (before) break_it();
    const Planned planned = world.plan();
    ASSERT_TRUE(planned.plan);
    if (!before) break_it();
    world.client().clock().advance(std::chrono::seconds(60));  // so that it looks again
    const ApplyReport report = world.apply(planned);
    EXPECT_EQ(report.stopped_because, "");
    EXPECT_GE(report.count(ChangeOutcome::State::applied), kGroups * kMembers);
  }
}

}  // namespace
}  // namespace rolecall::test
