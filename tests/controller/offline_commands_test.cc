#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json/array.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/commands.h"
#include "controller/completion.h"
#include "controller/store_path.h"
#include "state/model/json.h"
#include "state/store/lock.h"
#include "state/store/store.h"
#include "tests/support/temp_dir.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;

using test::TempDir;
using testing::HasSubstr;

struct Ran {
  int code = 0;
  std::string out, err;
};

template <class Function>
Ran run(Function function) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.code = function();
  std::fflush(stdout);
  std::fflush(stderr);
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

constexpr const char* kPolicy = R"(version = 1
[organization]
id = "1b2c3d4e-0000-4000-8000-000000000001"

[users]
"ada@acme.example" = {}
"grace@acme.example" = {}
[groups.engineering]
members = ["ada@acme.example", "grace@acme.example"]
)";

GlobalOptions json_format() {
  GlobalOptions global;
  global.format = OutputFormat::json;
  return global;
}

TEST(Validate, CountsWhatASoundPolicyNames) {
  const TempDir dir;
  const std::string path = dir.write("rolecall.toml", kPolicy);
  const Ran ran = run([&] { return run_validate({}, {path}); });
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, path + ": valid: 2 people, 1 group, 0 resources\n");
}

TEST(Validate, ShowsEveryProblemOnStderr) {
  const TempDir dir;
  const std::string path = dir.write("rolecall.toml", "[organization]\nid = 7\n[grups.x]\n");
  const Ran ran = run([&] { return run_validate({}, {path}); });
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("rolecall.toml:2:"));
  EXPECT_THAT(ran.err, HasSubstr("rolecall.toml:3:"));
}

TEST(Validate, PrintsProblemsAsJson) {
  const TempDir dir;
  const std::string path = dir.write("rolecall.toml", "version = 1\n[organization]\nid = 7\n");
  const Ran ran = run([&] { return run_validate(json_format(), {path}); });
  EXPECT_EQ(ran.code, 1);
  const auto document = parse_json(std::string_view(ran.out).substr(0, ran.out.size() - 1));
  ASSERT_TRUE(document.has_value()) << ran.out;
  EXPECT_FALSE(*bool_member(*document, "valid"));
  const auto& first = array_member(*document, "diagnostics")->front();
  EXPECT_EQ(*string_member(first, "file"), path);
  EXPECT_EQ(*integer_member(first, "line"), 3);
  EXPECT_EQ(*string_member(first, "severity"), "error");
}

TEST(Validate, TellsOfAMissingPolicyInBothFormats) {
  const Ran text = run([] { return run_validate({}, {"no/such.toml"}); });
  EXPECT_EQ(text.code, 1);
  EXPECT_THAT(text.err, HasSubstr("no/such.toml"));
  const Ran json = run([] { return run_validate(json_format(), {"no/such.toml"}); });
  EXPECT_EQ(json.code, 1);
  EXPECT_THAT(json.out, HasSubstr(R"("valid":false)"));
}

TEST(StorePath, IsBesideThePolicy) {
  EXPECT_EQ(store_path({}, ""), ".rolecall/rolecall.db");
  EXPECT_EQ(store_path({}, "rolecall.toml"), ".rolecall/rolecall.db");
  EXPECT_EQ(store_path({}, "access/"), ".rolecall/rolecall.db");
  EXPECT_EQ(store_path({}, "org/rolecall.toml"), "org/.rolecall/rolecall.db");
  EXPECT_EQ(store_path({}, "/etc/rolecall/access"), "/etc/rolecall/.rolecall/rolecall.db");
  GlobalOptions global;
  global.store = "here.db";
  EXPECT_EQ(store_path(global, "org/rolecall.toml"), "here.db");
}

class StoreOfAFolder : public testing::Test {
 protected:
  StoreOfAFolder() {
    fs::create_directories(top_ / "x");
    fs::create_directories(top_ / "org" / "access" / "teams");
    fs::create_directory_symlink(top_ / "org" / "access", top_ / "link");
    fs::create_directory_symlink(top_ / "org" / "access" / "teams", top_ / "x" / "teams");
    fs::current_path(top_ / "org");
  }
  ~StoreOfAFolder() override { fs::current_path(before_); }
  StoreOfAFolder(const StoreOfAFolder&) = delete;
  StoreOfAFolder& operator=(const StoreOfAFolder&) = delete;

  /// Of org/access, by all its names, from three folders.
  [[nodiscard]] std::set<fs::path> stores() const {
    std::set<fs::path> out;
    const std::string absolute = (top_ / "org" / "access").string();
    const std::vector<std::pair<std::string, std::vector<std::string>>> names = {
        {"org",
         {"access", "access/", "./access//", "../org/access", "access/.", "../link",
          "access/teams/.."}},
        {"org/access", {".", "./", "../access", "teams/..", "../../link", "../../x/teams/.."}},
        {"org/access/teams", {"..", "../", "../../access"}}};
    for (const auto& [folder, spellings] : names) {
      fs::current_path(top_ / folder);
      for (const std::string& name : spellings) {
        out.insert(fs::weakly_canonical(fs::absolute(store_path({}, name))));
      }
      out.insert(fs::weakly_canonical(fs::absolute(store_path({}, absolute))));
    }
    fs::current_path(top_ / "org");
    return out;
  }
  [[nodiscard]] fs::path in(const std::string& folder) const {
    return top_ / folder / ".rolecall" / "rolecall.db";
  }

  test::TempDir dir_;
  fs::path top_ = fs::canonical(dir_.path());
  fs::path before_ = fs::current_path();
};

