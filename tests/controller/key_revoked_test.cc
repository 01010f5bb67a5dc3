// guarantees.md B9: from the n-th call on the key is refused (401), or may not do any more what it
// is asked to (403), for every n of a plan and of the apply of it. Judged by the organization's own
// log and by the store; then the key is given back.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <set>

#include "controller/recover.h"
#include "state/api/paced_client.h"
#include "tests/support/busy_org.h"
#include "tests/support/cases.h"
#include "tests/support/end_to_end.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/ledger.h"
#include "tests/support/lied_to.h"
#include "tests/support/org_model.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = ChangeOutcome::State;

constexpr std::size_t kInFlight = 8;

std::string policy() {
  return with(busy_policy(), "\"new@acme.example\" = {}",
              "\"new@acme.example\" = { roles = [\"org-admin\"] }");
}

/// One organization with its store, and a client as the commands have it for each run.
class World {
 public:
  World() { rehearsal_.policy(policy()); }

  struct Run {
    std::string words;  ///< all that is said
    std::string stopped_because;
    std::vector<ChangeOutcome> outcomes;
    std::size_t planned_after = 0;  ///< requests up to the end of the plan
  };
  Run run() {
    PacedClient client(std::make_unique<ForwardingClient>(rehearsal_.client()),
                       rehearsal_.client().clock(), {});
    rehearsal_.through(client);
    Run out;
    const Planned planned = rehearsal_.plan();
    out.words = said(planned);
    out.planned_after = requests().size();
    if (!planned.plan || !planned.plan->applyable()) return out;
    const ApplyReport report = rehearsal_.apply(planned);
    out.stopped_because = report.stopped_because;
    out.words += report.stopped_because + '\n';
    for (const std::string& why : report.misread) out.words += why + '\n';
    for (const ChangeOutcome& outcome : report.outcomes) out.words += outcome.message + '\n';
    out.outcomes = report.outcomes;
    return out;
  }
  void lose_the_key(std::size_t after, int status) {
    set_faults(json::object{
        {"rules", json::array{json::object{
                      {"after", static_cast<std::int64_t>(after)},
                      {"action", json::object{{"status", status}, {"shape", "gateway"}}}}}}});
  }
  void next_day() {
    set_faults(json::object{});
    rehearsal_.client().clock().advance(std::chrono::hours(24));
    if (!std::filesystem::exists(rehearsal_.store_path())) return;
    Store store = open(Store::Access::write);
    EXPECT_TRUE(recover(store, rehearsal_.client(), std::string(kOrganization),
                        rehearsal_.client().clock().now()));
  }
  [[nodiscard]] json::array requests() { return rehearsal_.client().org().requests().as_array(); }
  [[nodiscard]] Model model() { return read_model(rehearsal_.client().org().state()); }
  [[nodiscard]] std::vector<std::string> complaints() {
    if (!std::filesystem::exists(rehearsal_.store_path())) return {};
    Ledger ledger;
    ledger.add_received(requests());
    const Store store = open(Store::Access::read);
    ledger.add_intended(store);
    return ledger.complaints(Ledger::Others::none);
  }
  [[nodiscard]] std::int64_t most_mails() {
    std::int64_t most = 0;
    const json::value state = rehearsal_.client().org().state();
    if (const json::value* mails = state.as_object().if_contains("mails")) {
      for (const auto& [email, count] : mails->as_object()) most = std::max(most, count.as_int64());
    }
    return most;
  }

 private:
  void set_faults(const json::value& script) {
    const auto set = rehearsal_.client().org().set_faults(script);
    ASSERT_TRUE(set) << set.error().what;
  }
  Store open(Store::Access access) {
    return std::move(Store::open(rehearsal_.store_path(), access).value());
  }

  Rehearsal rehearsal_{busy_organization()};
};

std::string key_of(const json::value& request) {
  return fmt::format("{} {} {}", text(request.at("method")), text(request.at("target")),
                     json::serialize(request.at("body")));
}

