// guarantees.md D11: where a saved plan is put. The file is new, its owner's alone, and stands
// under its name only once it is whole; whatever stood there before, or was put in the way, is not
// written into.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>

#include "tests/controller/saved_plan_fixture.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
using test::Ran;
using testing::HasSubstr;

constexpr const char* kVictim = "not to be touched\n";
constexpr const char* kKey = "simulated-key";

class PlanPlace : public SavedPlanTest {
 protected:
  void SetUp() override {
    SavedPlanTest::SetUp();
    umask_ = ::umask(0);
  }
  void TearDown() override { ::umask(umask_); }

  [[nodiscard]] Ran plan_to(const std::string& file) {
    return test::run_captured([&] { return run_plan(org_.global(), {policy_, file, false}); });
  }
  void expect_refused_at(const std::string& file, const std::string& says) {
    const std::size_t before = asked();
    const Ran ran = plan_to(file);
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(says));
    EXPECT_EQ(asked(), before) << "known before the first call";
  }
  /// Requests so far.
  [[nodiscard]] std::size_t asked() {
    std::size_t out = 0;
    org_.server().with_org(
        [&](simulator::FakeOrg& org) { out = org.requests().as_array().size(); });
    return out;
  }
  static void expect_whole_and_private(const std::string& file) {
    struct stat about {};
    ASSERT_EQ(::lstat(file.c_str(), &about), 0);
    EXPECT_TRUE(S_ISREG(about.st_mode));
    EXPECT_EQ(about.st_mode & 07777U, 0600U);
    EXPECT_EQ(about.st_nlink, 1U);
    EXPECT_TRUE(parse_saved_plan(content(file)));
  }
  void expect_nothing_left_beside() {
    for (const auto& entry : fs::directory_iterator(org_.dir().path())) {
      EXPECT_NE(entry.path().extension(), ".new") << entry.path();
    }
  }

  mode_t umask_ = 0;
};

TEST_F(PlanPlace, IsTheOwnersAloneWhateverTheUmask) {
  for (const mode_t mask : {0000U, 0022U, 0077U}) {
    ::umask(mask);
    const std::string file = at("changes.plan");
    ASSERT_EQ(plan_to(file).code, 0);
    expect_whole_and_private(file);
    // Also where one stood that others could read.
    ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
    ASSERT_EQ(plan_to(file).code, 0);
    expect_whole_and_private(file);
  }
  expect_nothing_left_beside();
}

TEST_F(PlanPlace, IsNotReachedThroughALink) {
  const std::string file = at("changes.plan");
  const std::string victim = org_.dir().write("victim", kVictim);
  fs::create_directory(at("folder"));
  ASSERT_EQ(plan_to(at("other.plan")).code, 0);
  const std::string other = content(at("other.plan"));
  for (const char* to : {"victim", "other.plan", "nowhere", "policy.toml"}) {
    fs::create_symlink(at(to), file);
    expect_refused_at(file, "is a symbolic link, which is not written through");
    EXPECT_TRUE(fs::is_symlink(file));
    fs::remove(file);
  }
  fs::create_symlink(at("folder"), file);
  expect_refused_at(file, "is a directory");
  EXPECT_TRUE(fs::is_empty(at("folder")));
  EXPECT_FALSE(fs::exists(at("nowhere")));
  EXPECT_EQ(content(victim), kVictim);
  EXPECT_EQ(content(at("other.plan")), other);
}

TEST_F(PlanPlace, TakesTheNameFromAHardLinkAndLeavesTheFile) {
  const std::string file = at("changes.plan");
  ASSERT_EQ(plan_to(at("other.plan")).code, 0);
  const std::string before = content(at("other.plan"));
  fs::create_hard_link(at("other.plan"), file);
  policy(R"("ada@acme.example", "kim@acme.example")");
  ASSERT_EQ(plan_to(file).code, 0);
  expect_whole_and_private(file);
  EXPECT_EQ(content(at("other.plan")), before);
  EXPECT_NE(content(file), before);
  // Of what is no plan not even the name is taken.
  const std::string victim = org_.dir().write("victim", kVictim);
  fs::remove(file);
  fs::create_hard_link(victim, file);
  expect_refused_at(file, "exists and is something else");
  EXPECT_EQ(content(victim), kVictim);
}

TEST_F(PlanPlace, IsNoPipeAndNoDevice) {
  const std::string pipe = at("changes.plan");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_refused_at(pipe, "is no regular file");
  EXPECT_TRUE(fs::is_fifo(pipe));
  if (::mknod(at("null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) return;
  expect_refused_at(at("null"), "is no regular file");
  EXPECT_TRUE(fs::is_character_file(at("null")));
}

TEST_F(PlanPlace, MustBeThere) {
  expect_refused_at(at("no/such/folder.plan"), at("no/such") + ": no such directory");
  fs::create_directory(at("folder"));
  expect_refused_at(at("folder"), "is a directory");
  (void)org_.dir().write("file", "");
  expect_refused_at(at("file/changes.plan"), at("file") + ": no such directory");
}

/// The name of the file that becomes the plan can be guessed.
TEST_F(PlanPlace, WhatWaitsUnderTheNameOfItsDraftIsNotWrittenInto) {
  const std::string file = at("changes.plan");
  const std::string victim = org_.dir().write("victim", kVictim);
  const std::string draft = file + "." + std::to_string(::getpid()) + ".new";
  for (const bool hard : {false, true}) {
    if (hard) {
      fs::create_hard_link(victim, draft);
    } else {
      fs::create_symlink(victim, draft);
    }
    ASSERT_EQ(plan_to(file).code, 0);
    EXPECT_EQ(content(victim), kVictim);
    expect_whole_and_private(file);
  }
  fs::create_directory(draft);
  const Ran ran = plan_to(file);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot write " + file));
  expect_whole_and_private(file);  // the one before
}

TEST_F(PlanPlace, HoldsNoKey) {
  const std::string file = at("changes.plan");
  ASSERT_EQ(plan_to(file).code, 0);
  const std::string bytes = content(file);
  for (const char* form : {kKey, "c2ltdWxhdGVkLWtleQ", "73696d756c617465642d6b6579", "simulated",
                           "lated-ke", "ted-key", "Bearer", "api_key"}) {
    EXPECT_EQ(bytes.find(form), std::string::npos) << form;
  }
}

}  // namespace
}  // namespace rolecall
