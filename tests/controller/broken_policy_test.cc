// Policies that were emptied, cut off, left in the middle of a merge: an organization of 500 people
// loses nothing by them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "controller/commands.h"
#include "state/model/json.h"
#include "tests/support/cases.h"
#include "tests/support/nobody.h"
#include "tests/support/rehearsal.h"
#include "tests/support/running_org.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::HasSubstr;

json::value seed() {
  return simulator::generate_seed({500, 40, 3000, 1});
}

std::string head(const json::value& org) {
  return "version = 1\n[organization]\nid = \"" +
         std::string(*string_member(*member(org, "organization"), "id")) + "\"\n";
}

/// Every person and every group that can be managed, as they are.
std::string users_of(const json::value& org) {
  std::string out = "[users]\n";
  for (const json::value& user : *array_member(org, "users")) {
    const json::string* status = string_member(user, "status");
    if (status != nullptr && *status != "active") continue;
    out += json::serialize(*member(user, "email")) + " = {}\n";
  }
  return out;
}
std::string admins_of(const json::value& org) {
  std::string out;
  for (const json::value& user : *array_member(org, "users")) {
    const json::array* roles = array_member(user, "roles");
    if (roles == nullptr || roles->empty()) continue;
    out += "[users." + json::serialize(*member(user, "email")) + "]\n";
  }
  return out;
}
std::string groups_of(const json::value& org) {
  std::string out;
  for (const json::value& group : *array_member(org, "groups")) {
    const json::array* members = array_member(group, "members");
    const bool synced = member(group, "synced") != nullptr || member(group, "built_in") != nullptr;
    if (synced || members == nullptr || members->empty()) continue;
    out += "[groups." + json::serialize(*member(group, "name")) +
           "]\nmembership = \"exclusive\"\nmembers = [\n";
    for (const json::value& one : *members) out += "  " + json::serialize(one) + ",\n";
    out += "]\n";
  }
  return out;
}

class BrokenPolicy : public testing::Test {
 protected:
  BrokenPolicy() {
    org_.server().with_org([&](simulator::FakeOrg& org) { state_ = org.state(); });
  }
  /// Applies; nothing may be written, and exit code and `cause` must say so.
  void expect_nothing_done(const std::string& what, const std::string& target,
                           const std::string& cause) {
    for (const bool service : {false, true}) {
      const test::Ran ran = test::run_captured([&] { return run(service, target); });
      EXPECT_NE(ran.code, 0) << what;
      EXPECT_THAT(ran.out + ran.err, HasSubstr(cause)) << what;
    }
    EXPECT_EQ(org_.effective_writes(), 0U) << what;
  }

  int run(bool service, const std::string& target) {
    return service ? run_service(org_.global(), {target, std::chrono::minutes(1), true})
                   : run_apply(org_.global(), {target, true});
  }

  test::RunningOrg org_{seed()};
  json::value state_;
};

TEST_F(BrokenPolicy, NothingIsWrittenOnPoliciesThatAreNone) {
  const std::string whole = head(state_) + users_of(state_) + groups_of(state_);
  const std::size_t middle = whole.find('\n', whole.size() / 2) + 1;
  const std::string conflict =
      whole.substr(0, middle) + "<<<<<<< HEAD\n=======\n>>>>>>> other\n" + whole.substr(middle);
  struct Broken {
    const char* what;
    std::string bytes;
    const char* cause;
  };
  const Broken files[] = {
      {"empty", "", "policy is empty"},
      {"blank", "\n\n  \n", "policy is empty"},
      {"comments", "# everybody leaves\n", "policy is empty"},
      {"BOM alone", "\xEF\xBB\xBF", "policy is empty"},
      {"version alone", "version = 1\n", "no [organization]"},
      {"NUL bytes", std::string(4096, '\0'), "NUL byte"},
      {"no organization", users_of(state_), "no [organization]"},
      {"cut in the middle of an array", whole.substr(0, whole.rfind("  \"")), "not closed"},
      {"cut in the middle of a name", whole.substr(0, whole.rfind("\",\n")), "not closed"},
      {"merge conflict", conflict, "merge conflict"},
      {"another organization",
       "version = 1\n[organization]\nid = \"1b2c3d4e-0000-4000-8000-00000000dead\"\n[users]\n",
       "check the organization id"},
  };
  for (const auto& [what, bytes, cause] : files) {
    expect_nothing_done(what, org_.dir().write("one/rolecall.toml", bytes), cause);
  }
  expect_nothing_done("missing file", (org_.dir().path() / "no.toml").string(), "no such file");
  fs::create_directory(org_.dir().path() / "void");
  expect_nothing_done("empty folder", (org_.dir().path() / "void").string(), "no policy files");
  (void)org_.dir().write("notes/readme.md", "none");
  expect_nothing_done("folder without policy", (org_.dir().path() / "notes").string(),
                      "no policy files");
  (void)org_.dir().write("half/a.toml", head(state_));
  (void)org_.dir().write("half/b.toml", "[users]\n\"p@x.example\" = {");
  expect_nothing_done("one broken file of two", (org_.dir().path() / "half").string(),
                      "b.toml:2:17: error");
}

