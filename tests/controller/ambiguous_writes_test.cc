// guarantees.md B6: whether a write took effect is found out by reading, never by sending an
// invitation again. Each kind of write, each way to lose an answer, reads up to date or behind.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "state/model/json.h"
#include "tests/support/end_to_end.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using State = ChangeOutcome::State;

/// One change of a kind, and what rides on it.
struct Write {
  const char* kind;
  const char* operation;
  const char* policy;  ///< of users and groups
};

constexpr const char* kHead = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-0000000000aa"
[resources]
jira       = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"
confluence = "ari:cloud:confluence::site/70ef3a32-0000-4000-8000-000000000001"
[safety.limits.revoke_admins]
free = 9
)";

const Write kWrites[] = {
    {"create_group", "createGroup", "[groups.fresh]\n"},
    {"grant_group_access", "grantGroupAccess", "[groups.design]\naccess = { jira = [\"user\"] }\n"},
    {"restore_user", "restoreDirectoryUser", "[users]\n\"away@acme.example\" = {}\n"},
    {"invite_user", "inviteUsers", "[users]\n\"new@acme.example\" = {}\n"},
    {"invite_user and its riders", "inviteUsers",
     "[users]\n\"new@acme.example\" = { access = { jira = [\"user\"] } }\n[groups.design]\n"
     "members = [\"grace@acme.example\", \"rosa@acme.example\", \"new@acme.example\"]\n"},
    {"add_member", "addUserToGroup",
     "[groups.design]\nmembers = [\"grace@acme.example\", \"rosa@acme.example\", "
     "\"lin@acme.example\"]\n"},
    {"grant_user_access", "assignRole",
     "[users]\n\"lin@acme.example\" = { access = { jira = [\"user\"] } }\n"},
    {"grant_org_role", "assignOrganizationLevelRole",
     "[users]\n\"lin@acme.example\" = { roles = [\"org-admin\"] }\n"},
    {"remove_member", "removeUserFromGroup",
     "[groups.design]\nmembers = [\"grace@acme.example\"]\n"},
    {"revoke_group_access", "revokeGroupAccess", "[groups.engineering]\naccess = {}\n"},
    {"revoke_user_access", "revokeRole", "[users]\n\"omar@acme.example\" = { access = {} }\n"},
    {"suspend_user", "suspendDirectoryUser",
     "[users]\n\"rosa@acme.example\" = { state = \"suspended\" }\n"},
    {"revoke_org_role", "revokeOrganizationLevelRole",
     "[users]\n\"grace@acme.example\" = { roles = [] }\n"},
    {"remove_user", "removeDirectoryUser",
     "[users]\n\"rosa@acme.example\" = { state = \"removed\" }\n"},
    {"delete_group", "deleteGroup", "[groups.design]\nstate = \"absent\"\n"},
};

json::value organization() {
  json::object out = acme();
  json::array& users = out["users"].as_array();
  users[3].as_object()["access"] = json::object{{kJira, {"user"}}};
  users.push_back(json::object{{"email", "ida@acme.example"}, {"roles", {"org-admin"}}});
  users.push_back(json::object{{"email", "away@acme.example"}, {"status", "suspended"}});
  return out;
}

/// A way not to learn what became of a write; the first `times` writes suffer it.
struct Ambiguity {
  const char* name;
  bool took_effect;
  json::object action;
  int times = 1;
};

