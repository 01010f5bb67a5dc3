// What groups somebody is in, as an apply finds out (guarantees.md B2, D8): what a list lacks that
// came with them, and a search that fails or shows nothing, are no proof.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <set>
#include <utility>

#include "controller/freshness.h"
#include "tests/controller/freshness_fixture.h"
#include "tests/support/forwarding_client.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using State = ChangeOutcome::State;

/// Spoils answers as it is told, and lets somebody else go first before the first write.
class Spoiling final : public ForwardingClient {
 public:
  using Spoil = std::function<void(json::object& item)>;
  Spoiling(WriteClient& below, Spoil spoil) : ForwardingClient(below), spoil_(std::move(spoil)) {}
  void start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) override {
    const Request& asked = request.request();
    const bool by_account = asked.target.find("groups/search") != std::string::npos &&
                            asked.body.find("accountIds") != std::string::npos;
    if (by_account && searches_show_nothing) empty_.insert(ticket);
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  void start(Ticket ticket, WriteRequest request, std::chrono::milliseconds delay) override {
    if (before_the_first) std::exchange(before_the_first, {})(request);
    ForwardingClient::start(ticket, std::move(request), delay);
  }
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (!out.answer || out.answer->status != 200 || out.answer->body.empty()) return out;
    json::value page = json::parse(out.answer->body);
    json::value* items = page.as_object().if_contains("data");
    if (items == nullptr) return out;
    if (empty_.erase(out.ticket) > 0) items->as_array().clear();
    for (json::value& item : items->as_array()) spoil_(item.as_object());
    out.answer->body = json::serialize(page);
    return out;
  }
  bool searches_show_nothing = false;
  std::function<void(const WriteRequest&)> before_the_first;

 private:
  Spoil spoil_;
  std::set<Ticket> empty_;
};

bool is_lin(const json::object& item) {
  return item.contains("groups") && item.contains("email") &&
         item.at("email").as_string() == "lin@acme.example";
}

class HeldGroups : public FreshnessTest {
 protected:
  void faults(const std::string& rules) {
    ASSERT_TRUE(world_.client().org().set_faults(json::parse("{\"rules\": [" + rules + "]}")));
  }
  /// From now on neither list nor search shows Lin's groups.
  void only_groups_tell() {
    silent_.searches_show_nothing = true;
    world_.through(silent_);
  }
  void suspend_lin() {
    ASSERT_EQ(rival_.does(rival_.api.suspend(kDirectory, account(lin))) / 100, 2);
  }

 private:
  Spoiling silent_{world_.client(), [](json::object& item) {
                     if (is_lin(item)) item["groups"] = json::array{};
                   }};
};

constexpr const char* kWithoutLin =
    "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\"]\n";

TEST_F(HeldGroups, OfWhomIsRestoredWhileSearchesFail) {
  suspend_lin();
  policy("[users]\n\"lin@acme.example\" = { state = \"active\" }\n");
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(lin))), 204);
  for (const char* how :
       {R"({"status": 503})", R"({"status": 400})", R"({"cut": "before_effect"})"}) {
    faults(fmt::format(R"({{"operation": "searchDirectoryGroups", "action": {}}})", how));
    apply_after(seconds(60));
    EXPECT_EQ(writes(), 0U) << how;
    EXPECT_THAT(outcome(ChangeKind::restore_user).message, HasSubstr("added to a group meanwhile"));
  }
}

TEST_F(HeldGroups, OfWhomAnUndoRemovesWhileSearchesFail) {
  policy("[users.\"new@acme.example\"]\n");
  apply_after(seconds(0));
  world_.client().clock().advance(seconds(300));
  planned_ = world_.plan_undo(1);
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  const std::string invited = planned_.plan->changes[0].account_id;
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), invited)), 204);
  faults(R"({"operation": "searchDirectoryGroups", "action": {"status": 503}})");
  apply_after(seconds(0));
  EXPECT_EQ(writes(), 0U);
  EXPECT_THAT(outcome(ChangeKind::remove_user).message, HasSubstr("added to a group meanwhile"));
}

// A server may show the groups of somebody suspended by the groups' members alone.
TEST_F(HeldGroups, OfSomebodySuspendedWhoIsTakenOut) {
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(lin))), 204);
  suspend_lin();
  only_groups_tell();
  policy(kWithoutLin);
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  apply_after(seconds(60));
  EXPECT_EQ(outcome(ChangeKind::remove_member).state, State::applied)
      << outcome(ChangeKind::remove_member).message;
  policy(kWithoutLin);
  EXPECT_EQ(planned_.plan->changes.size(), 0U);
}

