// What a saved plan rests on has moved since it was made: every attribute of every kind of object,
// one at a time (guarantees.md D3). Of an object that the plan touches it is refused and named; of
// one that it does not touch it makes no difference.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>
#include <ostream>

#include "controller/commands.h"
#include "tests/support/drift_mutations.h"
#include "tests/support/running_org.h"

namespace rolecall::test {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

/// A policy that asks for one change, and whom and what that touches.
struct Task {
  const char* name;
  const char* policy;
  const char* person;
  const char* group;
};

constexpr Task kTasks[] = {
    {"add_member", "[groups.design]\nmembership = \"additive\"\nmembers = [\"lin@acme.example\"]\n",
     "lin@acme.example", "design"},
    {"add_declared_member",
     "[users]\n\"lin@acme.example\" = {}\n[groups.design]\nmembership = \"additive\"\n"
     "members = [\"lin@acme.example\"]\n",
     "lin@acme.example", "design"},
    {"remove_member", "[groups.design]\nmembers = [\"grace@acme.example\"]\n", "rosa@acme.example",
     "design"},
    {"grant_group_access", "[groups.design]\naccess = { jira = [\"admin\"] }\n", "", "design"},
    {"revoke_group_access", "[groups.engineering]\naccess = {}\n", "", "engineering"},
    {"restore_user", "[users]\n\"sue@acme.example\" = {}\n", "sue@acme.example", ""},
    {"restore_managed_user", "[users]\n\"sue@acme.example\" = { access = {} }\n",
     "sue@acme.example", ""},
    {"restore_pending_user", "[users]\n\"pia@acme.example\" = {}\n", "pia@acme.example", ""},
    {"invite_user", "[users]\n\"new@acme.example\" = {}\n", "new@acme.example", ""},
    {"grant_user_access", "[users]\n\"lin@acme.example\" = { access = { jira = [\"user\"] } }\n",
     "lin@acme.example", ""},
    {"revoke_user_access", "[users]\n\"omar@acme.example\" = { access = {} }\n",
     "omar@acme.example", ""},
    {"grant_org_role", "[users]\n\"lin@acme.example\" = { roles = [\"org-admin\"] }\n",
     "lin@acme.example", ""},
    {"revoke_org_role", "[users]\n\"hal@acme.example\" = { roles = [] }\n", "hal@acme.example", ""},
    {"suspend_user", "[users]\n\"omar@acme.example\" = { state = \"suspended\" }\n",
     "omar@acme.example", ""},
    {"suspend_admin", "[users]\n\"hal@acme.example\" = { state = \"suspended\" }\n",
     "hal@acme.example", ""},
    {"remove_user", "[users]\n\"lin@acme.example\" = { state = \"removed\" }\n", "lin@acme.example",
     ""},
    {"remove_suspended_user", "[users]\n\"sue@acme.example\" = { state = \"removed\" }\n",
     "sue@acme.example", ""},
    {"remove_deactivated_admin", "[users]\n\"dan@acme.example\" = { state = \"removed\" }\n",
     "dan@acme.example", ""},
    {"create_group", "[groups.fresh]\nmembers = [\"lin@acme.example\"]\n", "lin@acme.example",
     "fresh"},
    {"delete_group", "[groups.old]\nstate = \"absent\"\n", "", "old"},
    {"rename_group", "[groups.renamed]\nprevious_names = [\"old\"]\n", "", "old"},
};

/// What is no drift of what the change is about. command-line.md, decided cases: a saved plan is
/// stale when a plan made afresh would not hold each of its changes with the same objects behind
/// them; new changes that became necessary, and changes to what it does not touch, do not block it.
/// Each membership, grant and role is such a thing of its own.
struct Harmless {
  std::string_view mutation;
  std::string_view tasks;  ///< "": all
  std::string_view why;
};
constexpr std::string_view kRolesAndGroups = "a role, group or app that the change does not name";
constexpr std::string_view kAllAboutPeople =
    "add_member add_declared_member remove_member grant_user_access revoke_user_access "
    "grant_org_role revoke_org_role suspend_user suspend_admin remove_user remove_suspended_user "
    "remove_deactivated_admin create_group";
constexpr Harmless kHarmlessOfPeople[] = {
    {"another name", "", "a display name is nobody's identity"},
    // Who is to leave or to be locked out must be no admin by now, and nobody comes back as one.
    {"admin",
     "add_member add_declared_member remove_member grant_user_access revoke_user_access "
     "create_group",
     kRolesAndGroups},
    // policy-language.md: whoever is suspended keeps what they have, whoever is removed does not.
    {"in another group", kAllAboutPeople, kRolesAndGroups},
    {"out of another group", kAllAboutPeople, kRolesAndGroups},
    {"given an app", kAllAboutPeople, kRolesAndGroups},
    {"given a role that is not managed here", kAllAboutPeople, kRolesAndGroups},
    {"given the app",
     "add_member add_declared_member remove_member grant_org_role revoke_org_role suspend_user "
     "suspend_admin remove_user remove_suspended_user remove_deactivated_admin create_group",
     kRolesAndGroups},
    {"stripped of apps", "suspend_user", kRolesAndGroups},
    {"closed", "remove_deactivated_admin", "an account that cannot act, as before"},
    // README: direct grants cost a call each, and are read where the policy says `access`.
    {"given an app", "restore_user restore_pending_user",
     "not read of somebody whose access is not managed"},
    {"given a role that is not managed here", "restore_user restore_pending_user",
     "not read of somebody whose access is not managed"},
    {"given the app", "restore_user restore_pending_user",
     "not read of somebody whose access is not managed"},
};
constexpr std::string_view kMembersAndGrants = "a member or grant that the change does not name";
constexpr std::string_view kAllWithinGroups =
    "add_member add_declared_member remove_member grant_group_access revoke_group_access";
constexpr Harmless kHarmlessOfGroups[] = {
    {"described", "", "no change is about the description of a group that is there"},
    // policy-language.md, synced and built-in groups: `access` is allowed.
    {"synced", "grant_group_access revoke_group_access", "their access is managed all the same"},
    {"built in", "grant_group_access revoke_group_access", "their access is managed all the same"},
    {"joined", kAllWithinGroups, kMembersAndGrants},
    {"left", kAllWithinGroups, kMembersAndGrants},
    {"joined and left", kAllWithinGroups, kMembersAndGrants},
    {"given an app", kAllWithinGroups, kMembersAndGrants},
    {"given a role that is not managed here", kAllWithinGroups, kMembersAndGrants},
    {"given a role more", "add_member add_declared_member remove_member revoke_group_access",
     kMembersAndGrants},
};

/// That the policy speaks of them does not make them any of the change's business.
constexpr const char* kUntouched =
    "[users.\"otto@acme.example\"]\nroles = []\n[groups.other]\naccess = { jira = [\"user\"] }\n";

template <std::size_t n>
bool is_harmless(const Harmless (&all)[n], std::string_view task, std::string_view mutation) {
  return std::any_of(std::begin(all), std::end(all), [&](const Harmless& one) {
    const std::string among = fmt::format(" {} ", one.tasks);
    const bool meant = one.tasks.empty() || among.find(fmt::format(" {} ", task)) != among.npos;
    return meant && one.mutation == mutation;
  });
}

json::value organization() {
  json::object out = acme();
  json::array& users = out["users"].as_array();
  users[3].as_object()["access"] = json::object{{kJira, {"user"}}};
  users.push_back(json::object{{"email", "hal@acme.example"}, {"roles", {"org-admin"}}});
  users.push_back(json::object{{"email", "sue@acme.example"}, {"status", "suspended"}});
  users.push_back(
      json::object{{"email", "pia@acme.example"}, {"status", "suspended"}, {"pending", true}});
  users.push_back(json::object{
      {"email", "dan@acme.example"}, {"status", "deactivated"}, {"roles", {"org-admin"}}});
  users.push_back(
      json::object{{"email", "otto@acme.example"}, {"access", {{kConfluence, {"admin"}}}}});
  users.push_back(json::object{{"email", "stranger@acme.example"}});
  json::array& groups = out["groups"].as_array();
  groups.push_back(json::object{{"name", "old"},
                                {"members", {"grace@acme.example", "sue@acme.example"}},
                                {"access", {{kJira, {"user"}}}}});
  groups.push_back(json::object{
      {"name", "other"}, {"members", {"otto@acme.example"}}, {"access", {{kJira, {"user"}}}}});
  groups.push_back(json::object{{"name", "club"}});
  return out;
}

void PrintTo(const Task& task, std::ostream* out) {
  *out << task.name;
}

class DriftMatrix : public testing::TestWithParam<Task> {
 protected:
  DriftMatrix() : org_(organization()) {
    org_.server().with_org([this](simulator::FakeOrg& org) { before_ = org.state(); });
    policy_ = org_.dir().write(
        "rolecall.toml",
        fmt::format("version = 1\n[organization]\nid = \"{}\"\n[resources]\njira = \"{}\"\n{}{}",
                    kOrganization, std::string(kJira), GetParam().policy, kUntouched));
    plan_ = (org_.dir().path() / "changes.plan").string();
    const Ran ran = run_captured([&] { return run_plan(org_.global(), {policy_, plan_, false}); });
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    baseline_ = apply(before_);
    EXPECT_EQ(baseline_.ran.code, 0) << baseline_.ran.out << baseline_.ran.err;
    EXPECT_GT(baseline_.writes, 0U);
  }