const std::vector<Ambiguity>& ambiguities() {
  const json::object html{{"status", 502}, {"shape", "html"}};
  json::object html_after = html;
  html_after["after_effect"] = true;
  const json::object login{{"status", 200}, {"shape", "html"}};
  const json::object errors{
      {"status", 200},
      {"body", json::object{{"errors", json::array{json::object{{"title", "Internal error"}}}}}}};
  static const std::vector<Ambiguity> kAll{
      {"reset after the effect", true, {{"cut", "after_effect"}}},
      {"time-out after the effect", true, {{"cut", "after_effect"}, {"delay_ms", 60'000}}},
      {"500 after the effect", true, {{"status", 500}, {"after_effect", true}}},
      {"502 and HTML after the effect", true, html_after},
      {"503 after the effect", true, {{"status", 503}, {"after_effect", true}}},
      {"503 after the effect, and when to try again",
       true,
       {{"status", 503}, {"after_effect", true}, {"headers", {{"Retry-After", "1"}}}}},
      {"408 after the effect", true, {{"status", 408}, {"after_effect", true}}},
      {"cut in the middle", true, {{"cut", "half_body"}}},
      {"204 and garbage", true, {{"status", 204}, {"after_effect", true}, {"body", "]}<html>"}}},
      {"200 and HTML", true, {{"status", 200}, {"after_effect", true}, {"shape", "html"}}},
      {"always 500 after the effect", true, {{"status", 500}, {"after_effect", true}}, 99},
      {"always reset after the effect", true, {{"cut", "after_effect"}}, 99},
      {"reset before", false, {{"cut", "before_effect"}}},
      {"500 before", false, {{"status", 500}}},
      {"502 and HTML before", false, html},
      {"503 before", false, {{"status", 503}}},
      {"always 500 before", false, {{"status", 500}}, 99},
      {"always reset before", false, {{"cut", "before_effect"}}, 99},
      {"200 and HTML before", false, login},
      {"always 200 and HTML before", false, login, 99},
      {"200 and errors before", false, errors},
      {"200 and a gateway's refusal",
       false,
       {{"status", 200}, {"body", json::object{{"code", 403}, {"message", "Forbidden"}}}}},
      {"200 and JSON after the effect",
       true,
       {{"status", 200}, {"after_effect", true}, {"body", json::object{{"message", "Done"}}}}},
  };
  return kAll;
}

class AmbiguousWrite {
 public:
  AmbiguousWrite(const Write& write, const Ambiguity& ambiguity, seconds lag)
      : write_(write),
        ambiguity_(ambiguity),
        lag_(lag),
        where_(fmt::format("{}, {}, reads {} s behind", write.kind, ambiguity.name, lag.count())) {
    world_.policy(std::string(kHead) + write.policy);
  }

  void happens() {
    const Planned first = world_.plan();
    ASSERT_TRUE(first.plan && first.plan->applyable() && !first.plan->changes.empty()) << where_;
    set_faults(true);
    const ApplyReport report = world_.apply(first);
    check_log(report);
    check_mails();
    // The next day, in calm.
    world_.client().clock().advance(std::chrono::hours(24));
    set_faults(false);
    const Planned second = world_.plan();
    ASSERT_TRUE(second.plan && second.plan->applyable()) << where_;
    const bool invites = std::string_view(write_.operation) == "inviteUsers";
    if (invites && !ambiguity_.took_effect) {
      // Nobody knows whether a mail is on its way, so none follows; a person decides.
      const bool may_have_left = report.count(State::in_doubt) > 0;
      EXPECT_EQ(second.plan->changes.empty(), may_have_left) << where_;
      EXPECT_EQ(second.plan->has_open_invitations(), may_have_left) << where_;
    }
    (void)world_.apply(second);
    check_mails();
    const Planned third = world_.plan();
    ASSERT_TRUE(third.plan) << where_;
    EXPECT_TRUE(third.plan->changes.empty()) << where_;
  }

 private:
  void set_faults(bool bad) {
    json::object script;
    if (bad) {
      script["write_lag_ms"] = std::chrono::milliseconds(lag_).count();
      script["rules"] = json::array{json::object{{"operation", write_.operation},
                                                 {"times", ambiguity_.times},
                                                 {"action", ambiguity_.action}}};
    }
    ASSERT_TRUE(world_.client().org().set_faults(script)) << where_;
  }

  /// What is said of a change is what became of it, or that nobody knows.
  void check_log(const ApplyReport& report) {
    bool effective = false;
    const json::value requests = world_.client().org().requests();
    for (const json::value& request : requests.as_array()) {
      if (text(request.at("operation")) == write_.operation) {
        effective = effective || *bool_member(request, "effective");
      }
    }
    const bool fresh = lag_ == seconds(0);
    const bool invites = std::string_view(write_.operation) == "inviteUsers";
    for (const ChangeOutcome& outcome : report.outcomes) {
      const bool done = outcome.state == State::applied || outcome.state == State::already_so;
      const std::string what = where_ + ": " + outcome.message;
      EXPECT_TRUE(!done || effective) << "said to be done: " << what;
      EXPECT_TRUE(outcome.state != State::failed || !effective) << "said to have failed: " << what;
      EXPECT_TRUE(outcome.state != State::pending) << what;
      // Reads that are up to date leave no doubt about what took effect.
      if (fresh && effective) {
        EXPECT_TRUE(done) << what;
      }
      if (ambiguity_.times == 1 && !invites && !fresh && !ambiguity_.took_effect) {
        EXPECT_TRUE(done) << "sent again, and answered: " << what;
      }
    }
  }

  void check_mails() {
    const json::value state = world_.client().org().state();
    const json::value* mails = member(state, "mails");
    if (mails == nullptr) return;
    for (const auto& [email, count] : mails->as_object()) {
      EXPECT_LE(count.as_int64(), 1) << "mails to " << email << ": " << where_;
    }
  }

  const Write& write_;
  const Ambiguity& ambiguity_;
  seconds lag_;
  std::string where_;
  Rehearsal world_{organization()};
};

void PrintTo(const Write& write, std::ostream* out) {
  *out << write.kind;
}

class AmbiguousWrites : public ::testing::TestWithParam<Write> {};

TEST_P(AmbiguousWrites, AreResolvedByReadingAndNoMailIsSentTwice) {
  for (const Ambiguity& ambiguity : ambiguities()) {
    for (const int lag : {0, 30, 120}) {
      AmbiguousWrite(GetParam(), ambiguity, seconds(lag)).happens();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AmbiguousWrites, ::testing::ValuesIn(kWrites), [](const auto& it) {
  std::string out = it.param.kind;
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
});

// guarantees.md B11, R38: what is answered for each address is taken for that address alone.
class PartialInvitations : public ::testing::TestWithParam<int> {
 protected:
  static constexpr int kPeople = 25;
  static std::string person(int i) { return fmt::format("new{:02}@acme.example", i); }
  /// Every third one or so, and in the end all.
  static bool is_chosen(int i) { return (i * 7) % kPeople < GetParam(); }

  static std::string policy() {
    std::string users = "[users]\n", members;
    for (int i = 0; i < kPeople; ++i) {
      users += fmt::format("\"{}\" = {{ access = {{ jira = [\"user\"] }} }}\n", person(i));
      members += fmt::format("\"{}\", ", person(i));
    }
    return std::string(kHead) + users + "[groups.fans]\nmembers = [" + members + "]\n";
  }
};

TEST_P(PartialInvitations, OfAddressesThatAreRefusedAreSplit) {
  json::object seed = acme();
  seed["groups"].as_array().push_back(json::object{{"name", "fans"}});
  for (int i = 0; i < kPeople; ++i) {
    if (!is_chosen(i)) continue;
    seed["users"].as_array().push_back(json::object{
        {"email", person(i)}, {"status", "deactivated"}, {"directories", json::object{}}});
  }
  Rehearsal world(seed);
  world.policy(policy());
  const Planned planned = world.plan();
  ASSERT_EQ(planned.plan->changes.size(), 3U * kPeople);
  ASSERT_EQ(planned.plan->calls.size(), 1U);
  const ApplyReport report = world.apply(planned);
  for (std::size_t c = 0; c < report.outcomes.size(); ++c) {
    const Change& change = planned.plan->changes[c];
    const int i = std::stoi(change.user.substr(3, 2));
    const ChangeOutcome& outcome = report.outcomes[c];
    const std::string what =
        fmt::format("{} {}: {}", name(change.kind), change.user, outcome.message);
    if (!is_chosen(i)) {
      EXPECT_EQ(outcome.state, State::applied) << what;
      continue;
    }
    EXPECT_TRUE(outcome.state == State::failed || outcome.state == State::in_doubt) << what;
    EXPECT_THAT(outcome.message, ::testing::HasSubstr("User is inactive")) << what;
  }
  EXPECT_EQ(exit_code(*planned.plan, report), GetParam() == 0 ? 0 : 3);
}

TEST_P(PartialInvitations, OfWhichSomeFindNoSeatAreSplit) {
  json::object seed = acme();
  seed["groups"].as_array().push_back(json::object{{"name", "fans"}});
  seed["options"].as_object()["invite_no_seats"] = 206;
  // Three people of acme() hold one each.
  seed["workspaces"].as_array()[0].as_object()["capacity"] = 3 + kPeople - GetParam();
  Rehearsal world(seed);
  world.policy(policy());
  const Planned planned = world.plan();
  const ApplyReport report = world.apply(planned);
  int without = 0;
  for (std::size_t c = 0; c < report.outcomes.size(); ++c) {
    const bool seat = planned.plan->changes[c].kind == ChangeKind::grant_user_access;
    const ChangeOutcome& outcome = report.outcomes[c];
    if (seat && outcome.state == State::failed) {
      EXPECT_THAT(outcome.message, ::testing::HasSubstr("License Limit"));
      ++without;
      continue;
    }
    EXPECT_EQ(outcome.state, State::applied) << outcome.message;
  }
  EXPECT_EQ(without, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Of25, PartialInvitations, ::testing::Range(0, 26));

// guarantees.md B8: reads that lag behind are no drift. Nothing is done twice, nothing is undone.
TEST(ReplicaLag, NothingIsRepeatedAndNothingFlaps) {
  std::size_t cycles = 0;
  for (const int lag : {0, 1, 5, 20, 45, 90, 120}) {
    Rehearsal world(organization());
    std::size_t wanted_writes = 0;
    for (int cycle = 0; cycle < 15; ++cycle, ++cycles) {
      // Each policy takes back what the one before did; then there are cycles with nothing to do.
      const bool in = cycle % 6 < 3;
      world.policy(std::string(kHead) +
                   fmt::format("[users]\n\"lin@acme.example\" = {{ access = {} }}\n"
                               "[groups.design]\nmembers = [\"grace@acme.example\"{}]\n",
                               in ? "{ jira = [\"user\"] }" : "{}",
                               in ? ", \"lin@acme.example\"" : ""));
      ASSERT_TRUE(world.client().org().set_faults(json::object{{"write_lag_ms", lag * 1'000}}));
      if (cycle == 0) wanted_writes = 3;                    // rosa goes, lin comes
      if (cycle > 0 && cycle % 3 == 0) wanted_writes += 2;  // lin goes or comes, with the grant
      const Planned planned = world.plan();
      ASSERT_TRUE(planned.plan);
      (void)world.apply(planned);
      world.client().clock().advance(seconds(150));
      std::size_t effective = 0, writes = 0;
      const json::value requests = world.client().org().requests();
      for (const json::value& request : requests.as_array()) {
        const std::string operation = text(request.at("operation"));
        const bool reads = operation.starts_with("get") || operation.starts_with("search") ||
                           operation.starts_with("query");
        if (reads) continue;
        ++writes;
        effective += *bool_member(request, "effective") ? 1U : 0U;
      }
      EXPECT_EQ(effective, wanted_writes) << "lag " << lag << ", cycle " << cycle;
      EXPECT_EQ(writes, wanted_writes) << "lag " << lag << ", cycle " << cycle;
    }
  }
  std::cout << cycles << " cycles\n";
}

TEST(ReplicaLag, WhoWasInvitedJustNowIsNotInvitedAgain) {
  Rehearsal world(organization());
  world.policy(std::string(kHead) + "[users]\n\"new@acme.example\" = {}\n");
  ASSERT_TRUE(world.client().org().set_faults(json::object{{"write_lag_ms", 120'000}}));
  const ApplyReport report = world.apply(world.plan());
  ASSERT_EQ(report.count(State::applied), 1U);
  world.client().clock().advance(seconds(30));
  const Planned soon = world.plan();
  ASSERT_TRUE(soon.plan);
  EXPECT_TRUE(soon.plan->changes.empty());
  EXPECT_THAT(soon.plan->notes,
              ::testing::Contains(::testing::Field(&Note::kind, std::string(kFreshInvitation))));
  world.client().clock().advance(seconds(120));
  const Planned later = world.plan();
  ASSERT_TRUE(later.plan);
  EXPECT_TRUE(later.plan->changes.empty());
  EXPECT_THAT(later.plan->notes, ::testing::Not(::testing::Contains(::testing::Field(
                                     &Note::kind, std::string(kFreshInvitation)))));
}

}  // namespace
}  // namespace rolecall::test
