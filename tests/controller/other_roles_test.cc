// Roles, grants and groups that can be seen here and not be managed: nothing of them is lost or
// comes back without a word, and what was there before was not given meanwhile.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "diff/diff.h"
#include "diff/plan_file.h"
#include "state/api/endpoints.h"
#include "tests/support/end_to_end.h"
#include "tests/support/forwarding_client.h"
#include "tests/support/rehearsal.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using State = ChangeOutcome::State;

constexpr const char* kSeed = R"({
  "organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa"},
  "directories": [{"id": "6d1f0000-0000-4000-8000-000000000001", "name": "acme"}],
  "workspaces": [{"ari": "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"}],
  "users": [{"email": "ada@acme.example", "roles": ["org-admin"]},
            {"email": "hal@acme.example", "roles": ["org-admin"]},
            {"email": "lin@acme.example", "status": "suspended", "access":
              {"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001": ["user"]}}],
  "groups": [{"name": "infra", "members": ["ada@acme.example"], "access":
              {"ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001":
                ["user", "ai-access"]}}]})";
constexpr const char* kSite = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001";

class OtherRoles : public ::testing::Test {
 protected:
  void want(const std::string& rest) {
    world_.policy(
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = \"{}\"\n{}",
                    kOrganization, kSite, rest));
  }
  Plan plan() {
    const Planned planned = world_.plan();
    EXPECT_TRUE(planned.plan);
    return planned.plan.value_or(Plan());
  }
  static std::vector<std::string> in_words(const Plan& plan) {
    std::vector<std::string> out;
    for (const Change& change : plan.changes) {
      out.push_back(fmt::format("{} {}{}", name(change.kind), change.user, change.group));
    }
    return out;
  }
  static std::vector<std::string> notes(const Plan& plan) {
    std::vector<std::string> out;
    for (const Note& note : plan.notes) out.push_back(note.kind + " " + note.subject);
    return out;
  }
  /// Gives "ai-access" by hand, and what else the state needs.
  template <class Edit>
  void by_hand(Edit edit) {
    json::value state = world_.client().org().state();
    edit(state);
    simulator::VirtualClock& clock = world_.client().clock();
    world_.client().org() =
        simulator::FakeOrg::from_seed(state, [&clock] { return clock.now(); }).value();
  }
  static json::object& named(json::value& state, const char* list, const char* key,
                             const char* name) {
    for (json::value& one : state.at(list).as_array()) {
      if (text(one.at(key)) == name) return one.as_object();
    }
    throw std::logic_error(name);
  }

  Rehearsal world_{json::parse(kSeed)};
};

// A group that stays half renamed would be nobody's to manage.
TEST_F(OtherRoles, KeepARenameAwayUntilTheyAreMoved) {
  for (const char* access : {"", "access = { jira = [\"user\"] }\n"}) {
    want(fmt::format("[groups.platform]\nprevious_names = [\"infra\"]\n{}", access));
    const Planned planned = world_.plan();
    EXPECT_FALSE(planned.plan);
    EXPECT_THAT(render(planned.diagnostics),
                AllOf(HasSubstr("group \"infra\" has roles that cannot be given to another group"),
                      HasSubstr("ai-access"), HasSubstr("rolecall.toml:")));
  }
  by_hand([](json::value& state) {
    named(state, "groups", "name", "infra")["access"] = json::object{{kSite, {"user"}}};
  });
  const Planned planned = world_.plan();
  ASSERT_TRUE(planned.plan);
  EXPECT_THAT(in_words(*planned.plan), Contains("delete_group infra"));
  const ApplyReport report = world_.apply(planned);
  EXPECT_EQ(report.count(State::applied), report.outcomes.size());
}