TEST_F(BrokenPolicy, NothingIsWrittenWhenASectionIsMissing) {
  const std::string strict = head(state_) + "unlisted_users = \"remove\"\n";
  expect_nothing_done("no [users]", org_.dir().write("a.toml", strict), "remove_users: 500 of 500");
  expect_nothing_done("empty [users]", org_.dir().write("b.toml", strict + "[users]\n"),
                      "remove_users: 500 of 500");
  expect_nothing_done("suspend",
                      org_.dir().write("c.toml", head(state_) + "unlisted_users = \"suspend\"\n"),
                      "suspend_users: 489 of 500");
  expect_nothing_done("no [groups]",
                      org_.dir().write("d.toml", head(state_) + "unlisted_groups = \"delete\"\n"),
                      "delete_groups: 38 of 38");
  std::string emptied = groups_of(state_);
  for (std::size_t at = 0; (at = emptied.find("members = [\n", at)) != std::string::npos;) {
    const std::size_t end = emptied.find("\n]\n", at);
    emptied.replace(at, end + 3 - at, "members = []\n");
    at += 13;
  }
  expect_nothing_done("groups emptied", org_.dir().write("e.toml", head(state_) + emptied),
                      "has no members");
  for (std::size_t at = 0; (at = emptied.find("members = []\n", at)) != std::string::npos;) {
    emptied.insert(at, "empty = true\n");
    at += 26;
  }
  expect_nothing_done("and said to be", org_.dir().write("f.toml", head(state_) + emptied),
                      "remove_members");
}

/// Nobody reads what root has closed, and root reads everything.
class UnreadablePolicy : public BrokenPolicy {
 protected:
  /// Applies `target`, of which nobody can read `part`.
  std::vector<test::Ran> without(const fs::path& part, const std::string& target) {
    const auto before = fs::status(part).permissions();
    fs::permissions(part, fs::perms::none);
    std::vector<test::Ran> out;
    for (const bool service : {false, true}) {
      out.push_back(test::run_captured([&] {
        return test::as_nobody(org_.dir().path(), [&] { return run(service, target); });
      }));
    }
    fs::permissions(part, before);
    return out;
  }
};