  struct Applied {
    Ran ran;
    std::size_t writes = 0;
  };
  /// To the organization in this state, by somebody who has never applied anything.
  Applied apply(const json::value& state) {
    org_.server().with_org([&](simulator::FakeOrg& org) {
      org = simulator::FakeOrg::from_seed(state, [] { return SystemClock().now(); }).value();
    });
    GlobalOptions global = org_.global();
    global.store = (org_.dir().path() / fmt::format("store{}", ++stores_) / "rolecall.db").string();
    ApplyOptions options{plan_, true};
    options.policy = policy_;
    Applied out;
    out.ran = run_captured([&] { return run_apply(global, options); });
    out.writes = org_.effective_writes();
    return out;
  }
  /// The state after it; nothing where it changes nothing.
  std::optional<json::value> after(const Mutation& mutation, const std::string& object) {
    OrgEdit edit(before_);
    mutation.happen(edit, object);
    if (edit.state() == before_) return std::nullopt;
    return edit.state();
  }

  void expect_refused(const json::value& state, const std::string& object) {
    const Applied got = apply(state);
    EXPECT_EQ(got.ran.code, 5) << got.ran.out << got.ran.err;
    EXPECT_THAT(got.ran.err, HasSubstr(object));
    EXPECT_EQ(got.writes, 0U);
  }
  void expect_applied(const json::value& state) {
    const Applied got = apply(state);
    EXPECT_EQ(got.ran.code, 0) << got.ran.out << got.ran.err;
    EXPECT_EQ(got.writes, baseline_.writes);
  }