TEST_F(OtherRoles, AreNotSaidToBeLeftAloneInAGroupThatGoes) {
  want("[groups.infra]\nstate = \"absent\"\n");
  const Planned planned = world_.plan();
  ASSERT_TRUE(planned.plan);
  EXPECT_THAT(in_words(*planned.plan), ElementsAre("delete_group infra"));
  EXPECT_THAT(notes(*planned.plan), Not(Contains(HasSubstr("unmanageable_role"))));
  EXPECT_EQ(world_.apply(planned).count(State::applied), 1U);
  EXPECT_THAT(notes(*world_.plan_undo(1).plan), Contains(HasSubstr("infra\": not all")));
}

TEST_F(OtherRoles, ThatOthersGaveKeepAnUndoAway) {
  want(
      "[users.\"new@acme.example\"]\naccess = {}\n[groups.fresh]\nmembers = "
      "[\"new@acme.example\"]\n");
  const ApplyReport report = world_.apply(world_.plan());
  ASSERT_EQ(report.count(State::applied), report.outcomes.size());
  world_.client().clock().advance(seconds(300));
  EXPECT_THAT(in_words(*world_.plan_undo(1).plan), Contains("remove_user new@acme.example"));
  by_hand([](json::value& state) {
    named(state, "groups", "name", "fresh")["access"] = json::object{{kSite, {"ai-access"}}};
    named(state, "users", "email", "new@acme.example")["access"] =
        json::object{{kSite, {"viewer"}}};
  });
  const Planned undo = world_.plan_undo(1);
  EXPECT_THAT(in_words(*undo.plan), Not(Contains("remove_user new@acme.example")));
  EXPECT_THAT(in_words(*undo.plan), Not(Contains("delete_group fresh")));
  EXPECT_THAT(notes(*undo.plan), Contains(HasSubstr("it has app access that the run did not")));
  EXPECT_THAT(notes(*undo.plan), Contains(HasSubstr("they have app access that the run did not")));
}

/// Shows lin in a group that groups/search does not list.
class WithAHiddenGroup final : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  [[nodiscard]] Completion wait() override {
    Completion out = ForwardingClient::wait();
    if (!out.answer || !hidden) return out;
    std::string& body = out.answer->body;
    const std::size_t lin = body.find("\"lin@acme.example\"");
    const std::size_t groups = body.find("\"groups\":[", lin);
    if (lin == std::string::npos || groups == std::string::npos) return out;
    const std::size_t at = groups + 10;
    body.insert(at, std::string(R"({"id":"5b000000-0000-4000-8000-0000000000ff"})") +
                        (body[at] == ']' ? "" : ","));
    return out;
  }
  bool hidden = false;
};

TEST_F(OtherRoles, AHiddenGroupGoesAlongAsAnyOther) {
  want("[users.\"lin@acme.example\"]\n");
  WithAHiddenGroup way(world_.client());
  world_.through(way);
  SavedPlan saved;
  saved.plan = plan();
  saved.info.tool_version = ROLECALL_VERSION;
  ASSERT_THAT(in_words(saved.plan), ElementsAre("restore_user lin@acme.example"));
  way.hidden = true;
  EXPECT_THAT(world_.plan_only(saved).stale,
              Contains(HasSubstr("what goes along with it was nothing and is 1 group now")));
  const Planned planned = world_.plan();
  world_.client().clock().advance(seconds(60));
  EXPECT_EQ(world_.apply(planned).count(State::applied), 1U) << "it was there before";
}

// What --base has read besides makes no other plan of the same policy.
TEST_F(OtherRoles, WhatWasReadForAnotherReasonGoesNotAlong) {
  want("[users.\"lin@acme.example\"]\n");
  const auto digest = [&](bool more) {
    PlanRequest request{world_.policy_path(), world_.client().clock().now(), {}, {}};
    if (more) {
      request.widen = [](Catalog& catalog, FetchScope& scope) {
        scope.user_access.push_back(catalog.user(Email::parse("lin@acme.example").value()));
        scope.whole_user_access = true;
        return Result<void>();
      };
    }
    return plan_policy(world_.client(), request, {}).plan.value().digest;
  };
  EXPECT_EQ(digest(true), digest(false));
}

}  // namespace
}  // namespace rolecall::test