// To which others they have been added since the plan was made nothing would tell.
TEST_F(HeldGroups, OfSomebodySuspendedWhoIsRestored) {
  only_groups_tell();
  suspend_lin();
  for (const seconds later : {seconds(60), seconds(0)}) {
    policy("[users]\n\"lin@acme.example\" = { state = \"active\" }\n");
    ASSERT_EQ(planned_.plan->changes.size(), 1U);
    apply_after(later);
    const ChangeOutcome restored = outcome(ChangeKind::restore_user);
    const bool old = later > Freshness::kFreshFor;
    EXPECT_EQ(restored.state, old ? State::skipped : State::applied) << restored.message;
    if (old) {
      EXPECT_THAT(restored.message, HasSubstr("half a minute"));
    }
  }
}

TEST_F(HeldGroups, OfSomebodyWhomOnlyTheGroupShows) {
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(lin))), 204);
  only_groups_tell();
  policy(kWithoutLin);
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  apply_after(seconds(60));
  EXPECT_EQ(outcome(ChangeKind::remove_member).state, State::applied)
      << outcome(ChangeKind::remove_member).message;
}

/// One count is of yesterday, so that nobody's list is known to be whole; and one group of Lin's is
/// in no listing.
void one_stale_count(json::object& item) {
  if (item.contains("counts") && item.at("counts").as_object().contains("users") &&
      item.contains("name") && item.at("name").as_string() == "engineering") {
    item.at("counts").as_object()["users"] = 77;
  }
  if (is_lin(item)) {
    item.at("groups").as_array().push_back(
        json::object{{"id", "5b000000-0000-4000-8000-0000000000ff"}, {"name", "Team of Lin"}});
  }
}

TEST_F(HeldGroups, OfSomebodyWhomAnotherTookOutFirst) {
  ASSERT_EQ(rival_.does(rival_.api.add_member(kDirectory, group(design), account(lin))), 204);
  ASSERT_EQ(rival_.does(rival_.api.remove_member(kDirectory, group(engineering), account(lin))),
            204);
  Spoiling way(world_.client(), one_stale_count);
  way.before_the_first = [&](const WriteRequest& same) { EXPECT_EQ(rival_.does(same), 204); };
  world_.through(way);
  policy(kWithoutLin);
  ASSERT_EQ(planned_.plan->changes.size(), 1U);
  apply_after(seconds(0));
  EXPECT_EQ(outcome(ChangeKind::remove_member).state, State::already_so)
      << outcome(ChangeKind::remove_member).message;
}

/// Two groups, of which a list of somebody's shows the first.
json::object two_groups() {
  json::object seed = acme();
  seed["options"].as_object()["expanded_groups"] = 1;
  seed["groups"] =
      json::array{json::object{{"name", "aa"}, {"id", group(1)}, {"members", {"ada@acme.example"}}},
                  json::object{{"name", "zz"},
                               {"id", group(2)},
                               {"members", {"grace@acme.example", "lin@acme.example"}}}};
  return seed;
}

// The list of whoever is moved to another group becomes longer than it shows.
TEST(HeldGroupsCutShort, OfSomebodyWhoIsMoved) {
  Rehearsal world{json::value(two_groups())};
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n"
                  "[groups.aa]\nmembers = [\"ada@acme.example\", \"lin@acme.example\"]\n"
                  "[groups.zz]\nmembers = [\"grace@acme.example\"]\n",
                  kOrganization));
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 2U);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "removeUserFromGroup", "times": 1, "action": {"status": 503}}]})")));
  EXPECT_EQ(world.apply(planned).count(State::applied), 2U);
  EXPECT_EQ(world.plan().plan->changes.size(), 0U);
}

TEST(HeldGroupsCutShort, OfSomebodyWhomAnotherPutIntoAGroupMeanwhile) {
  Rehearsal world{json::value(two_groups())};
  Rival rival(world);
  world.policy(
      fmt::format("version = 1\n[organization]\nid = \"{}\"\n"
                  "[groups.zz]\nmembers = [\"grace@acme.example\"]\n",
                  kOrganization));
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 1U);
  ASSERT_EQ(rival.does(rival.api.add_member(kDirectory, group(1), account(lin))), 204);
  ASSERT_TRUE(world.client().org().set_faults(json::parse(
      R"({"rules": [{"operation": "removeUserFromGroup", "times": 1, "action": {"status": 503}}]})")));
  EXPECT_EQ(world.apply(planned).count(State::applied), 1U);
  EXPECT_EQ(world.plan().plan->changes.size(), 0U);
}

}  // namespace
}  // namespace rolecall::test