TEST_F(StoreOfAFolder, IsOneHoweverItsPathIsWritten) {
  EXPECT_THAT(stores(), testing::ElementsAre(in("org")));
  EXPECT_EQ(store_path({}, "access"), ".rolecall/rolecall.db");
  EXPECT_EQ(store_path({}, "./access/"), ".rolecall/rolecall.db");
}

TEST_F(StoreOfAFolder, IsTheOneThatIsThere) {
  (void)dir_.write("org/access/.rolecall/rolecall.db", "");
  EXPECT_THAT(stores(), testing::ElementsAre(in("org/access")));
  (void)dir_.write("org/.rolecall/rolecall.db", "");
  EXPECT_THAT(stores(), testing::ElementsAre(in("org")));
}

TEST_F(StoreOfAFolder, IsThatOfItsRolecallToml) {
  (void)dir_.write("org/access/rolecall.toml", "");
  EXPECT_THAT(stores(), testing::ElementsAre(in("org/access")));
  EXPECT_EQ(store_path({}, "access/rolecall.toml"), "access/.rolecall/rolecall.db");
  fs::current_path(top_ / "org" / "access");
  EXPECT_EQ(store_path({}, "."), ".rolecall/rolecall.db");
}

TEST_F(StoreOfAFolder, IsInsideARepository) {
  fs::create_directory(top_ / "org" / "access" / ".git");
  EXPECT_THAT(stores(), testing::ElementsAre(in("org/access")));
}

class Audit : public testing::Test {
 protected:
  Audit() { global_.store = (dir_.path() / "store" / "rolecall.db").string(); }

  void record_one_run() {
    auto store = Store::open(global_.store, Store::Access::write);
    ASSERT_TRUE(store.has_value()) << store.error().what;
    RunStart start;
    start.command = "apply";
    start.user = "ada";
    start.host = "desk";
    start.at = *parse_instant("2026-12-01T08:00:00Z");
    const auto id = store->begin_run(start);
    ASSERT_TRUE(id.has_value()) << id.error().what;
    Intent intent;
    intent.call = 1;
    intent.kind = "add_member";
    intent.user = "grace@acme.example";
    intent.group = "engineering\x1b";
    const auto intents = store->record_intents(*id, start.at, std::vector<Intent>{intent});
    ASSERT_TRUE(intents.has_value()) << intents.error().what;
  }

  TempDir dir_;
  GlobalOptions global_;
};

TEST_F(Audit, SaysThatThereIsNoStoreAndMakesNone) {
  const Ran ran = run([&] { return run_audit_list(global_, {}); });
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("rolecall.db"));
  EXPECT_FALSE(std::filesystem::exists(global_.store));
}

TEST_F(Audit, ListsAndShowsRuns) {
  record_one_run();
  const Ran list = run([&] { return run_audit_list(global_, {}); });
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("ada@desk"));
  EXPECT_THAT(list.out, HasSubstr("not ended"));
  const Ran show = run([&] { return run_audit_show(global_, {1}); });
  EXPECT_EQ(show.code, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("add_member grace@acme.example engineering\\u{1B}"));
  EXPECT_THAT(show.out, HasSubstr("not known"));
}

TEST_F(Audit, PrintsJson) {
  record_one_run();
  global_.format = OutputFormat::json;
  const Ran list = run([&] { return run_audit_list(global_, {}); });
  EXPECT_THAT(list.out, testing::StartsWith(R"({"format_version":"1.0","items":[{"run":1,)"));
  const Ran show = run([&] { return run_audit_show(global_, {1}); });
  EXPECT_THAT(show.out, HasSubstr(R"("kind":"add_member")"));
  EXPECT_THAT(show.out, HasSubstr(R"("outcome":null)"));
}

TEST_F(Audit, SaysThatThereIsNoSuchRun) {
  record_one_run();
  const Ran ran = run([&] { return run_audit_show(global_, {99}); });
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("there is no run 99"));
}

TEST_F(Audit, UnlockSaysThatThereIsNoStore) {
  const Ran ran = run([&] { return run_unlock(global_, {}); });
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("there is no store at " + global_.store));
}

TEST_F(Audit, UnlockHasNothingToDoWhereNobodyHoldsTheLock) {
  record_one_run();
  const Ran ran = run([&] { return run_unlock(global_, {}); });
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("nobody holds the lock"));
}

TEST_F(Audit, UnlockTakesTheLockAwayOnlyWhenConfirmed) {
  LockOwner owner;
  owner.user = "ada";
  owner.host = "desk";
  owner.command = "apply";
  const auto taken = StoreLock::take(global_.store, owner);
  ASSERT_TRUE(taken.has_value() && taken->has_value());
  const StoreLock& lock = **taken;

  const Ran asked = run([&] { return run_unlock(global_, {}); });
  EXPECT_EQ(asked.code, 1);
  EXPECT_THAT(asked.err, HasSubstr("ada@desk"));
  EXPECT_TRUE(lock.still_mine());

  const Ran sure = run([&] { return run_unlock(global_, {true}); });
  EXPECT_EQ(sure.code, 0) << sure.err;
  EXPECT_FALSE(lock.still_mine());
}

TEST(Completion, HoldsEveryCommandAndOption) {
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    const std::string script = completion_script(shell);
    for (const char* word : {"validate", "simulate", "detailed-exitcode", "api-key-file", "show",
                             "workspaces", "stop", "resume", "reason"}) {
      EXPECT_THAT(script, HasSubstr(word));
    }
  }
}

}  // namespace
}  // namespace rolecall