TEST_F(UnreadablePolicy, NothingIsWrittenWhereAPartOfItCannotBeRead) {
  // Without the rest, whoever is there goes, but for the admins, and nothing stands in the way.
  const std::string strict = head(state_) +
                             "unlisted_users = \"remove\"\nunlisted_groups = \"delete\"\n"
                             "[safety.limits.remove_users]\nfree = 1000\n"
                             "[safety.limits.delete_groups]\nfree = 1000\n"
                             "[safety.limits.remove_members]\nfree = 100000\n" +
                             admins_of(state_);
  struct Case {
    const char* part;
    const char* target;
  };
  const Case cases[] = {{"file/rolecall.toml", "file/rolecall.toml"},
                        {"file/rolecall.toml", "file"},
                        {"two/people.toml", "two"},
                        {"deep/teams", "deep"},
                        {"deep/teams/people.toml", "deep"},
                        {"roster/people.csv", "roster"},
                        {"closed", "closed"}};
  for (const char* first :
       {"file/rolecall.toml", "two/first.toml", "deep/first.toml", "closed/rolecall.toml"}) {
    (void)org_.dir().write(first, strict);
  }
  (void)org_.dir().write("roster/first.toml",
                         strict +
                             "[[rosters]]\nfile = \"people.csv\"\nemail = \"Mail\"\n"
                             "declare_users = true\n");
  (void)org_.dir().write("roster/people.csv", "Mail\nnobody@acme.example\n");
  for (const char* rest : {"two/people.toml", "deep/teams/people.toml"}) {
    (void)org_.dir().write(rest, users_of(state_) + groups_of(state_));
  }
  for (const auto& [part, target] : cases) {
    SCOPED_TRACE(part);
    const fs::path closed = org_.dir().path() / part;
    for (const test::Ran& ran : without(closed, (org_.dir().path() / target).string())) {
      EXPECT_EQ(ran.code, 1);
      EXPECT_THAT(ran.err, HasSubstr(fs::path(part).filename().string()));
      EXPECT_THAT(ran.err, HasSubstr("Permission denied"));
    }
  }
  EXPECT_EQ(org_.effective_writes(), 0U);
  // If the part were passed over, that is what would come of it.
  fs::remove(org_.dir().path() / "two/people.toml");
  fs::remove_all(org_.dir().path() / "deep/teams");
  (void)org_.dir().write("roster/first.toml", strict);
  for (const char* target : {"file", "two", "deep", "roster", "closed"}) {
    const std::string whole = (org_.dir().path() / target).string();
    const test::Ran ran = test::run_captured([&] {
      return test::as_nobody(org_.dir().path(), [&] {
        return run_plan(org_.global(), {whole, "", false});
      });
    });
    EXPECT_EQ(ran.code, 0) << target << '\n' << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("people to remove")) << target;
  }
  // It is the modes that stood in the way.
  for (const test::Ran& ran : without(org_.dir().write("unrelated", ""),
                                      org_.dir().write("as-it-is.toml", head(state_)))) {
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
}

/// Every change that takes something away, in words.
std::vector<std::string> losses(const Plan& plan) {
  std::vector<std::string> out;
  for (const Change& change : plan.changes) {
    if (!takes_away(change.kind)) continue;
    out.push_back(std::string(name(change.kind)) + '\n' + change.user + '\n' + change.group + '\n' +
                  change.ari + '\n' + change.role);
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(CutPolicy, AskForNoLossThatTheWholeDoesNotAskFor) {
  test::Rehearsal rehearsal(seed());
  const json::value state = rehearsal.client().org().state();
  std::string whole = head(state) + users_of(state) + groups_of(state);
  // Things are to be taken away, so that there is something to compare with.
  const std::size_t first = whole.find("members = [\n") + 12;
  whole.erase(first, whole.find('\n', first) + 1 - first);
  rehearsal.policy(whole);
  const Planned full = rehearsal.plan();
  ASSERT_TRUE(full.plan) << render(full.diagnostics);
  const std::vector<std::string> asked = losses(*full.plan);
  ASSERT_EQ(asked.size(), 1U);

  test::Dice dice(1);
  std::size_t valid = 0;
  const std::uint64_t rounds = test::cases(60);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    auto cut = static_cast<std::size_t>(dice.below(static_cast<int>(whole.size())));
    // Most cuts leave no TOML; every second one is at the end of a line.
    if (round % 2 == 0) cut = whole.find('\n', cut) + 1;
    rehearsal.policy(std::string_view(whole).substr(0, cut));
    const Planned planned = rehearsal.plan();
    if (!planned.plan) continue;
    ++valid;
    const std::vector<std::string> found = losses(*planned.plan);
    EXPECT_TRUE(std::includes(asked.begin(), asked.end(), found.begin(), found.end())) << cut;
  }
  EXPECT_GT(valid, 0U);
  EXPECT_EQ(test::effective_writes(rehearsal.client().org().requests()), 0U);
}

}  // namespace
}  // namespace rolecall