class KeyRevoked : public ::testing::Test {
 protected:
  struct Calm {
    std::size_t plan = 0, last_write = 0, all = 0;
    Model model;
  };
  static const Calm& calm() {
    static const Calm kCalm = [] {
      World world;
      Calm out;
      out.plan = world.run().planned_after;
      const json::array requests = world.requests();
      out.all = requests.size();
      for (std::size_t n = 0; n < out.all; ++n) {
        if (is_write(text(requests[n].at("method")), text(requests[n].at("target")))) {
          out.last_write = n;
        }
      }
      for (int more = 0; more < 2; ++more) {
        world.next_day();
        (void)world.run();
      }
      out.model = world.model();
      return out;
    }();
    return kCalm;
  }

  /// So many n, spread over all of them; as many as ROLECALL_CASES says, where it is given.
  static std::vector<std::size_t> moments(std::size_t usual) {
    const std::size_t all = calm().all;
    const std::size_t wanted = std::clamp<std::size_t>(cases(usual), 1, all);
    std::vector<std::size_t> out;
    for (std::size_t k = 0; k < wanted; ++k) out.push_back(k * all / wanted);
    return out;
  }

  /// All is as in calm once the key is back, and nobody got a second mail.
  static void expect_well_in_the_end(World& world) {
    for (int more = 0; more < 3 && difference(world.model(), calm().model) != ""; ++more) {
      world.next_day();
      (void)world.run();
    }
    EXPECT_EQ(difference(world.model(), calm().model), "");
    EXPECT_LE(world.most_mails(), 1);
    EXPECT_THAT(world.complaints(), IsEmpty());
  }
};

TEST_F(KeyRevoked, After401NothingLeavesAndNothingIsSentAgain) {
  ASSERT_GT(calm().plan, 6U);
  ASSERT_GT(calm().all, calm().plan + 30);
  std::size_t most_after = 0;
  for (const std::size_t n : moments(100)) {
    if (HasFailure()) break;
    SCOPED_TRACE(n);
    World world;
    world.lose_the_key(n, 401);
    const World::Run run = world.run();
    std::set<std::string> refused;
    std::size_t after = 0;
    for (const json::value& request : world.requests()) {
      if (!refused.empty()) ++after;
      if (request.at("status").as_int64() != 401) continue;
      EXPECT_TRUE(refused.insert(key_of(request)).second) << "sent again: " << key_of(request);
    }
    EXPECT_FALSE(refused.empty());
    EXPECT_LT(after, kInFlight) << "only what was under way";
    most_after = std::max(most_after, after);
    EXPECT_THAT(run.words, HasSubstr("401"));
    EXPECT_THAT(run.words, HasSubstr("API key"));
    if (n >= calm().plan && n <= calm().last_write) {
      EXPECT_THAT(run.stopped_because, HasSubstr("401: the API key was refused"));
    }
    for (const ChangeOutcome& outcome : run.outcomes) EXPECT_NE(outcome.state, State::pending);
    EXPECT_THAT(world.complaints(), IsEmpty());
    expect_well_in_the_end(world);
  }
  std::cout << moments(100).size() << " moments of " << calm().all << " calls; at most "
            << most_after << " after the first 401\n";
}

TEST_F(KeyRevoked, A403IsNamedAndNotSentAgain) {
  std::size_t most_writes = 0;
  for (const std::size_t n : moments(20)) {
    if (HasFailure()) break;
    SCOPED_TRACE(n);
    World world;
    world.lose_the_key(n, 403);
    const World::Run run = world.run();
    std::set<std::string> refused;
    std::size_t writes = 0;
    for (const json::value& request : world.requests()) {
      if (request.at("status").as_int64() != 403) continue;
      if (!is_write(text(request.at("method")), text(request.at("target")))) continue;
      ++writes;
      EXPECT_TRUE(refused.insert(key_of(request)).second) << "sent again: " << key_of(request);
    }
    most_writes = std::max(most_writes, writes);
    EXPECT_THAT(run.words, HasSubstr("403"));
    EXPECT_THAT(run.words, HasSubstr("the API key")) << "what it lacks";
    for (const ChangeOutcome& outcome : run.outcomes) EXPECT_NE(outcome.state, State::pending);
    EXPECT_THAT(world.complaints(), IsEmpty());
    expect_well_in_the_end(world);
  }
  std::cout << "at most " << most_writes << " writes were refused in a run\n";
}

}  // namespace
}  // namespace rolecall::test