  template <std::size_t n>
  std::size_t mutate(const std::vector<Mutation>& mutations, const std::string& object,
                     const Harmless (&harmless)[n]) {
    std::size_t tried = 0;
    for (const Mutation& mutation : mutations) {
      const auto state = after(mutation, object);
      if (!state) continue;
      SCOPED_TRACE(fmt::format("{}: {}", object, mutation.name));
      ++tried;
      if (is_harmless(harmless, GetParam().name, mutation.name)) {
        expect_applied(*state);
      } else {
        expect_refused(*state, object);
      }
    }
    return tried;
  }

  RunningOrg org_;
  json::value before_;
  std::string policy_, plan_;
  Applied baseline_;
  int stores_ = 0;
};

TEST_P(DriftMatrix, OfWhatIsTouchedIsRefusedAndNamed) {
  std::size_t tried = 0;
  if (*GetParam().person != '\0') {
    tried += mutate(mutations_of_people(), GetParam().person, kHarmlessOfPeople);
  }
  if (*GetParam().group != '\0') {
    tried += mutate(mutations_of_groups(), GetParam().group, kHarmlessOfGroups);
  }
  EXPECT_GT(tried, 0U);
  RecordProperty("mutations", std::to_string(tried));
}

TEST_P(DriftMatrix, OfWhatIsNotTouchedDoesNotBlock) {
  std::size_t tried = 0;
  const auto each = [&](const std::vector<Mutation>& mutations, const std::string& object) {
    for (const Mutation& mutation : mutations) {
      const auto state = after(mutation, object);
      if (!state) continue;
      SCOPED_TRACE(fmt::format("{}: {}", object, mutation.name));
      ++tried;
      expect_applied(*state);
    }
  };
  each(mutations_of_people(), "otto@acme.example");
  each(mutations_of_people(), "passer-by@acme.example");
  each(mutations_of_groups(), "other");
  each(mutations_of_groups(), "newcomers");
  EXPECT_GT(tried, 25U);
  RecordProperty("mutations", std::to_string(tried));
}

INSTANTIATE_TEST_SUITE_P(SavedPlan, DriftMatrix, testing::ValuesIn(kTasks),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace rolecall::test
